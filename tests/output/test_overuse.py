from output.overuse import Overuse, Overuses
from prompts.overused import OverusedSettings


def rows(*bodies: str, title: str = "", dealt: str = "", least: int = 1) -> dict[str, Overuse]:
    count = Overuses()
    for body in bodies:
        names = {word.strip(".,") for word in body.split() if word[0].isupper()}
        count.add(title, body, names, dealt)
    return {row.entry: row for row in count.rows(OverusedSettings(least=least))}


def test_a_name_is_counted_by_documents_and_warned_of_beyond_its_share() -> None:
    elara = rows("We met Elara and Elara Voss there.", "We met Elara.", "We met Inge.")["Elara"]
    assert (elara.list, elara.documents, elara.share) == ("names", 2, 0.6667)
    assert elara.beyond


def test_a_few_documents_are_no_reason_to_warn() -> None:
    assert not rows("We met Elara.", "We met Inge.", least=2)["Elara"].beyond


def test_a_name_that_was_dealt_does_not_count() -> None:
    assert "Elara" not in rows("We met Elara.", dealt="Elara Aune, of the mill")
    assert "Elara" in rows("We met Elara.", dealt="Inge Aune, of the mill")


def test_phrases_titles_openings_and_closings_are_counted_where_they_stand() -> None:
    body = "The air hung thick with salt.\n\nIt was a testament to her.\n\nIt was far from over."
    found = rows(body, title="The Weight of Salt")
    lists = {entry: row.list for entry, row in found.items()}
    assert lists["the weight of"] == "titles"
    assert lists["testament"] == "phrases"
    assert lists["testament to"] == "phrases"
    assert lists["far from over"] == "closings"
    assert "openings" in lists.values()
    assert "far from over" not in rows("It was far from over.\n\nThen it was over.")


def test_part_of_a_word_is_no_entry() -> None:
    assert "gaze" not in rows("We read the gazette.")


def test_the_furthest_beyond_its_limit_comes_first() -> None:
    found = list(
        rows("We met Elara, whose gaze was on the tapestry.", "Nothing else.", "Nor then.")
    )
    assert found[0] == "Elara"


def test_nothing_is_counted_in_a_run_without_documents() -> None:
    assert rows() == {}
