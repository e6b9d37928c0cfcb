import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from exempla.errors import BadInput
from exempla.preview import Wanted, dealt_to, find_items, prompts_of
from exempla.project import Project, load_project
from generator.item import Item


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    home = tmp_path_factory.mktemp("home")
    return load_project(home, ["engine.name=scripted", "plan.items=400"])


def every(project: Project) -> Iterator[Item]:
    return map(project.plan.item, range(len(project.plan)))


def test_an_item_is_found_by_its_number(project: Project) -> None:
    assert find_items(project.plan, Wanted("7")) == [project.plan.item(7)]


@pytest.mark.parametrize("length", [6, 8, 20])
def test_an_item_is_found_by_the_beginning_of_its_id(project: Project, length: int) -> None:
    item = next(i for i in every(project) if i.index > 20 and not i.id[:6].isdecimal())
    assert find_items(project.plan, Wanted(item.id[:length].upper())) == [item]


def test_a_beginning_that_several_ids_share_is_told_with_two_of_them(project: Project) -> None:
    counts = Counter(item.id[0] for item in every(project) if not item.id[0].isdecimal())
    letter, _ = counts.most_common(1)[0]
    with pytest.raises(BadInput, match=f"several ids begin with '{letter}'"):
        find_items(project.plan, Wanted(letter))


def test_the_first_items_that_fit_are_found_as_many_as_are_asked_for(project: Project) -> None:
    fitting = [i for i in every(project) if (i.kind, i.principle) == ("story", "honesty")]
    wanted = Wanted(kind="story", principle="honesty")
    assert find_items(project.plan, wanted) == fitting[:1]
    assert find_items(project.plan, wanted, 3) == fitting[:3]
    assert find_items(project.plan, wanted, 1000) == fitting


def test_an_item_is_found_by_its_seed(project: Project) -> None:
    seed = next(item.seed for item in every(project) if item.seed)
    assert find_items(project.plan, Wanted(seed=seed))[0].seed == seed


@pytest.mark.parametrize("name", ["400", "1000000000000", "-1", "xyz", ""])
def test_what_names_no_item_is_told_with_the_range(project: Project, name: str) -> None:
    with pytest.raises(BadInput, match=f"the plan has no item {name}") as caught:
        find_items(project.plan, Wanted(name))
    assert "Its items are 0 to 399." in caught.value.problems[0].remedy


def test_what_no_item_fits_is_told_with_all_that_was_asked(project: Project) -> None:
    number = next(item.index for item in every(project) if item.kind == "exposition")
    with pytest.raises(BadInput, match=f"no item of the plan fits --item {number} --kind story"):
        find_items(project.plan, Wanted(str(number), "story"))


@pytest.mark.parametrize(
    ("wanted", "remedy"),
    [
        (Wanted(kind="stroy"), "Did you mean 'story'?"),
        (Wanted(principle="honest"), "Did you mean 'honesty'?"),
        (Wanted(seed="hevy-hand"), "Did you mean 'heavy-hand'?"),
        (Wanted(seed="qqq"), "'exempla plan --axes' lists what there is."),
    ],
)
def test_a_misspelt_name_is_told_with_the_nearest(
    project: Project, wanted: Wanted, remedy: str
) -> None:
    with pytest.raises(BadInput) as caught:
        find_items(project.plan, wanted)
    assert caught.value.problems[0].remedy == remedy


def test_what_an_item_was_dealt_is_told_with_its_words(project: Project) -> None:
    (item,) = find_items(project.plan, Wanted(kind="story"))
    dealt = dealt_to(project, item)
    ids = {what: id_ for what, id_, _ in dealt}
    words = {what: words for what, _, words in dealt}
    assert (ids["kind"], ids["principle"], ids["seed"]) == ("story", item.principle, item.seed)
    assert words["seed"].startswith(project.library.seeds[ids["seed"]].fields.premise[:20])
    assert ids["genre"] == item.axes["genre"]
    assert words["genre"] == item.words["genre"]
    assert words["persona"] == "AIs in general"
    shown = project.library.exemplars[ids["exemplar"]]
    assert words["exemplar"] == f"{shown.form}: {shown.title}"


def test_prompts_are_what_the_model_sees_with_placeholders_for_answers(project: Project) -> None:
    (item,) = find_items(project.plan, Wanted(kind="story"))
    kind = project.library.kinds["story"]
    shown = prompts_of(project, item)
    assert [stage["stage"] for stage in shown] == [stage.name for stage in kind.stages]
    idea, draft = shown[:2]
    assert [message["role"] for message in draft["messages"]] == ["system", "user"]
    assert "[idea.people]" in draft["messages"][1]["content"]
    assert project.library.seeds[item.seed or ""].fields.premise in idea["messages"][1]["content"]
    assert idea["constraint"].startswith("a JSON object with ideas, each with people, hard, ")
    assert draft["constraint"] == "a title line, then paragraphs"
    assert draft["max_tokens"] == kind.stages[1].max_tokens


def test_the_prompts_of_one_stage_are_shown_alone(project: Project) -> None:
    item = project.plan.item(0)
    assert [stage["stage"] for stage in prompts_of(project, item, "draft")] == ["draft"]
    with pytest.raises(BadInput, match="has no stage 'drft'") as caught:
        prompts_of(project, item, "drft")
    assert caught.value.problems[0].remedy == "Did you mean 'draft'?"


def test_the_form_of_a_conversation_is_put_into_words(project: Project) -> None:
    (item,) = find_items(project.plan, Wanted(kind="advice"))
    assert re.fullmatch(
        r"\d+ to \d+ messages, under \[user\] and \[assistant\] by turns",
        prompts_of(project, item)[-1]["constraint"],
    )


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
