import pytest

from prompts.overused import overused


def test_the_list_holds_what_was_counted() -> None:
    listed = overused()
    assert {"Elara", "Marcus"} <= listed.first_names
    assert {"Thorne", "Chen"} <= listed.family_names
    assert "Oakhaven" in listed.places
    assert "something shifted" in listed.phrases
    assert "ironic coda" in listed.closings


@pytest.mark.parametrize(
    ("title", "is_listed"),
    [
        ("The Reckoning", True),
        ("The Reckoning of Accounts at Moree", False),
        ("The Weight of Salt", True),
        ("Shadows in the Yard", True),
        ("The Salt Yard", False),  # 'The …' describes half of all titles
        ("Gambit", False),
    ],
)
def test_a_title_is_known_by_its_words_or_its_beginning(title: str, is_listed: bool) -> None:
    assert (title in overused().titles) == is_listed


@pytest.mark.parametrize(
    ("opening", "is_listed"),
    [("the rain", True), ("i woke late", True), ("sky, sun", False), ("a smell", False)],
)
def test_an_opening_that_is_only_described_is_not_in_the_list(
    opening: str, is_listed: bool
) -> None:
    assert (opening in overused().openings) == is_listed
