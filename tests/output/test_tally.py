from output.tally import Tally


def test_the_most_frequent_come_first_and_equal_ones_by_the_alphabet() -> None:
    tally = Tally()
    for values in (["b", "a"], ["c", "b"], ["c"], ["d"]):
        tally.add(values)
    assert tally.top(3) == [("b", 2), ("c", 2), ("a", 1)]
    assert tally.repeated() == 4
    assert tally.short_by == 0


def test_rare_values_are_forgotten_and_no_count_is_short_by_more_than_is_told() -> None:
    tally = Tally(most=100)
    for number in range(5000):
        tally.add([f"once {number}", *(["often"] if number % 3 else [])])
    ((value, count),) = tally.top(1)
    assert value == "often"
    assert 3333 - tally.short_by <= count <= 3333
    assert len(tally.top(10_000)) <= 101
