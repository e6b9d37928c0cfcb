from hypothesis import given
from hypothesis import strategies as st

from generator.reading import Reading, read
from generator.schedule import schedule


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    shares = schedule(draw(st.lists(st.integers(1, 4), min_size=1, max_size=6)))
    return read(shares, draw(st.integers(1, 12)), f"{draw(st.integers(0, 9))}")


@given(readings(), st.integers(0, 500), st.integers(0, 60))
def test_a_stretch_is_the_same_from_wherever_it_is_read(
    reading: Reading, first: int, length: int
) -> None:
    whole = reading.values(0, first + length)
    assert reading.values(first, first + length) == whole[first:]


@given(readings(), st.integers(1, 400))
def test_uses_count_the_earlier_ranks_with_the_same_value(reading: Reading, length: int) -> None:
    seen = [0] * reading.shares.size
    for rank, value in enumerate(reading.values(0, length)):
        assert reading.uses(rank, value) == seen[value]
        seen[value] += 1


@given(readings(), st.integers(0, 10**8))
def test_counts_are_exact_at_the_end_of_each_period(reading: Reading, number: int) -> None:
    period = reading.shares.period
    values = reading.values(number * period, (number + 1) * period)
    assert sorted(values) == sorted(reading.shares.slots.tolist())
