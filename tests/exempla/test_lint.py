from collections.abc import Callable
from pathlib import Path

import pytest

from exempla.errors import BadInput, Problem
from exempla.init import init
from exempla.lint import check_templates, missing_engine, one_of_each_cell, warnings
from exempla.project import Project, load_project
from prompts.axis import read_axis
from prompts.library import BUILT_IN

Edit = Callable[[str, str, str], Project]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A project with one change in one file."""

    def change(file: str, old: str, new: str) -> Project:
        init(tmp_path / "mine")
        path = tmp_path / "mine" / file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_project(tmp_path / "mine", ["engine.name=scripted"])

    return change


def one(problems: list[Problem]) -> tuple[str, int | None, str]:
    (problem,) = problems
    assert problem.remedy
    return Path(problem.file or "").name, problem.line, problem.what


def test_every_kind_meets_every_principle_once(tmp_path: Path) -> None:
    project = load_project(tmp_path, ["engine.name=scripted"])
    cells = [(item.kind, item.principle) for item in one_of_each_cell(project)]
    assert len(cells) == len(set(cells)) == len(project.plan.kinds) * len(project.plan.principles)


def test_a_template_that_fails_for_every_item_is_told_once_with_its_line(edited: Edit) -> None:
    project = edited(
        "prompts/kinds/story/draft.j2", "{{ seed.premise }}", "\n{{ seed['nothing'] }}"
    )
    with pytest.raises(BadInput) as caught:
        check_templates(project)
    name, line, what = one(list(caught.value.problems))
    lines = project.library.kinds["story"].stages[1].template.source.splitlines()
    assert (name, line) == ("draft.j2", 1 + lines.index("{{ seed['nothing'] }}"))
    assert "nothing" in what


def test_an_axis_that_no_kind_varies_is_worth_a_warning(edited: Edit) -> None:
    project = edited("prompts/axes/mood.yaml", "", "says: x\nvalues: [{id: a, text: b}]\n")
    assert one(warnings(project)) == ("mood.yaml", 1, "no kind varies 'mood'")


def test_a_name_that_is_declared_and_not_used_is_worth_a_warning(edited: Edit) -> None:
    project = edited("prompts/kinds/story/idea.j2", "{{ season }}", "any")
    name, line, what = one(warnings(project))
    file = project.library.folder / "kinds/story/kind.yaml"
    stage = next(
        n for n, text in enumerate(file.read_text().splitlines(), 1) if "name: idea" in text
    )
    assert (name, line) == ("kind.yaml", stage)
    assert "declares 'season' and does not use it" in what


def test_an_axis_that_no_template_uses_is_worth_a_warning(edited: Edit) -> None:
    project = edited("prompts/kinds/story/kind.yaml", "axes:\n", "axes:\n  - turns\n")
    # With another axis the others are dealt otherwise, which may be worth a warning too.
    said = one([found for found in warnings(project) if "no template" in found.what])[2]
    assert "no template of 'story' uses the axis 'turns'" in said


def test_a_seed_that_touches_no_planned_principle_is_worth_a_warning(edited: Edit) -> None:
    project = edited("exempla.yaml", "  # principles: {honesty: 2}", "  principles: {honesty: 0}")
    unused = {
        seed.id for seed in project.library.seeds.values() if seed.fields.principles == ("honesty",)
    }
    assert len(warnings(project)) == len(unused)


def test_a_plan_too_small_for_its_cells_is_worth_a_warning(edited: Edit) -> None:
    (problem,) = warnings(edited("exempla.yaml", "items: 200", "items: 79"))
    assert problem.what == "the plan has 79 items for 80 pairs of kind and principle"


def test_an_exclusion_that_unbalances_an_axis_is_worth_a_warning(edited: Edit) -> None:
    narrators = [value.id for value in read_axis(BUILT_IN / "axes/narrator.yaml").values]
    project = edited(
        "prompts/axes/story_length.yaml",
        "  - id: about-550\n",
        f"  - id: about-550\n    excludes: {{narrator: [{', '.join(narrators[1:])}]}}\n",
    )
    name, line, what = one(warnings(project))
    assert (name, line) == ("story_length.yaml", 17)
    assert "'about-550' is due in 13% of the items" in what


def test_an_engine_that_is_not_installed_here_is_worth_a_warning(tmp_path: Path) -> None:
    there, elsewhere = (
        load_project(tmp_path, [f"engine.name={name}", "engine.model=some/model"])
        for name in ("scripted", "vllm")
    )
    assert missing_engine(there) == []
    (problem,) = missing_engine(elsewhere)
    assert "pip install 'exempla[vllm]'" in problem.remedy
