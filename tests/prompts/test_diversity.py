from collections.abc import Callable
from pathlib import Path

import pytest

from exempla.errors import Problem
from prompts.axis import read_axis
from prompts.diversity import Diversity, diversity
from prompts.exemplar import read_exemplar
from prompts.seed import read_seeds

Fill = Callable[[Path, dict[str, str]], Path]
Count = Callable[[dict[str, str]], Diversity]

SEED = """\
- id: {id}
  premise: {premise}
  role: It reads the gauge for {name}.
  pressure: The yard floods.
  admirable: It says so.
  principles: [candour]
  setting: boat yard
  era: present
  scale: workplace
  pulls: [deadline, pity]
"""
CAST = """\
says: People.
values:
  - id: akan
    text: "{first} {last}, of {place}"
    lists: {first: [Ekua, Marcus], last: [Koomson], place: [Elm Street, Otuam Bay]}
  - id: fante
    text: "{first} and {first}"
    lists: {first: [Ekua, Kobina]}
"""


@pytest.fixture
def count(tmp_path: Path, fill: Fill) -> Count:
    """Counts over the files of a prompts folder."""

    def over(files: dict[str, str]) -> Diversity:
        folder = fill(tmp_path, files)
        seeds = [seed for file in sorted(folder.glob("seeds/*")) for seed in read_seeds(file)]
        axes = [read_axis(file) for file in sorted(folder.glob("axes/*"))]
        exemplars = [read_exemplar(file) for file in sorted(folder.glob("exemplars/*"))]
        return diversity(seeds, exemplars, axes)

    return over


def seeds(*premises: str, name: str = "nobody") -> str:
    return "".join(
        SEED.format(id=f"s{number}", premise=premise, name=name)
        for number, premise in enumerate(premises)
    )


def whats(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.what for problem in problems]


def test_a_name_that_stands_three_times_breaks_the_rule_where_it_does(count: Count) -> None:
    found = count(
        {
            "seeds/a.yaml": seeds("Rain fell on Ekua and on Ekua."),
            "axes/cast.yaml": CAST.replace("Marcus", "Esi").replace("Elm Street", "Moree"),
        }
    )
    (problem,) = found.problems
    assert problem.what == "the name 'Ekua' stands 3 times: seed s0, cast.akan, cast.fante"
    assert Path(problem.file or "").name == "cast.yaml"
    assert problem.line == 8
    assert found.names[0].times == 3


def test_a_name_that_stands_twice_is_counted_and_allowed(count: Count) -> None:
    found = count({"seeds/a.yaml": seeds("One.", "Two.", name="Kobina")})
    assert found.problems == ()
    assert [(it.value, it.times, it.where) for it in found.names] == [
        ("Kobina", 2, ("seed s0", "seed s1"))
    ]


def test_an_opening_is_allowed_three_times_and_no_more(count: Count) -> None:
    four = [f"For once {word} rain." for word in ("no", "some", "much", "all")]
    assert count({"seeds/a.yaml": seeds(*four[:3])}).problems == ()
    # Four pressures and four admirable acts begin alike as well.
    problems = count({"seeds/a.yaml": seeds(*four)}).problems
    assert [what.partition(" stands 4 times")[0] for what in whats(problems)] == [
        "the opening of premise 'for once'",
        "the opening of pressure 'the yard'",
        "the opening of admirable 'it says'",
    ]


def test_of_many_places_a_message_names_the_first(count: Count) -> None:
    nine = seeds(*(f"For once {number} drops." for number in range(9)))
    first = count({"seeds/a.yaml": nine}).problems[0].what
    assert "stands 9 times: seed s0, seed s1, " in first
    assert first.endswith("seed s5 and 3 more")


def test_openings_are_compared_within_an_axis_unless_all_its_values_share_them(
    count: Count,
) -> None:
    values = "".join(f"  - {{id: v{number}, text: a day {number}}}\n" for number in range(4))
    alike = {"axes/day.yaml": f"says: x\nvalues:\n{values}"}
    assert count(alike).problems == ()
    other = {"axes/day.yaml": f"says: x\nvalues:\n{values}  - {{id: w, text: one night}}\n"}
    assert whats(count(other).problems) == [
        "the opening of axis day 'a day' stands 4 times: day.v0, day.v1, day.v2, day.v3"
    ]


def test_dealt_entries_that_models_overuse_are_named(count: Count) -> None:
    assert whats(count({"axes/cast.yaml": CAST}).problems) == [
        "'Marcus' in cast.akan is a name that models overuse",
        "'Elm Street' in cast.akan is a name that models overuse",
    ]


def test_an_exemplars_names_and_title_are_looked_up(count: Count) -> None:
    front = "---\nkind: story\nform: prose\n---\n"
    found = count(
        {
            "exemplars/a.md": f"{front}# The Weight of Flour\n\nNobody saw Elara then.\n",
            "exemplars/b.md": f"{front}[user]\nNobody came.\n\n[assistant]\nWho asked?\n",
        }
    )
    assert whats(found.problems) == [
        "'Elara' in exemplar a is a name that models overuse",
        "'The Weight of Flour' is, or begins as, a title that models overuse",
    ]
    assert {it.value for it in found.openings["exemplars"]} == {"nobody saw", "nobody came"}


def test_settings_eras_scales_and_pulls_are_counted(count: Count) -> None:
    found = count({"seeds/a.yaml": seeds("One.", "Two.")})
    assert found.counts == {
        "settings": {"boat yard": 2},
        "eras": {"present": 2},
        "scales": {"workplace": 2},
        "pulls": {"deadline": 2, "pity": 2},
    }
