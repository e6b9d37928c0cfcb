import json
from collections.abc import Callable
from pathlib import Path

import pytest

from exempla.errors import BadInput
from prompts.constraint import (
    ChatConstraint,
    ChoiceConstraint,
    Constraint,
    IdeasConstraint,
    JsonConstraint,
    ProseConstraint,
    ProseLimits,
    RegexConstraint,
)
from prompts.kind import read_kind

Fill = Callable[[Path, dict[str, str]], Path]
Found = list[tuple[str, int | None, str, str]]


def problems_of(folder: Path) -> Found:
    with pytest.raises(BadInput) as caught:
        read_kind(folder)
    return [
        (Path(problem.file or "").name, problem.line, problem.what, problem.remedy)
        for problem in caught.value.problems
    ]


def test_a_kind_has_its_stages_in_order(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    kind = read_kind(fill(tmp_path / "piece", kind_files))
    assert (kind.name, kind.needs, kind.axes) == ("piece", ("principle", "seed"), ("tone",))
    assert [stage.name for stage in kind.stages] == ["idea", "draft"]
    assert kind.stage_index == {"idea": 0, "draft": 1}
    idea, draft = kind.stages
    assert isinstance(idea.constraint, JsonConstraint)
    assert isinstance(draft.constraint, ProseConstraint)
    assert (idea.max_tokens, idea.attempts, idea.place.line) == (100, 3, 6)


@pytest.mark.parametrize(
    ("given", "form"),
    [
        ("{regex: '[a-z]+'}", RegexConstraint("[a-z]+")),
        ("{choice: [a, b]}", ChoiceConstraint(("a", "b"))),
        ("{prose: true}", ProseConstraint()),
        ("prose", ProseConstraint()),
        ("{chat: {turns: [2, 6]}}", ChatConstraint((2, 6))),
        ("{chat: {turns: [2, 2], characters: [9, 90]}}", ChatConstraint((2, 2), (9, 90))),
        (
            "{prose: {paragraphs: [1, 2], characters: [9, 90]}}",
            ProseConstraint(ProseLimits((1, 2), (9, 90))),
        ),
        ("null", None),
    ],
)
def test_a_constraint_has_several_forms(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill, given: str, form: Constraint | None
) -> None:
    lines = kind_files["kind.yaml"].splitlines()
    lines[8:12] = [f"    constraint: {given}"]
    kind_files["kind.yaml"] = "\n".join(lines)
    kind_files["draft.j2"] = "{{ idea }}"
    assert read_kind(fill(tmp_path / "piece", kind_files)).stages[0].constraint == form


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("says: Small pieces.\n", "", 1, "'says' is missing"),
        ("needs: [", "need: [", 2, "unknown key 'need'"),
        ("[principle, seed]", "[principle, seeds]", 2, "'needs.1'"),
        ("    max_tokens: 100", "    max_tokens: 0", 13, "greater than or equal to 1"),
        ("    max_tokens: 100\n", "", 6, "'stages.0.max_tokens' is missing"),
        ("max_tokens: 100", "max_tokens: 100\n    attempts: 99", 14, "less than or equal to 20"),
        ("max_tokens: 100", "sampling: {temprature: 1}", 13, "unknown key 'temprature'"),
        ("name: idea", "name: My idea", 6, "'stages.0.name'"),
        ("name: idea", "name: tone", 6, "the name 'tone' is taken"),
        ("name: idea", "name: draft", 14, "the name 'draft' is taken"),
        ("template: idea.j2", "template: ideas.j2", 7, "there is no template 'ideas.j2'"),
        ("[principle, clause]", "[principle, claus]", 8, "'claus' is neither"),
        ("uses: [principle, clause]", "uses: [draft]", 8, "'draft' is neither"),
        ("constraint: prose", "constraint: verse", 17, "'stages.1.constraint'"),
        ("constraint: prose", "constraint: {chat: {turns: [1, 4]}}", 17, "give even numbers"),
        ("constraint: prose", "constraint: {chat: {turns: [2, 3]}}", 17, "give even numbers"),
        ("constraint: prose", "constraint: {chat: {turns: [4, 2]}}", 17, "the least first"),
        ("constraint: prose", "constraint: {chat: {turns: [0, 2]}}", 17, "greater than 0"),
        (
            "constraint: prose",
            "constraint: {chat: {turns: [2, 2]}, prose: true}",
            17,
            "exactly one",
        ),
        ("constraint: prose", "constraint: {choice: [a, b]}", 14, "does not write the document"),
        ("constraint: prose", "constraint: null", 14, "does not write the document"),
        ("system: system.j2", "frame: tone\nsystem: system.j2\nexemplars: 3", 6, "less than or"),
        ("system: system.j2", "frame: tune", 4, "'tune' is no axis of this kind"),
        ("uses: [principle, clause]", "uses: [earlier]", 8, "'earlier' is neither"),
        ("tone, idea]", "tone, earlier]", 16, "'earlier' is neither"),
        ("tone, idea]", "tone, exemplars]", 16, "'exemplars' is neither"),
        ("name: idea", "name: earlier", 6, "the name 'earlier' is taken"),
        ("name: idea", "name: persona", 6, "the name 'persona' is taken"),
        ("max_tokens: 500", "max_tokens: 500\n    no_longer_than: idea", 19, "no earlier stage"),
        ("max_tokens: 500", "max_tokens: 500\n    no_longer_than: draft", 19, "no earlier stage"),
        ("max_tokens: 100", "max_tokens: 100\n    no_longer_than: draft", 14, "no earlier stage"),
        ("max_tokens: 500", "max_tokens: 500\nvariants: {full: [draft]}", 19, "every stage"),
        ("max_tokens: 500", "max_tokens: 500\nvariants: {quick: [drft]}", 19, "'drft' is no stage"),
        ("max_tokens: 500", "max_tokens: 500\nvariants: {quick: [idea]}", 19, "the last stage of"),
        ("max_tokens: 500", "max_tokens: 500\nvariants: {quick: []}", 19, "'variants.quick'"),
        ("constraint: prose", "constraint: {}", 17, "give exactly one of"),
        ("constraint: prose", "constraint: {prose: true, regex: a}", 17, "give exactly one of"),
        ("constraint: prose", "constraint: {regex: '['}", 17, "no regular expression"),
        ("type: text, max: 40", "type: txt, max: 40", 11, "there is no type 'txt'"),
        ("type: text, max: 40", "max: 40", 11, "type' is missing"),
        ("type: text, max: 40", "type: text, mox: 40", 11, "unknown key 'mox'"),
        ("type: text, max: 40", "type: text, min: 50, max: 40", 11, "nothing is between"),
        ("type: integer, min: 1,", "type: integer, min: 9,", 12, "nothing is between"),
        ("reason:", "items:", 11, "'items' means something else"),
        ("reason:", "copy:", 11, "'copy' means something else"),
        ("reason:", "model_config:", 11, "'model_config' means something else"),
        ("reason:", "_reason:", 11, "small letters"),
        ("reason:", "my reason:", 11, "small letters"),
    ],
)
def test_a_mistake_in_kind_yaml_is_told_with_its_line(
    tmp_path: Path,
    kind_files: dict[str, str],
    fill: Fill,
    old: str,
    new: str,
    line: int,
    what: str,
) -> None:
    assert old in kind_files["kind.yaml"]
    kind_files["kind.yaml"] = kind_files["kind.yaml"].replace(old, new)
    found = problems_of(fill(tmp_path / "piece", kind_files))
    assert [(file, at) for file, at, said, _ in found if what in said] == [("kind.yaml", line)]


def test_the_nearest_key_of_the_right_type_of_field_is_named(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    kind_files["kind.yaml"] = kind_files["kind.yaml"].replace(
        "type: text, max: 40", "type: list, lenght: 40"
    )
    found = problems_of(fill(tmp_path / "piece", kind_files))
    assert found == [("kind.yaml", 11, "unknown key 'lenght'", "Did you mean 'length'?")]


@pytest.mark.parametrize(
    ("text", "what", "remedy"),
    [
        (
            "\n{{ seed.role }}",
            "the name 'seed' is not declared",
            "Add 'seed' to the stage's 'uses'",
        ),
        ("\n{{ claus }}", "the name 'claus' is not declared", "Did you mean 'clause'?"),
        ("\n{{ range(3) }}", "the name 'range' is not declared", "Known here: principle, clause."),
        ("\n{{ principle.titel }}", "'principle' has no field 'titel'", "Did you mean 'title'?"),
        ("\n{{ clause.text }}", "'clause' has no field 'text'", "It is plain text."),
    ],
)
def test_a_name_that_a_template_may_not_use_is_told_with_line_and_remedy(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill, text: str, what: str, remedy: str
) -> None:
    kind_files["idea.j2"] = text
    ((file, line, said, help_),) = problems_of(fill(tmp_path / "piece", kind_files))
    assert (file, line, said) == ("idea.j2", 2, what)
    assert help_.startswith(remedy)


def test_a_field_that_an_earlier_answer_does_not_have_is_told(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    kind_files["draft.j2"] = "{{ idea.reson }}"
    ((file, line, what, remedy),) = problems_of(fill(tmp_path / "piece", kind_files))
    assert (file, line, what) == ("draft.j2", 1, "'idea' has no field 'reson'")
    assert remedy == "Did you mean 'reason'?"


def test_the_system_template_may_use_no_names(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    kind_files["system.j2"] = "You write.\n{{ clause }}"
    ((file, line, what, _),) = problems_of(fill(tmp_path / "piece", kind_files))
    assert (file, line, what) == ("system.j2", 2, "the name 'clause' is not declared")


def test_problems_of_all_templates_are_told_at_once_and_cause_no_others(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    kind_files["system.j2"] = "{{ nobody }}"
    kind_files["idea.j2"] = "{% if %}"
    kind_files["draft.j2"] = "{{ nothing }}"
    kind_files["kind.yaml"] = kind_files["kind.yaml"].replace("tone, idea]", "tone, idea, ton]")
    found = [(file, line) for file, line, _, _ in problems_of(fill(tmp_path / "piece", kind_files))]
    assert found == [("system.j2", 1), ("idea.j2", 1), ("kind.yaml", 16), ("draft.j2", 1)]


def test_one_wrong_stage_does_not_make_the_list_of_stages_too_short(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    text = "says: x\nstages:\n  - {name: draft, template: idea.j2, uses: []}\n"
    found = problems_of(fill(tmp_path / "piece", {**kind_files, "kind.yaml": text}))
    assert [(line, what) for _, line, what, _ in found] == [(3, "'stages.0.max_tokens' is missing")]


def test_limits_do_not_change_the_digest(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    before = read_kind(fill(tmp_path / "piece", kind_files)).digest
    roomy = kind_files["kind.yaml"].replace("max_tokens: 100", "max_tokens: 101\n    attempts: 4")
    assert read_kind(fill(tmp_path / "piece", {**kind_files, "kind.yaml": roomy})).digest == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("idea.j2", "About", "On"),
        ("system.j2", "write", "speak"),
        ("kind.yaml", "max: 40", "max: 41"),
        ("kind.yaml", "max_tokens: 100", "max_tokens: 100\n    sampling: {temperature: 1}"),
    ],
)
def test_the_digest_changes_with_what_shapes_a_request(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill, name: str, old: str, new: str
) -> None:
    before = read_kind(fill(tmp_path / "piece", kind_files)).digest
    assert before == read_kind(tmp_path / "piece").digest
    kind_files[name] = kind_files[name].replace(old, new)
    assert read_kind(fill(tmp_path / "piece", kind_files)).digest != before


def test_the_schema_of_an_answer_has_the_limits_of_kind_yaml(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    constraint = read_kind(fill(tmp_path / "piece", kind_files)).stages[0].constraint
    assert isinstance(constraint, JsonConstraint)
    properties = json.loads(constraint.schema)["properties"]
    assert list(properties) == ["reason", "marks"]
    assert properties["reason"]["maxLength"] == 40
    assert (properties["marks"]["minimum"], properties["marks"]["maximum"]) == (1, 5)


IDEAS = """\
    constraint:
      ideas:
        count: 3
        novelty: 0.4
        fields:
          reason: {type: text, max: 40}
          start: {type: text, max: 40}
"""


def with_ideas(files: dict[str, str]) -> dict[str, str]:
    """The kind with its first stage one of ideas."""
    lines = files["kind.yaml"].splitlines(keepends=True)
    lines[8:12] = [IDEAS]
    return {**files, "kind.yaml": "".join(lines)}


def test_a_stage_of_ideas_has_candidates_and_a_novelty(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    kind = read_kind(fill(tmp_path / "piece", with_ideas(kind_files)))
    constraint = kind.stages[0].constraint
    assert isinstance(constraint, IdeasConstraint)
    assert kind.idea_stage == "idea"
    assert constraint.novelty == 0.4
    assert list(constraint.candidate.model.model_fields) == ["reason", "start"]


def test_a_stage_of_ideas_may_show_earlier_ones(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    files = with_ideas(kind_files)
    files["kind.yaml"] = files["kind.yaml"].replace("[principle, clause]", "[earlier]")
    files["idea.j2"] = "{% for old in earlier %}{{ old.reason }}{% endfor %}"
    kind = read_kind(fill(tmp_path / "piece", files))
    assert kind.stages[0].template.render({"earlier": [{"reason": "a"}]}) == "a"


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("reason:", "likelihood:", 10, "'likelihood' is added to the fields by itself"),
        ("count: 3", "count: 1", 11, "greater than or equal to 2"),
        ("count: 3", "count: 21", 11, "less than or equal to 20"),
        ("novelty: 0.4", "novelty: 0", 12, "greater than 0"),
        ("novelty: 0.4", "novelty: 1.5", 12, "less than or equal to 1"),
        ("novelty: 0.4", "novelti: 0.4", 12, "unknown key 'novelti'"),
    ],
)
def test_a_mistake_in_ideas_is_told_with_its_line(
    tmp_path: Path,
    kind_files: dict[str, str],
    fill: Fill,
    old: str,
    new: str,
    line: int,
    what: str,
) -> None:
    files = with_ideas(kind_files)
    assert old in files["kind.yaml"]
    files["kind.yaml"] = files["kind.yaml"].replace(old, new)
    found = problems_of(fill(tmp_path / "piece", files))
    assert [(file, at) for file, at, said, _ in found if what in said] == [("kind.yaml", line)]


def test_two_stages_of_ideas_are_refused(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    files = with_ideas(kind_files)
    more = "  - name: more\n    template: idea.j2\n    uses: [principle, clause]\n" + IDEAS
    files["kind.yaml"] = files["kind.yaml"].replace(
        "  - name: draft", f"{more}    max_tokens: 9\n  - name: draft"
    )
    ((file, line, what, remedy),) = problems_of(fill(tmp_path / "piece", files))
    assert (file, line) == ("kind.yaml", 20)
    assert what == "'idea' already has ideas to choose from"
    assert "declare 'fields'" in remedy


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ persona.nme }}", "'persona' has no field 'nme'"),
        ("{{ idea.likelihood }}", "'idea' has no field 'likelihood'"),
        ("{{ exemplars.title }}", "'exemplars' has no field 'title'"),
        ("{{ earlier }}", "the name 'earlier' is not declared"),
    ],
)
def test_a_misuse_of_persona_exemplars_or_earlier_is_told(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill, text: str, what: str
) -> None:
    files = with_ideas(kind_files)
    files["kind.yaml"] = (
        files["kind.yaml"]
        .replace("tone, idea]", "tone, idea, persona, exemplars]")
        .replace("axes: [tone]", "axes: [tone]\nexemplars: 1")
    )
    files["draft.j2"] = text
    ((file, line, said, _),) = problems_of(fill(tmp_path / "piece", files))
    assert (file, line, said) == ("draft.j2", 1, what)


REVISED = """\
  - name: revise
    template: revise.j2
    uses: [principle, idea, draft]
    constraint: prose
    no_longer_than: draft
    max_tokens: 500
variants:
  quick: [draft]
  planned: [idea, draft]
"""


@pytest.fixture
def revised(tmp_path: Path, kind_files: dict[str, str], fill: Fill) -> Path:
    """A kind of three stages with two variants."""
    kind_files["kind.yaml"] += REVISED
    kind_files["draft.j2"] = "{{ tone }}{% if idea %}{{ idea.reason }}{% else %}no idea{% endif %}"
    kind_files["revise.j2"] = "{{ draft.text }}{{ idea.reason }}"
    return fill(tmp_path / "piece", kind_files)


@pytest.mark.parametrize(
    ("variant", "stages", "left_out"),
    [
        ("full", ["idea", "draft", "revise"], set()),
        ("quick", ["draft"], {"idea", "revise"}),
        ("planned", ["idea", "draft"], {"revise"}),
        ("unheard-of", ["idea", "draft", "revise"], set()),
    ],
)
def test_a_variant_has_some_of_the_stages(
    revised: Path, variant: str, stages: list[str], left_out: set[str]
) -> None:
    kind = read_kind(revised, variant)
    assert [stage.name for stage in kind.stages] == stages
    assert kind.left_out == left_out
    assert kind.variants == ("quick", "planned")


def test_variants_differ_in_their_digest(revised: Path) -> None:
    digests = {read_kind(revised, variant).digest for variant in ("full", "quick", "planned")}
    assert len(digests) == 3


def test_a_template_is_given_none_for_what_its_variant_leaves_out(revised: Path) -> None:
    draft = read_kind(revised, "quick").stages[-1]
    assert draft.template.render({"tone": "drily ", "idea": None}) == "drily no idea"
    assert draft.template.render({"tone": "drily ", "idea": {"reason": "r"}}) == "drily r"


def test_mistakes_are_told_in_every_variant(revised: Path) -> None:
    (revised / "revise.j2").write_text("{{ nobody }}")
    with pytest.raises(BadInput, match="'nobody' is not declared"):
        read_kind(revised, "quick")


def test_what_may_not_be_outgrown_shapes_requests(revised: Path) -> None:
    before = read_kind(revised).digest
    text = (revised / "kind.yaml").read_text()
    (revised / "kind.yaml").write_text(text.replace("    no_longer_than: draft\n", ""))
    assert read_kind(revised).digest != before


def test_only_axes_of_names_that_are_used_are_dealt(
    tmp_path: Path, kind_files: dict[str, str], fill: Fill
) -> None:
    kind_files["kind.yaml"] = kind_files["kind.yaml"].replace(
        "axes: [tone]", "axes: [tone]\nexemplars: 1"
    )
    kind = read_kind(fill(tmp_path / "piece", kind_files))
    assert kind.dealt == ("tone",)
    kind_files["kind.yaml"] = kind_files["kind.yaml"].replace(
        "tone, idea]", "tone, idea, persona, exemplars]"
    )
    kind = read_kind(fill(tmp_path / "piece", kind_files))
    assert kind.dealt == ("tone", "persona", "exemplars_of_piece")
