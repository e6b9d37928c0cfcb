"""A model and the rows it is writing: a batch that rows join and leave between any two tokens.

`model.generate` keeps a batch together until its last row ends, so the loop over tokens is here.
What else makes it fast on a CPU:

- The beginning that a prompt has in common with a row in the batch is copied, not computed.
- Keys and values grow in place. The library's own cache copies all of them for each token,
  which took 60% of the time at 1,000 tokens and 16 rows.
- Masks are unpacked for all rows at once, and nothing is sorted over the vocabulary.
"""

import re
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache, partial
from inspect import signature
from typing import Any, Literal

import jinja2
import numpy as np
import orjson
from pydantic import BaseModel, ConfigDict, Field

from exempla.errors import BadInput, Problem
from generator.engine import Completion, EngineSettings, PromptTooLong, Request, raw_prompt
from generator.engines.draw import draw
from generator.engines.key_values import Columns, Growing, common
from generator.model import BUILT_IN, model_folder, revision
from prompts.constraint import ChoiceConstraint, Constraint, JsonConstraint

WORTH_SHARING = 16  # tokens; below that, copying costs what computing does
NO_SPACES = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""A small model that may write any space between JSON tokens writes little else."""


class Arguments(BaseModel):
    """What `engine.args` may hold for this engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_size: int = Field(default=16, ge=1)
    """Rows written at once."""
    threads: int | None = Field(default=None, ge=1)
    """For torch; by default one a core."""
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"


@dataclass(slots=True, eq=False)
class Row:
    """A request on its way, and what is written of its answer."""

    request: Request
    answer: Future[Completion]
    dice: "np.random.Generator"
    tokens: list[int] = field(default_factory=list)
    """Prompt and answer; all but the last are in the cache while the row is in the batch."""
    prompt_tokens: int = 0
    limit: int = 0
    guide: Any = None
    finish_reason: Literal["stop", "length"] | None = None

    def settle(self, outcome: Completion | Exception) -> None:
        """Give the outcome to whoever waits for it, if someone still does."""
        if not self.answer.done() and self.answer.set_running_or_notify_cancel():
            if isinstance(outcome, Completion):
                self.answer.set_result(outcome)
            else:
                self.answer.set_exception(outcome)


class Batch:
    """A loaded model and the rows it is writing. All of it runs on one thread."""

    def __init__(self, settings: EngineSettings, arguments: Arguments) -> None:
        import torch
        from outlines import Transformers
        from outlines.backends import LLGuidanceBackend
        from transformers.cache_utils import Cache, DynamicLayer

        if arguments.threads is not None:
            torch.set_num_threads(arguments.threads)
        self._torch = torch
        self._settings = settings
        name = settings.model or BUILT_IN
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer, self._model = load(
            name, arguments.dtype, self._device, chat=settings.prompts == "chat"
        )
        backend = LLGuidanceBackend(Transformers(self._model, self._tokenizer))
        self.compiled = cache(partial(compile_constraint, backend))
        """A constraint's matcher, made once; raises BadInput where it cannot be."""
        self._layer: Any = type("GrowingLayer", (Growing, DynamicLayer), {})
        self._new_cache: Any = partial(Cache, layer_class_to_replicate=self._layer)
        self._cache = self._new_cache()
        self._rows: list[Row] = []
        # Models take it as `cache` since transformers 5.24, those not yet moved as before.
        taken = signature(self._model.forward).parameters
        self._keys_go_as = "cache" if "cache" in taken else "past_key_values"

        config = self._model.config.get_text_config()
        self.revision = revision(name, getattr(self._model.config, "_commit_hash", None))
        self._context = min(config.max_position_embeddings, self._tokenizer.model_max_length)
        self._end = self._tokenizer.eos_token_id
        ends = self._model.generation_config.eos_token_id
        self._ends = sorted({self._end, *(ends if isinstance(ends, list) else [ends or self._end])})
        special = {i for i, t in self._tokenizer.added_tokens_decoder.items() if t.special}
        writable = np.zeros(-(-config.vocab_size // 32) * 32, np.uint8)
        writable[: len(self._tokenizer)] = 1
        writable[sorted(special)] = 0
        writable[self._end] = 1
        self._writable = np.packbits(writable, bitorder="little").view(np.int32)

    def prepare(self, row: Row) -> None:
        """Make ready what a row needs before it can join.

        Raises:
            PromptTooLong: the prompt leaves no room for an answer.
            BadInput: the chat template or the constraint cannot be used.
        """
        row.tokens = self._prompt(row.request)
        row.prompt_tokens = len(row.tokens)
        if row.prompt_tokens >= self._context:
            raise PromptTooLong(
                f"the prompt has {row.prompt_tokens} tokens, the model takes {self._context - 1}"
            )
        row.limit = min(row.prompt_tokens + row.request.sampling.max_tokens, self._context)
        if row.request.constraint is not None:
            row.guide = self.compiled(row.request.constraint).deep_copy()

    def _prompt(self, request: Request) -> list[int]:
        if self._settings.prompts == "raw":
            return list(self._tokenizer(raw_prompt(request.messages))["input_ids"])
        try:
            text = self._tokenizer.apply_chat_template(
                [{"role": m.role, "content": m.content} for m in request.messages],
                tokenize=False,
                add_generation_prompt=True,
                **self._settings.chat_template_kwargs,
            )
        except jinja2.TemplateError as error:
            raise BadInput(
                Problem(f"the model's chat template refuses the messages: {error}")
            ) from error
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def arrange(self, rows: list[Row]) -> None:
        """Make these the rows of the batch: some stay, prepared ones join, others are dropped."""
        if rows == self._rows:
            return
        width = self._cache.get_seq_length()
        known = {
            id(row): Columns(self._cache, place, width - len(row.tokens) + 1, row.tokens[:-1])
            for place, row in enumerate(self._rows)
        }
        for row in rows:
            if id(row) not in known:
                known[id(row)] = self._read(row, list(known.values()))
        self._cache = self._gather([known[id(row)] for row in rows])
        self._rows = list(rows)

    def _read(self, row: Row, known: "list[Columns]") -> "Columns":
        """Compute keys and values of a prompt, but for the beginning that is known already."""
        prompt = row.tokens[:-1]
        best = max(known, key=lambda columns: common(columns.tokens, prompt), default=None)
        shared = 0 if best is None else common(best.tokens, prompt)
        if best is None or shared < WORTH_SHARING:
            shared, keys = 0, self._new_cache()
        else:
            keys = self._gather([Columns(best.cache, best.row, best.start, prompt[:shared])])
        if shared < len(prompt):
            self._forward([prompt[shared:]], [list(range(shared, len(prompt)))], keys)
        return Columns(keys, 0, 0, prompt)

    def _gather(self, rows: "list[Columns]") -> Any:
        """A cache with these rows, padded on the left."""
        new = self._new_cache()
        for index in range(len(rows[0].cache.layers) if rows else 0):
            keys, values = [], []
            for row in rows:
                layer, end = row.cache.layers[index], row.start + len(row.tokens)
                keys.append(layer.keys[row.row, :, row.start : end])
                values.append(layer.values[row.row, :, row.start : end])
            new.layers.append(self._layer())
            new.layers[index].fill(keys, values)
        return new

    def _forward(
        self, tokens: list[list[int]], positions: list[list[int]], keys: Any, mask: Any = None
    ) -> Any:
        with self._torch.no_grad():
            return self._model(
                input_ids=self._torch.tensor(tokens, device=self._device),
                position_ids=self._torch.tensor(positions, device=self._device),
                attention_mask=mask,
                use_cache=True,
                logits_to_keep=1,
                **{self._keys_go_as: keys},
            ).logits[:, -1]

    def step(self) -> list[Row]:
        """Write one token on every row; returns the rows that this finished."""
        torch, rows = self._torch, self._rows
        lengths = torch.tensor([len(row.tokens) for row in rows], device=self._device)
        width = self._cache.get_seq_length() + 1
        columns = torch.arange(width, device=self._device)
        mask = (columns >= width - lengths[:, None]).long()
        last = [[row.tokens[-1]] for row in rows]
        logits = self._forward(last, [[len(row.tokens) - 1] for row in rows], self._cache, mask)
        for row, token in zip(rows, self._draw(logits.float()), strict=True):
            self._append(row, token)
        return [row for row in rows if row.finish_reason is not None]

    def _append(self, row: Row, token: int) -> None:
        row.tokens.append(token)
        if row.guide is not None and not row.guide.consume_token(token):
            raise RuntimeError(f"the constraint refused a token: {row.guide.get_error()}")
        if token == self._end or (row.guide is not None and row.guide.is_stopped()):
            row.finish_reason = "stop"
        elif len(row.tokens) == row.limit:
            row.finish_reason = "length"

    def _draw(self, logits: Any) -> list[int]:
        """One token a row, by its own temperature, top-p, constraint and dice."""
        import llguidance.numpy

        if len(self._ends) > 1:  # a constraint knows one end only
            logits[:, self._end] = logits[:, self._ends].logsumexp(-1)
        allowed = np.tile(self._writable, (len(self._rows), 1))
        words = (len(self._tokenizer) + 31) // 32
        for place, row in enumerate(self._rows):
            if row.guide is not None:
                llguidance.numpy.fill_next_token_bitmask(row.guide, allowed[:, :words], place)
        bits = np.unpackbits((~allowed).view(np.uint8), axis=1, bitorder="little")
        barred = self._torch.from_numpy(bits).view(self._torch.bool).to(logits.device)
        logits.masked_fill_(barred[:, : logits.shape[1]], -float("inf"))
        sampling = [row.request.sampling for row in self._rows]
        heat = logits.new_tensor([s.temperature or 1.0 for s in sampling])
        dice = [row.dice if row.request.sampling.temperature else None for row in self._rows]
        return draw(logits.div_(heat[:, None]), [s.top_p for s in sampling], dice)

    def completion(self, row: Row) -> Completion:
        """The answer of a finished row; its tokens include the one that ends it."""
        written = row.tokens[row.prompt_tokens :]
        text = self._tokenizer.decode(
            written, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return Completion(text, row.finish_reason or "length", row.prompt_tokens, len(written))


def compile_constraint(backend: Any, constraint: Constraint) -> Any:
    """A matcher of tokens for a constraint; rows work on copies of it.

    llguidance serves regular expressions too: it masks by bytes, so it can write what a token
    holds only a part of, where outlines_core finds no way to write an emoji.

    Raises:
        BadInput: llguidance does not know the pattern or the schema.
    """
    from llguidance import LLMatcher

    match constraint:
        case JsonConstraint(schema=schema):
            spec = orjson.dumps({**orjson.loads(schema), "x-guidance": NO_SPACES}).decode()
            processor = backend.get_json_schema_logits_processor(spec)
        case ChoiceConstraint(options=options):
            pattern = "|".join(re.escape(option) for option in options)
            processor = backend.get_regex_logits_processor(f"(?:{pattern})")
        case _:
            processor = backend.get_regex_logits_processor(constraint.pattern)
    matcher = LLMatcher(processor.llg_tokenizer, processor.grammar, log_level=0)
    if matcher.is_error():
        reason = matcher.get_error().split("\n")[0]
        raise BadInput(Problem(f"this constraint cannot be compiled: {constraint}: {reason}"))
    return matcher


def load(name: str, dtype: str, device: str, *, chat: bool = True) -> tuple[Any, Any]:
    """The tokenizer and the model of a name; for `chat` it must have a template.

    Raises:
        BadInput: there is no such model, or it cannot be used here.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    folder = model_folder(name)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype))
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().split("\n")[0]
        remedy = "Check engine.model and the network; a damaged folder must be made again."
        raise BadInput(
            Problem(f"'{folder}' cannot be loaded: {reason}", remedy, setting="engine.model")
        ) from error
    kinds = set(getattr(model.config.get_text_config(), "layer_types", None) or [])
    for what, wrong in {
        "has no chat template": chat and not tokenizer.chat_template,
        "has no end-of-text token": tokenizer.eos_token_id is None,
        "keeps more than keys and values": not kinds <= {"full_attention", "sliding_attention"},
    }.items():
        if wrong:
            remedy = "Choose an instruction-tuned transformer, or engine.name vllm"
            remedy += "; for a base model set engine.prompts to raw." if "chat" in what else "."
            raise BadInput(
                Problem(
                    f"this engine cannot use '{folder}': it {what}", remedy, setting="engine.model"
                )
            )
    return tokenizer, model.to(device).eval()
