"""Whether this machine has a GPU."""


def gpu_present() -> bool:
    """Whether torch sees a GPU; counts them without waking the driver, which may not be forked."""
    import torch  # noqa: PLC0415 - heavy, and asked for only where vLLM is installed

    return torch.cuda.device_count() > 0
