from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dedup.columns import BLOCK, Gathered, KeyWriter, Signatures, blocks, mapped

BANDS = 3


def signatures(path: Path, keys: np.ndarray, cuts: list[int]) -> Signatures:
    with path.open("wb") as file:
        writer = KeyWriter(file, BANDS)
        for part in np.split(keys, sorted(cuts)):
            writer.append(part)
        writer.end()
    count = len(keys)
    digests = np.column_stack([keys[:, 0], keys[:, 1]]).astype(np.uint64)
    mapping = mapped(path, np.uint32, (blocks(count), BANDS, BLOCK))
    return Signatures(mapping, digests, keys[:, 2].astype(np.int32))


@given(
    sizes=st.lists(st.integers(0, 2 * BLOCK + 5), min_size=1, max_size=3),
    data=st.data(),
)
def test_keys_come_back_by_band_and_by_document_however_they_were_cut(
    sizes: list[int], data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        keys = np.arange(sum(sizes) * BANDS, dtype=np.uint32).reshape(-1, BANDS)
        sources = []
        for number, part in enumerate(np.split(keys, np.cumsum(sizes)[:-1])):
            cuts = data.draw(st.lists(st.integers(0, len(part)), max_size=4))
            sources.append(signatures(Path(folder) / str(number), part, cuts))
        gathered = Gathered(sources)
        for band in range(BANDS):
            np.testing.assert_array_equal(gathered.band(band), keys[:, band])
        some = data.draw(st.lists(st.integers(0, len(keys) - 1)) if len(keys) else st.just([]))
        documents = np.array(some, dtype=np.int64)
        np.testing.assert_array_equal(gathered.keys(documents), keys[documents])
        np.testing.assert_array_equal(gathered.digests(documents), keys[documents, :2])
