"""A tokenizer by which a mix is measured."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from exempla.document import Form
from exempla.errors import BadInput, Problem
from output.row import MessagesRow, Row, TextRow

OTHER = "Name another, a local folder or a hub name, or leave 'tokenizer' out."


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """Counts the tokens of rows."""

    digest: str
    """SHA-256 of its rules, its vocabulary and its chat template."""
    inner: Any
    """What transformers loads."""

    def count(self, rows: Sequence[Row]) -> list[int]:
        """The tokens of the text of each row, or of its messages and tools in the chat template.

        Those that a trainer puts around a text are not counted.

        Raises:
            BadInput: the chat template refuses a conversation.
        """
        texts = [row.text if isinstance(row, TextRow) else self._laid_out(row) for row in rows]
        found = self.inner(texts, add_special_tokens=False, verbose=False)["input_ids"]
        return list(map(len, found))

    def _laid_out(self, row: MessagesRow) -> str:
        from jinja2 import TemplateError  # noqa: PLC0415 - loaded with the tokenizer

        tools = orjson.loads(row.tools) or None
        try:
            laid_out = self.inner.apply_chat_template(
                list(row.messages), tools=tools, tokenize=False
            )
        except TemplateError as error:
            what = f"its chat template refuses the conversation '{row.id}': {error}"
            raise _refused(what) from error
        return str(laid_out)


def load_tokenizer(name: str, place: str, form: Form) -> Tokenizer:
    """Load a tokenizer.

    Args:
        name: As the user gave it.
        place: A folder or a hub name.
        form: What it is to count.

    Raises:
        BadInput: there is none, it has no rules of its own, or no chat template where conversations
            are to be counted, or the package for it is missing.
    """
    try:
        from transformers import AutoTokenizer  # noqa: PLC0415 - heavy
    except ImportError as error:
        what = "a tokenizer needs a package that is missing: transformers"
        remedy = "Install it: pip install 'exempla[cpu]', or leave 'tokenizer' out."
        raise BadInput(Problem(what, remedy, setting="tokenizer")) from error
    try:
        inner: Any = AutoTokenizer.from_pretrained(place)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise _refused(f"there is no tokenizer '{name}' that can be loaded: {reason}") from error
    if not inner.is_fast:
        raise _refused(f"the tokenizer '{name}' has no tokenizer.json, by which it would be known")
    if form == "messages" and not inner.chat_template:
        raise _refused(f"the tokenizer '{name}' has no chat template to count conversations by")
    template = inner.chat_template or ""
    identity = [inner.backend_tokenizer.to_str(), template]
    return Tokenizer(hashlib.sha256(orjson.dumps(identity)).hexdigest(), inner)


def _refused(what: str) -> BadInput:
    return BadInput(Problem(what, OTHER, setting="tokenizer"))
