import pytest

from prompts.wording import first_words, names_in, names_of_entry


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Bread rose. Nobody saw Koomson, who slept.", {"Koomson"}),
        ("Koomson slept. Koomson woke.", set()),  # only ever the first word
        ("“It is late,” Esi said. “Go.” Nobody went.", {"Esi"}),
        (
            "We asked Dr. Yaure, Mr Gzik and Saint-Gelais\u2019s aunt.",
            {"Yaure", "Gzik", "Saint-Gelais"},
        ),
        ("On a Monday in May I met the AI and two AIs.", set()),
        ("They sailed to Łódź with Ólafur.", {"Łódź", "Ólafur"}),
        ("1. Wash it\n- Dry it\n# Lamps Out", {"Out"}),
    ],
)
def test_a_name_has_a_capital_within_a_sentence(text: str, names: set[str]) -> None:
    assert names_in(text) == names


def test_an_entry_may_begin_with_its_name() -> None:
    assert names_of_entry("Ekua Bentuma") == {"Ekua", "Bentuma"}
    assert names_of_entry("a tin from Otuam") == {"Otuam"}


def test_first_words_are_bare_and_in_lower_case() -> None:
    assert first_words("**“Don\u2019t** go, Esi.", 2) == ("don\u2019t", "go")
    assert first_words("06:25. Nothing.", 1) == ("06:25",)
    assert first_words("…", 2) == ()
