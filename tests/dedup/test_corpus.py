"""The pass over files, against the pass over texts in memory and against brute force."""

import random
import tracemalloc
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.corpus import Pass, Task, decide
from dedup.index import open_index, scheme, write_index
from dedup.preference import preference
from dedup.reading import Reading
from dedup.sign import shingle_set
from dedup.unique import Entry, unique
from dedup.work import Threads
from exempla.corpus import record_files
from exempla.errors import BadInput

PLENTY = 1 << 28
WORDS = [f"w{number}" for number in range(2000)]


def families(seed: int, count: int, words: int = 60) -> list[str]:
    """Texts of which many are edits of an earlier one, or copies."""
    draw = random.Random(seed)
    texts: list[str] = []
    for _ in range(count):
        if texts and draw.random() < 0.6:
            edited = draw.choice(texts).split()
            for _ in range(draw.choice([0, 1, 1, 2, 4])):
                edited[draw.randrange(len(edited))] = draw.choice(WORDS)
            texts.append(" ".join(edited))
        else:
            texts.append(" ".join(draw.choices(WORDS, k=words + draw.randrange(3))))
    return texts


def write(path: Path, texts: Sequence[str]) -> Path:
    lines = (orjson.dumps({"id": number, "text": text}) for number, text in enumerate(texts))
    path.write_bytes(b"\n".join(lines))
    return path


def done(
    folder: Path,
    *files: Path,
    keep: str = "longest",
    memory: int = PLENTY,
    threads: int = 2,
    against: Sequence[Path] = (),
) -> Pass:
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    task = Task(
        files=record_files(files),
        reading=Reading(("text",), preference(keep)),
        threshold=0.7,
        memory=memory,
        against=[open_index(path, scheme(0.7)) for path in against],
        remember=True,
    )
    return decide(task, Threads(threads), scratch, None, lambda phase, count, total: None)


def kept(found: Pass) -> list[int]:
    """The kept documents of the files, from 0."""
    return (np.flatnonzero(found.decisions.kept[found.corpus.begin :])).tolist()


def similarity(one: str, other: str) -> float:
    first, second = set(shingle_set(one.encode())), set(shingle_set(other.encode()))
    return len(first & second) / max(len(first | second), 1)


def index(path: Path, found: Pass) -> Path:
    documents = np.flatnonzero(found.decisions.kept & ~found.decisions.empty)
    write_index(path, scheme(0.7), documents, found.signatures, found.packed, found.corpus.name)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_no_two_kept_texts_are_near_and_each_removed_one_is_near_the_kept_one_it_names(
    tmp_path: Path, seed: int
) -> None:
    texts = families(seed, 150)
    found = done(tmp_path, write(tmp_path / "a.jsonl", texts))
    stays = kept(found)
    assert 30 < len(stays) < 120
    assert all(similarity(texts[i], texts[j]) < 0.7 for i, j in combinations(stays, 2))
    for document, nearest in enumerate(found.decisions.nearest.tolist()):
        told = found.decisions.similarities[document]
        assert nearest in stays
        assert told == pytest.approx(similarity(texts[document], texts[nearest]))
        assert told >= 0.7


def test_files_and_texts_in_memory_give_the_same(tmp_path: Path) -> None:
    texts = families(5, 300)
    found = done(tmp_path, write(tmp_path / "a.jsonl", texts), keep="first")
    entries = [Entry(f"{number:04}", text, turn=number) for number, text in enumerate(texts)]
    told = unique(entries, 0.7)
    assert [f"{document:04}" for document in kept(found)] == list(told.kept)
    names = {
        f"{document:04}": f"{cluster:04}"
        for document, cluster in enumerate(found.decisions.clusters.tolist())
    }
    assert {id_: names[id_] for id_ in told.clusters} == dict(told.clusters)
    nearest = found.decisions.nearest.tolist()
    for duplicate in told.duplicates:
        assert f"{nearest[int(duplicate.removed)]:04}" == duplicate.kept


@pytest.mark.parametrize("keep", ["longest", "first"])
def test_little_memory_and_any_number_of_threads_change_nothing(tmp_path: Path, keep: str) -> None:
    file = write(tmp_path / "a.jsonl", families(6, 3000))
    plenty = done(tmp_path, file, keep=keep, threads=1).decisions
    for memory, threads in [(395_000, 1), (500_000, 3)]:
        found = done(tmp_path, file, keep=keep, memory=memory, threads=threads).decisions
        np.testing.assert_array_equal(found.kept, plenty.kept)
        assert found.kept[found.nearest].all()
        assert (found.similarities >= 0.7).all()
    again = done(tmp_path, file, keep=keep, threads=4).decisions
    for column, wanted in zip(again, plenty, strict=True):
        np.testing.assert_array_equal(column, wanted)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), data=st.data())
def test_any_order_and_any_cut_into_files_keep_the_same_texts(
    tmp_path_factory: pytest.TempPathFactory, seed: int, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("order")
    texts = families(seed, 60)
    order = data.draw(st.permutations(range(len(texts))))
    cut = data.draw(st.integers(0, len(texts)))
    straight = done(folder, write(folder / "a.jsonl", texts))
    lines = (folder / "a.jsonl").read_bytes().split(b"\n")
    for name, part in (("b.jsonl", order[:cut]), ("c.jsonl", order[cut:])):
        (folder / name).write_bytes(b"\n".join(lines[document] for document in part))
    found = done(folder, folder / "b.jsonl", folder / "c.jsonl")
    assert sorted(order[document] for document in kept(found)) == kept(straight)


def test_a_second_pass_over_what_is_kept_removes_nothing(tmp_path: Path) -> None:
    texts = families(7, 400)
    stays = kept(done(tmp_path, write(tmp_path / "a.jsonl", texts)))
    again = done(tmp_path, write(tmp_path / "b.jsonl", [texts[one] for one in stays]))
    assert len(kept(again)) == len(stays)


def test_texts_without_words_are_kept_and_not_one_cluster(tmp_path: Path) -> None:
    found = done(tmp_path, write(tmp_path / "a.jsonl", ["", "…", "a word", "A  word!", "?"]))
    assert kept(found) == [0, 1, 2, 4] or kept(found) == [0, 1, 3, 4]
    assert found.decisions.empty.tolist() == [True, True, False, False, True]
    assert len(set(found.decisions.clusters.tolist())) == 4


def test_what_is_near_a_document_of_an_index_goes_and_by_the_same_rule_as_in_one_pass(
    tmp_path: Path,
) -> None:
    texts = families(8, 400)
    old, new = texts[:200], texts[200:]
    first = done(tmp_path, write(tmp_path / "old.jsonl", old), keep="first")
    made = index(tmp_path / "old.index", first)
    (tmp_path / "old.jsonl").unlink()
    found = done(tmp_path, write(tmp_path / "new.jsonl", new), keep="first", against=[made])
    together = done(tmp_path, write(tmp_path / "all.jsonl", texts), keep="first")
    assert kept(found) == [document - 200 for document in kept(together) if document >= 200]
    by_index = (found.decisions.nearest < found.corpus.begin)[found.corpus.begin :]
    assert 20 < by_index.sum() < 180


def test_documents_of_two_indexes_stay_though_they_are_near_each_other(tmp_path: Path) -> None:
    text, between, beyond = (" ".join(WORDS[start : start + 60]) for start in (0, 5, 10))
    assert similarity(text, between) >= 0.7 <= similarity(between, beyond)
    assert similarity(text, beyond) < 0.7
    made = [
        index(tmp_path / f"{number}.index", done(tmp_path, write(tmp_path / "a.jsonl", [one])))
        for number, one in enumerate([text, between])
    ]
    found = done(tmp_path, write(tmp_path / "b.jsonl", [beyond]), against=made)
    assert kept(found) == []
    assert found.corpus.name(int(found.decisions.nearest[2]))["index"] == str(made[1])


def test_the_best_by_a_number_stays_and_records_without_it_come_last(tmp_path: Path) -> None:
    text = " ".join(WORDS[:40])
    records = [
        {"text": f"{text} end"},
        {"text": text, "verdict": {"score": 2}},
        {"text": text, "verdict": {"score": 3.5}},
        {"text": text, "verdict": {"score": True}},
    ]
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"\n".join(map(orjson.dumps, records)))
    assert kept(done(tmp_path, file, keep="best:verdict.score")) == [2]
    assert kept(done(tmp_path, file, keep="longest")) == [0]
    with pytest.raises(BadInput, match=r"no record has a number at 'verdict\.scor'"):
        done(tmp_path, file, keep="best:verdict.scor")


@pytest.mark.slow
def test_memory_is_bounded_by_what_was_allowed(tmp_path: Path) -> None:
    count = 100_000
    file = write(tmp_path / "a.jsonl", families(10, count, words=30))
    done(tmp_path, write(tmp_path / "b.jsonl", families(10, 10)))  # what is loaded once
    peaks = []
    for memory in (140 * count, PLENTY):
        tracemalloc.start()
        done(tmp_path, file, memory=memory)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    in_flight = 24 << 20  # batches that are read and signed
    assert peaks[0] < 140 * count + in_flight < peaks[1]


def test_too_little_memory_for_so_many_documents_is_said(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", families(9, 100))
    with pytest.raises(BadInput, match="100 documents need more memory"):
        done(tmp_path, file, memory=10_000)
