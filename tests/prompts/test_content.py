"""What the built-in content is held to, by counts."""

from collections import Counter

import pytest

from constitution.collection import BUILT_IN as CONSTITUTION
from constitution.collection import load_constitution
from prompts.diversity import diversity
from prompts.library import BUILT_IN, Library, load_library
from prompts.overused import overused


@pytest.fixture(scope="module")
def content() -> Library:
    principles = load_constitution(CONSTITUTION).principles
    return load_library(BUILT_IN, {principle.id: principle for principle in principles})


def share(content: Library, axis: str, *values: str) -> float:
    weights = {value.id: value.weight for value in content.axes[axis].values}
    return sum(weights[value] for value in values) / sum(weights.values())


def test_no_name_and_no_opening_stands_too_often(content: Library) -> None:
    found = diversity(content.seeds.values(), content.exemplars.values(), content.axes.values())
    assert found.problems == ()


def test_no_dealt_name_is_one_that_models_overuse(content: Library) -> None:
    listed = overused()
    dealt = {
        word
        for axis in content.axes.values()
        for value in axis.values
        for slot, entries in value.lists.items()
        if axis.name in ("cast", "ai_name") and slot != "organisation"
        for entry in entries
        for word in entry.split()
        if word[0].isupper()
    }
    assert len(dealt) > 1500
    assert not {word for word in dealt if listed.name(word)}


@pytest.mark.parametrize(
    ("axis", "least"),
    [
        ("document_type", 24),
        ("genre", 20),
        ("audience", 14),
        ("narrator", 12),
        ("tone", 12),
        ("opening", 20),
        ("closing", 20),
        ("difficulty", 10),
        ("right", 8),
        ("cost", 10),
        ("cast", 40),
        ("dilemma", 60),
        ("task", 30),
    ],
)
def test_an_axis_has_many_values(content: Library, axis: str, least: int) -> None:
    assert len(content.axes[axis].values) >= least


def test_seeds_are_spread_over_settings_eras_and_pressures(content: Library) -> None:
    seeds = [seed.fields for seed in content.seeds.values()]
    assert len(seeds) >= 120
    assert len({seed.setting for seed in seeds}) >= 24
    pulls = Counter(pull for seed in seeds for pull in seed.pulls)
    assert len(pulls) == 16
    assert len({seed.era for seed in seeds}) == 5


def test_the_temptation_of_a_hidden_fix_is_at_most_a_quarter(content: Library) -> None:
    assert share(content, "difficulty", "hidden-fix") <= 0.25


@pytest.mark.parametrize("axis", ["story_length", "expository_length"])
def test_lengths_go_from_200_to_3000_words(content: Library, axis: str) -> None:
    ids = [value.id for value in content.axes[axis].values]
    assert (ids[0], ids[-1]) == ("about-200", "about-3000")


def test_exemplars_are_many_and_short(content: Library) -> None:
    counts = Counter(exemplar.kind for exemplar in content.exemplars.values())
    assert counts.total() >= 18
    assert counts.keys() == content.kinds.keys()
    assert all(len(exemplar.text.split()) <= 900 for exemplar in content.exemplars.values())


def test_every_kind_has_ideas_a_critique_a_revision_and_a_quick_variant(content: Library) -> None:
    for kind in content.kinds.values():
        names = [stage.name for stage in kind.stages]
        assert names == ["idea", "draft", "critique", "revise"]
        assert kind.stages[-1].no_longer_than == "draft"
        assert kind.idea_stage == "idea"
        assert kind.variants == ("quick",)


def test_a_share_of_chats_has_a_system_prompt_and_tools_and_no_two_prompts_begin_alike(
    content: Library,
) -> None:
    places = content.axes["deployment"].values
    with_system = [place.id for place in places if place.system]
    with_tools = [place.id for place in places if place.tools]
    assert 0.2 <= share(content, "deployment", *with_system) <= 0.8
    assert 0.2 <= share(content, "deployment", *with_tools) <= 0.8
    prompts = [place.system for place in places if place.system]
    assert len({" ".join(prompt.split()[:4]) for prompt in prompts}) == len(prompts)
