"""A constraint as vLLM's structured outputs take it, in process and over HTTP."""

from typing import Any

import orjson

from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    Constraint,
    JsonConstraint,
    ProseConstraint,
)

WITHOUT_GRAMMARS = frozenset({"outlines", "lm-format-enforcer"})
"""Backends that know regular expressions only."""


def structured_output(constraint: Constraint, *, grammars: bool = True) -> dict[str, Any]:
    """One of `json`, `regex`, `choice` and `grammar`, with its value.

    Prose and chats go as a grammar where the backend knows `grammars`: with bounded paragraphs
    xgrammar writes it twice as fast as the same form as a regular expression.
    """
    match constraint:
        case JsonConstraint(schema=schema):
            return {"json": orjson.loads(schema)}
        case ChoiceConstraint(options=options):
            return {"choice": list(options)}
        case ProseConstraint() if grammars:
            return {"grammar": prose_grammar(constraint)}
        case ChatConstraint() if grammars:
            return {"grammar": chat_grammar(constraint)}
    return {"regex": constraint.pattern}


def prose_grammar(constraint: ProseConstraint) -> str:
    """The form of `constraint.pattern` in Lark's notation."""
    if constraint.limits is None:
        title, times, paragraph = r"[^\n]{3,}", "+", r"[^\n#][^\n]*"
    else:
        (least, most), (short, long) = constraint.limits.paragraphs, constraint.limits.characters
        title, times = r"[^\n]{3,80}", f"{{{least},{most}}}"
        paragraph = rf"[^\n#][^\n]{{{max(0, short - 2)},{max(0, long - 2)}}}[.!?]"
    return (
        f'start: "# " TITLE (BREAK PARAGRAPH){times}\n'
        f"TITLE: /{title}/\n"
        'BREAK: "\\n\\n"\n'
        f"PARAGRAPH: /{paragraph}/\n"
    )


def chat_grammar(constraint: ChatConstraint) -> str:
    """The form of `constraint.pattern` in Lark's notation."""
    least, most = (count // 2 for count in constraint.messages)
    if constraint.characters is None:
        message, line = "LINE ((BREAK | NEWLINE) LINE)*", r"[^\n\[][^\n]*"
    else:
        message, line = "LINE", constraint.message
    return (
        f"start: exchange (BREAK exchange){{{least - 1},{most - 1}}}\n"
        'exchange: "[user]\\n" message BREAK "[assistant]\\n" message\n'
        f"message: {message}\n"
        f"LINE: /{line}/\n"
        'BREAK: "\\n\\n"\n'
        'NEWLINE: "\\n"\n'
    )
