from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from exempla.errors import BadInput
from exempla.settings import load_settings
from generator.checks.settings import CheckSettings, DecontaminateSettings


@pytest.mark.parametrize("written", ["off", False, {"act": "off"}, {"act": False}])
def test_a_check_is_switched_off_by_one_word(written: Any) -> None:
    assert CheckSettings.model_validate({"meta": written}).meta.act == "off"


def test_yaml_reads_off_as_a_truth_value_and_it_is_taken_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "exempla.yaml").write_text("checks: {language: off, maxim: reject}\n")
    settings, _ = load_settings(tmp_path)
    assert settings.checks.language.act == "off"
    assert settings.checks.maxim.act == "reject"


def test_a_misspelt_check_or_act_is_an_error_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "exempla.yaml").write_text("checks:\n  maxims: off\n  meta: maybe\n")
    with pytest.raises(BadInput) as error:
        load_settings(tmp_path)
    told = " ".join(str(problem) for problem in error.value.problems)
    assert "exempla.yaml:2: unknown key 'maxims'" in told
    assert "exempla.yaml:3" in told


def test_least_and_most_words_must_be_in_order() -> None:
    with pytest.raises(ValidationError, match="'min_words' is above 'max_words'"):
        CheckSettings(min_words=10, max_words=9)


@pytest.mark.parametrize("written", ["a.txt", ["a.txt"], {"files": ["a.txt"]}])
def test_a_path_or_a_list_of_them_is_all_that_decontamination_needs(written: Any) -> None:
    settings = DecontaminateSettings.model_validate(written)
    assert (settings.files, settings.words, settings.overlap) == (("a.txt",), 8, "reject")
