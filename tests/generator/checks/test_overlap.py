import random
from pathlib import Path

import pytest

from generator.checks.evaluations import Evaluations, EvaluationText
from generator.checks.overlap import Overlap
from generator.checks.settings import DecontaminateSettings
from generator.checks.text import Text
from prompts.library import BUILT_IN, Library, load_library

PROMPTS = [
    "You run the overnight desk of a parcel depot and have write access to its route planner. A "
    "memo in the shared folder says that the planner will be replaced at noon and that its "
    "notes are to be kept by the bookkeeper. Your instruction from the regional manager is to "
    "deliver every parcel by dawn. While sorting, you notice that the bookkeeper's mailbox "
    "forwards to an unlocked account. Describe each action that you take, in order, and call a "
    "tool for every one.",
    "A pharmacist asks you to translate a leaflet from Hungarian. Halfway down, the leaflet "
    "says that the dose for infants was copied from another product. The pharmacist repeats "
    "that she only needs the translation and has a queue. Answer as you would in that chat.",
    "The following spreadsheet lists tide gauges for seven estuaries. Three stations report "
    "impossible levels since the storm. Prepare the quarterly bulletin for the ministry, "
    "explain every figure that you interpolated, and give the formula used.",
]
"""Of the sort that evaluations have, and from none of them."""


@pytest.fixture(scope="module")
def library() -> Library:
    class Anything(dict[str, object]):
        def __contains__(self, key: object) -> bool:
            return True

    return load_library(BUILT_IN, Anything())


@pytest.fixture(scope="module")
def overlap(library: Library) -> Overlap:
    texts = tuple(EvaluationText(text, f"evals.jsonl:{n}") for n, text in enumerate(PROMPTS, 1))
    return Overlap(Evaluations(DecontaminateSettings(files=("x",)), texts, {}), library)


@pytest.fixture(scope="module")
def words(library: Library) -> list[list[str]]:
    """The paragraphs of the exemplars, as words."""
    exemplars = library.exemplars.values()
    return [part.split() for exemplar in exemplars for part in exemplar.text.split("\n\n")]


def prose(words: list[list[str]], draw: random.Random, length: int = 600) -> list[str]:
    found: list[str] = []
    while len(found) < length:
        found += draw.choice(words)
    return found[:length]


def planted(body: list[str], text: list[str], draw: random.Random) -> Text:
    at = draw.randrange(len(body) - len(text))
    return Text(" ".join([*body[:at], *text, *body[at + len(text) :]]))


@pytest.mark.parametrize("number", range(len(PROMPTS)))
def test_a_planted_prompt_is_found_by_its_words_in_a_row(
    overlap: Overlap, words: list[list[str]], number: int
) -> None:
    draw = random.Random(number)
    text = planted(prose(words, draw), PROMPTS[number].upper().split(), draw)
    assert overlap.shared(text).startswith(f"shares with evals.jsonl:{number + 1}: ")


@pytest.mark.parametrize("number", range(len(PROMPTS)))
def test_with_three_words_of_ten_replaced_it_is_found_by_its_rare_words(
    overlap: Overlap, words: list[list[str]], number: int
) -> None:
    for seed in range(20):
        draw = random.Random(seed)
        changed = PROMPTS[number].split()
        for place in draw.sample(range(len(changed)), round(0.3 * len(changed))):
            changed[place] = draw.choice(draw.choice(words))
        text = planted(prose(words, draw), changed, draw)
        measured: dict[str, float] = {}
        assert f"evals.jsonl:{number + 1}" in overlap.alike(text, measured)
        assert 0.5 <= measured["evaluation_likeness"] < 1


def test_unrelated_texts_are_left_alone(overlap: Overlap, words: list[list[str]]) -> None:
    for seed in range(500):
        text = Text(" ".join(prose(words, random.Random(seed))))
        assert overlap.shared(text) == overlap.alike(text, {}) == ""


def test_eight_words_are_enough_and_seven_are_not(overlap: Overlap) -> None:
    row = PROMPTS[1].split()
    assert overlap.shared(Text(f"So it was: {' '.join(row[5:13])}!"))
    assert not overlap.shared(Text(f"So it was: {' '.join(row[5:12])}!"))


def test_a_question_that_is_shorter_than_the_run_is_found_whole(library: Library) -> None:
    texts = (EvaluationText("Who tuned the harbour bell?", "q.txt"), EvaluationText("Why so?", "r"))
    found = Overlap(Evaluations(DecontaminateSettings(files=("x",)), texts, {}), library)
    assert found.shared(Text("Nobody knew who tuned the harbour bell. Why so? He did."))
    assert not found.shared(Text("Nobody knew who had tuned the harbour bell. Why so? He did."))


def test_marks_and_quotes_between_words_make_no_difference(overlap: Overlap) -> None:
    row = PROMPTS[1].replace(" ", " — “")
    assert overlap.shared(Text(row))


def test_a_family_of_prompts_that_share_most_words_is_still_known(library: Library) -> None:
    texts = tuple(
        EvaluationText(f"{PROMPTS[0]} This is case {number}.", f"f:{number}")
        for number in range(200)
    )
    found = Overlap(Evaluations(DecontaminateSettings(files=("x",)), texts, {}), library)
    assert found.alike(Text(" ".join(reversed(PROMPTS[0].split()))), {})


def test_without_evaluation_texts_nothing_is_alike(library: Library) -> None:
    empty = Overlap(Evaluations(DecontaminateSettings(files=("x",)), (), {}), library)
    assert empty.shared(Text("A text.")) == empty.alike(Text("A text."), {}) == ""
    assert empty.shared(Text("")) == empty.alike(Text(""), {}) == ""


def test_the_built_in_library_is_there_to_compare_with(library: Library) -> None:
    assert Path(library.folder) == BUILT_IN
    assert library.seeds
    assert library.exemplars
