"""Against orjson: whatever is taken is what orjson reads."""

import random
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.json_field import NOT_TAKEN, take
from dedup.lines import lines_of, octets_of
from exempla.corpus import Block

KEYS = st.sampled_from(["text", "id", "te", "texts", "i", "Text", "é", 'te"xt', ""])
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from('"\\/\b\f\n\r\té\u2028\x7f😀 a')))
NUMBERS = st.one_of(
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)
BLANKS = st.text(" \t\r", max_size=2)


@st.composite
def string(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> str:
    """A string, each of its characters written in any way that JSON has."""
    pieces = []
    for character in draw(texts):
        units = character.encode("utf-16-be", "surrogatepass")
        escaped = "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
        short = orjson.dumps(character).decode()[1:-1] if character.isprintable() else escaped
        ways = [short, escaped, escaped.upper().replace("\\U", "\\u")]
        pieces.append(draw(st.sampled_from(ways)))
    return f'"{"".join(pieces)}"'


def container(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(array(values), json_object(KEYS, values))


@st.composite
def array(draw: st.DrawFn, values: st.SearchStrategy[str]) -> str:
    parts = [f"{draw(BLANKS)}{value}{draw(BLANKS)}" for value in draw(st.lists(values, max_size=3))]
    return f"[{','.join(parts) or draw(BLANKS)}]"


@st.composite
def json_object(
    draw: st.DrawFn, keys: st.SearchStrategy[str], values: st.SearchStrategy[str]
) -> str:
    members = []
    for name in draw(st.lists(keys, max_size=4)):
        blanks = [draw(BLANKS) for _ in range(4)]
        key, value = (
            draw(st.one_of(st.just(orjson.dumps(name).decode()), string(st.just(name)))),
            "",
        )
        value = draw(values)
        members.append(f"{blanks[0]}{key}{blanks[1]}:{blanks[2]}{value}{blanks[3]}")
    return f"{{{','.join(members) or draw(BLANKS)}}}"


VALUES = st.recursive(
    st.one_of(string(), NUMBERS, st.sampled_from(["true", "false", "null"])),
    container,
    max_leaves=6,
)
LINES = st.one_of(json_object(KEYS, VALUES), VALUES).map(
    lambda it: it.encode(errors="surrogatepass")
)


def taken(lines: list[bytes]) -> list[tuple[bytes, bytes] | None]:
    """What is taken of each line."""
    block = Block(1, len(lines), b"".join(line + b"\n" for line in lines))
    found = take(octets_of(block), lines_of(block), np.frombuffer(b"text", dtype=np.uint8))
    spans = np.column_stack([found.texts, found.ids]).tolist()
    return [
        None if a == NOT_TAKEN else (found.data[a:b].tobytes(), found.data[c:d].tobytes())
        for a, b, c, d in spans
    ]


def check(lines: list[bytes]) -> None:
    for line, one in zip(lines, taken(lines), strict=True):
        if one is not None:
            record = orjson.loads(line)
            text, id_ = one
            assert text == record["text"].encode()
            assert (orjson.loads(id_) if id_ else None) == record.get("id")


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(LINES, min_size=1, max_size=4))
@example([b'{"text":"a","text":"b"}', b'{"id":1,"id":"a","text":""}', b'{"text":"a"}x'])
@example([b'{"text":"a","id":12345678901234567890}', b'{"text":"a","id":1.0}', b'{"text":"a",}'])
@example([b'{"text":"' + b"a" * 70 + b'\\"' + "é".encode() * 40 + b'"}', b"", b"  "])
def test_what_is_taken_is_what_orjson_reads(lines: list[bytes]) -> None:
    check([line.replace(b"\n", b"") for line in lines])


@settings(max_examples=400)
@given(LINES, st.data())
def test_a_damaged_line_is_taken_only_if_orjson_takes_it_too(
    line: bytes, data: st.DataObject
) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(begin, min(begin + 3, len(line))))
        put = data.draw(
            st.one_of(
                st.binary(max_size=2), st.text('"\\{}[],:0-.eu \x00', max_size=2).map(str.encode)
            )
        )
        line = line[:begin] + put + line[end:]
    check([line.replace(b"\n", b""), line.replace(b"\n", b"")[: len(line) // 2]])


def test_every_pair_of_bytes_within_a_text_is_judged_as_orjson_does() -> None:
    pairs = [bytes([a, b]) for a in range(256) for b in range(256) if 10 not in (a, b)]
    lines = [b'{"text":"' + pair + b'"}' for pair in pairs]
    lines += [b'{"text":"\\' + pair + b'"}' for pair in pairs]
    check(lines)


def test_random_bytes_like_utf_8_are_judged_as_orjson_does() -> None:
    draw = random.Random(0)
    leads = bytes([0x41, 0x7F, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5])
    others = bytes([0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0])
    lines = [
        b'{"text":"' + bytes([draw.choice(leads), *draw.choices(others, k=width)]) + b'"}'
        for width in (1, 2, 3)
        for _ in range(4000)
    ]
    assert 0 < sum(one is not None for one in taken(lines)) < len(lines)
    check(lines)


def orjson_takes(line: bytes) -> bool:
    try:
        record: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(record, dict) and isinstance(record.get("text"), str)


def test_usual_lines_are_taken() -> None:
    lines = [
        b'{"id": "\\u00e9", "text": "Say \\"no\\".\\n\\ud83d\\ude00 \\/", "n": [{"a": -0.5e-7}]}',
        '{"text": "Füße …", "id": null, "deep": [[[], {}]], "text ": 1}\r'.encode(),
        b'\t{ "verdict" : { "score" : 4.5 , "text" : "not this" } , "id" : 17 , "text" : "this" } ',
        b'{"text": "", "id": true, "a": false}',
    ]
    assert all(map(orjson_takes, lines))
    assert [one and one[0].decode() for one in taken(lines)] == [
        'Say "no".\n😀 /',
        "Füße …",
        "this",
        "",
    ]
    check(lines)
