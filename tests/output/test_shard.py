from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from exempla.jsonl import dump, read_records
from output.shard import remove_stale, write_shards

ids_of = st.sets(st.text("abcdef", min_size=1, max_size=4), max_size=30)


def line(id: str) -> bytes:
    return dump({"id": id})


@settings(deadline=None)
@given(ids_of, st.integers(1, 12), st.integers(0, 2**63 - 1))
def test_shards_hold_each_id_exactly_once(ids: set[str], size: int, seed: int) -> None:
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        written = write_shards(folder, "train", ids, line, seed=seed, size=size)
        assert sorted(written) == sorted(path.name for path in folder.iterdir())
        shards = [[row["id"] for row in read_records(folder / name)] for name in sorted(written)]
    held = [id for shard in shards for id in shard]
    assert len(held) == len(ids)
    assert set(held) == ids
    assert all(len(shard) == size for shard in shards[:-1])


def test_shards_are_numbered_out_of_how_many_there_are(tmp_path: Path) -> None:
    written = write_shards(tmp_path, "validation", "abcde", line, seed=1, size=2)
    assert list(written) == [f"validation-0000{number}-of-00003.jsonl" for number in range(3)]
    assert [shard.lines for shard in written.values()] == [2, 2, 1]


def test_the_order_of_rows_does_not_depend_on_the_shard_size(tmp_path: Path) -> None:
    orders = []
    for size in (1, 3, 100):
        names = write_shards(tmp_path / str(size), "train", "abcdefgh", line, seed=1, size=size)
        paths = [tmp_path / str(size) / name for name in names]
        orders.append([row["id"] for path in paths for row in read_records(path)])
    assert orders[0] == orders[1] == orders[2] != sorted(orders[0])


def test_only_shards_of_an_earlier_mix_are_removed(tmp_path: Path) -> None:
    stale = ["train-00001-of-00002.jsonl", "validation-00000-of-00001.jsonl"]
    others = ["README.md", "train.jsonl", "train-00000-of-00001.jsonl", "train-notes-of-mine.jsonl"]
    for name in stale + others:
        (tmp_path / name).touch()
    remove_stale(tmp_path, {"train-00000-of-00001.jsonl"})
    assert {path.name for path in tmp_path.iterdir()} == set(others)
