"""The engine for GPU nodes: vLLM in this process, or rather in processes of its own beside it.

`AsyncLLM` takes each request as it comes, keeps what prompts share in its prefix cache, and takes
the later stages of items first. Only final answers come back.
"""

import asyncio
import itertools
import math
import os
from collections.abc import Collection
from importlib.metadata import version
from typing import Any

import jinja2

from exempla.errors import BadInput, Problem
from generator.engine import (
    Completion,
    EngineFailed,
    EngineInfo,
    EngineSettings,
    Message,
    NoAnswer,
    PromptTooLong,
    Refused,
    Request,
    SamplingParams,
    raw_prompt,
)
from generator.engines.log import EngineLog
from generator.engines.structured import WITHOUT_GRAMMARS
from generator.engines.vllm_args import check_names, engine_config, first_line, sampling_params
from generator.engines.vllm_child import PARENT
from generator.model import revision
from prompts.constraint import Constraint

ENVIRONMENT = {
    # A fork would copy our threads' locks in whatever state they are.
    "VLLM_WORKER_MULTIPROCESSING_METHOD": "spawn",
    "VLLM_NO_USAGE_STATS": "1",
    # vLLM's five seconds are against patterns by strangers; with the outlines backend, bounded
    # fields take longer than that.
    "VLLM_REGEX_COMPILATION_TIMEOUT_S": "300",
}
TO_SPARE = 1.25
"""Items in flight for each sequence that vLLM runs at once: some wait for the disk."""
MEMORY = ("memory", "Memory", "KV cache", "cache blocks")


class VllmEngine:
    """Answers with a model that vLLM holds."""

    def __init__(self, settings: EngineSettings) -> None:
        check_names(settings)
        if settings.model is None:
            raise BadInput(
                Problem(
                    "the engine 'vllm' needs a model",
                    "Name a local folder or a hub model.",
                    setting="engine.model",
                )
            )
        self._settings = settings
        self._name = settings.model
        self._engine: Any = None
        self._loading: asyncio.Task[None] | None = None
        self._log: EngineLog | None = None
        self._keep_log = False
        self._tokenizer: Any = None
        self._numbers = itertools.count()

    async def open(self, constraints: Collection[Constraint] = ()) -> None:
        """Load the model and let it keep each constraint once, on one token."""
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        os.environ[PARENT] = str(os.getpid())
        self._log = EngineLog()
        self._loading = asyncio.create_task(asyncio.to_thread(self._load, self._log))
        await asyncio.shield(self._loading)
        await asyncio.gather(*map(self._try, constraints))

    async def close(self) -> None:
        """End vLLM's processes; one that is still loading is waited for."""
        loading, self._loading = self._loading, None
        if loading is not None:
            await asyncio.wait([loading])
            loading.exception()
        engine, self._engine = self._engine, None
        if engine is not None:
            await asyncio.to_thread(engine.shutdown)
        if self._log is not None and not self._keep_log:
            self._log.remove()

    def describe(self) -> EngineInfo:
        """Say which model this is, how its weights are held, and how much it takes at once."""
        import vllm

        config = self._opened().vllm_config
        model, at_once = config.model_config, config.scheduler_config.max_num_seqs
        commit = getattr(model.hf_config, "_commit_hash", None)
        held = [str(model.dtype).removeprefix("torch."), model.quantization]
        at_once *= config.parallel_config.data_parallel_size
        return EngineInfo(
            "vllm",
            self._name,
            " ".join([revision(self._name, commit), *filter(None, held)]),
            in_flight=self._settings.in_flight or math.ceil(TO_SPARE * at_once),
            versions={"vllm": vllm.__version__, "torch": version("torch")},
        )

    async def answer(self, request: Request) -> Completion:
        """Answer one request; vLLM takes the most urgent of those that wait."""
        engine = self._opened()
        tokens = self._tokens(request.messages)
        context = engine.vllm_config.model_config.max_model_len
        if len(tokens) >= context:
            raise PromptTooLong(
                f"the prompt has {len(tokens)} tokens, the model takes {context - 1}"
            )
        from vllm.exceptions import VLLMClientError
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        answers = engine.generate(
            {"type": "token", "prompt_token_ids": tokens},
            self._params(request),
            f"{request.tag}-{next(self._numbers)}",
            priority=request.priority,
        )
        try:
            # Final outputs only: there is but one.
            output = await anext(answers)
        except EngineDeadError as error:
            raise self._death() from error
        except EngineGenerateError as error:
            raise NoAnswer(first_line(error)) from error
        except (VLLMClientError, ValueError) as error:
            raise Refused(first_line(error)) from error
        written = output.outputs[0]
        if written.finish_reason not in {"stop", "length"}:
            raise NoAnswer(f"vLLM ended with '{written.finish_reason}'")
        return Completion(
            written.text,
            written.finish_reason,
            len(tokens),
            len(written.token_ids),
            output.num_cached_tokens,
        )

    def _opened(self) -> Any:
        if self._engine is None:
            raise EngineFailed(Problem("the engine is not open"))
        return self._engine

    def _params(self, request: Request) -> Any:
        backend = self._engine.vllm_config.structured_outputs_config.backend
        return sampling_params(
            request.sampling,
            request.constraint,
            seeded=self._settings.seeded,
            grammars=backend not in WITHOUT_GRAMMARS,
        )

    def _load(self, log: EngineLog) -> None:
        """Runs on a thread of its own, so that signals and progress are heeded meanwhile."""
        with log.taking_output():
            from vllm.v1.engine.async_llm import AsyncLLM

            config = engine_config(self._settings)
            self._tokenizer = _tokenizer(config.model_config, self._settings)
            try:
                self._engine = AsyncLLM.from_vllm_config(config, disable_log_stats=True)
            except (RuntimeError, ValueError, OSError) as error:
                raise self._could_not("start", log.cause() or first_line(error)) from error
            finally:
                log.take_logger("vllm")  # it was set to a stream that ends with this block

    def _death(self) -> EngineFailed:
        cause = self._log.cause() if self._log else ""
        return self._could_not("go on", cause or "its process is gone, perhaps for want of memory")

    def _could_not(self, what: str, cause: str) -> EngineFailed:
        self._keep_log = True
        remedy = f"vLLM's own log: {self._log.path if self._log else ''}"
        if any(word in cause for word in MEMORY):
            remedy = (
                "Lower max_model_len, max_num_seqs or gpu_memory_utilization under engine.args, "
                f"or spread the model with tensor_parallel_size. {remedy}"
            )
        return EngineFailed(Problem(f"vLLM could not {what}: {cause}", remedy))

    async def _try(self, constraint: Constraint) -> None:
        """Have a constraint compiled, before anything depends on it."""
        message = Message("user", "Begin.")
        sampling = SamplingParams(temperature=0, top_p=1, max_tokens=1, seed=0)
        try:
            await self.answer(Request((message,), constraint, sampling, tag="trial"))
        except (Refused, NoAnswer) as error:
            raise BadInput(
                Problem(
                    f"vLLM cannot keep this constraint: {constraint}: {error}",
                    "Change it in its kind.yaml, or name another backend as "
                    "engine.args.structured_outputs_config.",
                )
            ) from error

    def _tokens(self, messages: tuple[Message, ...]) -> list[int]:
        if self._settings.prompts == "raw":
            return list(self._tokenizer.encode(raw_prompt(messages)))
        try:
            return list(
                self._tokenizer.apply_chat_template(
                    [{"role": m.role, "content": m.content} for m in messages],
                    tokenize=True,
                    return_dict=False,
                    add_generation_prompt=True,
                    **self._settings.chat_template_kwargs,
                )
            )
        except jinja2.TemplateError as error:
            raise BadInput(
                Problem(f"the model's chat template refuses the messages: {error}")
            ) from error


def _tokenizer(model_config: Any, settings: EngineSettings) -> Any:
    """The model's tokenizer, loaded before the model so that a lack shows soon."""
    from vllm.tokenizers import cached_tokenizer_from_config

    try:
        tokenizer = cached_tokenizer_from_config(model_config)
    except (OSError, ValueError) as error:
        what = f"'{settings.model}' has no tokenizer that can be loaded: {first_line(error)}"
        raise BadInput(Problem(what, setting="engine.model")) from error
    if settings.prompts == "chat" and not getattr(tokenizer, "chat_template", True):
        raise BadInput(
            Problem(
                f"'{settings.model}' has no chat template",
                "Choose an instruction-tuned model; for a base model set engine.prompts to raw.",
                setting="engine.model",
            )
        )
    return tokenizer
