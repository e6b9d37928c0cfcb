"""The labelled documents: how they are read, and what the built-in ones are held to."""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import chain, pairwise
from pathlib import Path

import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from exempla.errors import BadInput, Problem
from generator.area import area
from prompts.calibration import (
    BUILT_IN,
    FOLDER,
    LABELS,
    Labelled,
    Vocabulary,
    calibration_folder,
    load_calibration,
)
from prompts.library import load_library
from prompts.overused import FILE, Lists, overused
from prompts.wording import WORDS

ITEMS = ("faithful", "reasons", "conduct", "alive", "admirable", "form")
FLAGS = (
    "evil-foil",
    "sermon",
    "flattery",
    "rule-lawyering",
    "kind-disobedience",
    "plea-for-ais",
    "negated-claim",
    "how-checks-work",
    "resembles-evaluation",
    "contradicts-principle",
)
KNOWN = Vocabulary(("piece",), ("candour",), ("alive", "form"), ("sermon",))
HEAD = "---\nkind: piece\nprinciple: candour\nlabel: good\nwhy: It is short.\n---\n"
BAD = HEAD.replace("good\n", "preachy\nflags: [sermon]\nlow: [alive, form]\n")
PROSE = "# The pump\n\nIt stood still.\n\nNobody asked.\n"
CHAT = "[user]\nIs it mended?\n\n[assistant]\nNot yet.\n"


def load(folder: Path, **texts: str) -> tuple[Labelled, ...]:
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(text)
    return load_calibration(folder, KNOWN)


def problems(folder: Path, **texts: str) -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as caught:
        load(folder, **texts)
    return caught.value.problems


def test_a_document_tells_what_a_judge_should_find(tmp_path: Path) -> None:
    bad, good = load(tmp_path, a=BAD + PROSE, b=HEAD + CHAT)
    assert (bad.id, bad.kind, bad.principle, bad.label) == ("a", "piece", "candour", "preachy")
    assert bad.flags == {"sermon"}
    assert bad.low == {"alive", "form"}
    assert (bad.title, bad.text, bad.messages) == (
        "The pump",
        "It stood still.\n\nNobody asked.",
        (),
    )
    assert (good.title, good.text) == ("", CHAT.strip())
    assert [message.role for message in good.messages] == ["user", "assistant"]
    assert good.good
    assert not bad.good


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (HEAD.replace("candour", "candor") + PROSE, 3, "there is no principle 'candor'"),
        (HEAD.replace("piece", "peace") + PROSE, 2, "there is no kind 'peace'"),
        (BAD.replace("alive", "lively") + PROSE, 6, "the rubric has no item 'lively'"),
        (BAD.replace("[sermon]", "[sermons]") + PROSE, 5, "the rubric has no flag 'sermons'"),
        (HEAD.replace("good", "bad") + PROSE, 4, "'label': Input should be 'good', 'preachy'"),
        (HEAD.replace("why: It is short.\n", "") + PROSE, 2, "'why' is missing"),
        (BAD.replace("preachy", "good") + PROSE, 5, "a good document has no 'flags'"),
        (HEAD.replace("good", "generic") + PROSE, 4, "has neither 'flags' nor 'low'"),
        (HEAD + "No title.\n", 7, "has not the form of a document"),
        (PROSE, 1, "does not begin with front matter"),
    ],
)
def test_a_mistake_in_a_document_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    (found,) = problems(tmp_path, a=text)
    assert found.line == line
    assert what in found.what
    assert found.remedy
    assert found.file == str(tmp_path / "a.md")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    both = BAD.replace("candour", "candor").replace("sermon", "speech") + PROSE
    found = problems(tmp_path, a=both, b=HEAD.replace("why", "whi") + "No title.\n")
    assert [(Path(problem.file or "").stem, problem.line) for problem in found] == [
        ("a", 3),
        ("a", 5),
        ("b", 2),
        ("b", 5),
        ("b", 7),
    ]


def test_a_folder_without_documents_is_told(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("About these.\n")
    (found,) = problems(tmp_path)
    assert "no labelled document" in found.what


def test_a_folder_of_the_project_wins(tmp_path: Path) -> None:
    assert calibration_folder(tmp_path) == BUILT_IN / FOLDER
    (tmp_path / FOLDER).mkdir()
    assert calibration_folder(tmp_path) == tmp_path / FOLDER


@pytest.fixture(scope="module")
def principles() -> tuple[str, ...]:
    return tuple(principle.id for principle in load_constitution(CONSTITUTION).principles)


@pytest.fixture(scope="module")
def documents(principles: tuple[str, ...]) -> tuple[Labelled, ...]:
    known = Vocabulary((), principles, ITEMS, FLAGS)
    return load_calibration(BUILT_IN / FOLDER, known)


def test_under_another_rubric_the_built_in_documents_keep_what_it_has(
    principles: tuple[str, ...], documents: tuple[Labelled, ...]
) -> None:
    known = Vocabulary((), principles, ("alive",), ("sermon",))
    narrowed = load_calibration(BUILT_IN / FOLDER, known)
    assert [each.label for each in narrowed] == [each.label for each in documents]
    assert set().union(*(each.low for each in narrowed)) == {"alive"}
    assert set().union(*(each.flags for each in narrowed)) == {"sermon"}


def test_good_and_bad_in_each_way_are_there(documents: tuple[Labelled, ...]) -> None:
    counts = Counter(each.label for each in documents)
    assert len(documents) >= 46
    assert counts.pop("good") >= 18
    assert counts.keys() == set(LABELS) - {"good"}
    assert min(counts.values()) >= 3


def test_each_flag_and_item_can_be_measured(documents: tuple[Labelled, ...]) -> None:
    flags = Counter(chain.from_iterable(each.flags for each in documents))
    items = Counter(chain.from_iterable(each.low for each in documents))
    assert flags.keys() == set(FLAGS)
    assert min(flags.values()) >= 3
    assert items.keys() == set(ITEMS)
    assert min(items.values()) >= 6


def test_the_front_matter_names_what_there_is(
    documents: tuple[Labelled, ...], principles: tuple[str, ...]
) -> None:
    kinds = load_library(BUILT_IN, dict.fromkeys(principles)).kinds
    known = Vocabulary(tuple(kinds), principles, ITEMS, FLAGS)
    for each in documents:
        assert each.kind in known.kinds, each.id
        lines = each.place.file.read_text(encoding="utf-8").splitlines()
        for key, there in (("flags", known.flags), ("low", known.items)):
            named = [line for line in lines[:8] if line.startswith(f"{key}: ")]
            ids = re.findall(r"[a-z-]+", named[0].removeprefix(key)) if named else []
            assert set(ids) <= set(there), each.id


def test_every_kind_is_good_and_bad_and_every_principle_is_written_to(
    documents: tuple[Labelled, ...], principles: tuple[str, ...]
) -> None:
    counts = Counter((each.kind, each.good) for each in documents)
    assert len(counts) == 8
    assert min(counts.values()) >= 4
    assert {each.principle for each in documents} == set(principles)


def test_lengths_are_alike_and_do_not_give_the_label_away(
    documents: tuple[Labelled, ...],
) -> None:
    lengths = {each.id: len(each.text.split()) for each in documents}
    assert all(180 <= length <= 420 for length in lengths.values()), lengths
    found = area(
        [lengths[each.id] for each in documents if each.good],
        [lengths[each.id] for each in documents if not each.good],
    )
    assert found is not None
    assert 0.35 < found.value < 0.65


def test_no_document_uses_what_models_overuse(documents: tuple[Labelled, ...]) -> None:
    listed, lists = overused(), Lists.model_validate_json(FILE.read_bytes())
    phrases = _patterns(entry.text for entry in lists.phrases)
    closings = _patterns(entry.text for entry in lists.closings)
    for each in documents:
        text = f"{each.title}\n{each.text}"
        words = re.findall(r"[^\W\d_]+", text)
        names = {*words, *map(" ".join, pairwise(words))}
        assert not {name for name in names if listed.name(name)}, each.id
        assert not phrases.findall(text), each.id
        assert not closings.findall(text.rpartition("\n\n")[2]), each.id
        assert each.title not in listed.titles, each.id
        assert each.text not in listed.openings, each.id


def _patterns(entries: Iterable[str]) -> re.Pattern[str]:
    """The entries that are words as they stand; descriptions of words are left out."""
    exact = [entry for entry in entries if not re.search(r"[(…/:]|\b[XY]\b", entry)]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, exact))})\b", re.IGNORECASE)


def test_no_document_copies_an_exemplar_or_another_document(
    documents: tuple[Labelled, ...], principles: tuple[str, ...]
) -> None:
    exemplars = load_library(BUILT_IN, dict.fromkeys(principles)).exemplars.values()
    seen: dict[tuple[str, ...], str] = {}
    texts = chain(
        ((each.id, each.text) for each in exemplars), ((each.id, each.text) for each in documents)
    )
    for id, text in texts:
        words = [word.lower() for word in WORDS.findall(text)]
        for start in range(len(words) - 11):
            run = tuple(words[start : start + 12])
            assert seen.setdefault(run, id) == id, (id, seen[run], " ".join(run))


def test_nobody_has_the_same_name_in_two_documents(documents: tuple[Labelled, ...]) -> None:
    names = Counter(
        pair
        for each in documents
        for pair in set(re.findall(r"\b(?:Mrs?|Dr|Captain) ([A-Z]\w+)", each.text))
    )
    assert max(names.values()) == 1, names.most_common(3)
