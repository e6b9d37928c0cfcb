import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempla.errors import BadInput, Problem
from prompts.template import Template, read_template

VALUES: dict[str, Any] = {
    "clause": "It waits.",
    "principle": {"title": "Candour", "in_practice": ("one", "two")},
    "count": 3,
}


def template(folder: Path, text: str) -> Template:
    file = folder / "draft.j2"
    file.write_text(text, encoding="utf-8")
    return read_template(file)


def problem_of(folder: Path, text: str) -> Problem:
    """The one problem, whether it shows on reading or on rendering."""
    with pytest.raises(BadInput) as caught:
        template(folder, text).render(VALUES)
    (problem,) = caught.value.problems
    assert problem.file == str(folder / "draft.j2")
    return problem


def test_a_prompt_has_no_blank_lines_around_it(tmp_path: Path) -> None:
    assert template(tmp_path, "\n{{ clause }}\n\n").render(VALUES) == "It waits."


def test_a_template_knows_the_names_it_takes_from_outside(tmp_path: Path) -> None:
    text = "{% set own = clause %}{{ own }}\n{% for x in principle.in_practice %}-{% endfor %}"
    read = template(tmp_path, text)
    assert read.names == {"clause", "principle"}
    assert {(use.name, use.attribute, use.place.line) for use in read.uses} == {
        ("clause", None, 1),
        ("principle", "in_practice", 2),
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{{ clause.nothing }}", "no attribute 'nothing'"),
        ("{{ principle['nothing'] }}", "no attribute 'nothing'"),
        ("{{ principle.in_practice[9] }}", "no element 9"),
        ("{{ [principle.nothing] }}", "no attribute 'nothing'"),
        ("{% if clause.nothing %}x{% endif %}", "no attribute 'nothing'"),
        ("{{ clause + count }}", "concatenate"),
        ("{{ count / 0 }}", "division by zero"),
        ("{{ '{a}'.format() }}", "'a'"),
        ("{{ '{}'.format() }}", "index"),
        ("{{ clause.encode('nothing') }}", "nothing"),
        ("{{ clause|truncate(1, end='long') }}", "expected length"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion"),
    ],
)
def test_a_mistake_in_rendering_is_told_with_the_line_of_the_template(
    tmp_path: Path, text: str, what: str
) -> None:
    problem = problem_of(tmp_path, f"First line.\n{{# a remark #}}\n{text}\nLast line.\n")
    assert problem.line == 3
    assert what in problem.what
    assert problem.remedy


@pytest.mark.parametrize(
    "text",
    [
        "{{ clause.__class__ }}",
        "{{ clause['__class__'] }}",
        "{{ clause['_' ~ '_class__'] }}",
        "{{ clause|attr('__class__') }}",
        "{{ [clause]|map(attribute='__class__')|list }}",
        "{{ [clause]|map('attr', '__class__')|list }}",
        "{{ '{0.__class__}'.format(clause) }}",
        "{{ clause.format.__globals__ }}",
        "{{ (clause.format)['__globals__'] }}",
        "{{ ''['__class__'] }}",
        "{{ self._TemplateReference__context }}",
        "{{ [].append(1) }}",
        "{{ principle.update({'title': 'x'}) }}",
    ],
)
def test_python_internals_are_out_of_reach(tmp_path: Path, text: str) -> None:
    problem = problem_of(tmp_path, f"One.\n{text}\n")
    assert problem.line == 2
    assert "internals" in problem.what or "outside the template" in problem.what


@pytest.mark.parametrize(
    "text",
    [
        "{% include 'other.j2' %}",
        "{% import 'other.j2' as other %}",
        "{% from 'other.j2' import other %}",
        "{% extends 'other.j2' %}",
        "{% if false %}{% include 'other.j2' %}{% endif %}",
    ],
)
def test_a_template_takes_in_no_other_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.j2").write_text("other")
    problem = problem_of(tmp_path, f"One.\n{text}")
    assert (problem.line, problem.what) == (2, "a template cannot take in another file")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\n{{ clause", 2),
        ("one\n\n{% if clause %}\ntwo\n", 4),
        ("one\n{% endfor %}", 2),
        ("one\n{{ clause | nothing }}", 2),
        ("one\n{{ clause is nothing }}", 2),
        ("one\n{% nothing %}", 2),
        ("one\n{{ clause clause }}", 2),
    ],
)
def test_a_template_that_is_not_jinja_is_told_with_its_line(
    tmp_path: Path, text: str, line: int
) -> None:
    with pytest.raises(BadInput) as caught:
        template(tmp_path, text)
    (problem,) = caught.value.problems
    assert problem.line == line
    assert "not a template" in problem.what


@pytest.mark.parametrize("text", ["{{ principle.in_practice|random }}", "{{ principle|pprint }}"])
def test_filters_that_are_no_function_of_the_item_are_gone(tmp_path: Path, text: str) -> None:
    assert "No filter named" in problem_of(tmp_path, text).what


@pytest.mark.parametrize("name", ["range", "dict", "lipsum", "cycler", "joiner", "namespace"])
def test_jinjas_globals_are_gone(tmp_path: Path, name: str) -> None:
    assert template(tmp_path, f"{{{{ {name}() }}}}").names == {name}
    assert f"'{name}' is undefined" in problem_of(tmp_path, f"{{{{ {name}() }}}}").what


@pytest.mark.parametrize(
    "text",
    [
        "{% set c = clause %}{{ c.upper }}",
        "{{ principle.in_practice|map('upper') }}",
        "{{ principle.in_practice|select }}",
        "{{ self }}",
        "{% macro m() %}x{% endmacro %}{{ m }}",
    ],
)
def test_what_would_print_as_an_address_in_memory_is_refused(tmp_path: Path, text: str) -> None:
    assert "is no text" in problem_of(tmp_path, text).what


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers())
def test_a_value_is_never_read_as_a_template(
    tmp_path_factory: pytest.TempPathFactory, text: str, number: int
) -> None:
    read = template(tmp_path_factory.mktemp("values"), "[{{ text }}|{{ number }}]")
    assert read.render({"text": text, "number": number}) == f"[{text}|{number}]"


def test_rendering_twice_gives_the_same_prompt(tmp_path: Path) -> None:
    text = "{{ principle }} {% for x in principle.in_practice|sort %}{{ x }}{% endfor %}"
    first, second = (template(tmp_path, text).render(VALUES) for _ in range(2))
    assert first == second
    assert not re.search("0x[0-9a-f]{6}", first)


def test_a_template_without_its_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_template(tmp_path / "missing.j2")
