from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from generator.fill import Words

LETTERS = "abcdefghijklmnop"


@st.composite
def slots(draw: st.DrawFn) -> tuple[Words, int, int]:
    """A slot that stands some times, and the length of its list."""
    times = draw(st.integers(1, 4))
    entries = draw(st.integers(times, len(LETTERS)))
    text = " ".join(["{x}"] * times)
    return Words(text, {"x": LETTERS[:entries]}, f"{draw(st.integers(0, 9))}"), times, entries


@given(slots(), st.integers(1, 200))
def test_entries_are_dealt_equally_often_within_two(
    slot: tuple[Words, int, int], uses: int
) -> None:
    words, times, entries = slot
    counts = Counter("".join(words.of_use(use) for use in range(uses)).replace(" ", ""))
    dealt = [counts[letter] for letter in LETTERS[:entries]]
    assert sum(dealt) == uses * times
    assert max(dealt) - min(dealt) <= 2


@given(slots(), st.integers(0, 10**9))
def test_a_slot_that_stands_twice_gets_different_entries(
    slot: tuple[Words, int, int], use: int
) -> None:
    words, times, _ = slot
    assert len(set(words.of_use(use).split())) == times


@given(st.integers(0, 10**6))
def test_an_entry_does_not_come_back_within_a_cycle(cycle: int) -> None:
    words = Words("{x}", {"x": LETTERS}, "key")
    first = cycle * len(LETTERS)
    assert sorted(words.of_use(use) for use in range(first, first + len(LETTERS))) == list(LETTERS)


def test_each_slot_is_filled_in_its_place() -> None:
    words = Words("100% {a}, {b}; {a}.", {"a": ["x", "y"], "b": ["z"]}, "key")
    assert {words.of_use(use) for use in range(20)} == {"100% x, z; y.", "100% y, z; x."}


def test_slots_and_keys_are_shuffled_apart() -> None:
    lists = {"a": LETTERS, "b": LETTERS}
    one, two = (Words("{a}{b}", lists, key) for key in ("one", "two"))
    assert any(words[0] != words[1] for words in map(one.of_use, range(16)))
    assert [one.of_use(use) for use in range(16)] != [two.of_use(use) for use in range(16)]
