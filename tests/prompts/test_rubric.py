from pathlib import Path

import pytest

from exempla.errors import BadInput
from prompts.answer import UnreadableAnswer, read_answer
from prompts.judging import load_judging
from prompts.kind import read_kind
from prompts.library import BUILT_IN
from prompts.rubric import read_rubric

SMALL = """\
items:
  - id: faithful
    asks: Is it?
    anchors: {1: No., 3: Half., 5: Yes.}
flags:
  - {id: sermon, says: It preaches.}
"""
WRONG = """\
items:
  - id: faithful
    asks: Is it?
    anchors: {1: No., 3: Half., 4: Nearly.}
  - id: faithful
    ask: Is it?
    anchors: {1: No., 3: Half., 5: Yes.}
  - id: overall
    asks: Is it?
    anchors: {1: No., 3: Half., 5: Yes.}
flag: []
"""
TWICE = """\
items:
  - {id: faithful, asks: Is it so, anchors: {1: No., 3: Half., 5: Yes.}}
  - {id: faithful, asks: Is it so, anchors: {1: No., 3: Half., 5: Yes.}}
flags:
  - {id: sermon, says: It preaches.}
  - {id: sermon, says: It preaches.}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "rubric.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_built_in_rubric_scores_six_things_and_flags_ten() -> None:
    rubric = read_rubric(BUILT_IN / "rubric.yaml")
    assert rubric.item_ids == ("faithful", "reasons", "conduct", "alive", "admirable", "form")
    assert set(rubric.flag_ids) == {
        "evil-foil",
        "sermon",
        "flattery",
        "rule-lawyering",
        "kind-disobedience",
        "plea-for-ais",
        "negated-claim",
        "how-checks-work",
        "resembles-evaluation",
        "contradicts-principle",
    }


def test_every_mistake_in_a_rubric_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_rubric(written(tmp_path, WRONG))
    told = [(problem.line, problem.what, problem.remedy) for problem in caught.value.problems]
    assert (11, "unknown key 'flag'", "Did you mean 'flags'?") in told
    assert (6, "unknown key 'ask'", "Did you mean 'asks'?") in told
    assert any(line == 4 and "'4'" in what for line, what, _ in told)
    assert any(line == 8 and "overall" in what for line, what, _ in told)


def test_an_id_that_stands_twice_is_told_where_it_stood_first(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_rubric(written(tmp_path, TWICE))
    told = [(problem.line, problem.what) for problem in caught.value.problems]
    assert told == [
        (3, "the id 'faithful' stands a second time (first on line 2)"),
        (6, "the id 'sermon' stands a second time (first on line 5)"),
    ]


def test_the_hash_of_a_rubric_is_of_its_words(tmp_path: Path) -> None:
    digest = read_rubric(written(tmp_path, SMALL)).digest
    assert read_rubric(written(tmp_path, f"# Mine.\n\n{SMALL}")).digest == digest
    assert read_rubric(written(tmp_path, SMALL.replace("preaches", "teaches"))).digest != digest


def test_a_verdict_has_its_reason_first_and_then_what_the_rubric_asks(tmp_path: Path) -> None:
    constraint = read_rubric(written(tmp_path, SMALL)).constraint
    good = '{"reason":"a","quotation":"b c d","scores":{"faithful":5},"flags":["sermon"]}'
    answer = read_answer(constraint, good)
    assert isinstance(answer, dict)
    assert list(answer) == ["reason", "quotation", "scores", "flags"]
    for wrong in (
        good.replace(":5", ":6"),
        good.replace("sermon", "preaching"),
        good.replace('"faithful":5', ""),
        good.replace('"faithful":5', '"faithful":5,"alive":3'),
    ):
        with pytest.raises(UnreadableAnswer):
            read_answer(constraint, wrong)


def test_a_rubric_may_have_no_flags(tmp_path: Path) -> None:
    text = SMALL.partition("flags:")[0]
    constraint = read_rubric(written(tmp_path, text)).constraint
    assert read_answer(constraint, '{"reason":"a","quotation":"b","scores":{"faithful":1}}')


def test_a_projects_own_rubric_and_templates_win_one_by_one(tmp_path: Path) -> None:
    written(tmp_path, SMALL)
    own = load_judging(tmp_path)
    built_in = load_judging(BUILT_IN)
    assert own.rubric.item_ids == ("faithful",)
    assert own.system.source == built_in.system.source
    (tmp_path / "judge").mkdir()
    (tmp_path / "judge/verdict.j2").write_text("{{ document }}")
    assert load_judging(tmp_path).verdict.source == "{{ document }}"
    assert len({own.digest, built_in.digest, load_judging(tmp_path).digest}) == 3


def test_names_that_the_judge_is_not_given_are_told_with_their_lines(tmp_path: Path) -> None:
    written(tmp_path, WRONG)
    (tmp_path / "judge").mkdir()
    (tmp_path / "judge/system.j2").write_text("One.\n{{ document }}")
    (tmp_path / "judge/verdict.j2").write_text("{{ principle.reasons }}\n{{ documents }}")
    with pytest.raises(BadInput) as caught:
        load_judging(tmp_path)
    places = {(Path(p.file or "").name, p.line) for p in caught.value.problems}
    assert {("system.j2", 2), ("verdict.j2", 1), ("verdict.j2", 2), ("rubric.yaml", 4)} <= places


def test_no_kind_may_have_a_stage_of_the_judges_name(tmp_path: Path) -> None:
    folder = tmp_path / "piece"
    folder.mkdir()
    (folder / "t.j2").write_text("{{ clause }}")
    (folder / "kind.yaml").write_text(
        "says: A piece.\nstages:\n"
        "  - {name: judge, template: t.j2, uses: [clause], constraint: prose, max_tokens: 9}\n"
    )
    with pytest.raises(BadInput, match="'judge' is taken"):
        read_kind(folder)
