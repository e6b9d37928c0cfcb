import unicodedata

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dedup.bands import Banding
from dedup.normalize import normalize
from dedup.shingle import WIDTH
from dedup.sign import shingle_set, sign

WORDS = st.lists(st.sampled_from("abcdefgh"), max_size=30)

WILD = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Mn", "Mc", "Lo", "Lm", "Cf"])),
    st.text(st.sampled_from("aeᾳΣσς \u0301\u0323\u0308\u00ad\u200d'İıßÅﬁ½´ǰ")),  # noqa: RUF001
    st.text(st.sampled_from("कािक़्\u093cก็ำิ่กบ가각ᄀ\u1161\u11a8가")),
    st.text(st.sampled_from("今日は晴れガｶﾞ゛゜㍿ﷺ。、 GPU\U00020000\U0001f600")),
    st.text(st.characters(min_codepoint=0x10000)),
    st.text(st.characters()).map(lambda text: unicodedata.normalize("NFD", text)),
)
"""Characters that depend on their neighbours, become several or nothing, or are rare."""

SCRIPTS = (
    *("CJK", "HANGZHOU", "IDEOGRAPHIC"),
    *("HIRAGANA", "KATAKANA", "COMBINING KATAKANA", "HENTAIGANA", "MASU", "VERTICAL"),
    *("THAI", "LAO", "KHMER", "MYANMAR"),
)


def spaceless(character: str) -> bool:
    """By name, where the code goes by ranges of code points."""
    return unicodedata.name(character, "").startswith(SCRIPTS)


def plain_words(text: str) -> list[str]:
    plain = normalize(text)
    letters = plain.replace(" ", "")
    if 2 * sum(map(spaceless, letters)) > len(letters):
        plain = "".join(f" {letter} " if spaceless(letter) else letter for letter in plain)
    return plain.split()


def mixed(value: int) -> int:
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ value >> 27) * 0x94D049BB133111EB % 2**64
    return value ^ value >> 31


def folded_into(value: int, number: int) -> int:
    value = (value ^ number) * 0x9E3779B97F4A7C15 % 2**64
    return value ^ value >> 32


def plain_shingles(text: str) -> list[int]:
    """The definition, in plain Python."""
    words = []
    for word in plain_words(text):
        value, place = 0, 0
        for character in word:
            if place == 64:
                value, place = mixed(value), 1
            value += ord(character) * pow(0x9E3779B97F4A7C15, place, 2**64)
            value, place = value % 2**64, place + 1
        words.append(mixed(value))
    width = min(WIDTH, len(words)) or 1
    found = set()
    for start in range(len(words) - width + 1):
        value = 0
        for word_hash in words[start : start + width]:
            value = folded_into(value, word_hash)
        found.add(value)
    return sorted(found)


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=500)
@given(WILD)
@example("ΌΔΟΣ ὈΔΥΣΣΕΎΣ")
@example("J\u030cá\u00ad\u0301")
@example("a\ud800b")
@example("Einführung in die Ökologie: Straße, Café, naïve ﬁnance ½")
@example("ﷺ" * 3000)
@example("आज मौसम अच्छा है। किताब क़लम")
@example("今日は晴れ。明日は雨、GPU 2")
@example("a" * 64 + "b" * 64 + " " + "é" * 130 + "c" * 70)
def test_compiled_shingles_are_those_of_the_definition(text: str) -> None:
    assert shingle_set(encoded(text)).tolist() == plain_shingles(text)
    assert sign([encoded(text)], Banding(1, 1)).words.tolist() == [len(plain_words(text))]


def test_every_character_alone_is_folded_as_it_is_defined() -> None:
    texts = [f"a{chr(code)}b{chr(code)}" for code in range(0x30000) if not 0xD800 <= code < 0xE000]
    plain = [normalize(text) for text in texts]
    cut = Banding(1, 1)
    found = sign([encoded(text) for text in texts], cut)
    expected = sign([encoded(text) for text in plain], cut)
    assert (found.digests == expected.digests).all()
    by_digest: dict[tuple[int, ...], set[str]] = {}
    for digest, text in zip(found.digests.tolist(), plain, strict=True):
        by_digest.setdefault(tuple(digest), set()).add(text)
    assert all(len(same) == 1 for same in by_digest.values())


@given(st.lists(WILD, max_size=8))
def test_digests_are_equal_where_normalised_texts_are(texts: list[str]) -> None:
    texts += [text.upper().lower() + "!" for text in texts]
    digests = list(map(tuple, sign(list(map(encoded, texts)), Banding(1, 1)).digests.tolist()))
    for first, digest in zip(texts, digests, strict=True):
        for second, other in zip(texts, digests, strict=True):
            assert (digest == other) == (plain_words(first) == plain_words(second))


@given(WORDS)
def test_two_texts_share_as_many_shingles_as_runs_of_words(words: list[str]) -> None:
    runs = {tuple(words[i : i + WIDTH]) for i in range(max(len(words) - WIDTH + 1, 1))} - {()}
    assert len(shingle_set(" ".join(words).encode())) == len(runs)


@pytest.mark.parametrize("text", ["one", "one two", "one two three four", "今日は晴"])
def test_a_short_text_is_one_shingle_of_all_its_words(text: str) -> None:
    assert len(shingle_set(text.encode())) == 1
    assert shingle_set(text.encode()) != shingle_set(f"{text}れ".encode())


def test_a_text_without_words_has_no_shingles() -> None:
    assert shingle_set(b"").shape == (0,)
    assert shingle_set("…!".encode()).shape == (0,)


def test_the_order_of_words_counts() -> None:
    assert shingle_set(b"a b c d e") != shingle_set(b"b a c d e")


@pytest.mark.parametrize(
    ("text", "shingles"),
    [
        ("今日は晴れです", 3),
        ("今日は 晴れ\u3000です。", 3),
        ("สวัสดีครับ", 6),
        ("ສະບາຍດີ", 3),
        ("မြန်မာ", 2),
        ("ភាសាខ្មែរ", 5),
        ("今日は GPU です", 2),
        ("한국어 문장은 띄어 쓴다 그래서", 1),
        ("an essay on the word 今日", 2),
    ],
)
def test_where_most_letters_are_of_a_script_without_spaces_each_of_these_is_a_word(
    text: str, shingles: int
) -> None:
    assert len(shingle_set(text.encode())) == shingles


def test_an_edit_of_a_text_without_spaces_changes_few_of_its_shingles() -> None:
    text = "吾輩は猫である名前はまだ無いどこで生れたか頓と見当がつかぬ何でも薄暗いじめじめした所で"
    first, second = shingle_set(text.encode()), shingle_set(text.replace("無", "有").encode())
    assert len(np.intersect1d(first, second)) == len(first) - WIDTH


def test_hashes_are_the_same_in_every_process() -> None:
    assert shingle_set(b"the same in every process").tolist() == [8963475192283311290]


def test_a_text_longer_than_any_buffer_is_read_whole() -> None:
    text = " ".join(map(str, range(20_000)))
    assert len(shingle_set(text.encode())) == 20_000 - WIDTH + 1


@given(st.binary(max_size=40))
def test_bytes_that_are_no_text_are_read_or_refused_without_harm(data: bytes) -> None:
    try:
        shingle_set(data)
    except UnicodeDecodeError:
        return
