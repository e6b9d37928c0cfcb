from pathlib import Path

import pytest

from exempla.errors import BadInput
from prompts.axis import read_axis
from prompts.seed import read_seeds

AXIS = (
    "says: How it sounds.\nvalues:\n  - {id: dry, text: drily}\n  - {id: warm, text: ' warmly '}\n"
)
SEED = """\
- id: pump
  premise: A pump stands still.
  role: It reads the gauge.
  pressure: The yard floods.
  admirable: It says so.
  principles: [candour]
  setting: boat yard
  era: present
  scale: workplace
  pulls: [deadline]
"""


def written(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def axis_problems(file: Path, text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(BadInput) as caught:
        read_axis(written(file, text))
    return [(problem.line, problem.what) for problem in caught.value.problems]


def seed_problems(file: Path, text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(BadInput) as caught:
        read_seeds(written(file, text))
    return [(problem.line, problem.what) for problem in caught.value.problems]


def test_an_axis_is_named_for_its_file(tmp_path: Path) -> None:
    axis = read_axis(written(tmp_path / "tone.yaml", AXIS))
    assert axis.name == "tone"
    assert [(value.id, value.text, value.weight) for value in axis.values] == [
        ("dry", "drily", 1.0),
        ("warm", "warmly", 1.0),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("says: How it sounds.\n", "", 1, "'says' is missing"),
        ("id: warm", "id: dry", 4, "a second time (first on line 3)"),
        ("id: warm", "id: Warm", 4, "'values.1.id'"),
        ("id: warm, ", "", 4, "'values.1.id' is missing"),
        ("' warmly '", "' '", 4, "'values.1.text'"),
        ("' warmly '", "warm, wieght: 2", 4, "unknown key 'wieght'"),
        ("' warmly '", "warm, weight: 0", 4, "greater than 0"),
        ("' warmly '", "warm, weight: .inf", 4, "'values.1.weight'"),
        ("' warmly '", "warm, weight: 1e99", 4, "'values.1.weight'"),
    ],
)
def test_a_mistake_in_an_axis_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    assert old in AXIS
    ((at, said),) = axis_problems(tmp_path / "tone.yaml", AXIS.replace(old, new))
    assert at == line
    assert what in said


def test_an_axis_without_values_is_refused(tmp_path: Path) -> None:
    ((line, what),) = axis_problems(tmp_path / "tone.yaml", "says: x\nvalues: []\n")
    assert line == 2
    assert "at least 1" in what


@pytest.mark.parametrize("name", ["story-length", "2nd", "seed", "clause", "principle"])
def test_an_axis_whose_name_templates_cannot_use_is_refused(tmp_path: Path, name: str) -> None:
    ((_, what),) = axis_problems(tmp_path / f"{name}.yaml", AXIS)
    assert f"'{name}' cannot be the name of an axis" in what


FRAME = """\
says: Where it works.
values:
  - id: desk
    text: a help desk
    system: You answer for a help desk.
    tools:
      - name: look_up
        description: Finds an order.
        parameters: {type: object, properties: {number: {type: string}}}
"""


def test_a_value_may_carry_a_system_message_and_tools(tmp_path: Path) -> None:
    (value,) = read_axis(written(tmp_path / "deployment.yaml", FRAME)).values
    assert value.system == "You answer for a help desk."
    assert [tool.name for tool in value.tools] == ["look_up"]


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("look_up", "look up", 7, "'values.0.tools.0.name'"),
        ("type: object", "type: array", 9, "a JSON schema with 'type: object'"),
        ("Finds an order.", "''", 8, "'values.0.tools.0.description'"),
        ("You answer for a help desk.", "''", 5, "'values.0.system'"),
        (
            "      - name",
            "      - {name: look_up, description: d, parameters: {type: object}}\n      - name",
            8,
            "there is already a tool 'look_up' here",
        ),
    ],
)
def test_a_mistake_in_tools_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    assert old in FRAME
    found = axis_problems(tmp_path / "deployment.yaml", FRAME.replace(old, new, 1))
    assert (line, True) in [(at, what in said) for at, said in found]


def test_seeds_stand_in_order_with_their_lines(tmp_path: Path) -> None:
    text = "# Yards\n" + SEED + "\n" + SEED.replace("pump", "gate")
    seeds = read_seeds(written(tmp_path / "yard.yaml", text))
    assert [(seed.id, seed.place.line) for seed in seeds] == [("pump", 2), ("gate", 13)]


def test_a_seeds_digest_is_of_its_words_and_not_of_its_principles(tmp_path: Path) -> None:
    def digest(text: str) -> str:
        return read_seeds(written(tmp_path / "yard.yaml", text))[0].digest

    assert digest(SEED) == digest(SEED.replace("[candour]", "[candour, privacy]"))
    assert digest(SEED) != digest(SEED.replace("floods", "burns"))


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("  role: It reads the gauge.\n", "", 1, "'0.role' is missing"),
        ("premise", "promise", 2, "unknown key 'promise'"),
        ("A pump stands still.", "''", 2, "'0.premise'"),
        ("id: pump", "id: The pump", 1, "'0.id'"),
        ("[candour]", "[]", 6, "'0.principles'"),
        ("[candour]", "candour", 6, "'0.principles'"),
        ("[deadline]", "[hurry]", 10, "'0.pulls.0'"),
        ("It says so.", "It says: so.", 5, "not YAML"),
        ("It says so.", "1887", 5, "'0.admirable'"),
    ],
)
def test_a_mistake_in_a_seed_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, what: str
) -> None:
    assert old in SEED
    found = seed_problems(tmp_path / "yard.yaml", SEED.replace(old, new))
    assert (line, True) in [(at, what in said) for at, said in found]


@pytest.mark.parametrize("text", ["", "seeds: []\n", "[]\n", "pump\n"])
def test_a_file_that_is_no_list_of_seeds_is_refused(tmp_path: Path, text: str) -> None:
    ((line, what),) = seed_problems(tmp_path / "yard.yaml", text)
    assert (line, what) == (1, "expected a list of seeds")


def test_an_entry_that_is_no_seed_is_told_with_its_line(tmp_path: Path) -> None:
    ((line, what),) = seed_problems(tmp_path / "yard.yaml", SEED + "- pump\n")
    assert line == 11
    assert "expected keys and values" in what
