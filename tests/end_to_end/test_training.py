"""A mix trains as it is: TRL's `SFTTrainer` takes what `load_dataset(folder)` gives."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
import huggingface_hub.constants
import pytest

from generator.model import BUILT_IN, model_folder

Exempla = Callable[..., subprocess.CompletedProcess[str]]

STEPS = 3
RUN = (
    "run",
    "--quiet",
    "--set=engine.name=scripted",
    "--set=name=r",
    "--set=variant=quick",
    "--set=plan.items=60",
    "--set=plan.kinds={exposition: 1, advice: 3}",
)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Threads that wait for each other on a busy machine take many times as long as one."""
    import torch  # noqa: PLC0415 - heavy

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trained(folder: Path, out: Path) -> Any:
    """A trainer that has taken a few steps on a mix, with nothing said about its columns."""
    from trl.trainer.sft_config import SFTConfig  # noqa: PLC0415 - heavy
    from trl.trainer.sft_trainer import SFTTrainer  # noqa: PLC0415

    mix = datasets.load_dataset(str(folder), cache_dir=str(out / "cache"))
    settings = SFTConfig(
        output_dir=str(out),
        max_steps=STEPS,
        per_device_train_batch_size=1,
        max_length=64,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        optim="sgd",  # takes no memory of its own
        disable_tqdm=True,
    )
    trainer = SFTTrainer(
        model_folder(BUILT_IN),
        settings,
        train_dataset=mix["train"],
        eval_dataset=mix["validation"],
    )
    trainer.train()
    return trainer


@pytest.mark.usefixtures("offline", "one_thread")
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize(("name", "tools"), [("documents", False), ("chat", True)])
def test_a_trainer_takes_steps_on_a_mix_without_a_mapping_function(
    tmp_path: Path, exempla: Exempla, name: str, tools: bool
) -> None:
    assert exempla(*RUN).returncode == 0
    trainer = trained(tmp_path / "runs/r/mixes" / name, tmp_path / "out")
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == STEPS
    assert all(0 < loss < 20 for loss in losses)
    assert trainer.state.global_step == STEPS
    rows = trainer.train_dataset
    shown = [trainer.processing_class.decode(row["input_ids"]) for row in rows]
    if tools:
        assert {row["tools"] == "[]" for row in rows} == {True, False}
        assert all("<|im_start|>" in text for text in shown)
    else:
        assert all(row["text"].startswith(text[:40]) for row, text in zip(rows, shown, strict=True))
