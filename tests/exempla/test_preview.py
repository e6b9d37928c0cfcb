from pathlib import Path

import pytest

from exempla.errors import BadInput
from exempla.preview import find_item, prompts_of
from exempla.project import Project, load_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    home = tmp_path_factory.mktemp("home")
    return load_project(home, ["engine.name=scripted", "plan.items=400"])


def test_an_item_is_found_by_its_number(project: Project) -> None:
    assert find_item(project.plan, 7, None, None, None) == project.plan.item(7)


def test_the_first_item_that_fits_is_found(project: Project) -> None:
    found = find_item(project.plan, None, "story", "honesty", None)
    fitting = [
        item.index
        for item in map(project.plan.item, range(len(project.plan)))
        if (item.kind, item.principle) == ("story", "honesty")
    ]
    assert found.index == min(fitting)


def test_an_item_is_found_by_its_seed(project: Project) -> None:
    seed = next(item.seed for item in map(project.plan.item, range(len(project.plan))) if item.seed)
    assert find_item(project.plan, None, None, None, seed).seed == seed


@pytest.mark.parametrize("number", [-1, 400, 10**12])
def test_a_number_out_of_range_is_told_with_the_range(project: Project, number: int) -> None:
    with pytest.raises(BadInput, match=f"no item {number}") as caught:
        find_item(project.plan, number, None, None, None)
    assert caught.value.problems[0].remedy == "Its items are 0 to 399."


def test_what_no_item_fits_is_told_with_all_that_was_asked(project: Project) -> None:
    number = next(
        i.index for i in map(project.plan.item, range(len(project.plan))) if i.kind == "exposition"
    )
    with pytest.raises(BadInput, match=f"no item of the plan fits number {number} --kind story"):
        find_item(project.plan, number, "story", None, None)
    with pytest.raises(BadInput, match="fits --kind story --principle bravery"):
        find_item(project.plan, None, "story", "bravery", None)


def test_prompts_are_what_the_model_sees_with_placeholders_for_answers(project: Project) -> None:
    item = find_item(project.plan, None, "story", None, None)
    kind = project.library.kinds["story"]
    shown = prompts_of(project, item)
    assert [stage["stage"] for stage in shown] == [stage.name for stage in kind.stages]
    idea, draft, *_ = shown
    assert [message["role"] for message in draft["messages"]] == ["system", "user"]
    assert "[idea.people]" in draft["messages"][1]["content"]
    assert project.library.seeds[item.seed or ""].fields.premise in idea["messages"][1]["content"]
    assert draft["constraint"] == "a title line, then paragraphs"
    assert draft["max_tokens"] == kind.stages[1].max_tokens


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{choice: [a, b]}", "one of a, b"),
        ("{regex: '[ab]'}", "matches [ab]"),
        ("null", "none"),
    ],
)
def test_every_constraint_is_put_into_words(tmp_path: Path, given: str, words: str) -> None:
    folder = tmp_path / "prompts" / "kinds" / "note"
    folder.mkdir(parents=True)
    (folder / "kind.yaml").write_text(
        "says: A note.\nstages:\n"
        f"  - {{name: mark, template: t.j2, uses: [clause], constraint: {given}, max_tokens: 5}}\n"
        "  - {name: draft, template: t.j2, uses: [clause], constraint: prose, max_tokens: 50}\n"
    )
    (folder / "t.j2").write_text("{{ clause }}")
    project = load_project(tmp_path, ["engine.name=scripted"])
    assert prompts_of(project, project.plan.item(0))[0]["constraint"] == words
