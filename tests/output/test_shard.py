import hashlib
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from exempla.jsonl import dump, read_records
from output.inventory import NONE
from output.recipe import Recipe
from output.shard import shard_ends, write_shards


@given(st.lists(st.integers(0, 60), max_size=60), st.integers(1, 500))
def test_files_are_as_few_as_hold_their_size_and_equally_large_to_a_row(
    sizes: list[int], most: int
) -> None:
    held = np.array(sizes, np.int32)
    ends = shard_ends(held, most)
    assert ends[-1:] == ([len(sizes)] if sizes else [])
    assert ends == sorted(set(ends))
    count = max(1, -(-sum(sizes) // most))
    assert len(ends) <= count
    for start, end in zip([0, *ends], ends, strict=False):
        assert held[start:end].sum() <= most + max(sizes)
        assert held[start:end].sum() <= sum(sizes) / count + max(sizes)


def test_files_are_numbered_out_of_how_many_there_are_and_told(tmp_path: Path) -> None:
    lines = [dump({"id": id}) for id in "abcdef"]
    recipe = Recipe(name="a", seed=1, shard_size=20)
    tokens = np.array([10, 10, 10, 10, 10, NONE])
    written = write_shards(tmp_path, "train", iter(lines[:5]), tokens[:5], recipe)
    assert list(written) == [f"train-0000{number}-of-00003.jsonl" for number in range(3)]
    assert [(it.rows, it.tokens) for it in written.values()] == [(1, 10), (2, 20), (2, 20)]
    for name, shard in written.items():
        content = (tmp_path / name).read_bytes()
        assert (shard.bytes, shard.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    rows = [row["id"] for name in written for row in read_records(tmp_path / name)]
    assert rows == list("abcde")


def test_a_split_takes_its_own_rows_and_leaves_the_others(tmp_path: Path) -> None:
    lines = iter([dump({"id": id}) for id in "abc"])
    recipe = Recipe(name="a", seed=1, documents=3)
    (one,) = write_shards(tmp_path, "train", lines, np.array([NONE, 3]), recipe).values()
    assert (one.rows, one.tokens) == (2, None)
    (other,) = write_shards(tmp_path, "validation", lines, np.array([5]), recipe).values()
    assert (other.rows, other.tokens) == (1, 5)
    assert write_shards(tmp_path, "validation", lines, np.zeros(0, np.int32), recipe) == {}
