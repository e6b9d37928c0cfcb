from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempla.errors import BadInput
from exempla.settings import Settings, load_settings


def problems_of(
    project: Path, overrides: list[str], text: str | None = None
) -> list[tuple[str | None, int | None, str, str]]:
    if text is not None:
        (project / "exempla.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_settings(project, overrides)
    return [
        (
            Path(problem.file).name if problem.file else None,
            problem.line,
            problem.what,
            problem.remedy,
        )
        for problem in caught.value.problems
    ]


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n", "{}\n"])
def test_a_project_without_settings_has_the_defaults(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "exempla.yaml").write_text(text)
    assert load_settings(tmp_path)[0] == Settings()


def test_an_override_goes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "exempla.yaml").write_text("plan: {items: 5, seed: 3}\nname: one\n")
    overrides = ["plan.items=7", "engine.args.delay=0.5", "plan.kinds={story: 2}", "name=two"]
    settings, _ = load_settings(tmp_path, overrides)
    assert (settings.name, settings.plan.items, settings.plan.seed) == ("two", 7, 3)
    assert settings.engine.args == {"delay": 0.5}
    assert settings.plan.kinds == {"story": 2}


@pytest.mark.parametrize(
    ("text", "override", "items", "accepted"),
    [
        ("items: 200", "plan.accepted=60", 1000, 60),
        ("accepted: 60\n  tries: 2", "plan.items=200", 200, None),
    ],
)
def test_how_much_is_written_and_how_much_is_kept_replace_each_other(
    tmp_path: Path, text: str, override: str, items: int, accepted: int | None
) -> None:
    (tmp_path / "exempla.yaml").write_text(f"plan:\n  {text}\n")
    plan = load_settings(tmp_path, [override])[0].plan
    assert (plan.items, plan.accepted) == (items, accepted)


def test_the_last_of_two_overrides_counts(tmp_path: Path) -> None:
    assert load_settings(tmp_path, ["plan.items=7", "plan.items=8"])[0].plan.items == 8


@pytest.mark.parametrize("value", ["yes", "on", "010", "1e3", "0.5", "[a, b]", "'7'", "null", ""])
def test_an_override_is_read_like_a_value_in_the_file(tmp_path: Path, value: str) -> None:
    (tmp_path / "exempla.yaml").write_text(f"engine: {{args: {{x: {value}}}}}\n")
    in_file = load_settings(tmp_path)[0].engine.args
    (tmp_path / "exempla.yaml").unlink()
    assert load_settings(tmp_path, [f"engine.args.x={value}"])[0].engine.args == in_file


@pytest.mark.parametrize(
    ("override", "what", "remedy"),
    [
        ("plan.items", "has no '='", "Write --set plan.items=200."),
        ("plan.itms=3", "unknown key 'itms'", "Did you mean 'items'?"),
        ("plann.items=3", "unknown key 'plann'", "Did you mean 'plan'?"),
        ("plan.items=many", "'plan.items': Input should be a valid integer", ""),
        ("plan.items=0", "'plan.items': Input should be greater than or equal to 1", ""),
        ("plan=3", "'plan'", ""),
        ("name=../up", "'name'", ""),
        ("name=", "'name'", ""),
        ("plan.items.more=3", "'plan.items'", ""),
        ("plan.items=[", "not YAML", "Put the value in quotes if it is text."),
        ("plan.items=2001-99-99", "cannot be read as timestamp", "Put the value in quotes"),
        ("ray.actors=0", "'ray.actors': Input should be greater than or equal to 1", ""),
        ("ray.gpus=1.5", "more than one GPU can only be had whole", ""),
        ("ray.gpu=1", "unknown key 'gpu'", "Did you mean 'gpus'?"),
        ("=3", "unknown key ''", "Known here: name"),
    ],
)
def test_an_override_that_is_wrong_is_told(
    tmp_path: Path, override: str, what: str, remedy: str
) -> None:
    found = problems_of(tmp_path, [override])
    assert any(what in said and help_.startswith(remedy) for _, _, said, help_ in found), found


def test_an_override_below_a_plain_value_is_refused(tmp_path: Path) -> None:
    ((_, _, what, remedy),) = problems_of(tmp_path, ["name.first=x"], "name: one\n")
    assert "'name' is no group of settings" in what
    assert remedy


@pytest.mark.parametrize("text", ["- a\n", "just words\n", "7\n"])
def test_a_file_that_holds_no_keys_is_refused_with_overrides_too(tmp_path: Path, text: str) -> None:
    for overrides in ([], ["plan.items=3"], ["name=x"]):
        ((file, line, what, remedy),) = problems_of(tmp_path, overrides, text)
        assert (file, line) == ("exempla.yaml", 1)
        assert "expected keys and values" in what
        assert "plan" in remedy


def test_all_that_is_wrong_in_the_file_is_told_with_its_lines(tmp_path: Path) -> None:
    text = "nmae: x\nplan:\n  items: none\n  seeed: 1\ndedup: {threshold: 2}\nsampling: {top_p: 0}"
    found = [(line, what.split(":")[0]) for _, line, what, _ in problems_of(tmp_path, [], text)]
    assert sorted(found, key=str) == sorted(
        [
            (1, "unknown key 'nmae'"),
            (3, "'plan.items'"),
            (4, "unknown key 'seeed'"),
            (5, "'dedup.threshold'"),
            (6, "'sampling.top_p'"),
        ],
        key=str,
    )


def test_a_wrong_override_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    ((file, _, _, _),) = problems_of(tmp_path, ["plan.items=0"], "plan:\n  items: 5\n")
    assert file == "--set plan.items"


def test_a_project_that_is_not_there_is_told(tmp_path: Path) -> None:
    ((file, _, what, remedy),) = problems_of(tmp_path / "nowhere", [])
    assert (file, what) == ("nowhere", "there is no such project folder")
    assert "exempla init" in remedy


@given(st.text(max_size=20), st.text(max_size=12))
def test_no_override_raises_anything_but_bad_input(
    tmp_path_factory: pytest.TempPathFactory, key: str, value: Any
) -> None:
    try:
        load_settings(tmp_path_factory.getbasetemp(), [f"{key}={value}"])
    except BadInput as error:
        assert error.problems  # noqa: PT017 - whether it is raised depends on the text
