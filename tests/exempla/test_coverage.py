from collections import Counter
from pathlib import Path

import pytest

from exempla.coverage import coverage
from exempla.project import Project, load_project
from exempla.tables import print_coverage

ITEMS = 600


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    home = tmp_path_factory.mktemp("home")
    return load_project(home, ["engine.name=scripted", f"plan.items={ITEMS}"])


def pair(project: Project, *names: str) -> dict[str, float]:
    (found,) = (row for row in coverage(project)["pairs"] if row["pair"] == list(names))
    return {key: figure for key, figure in found.items() if key != "pair"}


def test_the_distance_from_exact_shares_is_that_of_the_furthest_value(project: Project) -> None:
    covered = coverage(project)
    items = [item for item in map(project.plan.item, range(ITEMS)) if item.kind == "story"]
    values = project.library.axes["narrator"].values
    counts = Counter(item.axes["narrator"] for item in items)
    due = {v.id: len(items) * v.weight / sum(w.weight for w in values) for v in values}
    found = covered["spread"]["story.narrator"]
    assert found["furthest"] == round(max(abs(counts[v] - due[v]) for v in due), 2)
    assert (found["least"], found["most"]) == (min(counts.values()), max(counts.values()))
    assert found["most_share"] == round(due[counts.most_common(1)[0][0]], 2)
    assert covered["furthest"] == max(row["furthest"] for row in covered["spread"].values())
    assert covered["furthest"] < 1


def test_pairs_are_counted_among_those_that_are_possible(project: Project) -> None:
    items = list(map(project.plan.item, range(ITEMS)))
    met = Counter((item.principle, item.seed) for item in items if item.seed)
    possible = sum(len(project.library.seeds_for(p.id)) for p in project.plan.principles)
    assert pair(project, "principle", "seed") == {
        "possible": possible,
        "covered": len(met),
        "least": min(met.values()) if len(met) == possible else 0,
        "most": max(met.values()),
        "mean": round(met.total() / possible, 2),
    }


def test_an_axis_that_several_kinds_vary_meets_principles_in_all_of_them(
    project: Project,
) -> None:
    met = Counter(
        (item.principle, item.axes["cast"]) for item in map(project.plan.item, range(ITEMS))
    )
    found = pair(project, "principle", "cast")
    assert found["covered"] == len(met)
    assert found["mean"] == round(ITEMS / found["possible"], 2)


def test_the_ledger_begins_with_the_clauses_that_have_no_story(project: Project) -> None:
    ledger = coverage(project, limit=300)["ledger"]
    clauses = {clause.id for p in project.plan.principles for clause in p.clauses}
    assert {row["clause"] for row in ledger} == clauses
    stories = [row["kinds"]["story"] > 0 for row in ledger]
    assert stories == sorted(stories)
    assert not all(stories)
    assert sum(sum(row["kinds"].values()) for row in ledger) == 300


def test_clauses_reached_are_those_of_the_ledger(project: Project) -> None:
    covered = coverage(project, limit=300)
    for principle, reached in covered["clauses"].items():
        rows = [row for row in covered["ledger"] if row["clause"].startswith(f"{principle}/")]
        assert reached["clauses"] == len(rows)
        assert reached["story"] == sum(row["kinds"]["story"] > 0 for row in rows)


def test_tables_fit_a_narrow_terminal(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    print_coverage(coverage(project), axes=False, clauses=True)
    printed = capsys.readouterr().out
    assert max(len(line.rstrip()) for line in printed.splitlines()) <= 80
    first = project.plan.principles[0].clauses[0]
    assert f" {first.id} " in printed
    assert "No value of an axis is further than 0." in printed


def test_ten_thousand_items_reach_every_cell_and_clause_each_within_one_of_its_share(
    tmp_path: Path,
) -> None:
    project = load_project(tmp_path, ["engine.name=scripted", "plan.items=10000"])
    covered = coverage(project)
    assert covered["furthest"] < 1
    assert {len(counts) for counts in covered["cells"].values()} == {len(project.plan.kinds)}
    assert all(min(counts.values()) > 0 for counts in covered["cells"].values())
    assert sum(sum(counts.values()) for counts in covered["cells"].values()) == 10_000
    for reached in covered["clauses"].values():
        assert set(reached.values()) == {reached["clauses"]}
