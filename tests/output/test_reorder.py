from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from output.reorder import Destined, reordered


@settings(deadline=None, max_examples=50)
@given(st.lists(st.binary(max_size=30), max_size=40), st.randoms(), st.integers(1, 300))
def test_lines_come_in_the_order_of_their_places_however_little_is_held(
    lines: list[bytes], random: object, memory: int
) -> None:
    destined = [Destined(place, line) for place, line in enumerate(lines)]
    random.shuffle(destined)  # type: ignore[attr-defined]
    sizes = np.array([len(line) for line in lines], np.int32)
    with TemporaryDirectory() as scratch:
        assert list(reordered(destined, sizes, Path(scratch), memory)) == lines
        assert not list(Path(scratch).iterdir())


def test_no_more_than_one_run_of_places_is_held_at_once(tmp_path: Path) -> None:
    lines = [Destined(place, bytes(100)) for place in range(1000)]
    came = reordered(reversed(lines), np.full(1000, 100), tmp_path, 1000)
    next(came)
    waiting = sorted(path.stat().st_size for path in tmp_path.iterdir())
    assert len(waiting) == 99
    assert waiting[-1] == 10 * (100 + 12)
