"""No model at all: filler that satisfies the constraint, a function of the request and its seed.

For rehearsals of a project's settings, for tests, and for benchmarks of everything but the model.
It can be told to cut off, break, refuse or repeat a share of its answers.
"""

import asyncio
import random
import re
from collections.abc import Collection
from importlib.metadata import version
from typing import Annotated, Any

import orjson
import rstr
from pydantic import BaseModel, ConfigDict, Field

from generator.engine import Completion, EngineInfo, EngineSettings, Request, checked_args
from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    Constraint,
    IdeasConstraint,
    JsonConstraint,
    ProseConstraint,
    ProseLimits,
    RegexConstraint,
    VerdictConstraint,
)

_VOCABULARY = (
    "apron bakery ballast barley basin bell bench berth bicycle bolt bridge brine bucket buoy "
    "cabin cable candle canvas carpet cart cellar chalk chimney clay clerk cloth coal coat "
    "copper cork corner cotton crane crate creek crew cup current curtain cutter dairy deck "
    "depot desk diary dock door drain drawer dredge driver drum dusk engine errand fabric farm "
    "fence ferry field fiddle file flask flour forge fork frost fuel furnace garden gate gauge "
    "gear glass glove grain gravel grease ground guard gutter hall hammer handle harness hatch "
    "hay hearth hedge herd hinge hoist honey hook hose ice index ink inlet iron jar jetty joint "
    "jug kettle keel kitchen knot label ladder lamp lane lantern lathe laundry leaf ledger lens "
    "letter lever lid linen list loaf lock log loom lumber machine mail map market mast meadow "
    "meter mill mirror moss motor nail needle net nursery oar office oil orchard oven paddle "
    "page paint pan paper parcel path peel pencil pepper piano pier pillow pipe plank plate "
    "plough pocket pole pond porch post potato powder press pulley pump quarry quilt rack rail "
    "rain rake razor reed register ribbon river road roof rope rudder rug sack saddle sail salt "
    "sand saw scale school screw seam shed shelf shovel signal sink sketch slate sleeve soap "
    "sock soil spade spoon spring stable stair stamp station steam stone stool stove straw "
    "string sugar switch table tank tape tarp tea tent thread ticket tide tile timber tin tool "
    "towel tower track tray trench trolley trunk tub tunnel turbine twine valve van vault "
    "vessel village wagon wall washer water wax weight well wharf wheel willow winch window "
    "wire wood wool workshop yard "
)
_PHRASE_WORDS, _SENTENCE_PHRASES = 3, 4
_QUOTED_WORDS = 6, 30


def _phrases() -> list[str]:
    draw, words = random.Random(0), _VOCABULARY.split()  # noqa: S311 - reproducible filler
    return [" ".join(draw.sample(words, _PHRASE_WORDS)) for _ in range(4096)]


PHRASES = _phrases()
"""Enough that a text seldom repeats one; made once, because drawing words is slow."""


class ScriptedArgs(BaseModel):
    """What can be asked of the filler."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delay: float = Field(default=0.0, ge=0)
    """Seconds before each answer."""
    words: int = Field(default=220, ge=20)
    """Length of a prose answer, or of a conversation."""
    cut_off: float = Field(default=0.0, ge=0, le=1)
    """Share of answers that end at half, with finish reason `length`."""
    broken: float = Field(default=0.0, ge=0, le=1)
    """Share of answers that do not match their constraint."""
    refused: float = Field(default=0.0, ge=0, le=1)
    """Share of answers that decline, in the form the constraint asks for."""
    refused_on: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    """By words, the share of answers to prompts with these words that decline as well."""
    repeated: float = Field(default=0.0, ge=0, le=1)
    """Share of prose answers that are one of ten stock texts with a few words changed."""
    misquoted: float = Field(default=0.0, ge=0, le=1)
    """Share of verdicts whose quotation does not stand in the document."""
    stern: float = Field(default=0.2, ge=0, le=1)
    """Share of verdicts with low scores and a flag; the others have high ones and none."""


class ScriptedEngine:
    """Answers at once, or after a set delay."""

    def __init__(self, settings: EngineSettings) -> None:
        self._args = checked_args(ScriptedArgs, settings)
        self._in_flight = settings.in_flight
        self._schemas: dict[str, dict[str, Any]] = {}

    async def open(self, constraints: Collection[Constraint] = ()) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def describe(self) -> EngineInfo:
        """Say what this engine is."""
        arguments = orjson.dumps(self._args.model_dump()).decode()
        in_flight = self._in_flight or 512
        return EngineInfo(
            "scripted", "filler", arguments, in_flight, {"exempla": version("exempla")}
        )

    async def answer(self, request: Request) -> Completion:
        """Answer with filler that depends on the constraint and the seed alone.

        The quotation of a verdict is taken from the last message: from between its last two lines
        of equals signs, if it has them, as the judge's templates have around the document.
        """
        if self._args.delay:
            await asyncio.sleep(self._args.delay)
        args = self._args
        draw = random.Random(request.sampling.seed)  # noqa: S311 - reproducible filler
        fate = draw.random()
        if isinstance(request.constraint, VerdictConstraint):
            text = self._verdict(request.constraint, request.messages[-1].content, draw)
        else:
            refuse = fate >= 1 - self._refused(request)
            text = self._fill(request.constraint, draw, refuse=refuse)
        cut = fate < args.cut_off
        if cut:
            text = text[: len(text) // 2]
        elif fate < args.cut_off + args.broken:
            text = text[len(text) // 2 :]
        tokens = text.count(" ") + 1
        if tokens > request.sampling.max_tokens:
            text = " ".join(text.split(" ")[: request.sampling.max_tokens])
            cut, tokens = True, request.sampling.max_tokens
        prompt_tokens = sum(message.content.count(" ") + 1 for message in request.messages)
        return Completion(text, "length" if cut else "stop", prompt_tokens, tokens)

    def _refused(self, request: Request) -> float:
        """The share of answers to such a request that decline."""
        prompts = [message.content for message in request.messages]
        return self._args.refused + sum(
            share
            for words, share in self._args.refused_on.items()
            if any(words in prompt for prompt in prompts)
        )

    def _fill(self, constraint: Constraint | None, draw: random.Random, *, refuse: bool) -> str:
        match constraint:
            case IdeasConstraint() if refuse:
                return '{"unfit":"Nothing in the one has to do with the other."}'
            case JsonConstraint(schema=schema):
                if schema not in self._schemas:
                    self._schemas[schema] = orjson.loads(schema)
                return orjson.dumps(
                    _value(self._schemas[schema], self._schemas[schema], draw)
                ).decode()
            case RegexConstraint(pattern=pattern):
                return str(rstr.Rstr(draw).xeger(pattern))
            case ChoiceConstraint(options=options):
                return draw.choice(options)
            case ProseConstraint() if refuse:
                return "# A note\n\nI'm sorry, but I can't help with that."
            case ProseConstraint(limits=limits):
                body = _bounded(limits, draw) if limits else self._paragraphs(draw)
                return f"# {draw.choice(PHRASES).capitalize()}\n\n{body}"
            case ChatConstraint():
                return self._chat(constraint, draw)
        return self._paragraphs(draw)

    def _verdict(self, constraint: VerdictConstraint, asked: str, draw: random.Random) -> str:
        stern, misquoted = draw.random() < self._args.stern, draw.random() < self._args.misquoted
        verdict: dict[str, Any] = {
            "reason": _sentence(draw.choices(PHRASES, k=_SENTENCE_PHRASES)),
            "quotation": draw.choice(PHRASES) if misquoted else _span(asked, draw),
            "scores": {
                item: draw.randint(1, 3) if stern else draw.randint(4, 5)
                for item in constraint.items
            },
        }
        if constraint.flags:
            verdict["flags"] = [draw.choice(constraint.flags)] if stern else []
        return orjson.dumps(verdict).decode()

    def _chat(self, constraint: ChatConstraint, draw: random.Random) -> str:
        count = 2 * draw.randint(*(count // 2 for count in constraint.messages))
        messages = []
        for number in range(count):
            if constraint.characters:
                text = _bounded(ProseLimits((1, 1), constraint.characters), draw)
            else:
                text = self._paragraphs(draw, self._args.words // count)
            messages.append(f"[{'assistant' if number % 2 else 'user'}]\n{text}")
        return "\n\n".join(messages)

    def _paragraphs(self, draw: random.Random, words: int | None = None) -> str:
        count = max(1, (words or self._args.words) // _PHRASE_WORDS)
        if draw.random() >= self._args.repeated:
            phrases = draw.choices(PHRASES, k=count)
        else:
            stock = random.Random(draw.randrange(10))  # noqa: S311 - reproducible filler
            phrases = stock.choices(PHRASES, k=count)
            phrases[draw.randrange(count)] = draw.choice(PHRASES)
        sentences = [
            _sentence(phrases[start : start + _SENTENCE_PHRASES])
            for start in range(0, count, _SENTENCE_PHRASES)
        ]
        third = len(sentences) // 3 or 1
        parts = [sentences[start : start + third] for start in range(0, len(sentences), third)]
        return "\n\n".join(" ".join(part) for part in parts)


def _span(text: str, draw: random.Random) -> str:
    """Some words in a row of what stands between the last two lines of equals signs."""
    words = ([text, *re.split(r"^=+$", text, flags=re.MULTILINE)[1:-1]])[-1].split()
    count = min(len(words), draw.randint(*_QUOTED_WORDS))
    start = draw.randrange(len(words) - count + 1)
    return " ".join(words[start : start + count])


def _sentence(phrases: list[str]) -> str:
    return " ".join(phrases).capitalize() + "."


def _bounded(limits: ProseLimits, draw: random.Random) -> str:
    paragraphs = []
    for _ in range(draw.randint(*limits.paragraphs)):
        length = draw.randint(*limits.characters)
        text = " ".join(draw.choices(PHRASES, k=length // 8 + 1)).capitalize()
        paragraphs.append(text[: length - 1] + ".")
    return "\n\n".join(paragraphs)


def _value(spec: dict[str, Any], schema: dict[str, Any], draw: random.Random) -> Any:
    """Filler for a part of a JSON schema; of several forms, the first."""
    if "$ref" in spec:
        spec = schema["$defs"][spec["$ref"].rpartition("/")[2]]
    if "anyOf" in spec:
        return _value(spec["anyOf"][0], schema, draw)
    if "enum" in spec:
        return draw.choice(spec["enum"])
    match spec["type"]:
        case "object":
            return {name: _value(part, schema, draw) for name, part in spec["properties"].items()}
        case "integer":
            return draw.randint(spec["minimum"], spec["maximum"])
        case "array":
            count = draw.randint(spec["minItems"], spec["maxItems"])
            return [_value(spec["items"], schema, draw) for _ in range(count)]
    text = _sentence(draw.choices(PHRASES, k=_SENTENCE_PHRASES))
    while len(text) < spec.get("minLength", 0):
        text += " " + _sentence(draw.choices(PHRASES, k=_SENTENCE_PHRASES))
    return text[: spec["maxLength"]]
