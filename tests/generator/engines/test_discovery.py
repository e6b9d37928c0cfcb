import pytest

from exempla.errors import BadInput
from generator.engines.discovery import agreed_model
from generator.engines.openai_api import Served

BIG, SMALL = Served("big", "org/big"), Served("small", "")


def test_the_only_model_of_all_servers_need_not_be_named() -> None:
    assert agreed_model({"http://a/v1": [BIG], "http://b/v1": [BIG]}, None) == BIG


def test_servers_whose_model_is_from_different_places_name_none() -> None:
    other = Served("big", "elsewhere/big")
    assert agreed_model({"http://a/v1": [BIG], "http://b/v1": [other]}, None).root == ""


@pytest.mark.parametrize("lists", [[[BIG, SMALL]], [[BIG], [SMALL]], [[]], [[BIG], []]])
def test_where_there_is_a_choice_it_must_be_made(lists: list[list[Served]]) -> None:
    listed = dict(zip(("http://a/v1", "http://b/v1"), lists, strict=False))
    with pytest.raises(BadInput, match="http://a/v1: ") as caught:
        agreed_model(listed, None)
    assert caught.value.problems[0].setting == "engine.model"


def test_a_named_model_is_one_of_many() -> None:
    assert agreed_model({"http://a/v1": [BIG, SMALL], "http://b/v1": [SMALL]}, "small") == SMALL


def test_each_server_that_lacks_the_model_is_named_with_the_nearest() -> None:
    listed = {"http://a/v1": [BIG], "http://b/v1": [Served("smoll", "")], "http://c/v1": [SMALL]}
    with pytest.raises(BadInput) as caught:
        agreed_model(listed, "small")
    assert [problem.what for problem in caught.value.problems] == [
        "http://a/v1 does not serve the model 'small'",
        "http://b/v1 does not serve the model 'small'",
    ]
    assert "Did you mean 'smoll'?" in str(caught.value)
