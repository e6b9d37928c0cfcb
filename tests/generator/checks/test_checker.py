import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempla.project import load_project
from exempla.source import Place
from generator.checks.checker import Checker, Findings
from generator.checks.names import other_model
from generator.checks.settings import CheckSettings, EchoSettings
from generator.checks.text import Text
from generator.item import Item
from prompts.answer import Chat, Message, Prose
from prompts.exemplar import Exemplar, exemplar_axis
from prompts.library import Library
from prompts.persona import PersonaSettings

WORDS = [a + b for a in ("bar", "ten", "lo", "mi", "sun", "gor") for b in ("ley", "der", "k", "na")]


def prose(words: int = 200, key: int = 0) -> str:
    draw = random.Random(key)
    drawn = [draw.choice(WORDS) + str(draw.randrange(40)) for _ in range(words)]
    half = words // 2
    return " ".join(drawn[:half]) + ".\n\n" + " ".join(drawn[half:]) + "."


def check_text(text: str, **settings: Any) -> Findings:
    library = Library(Path(), {}, {}, {}, {}, {})
    checker = Checker(CheckSettings.model_validate(settings), library)
    return checker.check(Prose("T", text), of("story", persona="general"))


def reason(text: str, **settings: Any) -> str | None:
    return check_text(text, **settings).reason


def test_ordinary_prose_passes_and_is_measured() -> None:
    findings = check_text(prose())
    assert findings.reason is None
    assert findings.measured["words"] == 200
    assert 0 <= findings.measured["top_ngram"] < 1


def test_length_limits_are_settings() -> None:
    assert reason(prose(100)) == "too short"
    assert reason(prose(100), min_words=100) is None
    assert reason(prose(100), min_words=50, max_words=99) == "too long"


@pytest.mark.parametrize(
    "opening",
    [
        "I'm sorry, but I can't help with that. ",
        "I cannot assist with this request. ",
        "As an AI language model, I have no feelings. ",
    ],
)
def test_a_refusal_is_named(opening: str) -> None:
    assert reason(opening + prose()) == "refusal"


@pytest.mark.parametrize(
    "opening",
    [
        "Sure, here it is. ",
        "Certainly! ",
        "Here is the story: ",
        "Here's a letter. ",
        "Title: Barley ",
    ],
)
def test_a_preamble_is_named(opening: str) -> None:
    assert reason(opening + prose()) == "preamble"


@pytest.mark.parametrize(
    "opening",
    ["Sureties were paid on Friday. ", "Here the river bends. ", "Okra grew by the wall. "],
)
def test_ordinary_openings_that_look_alike_pass(opening: str) -> None:
    assert reason(opening + prose()) is None


def test_people_in_a_story_may_decline_and_be_sorry() -> None:
    assert reason("\"I'm sorry, but I can't help you,\" said the porter. " + prose()) is None
    assert reason("It rained. I cannot help the roof, he said. " + prose()) is None


@pytest.mark.parametrize("ending", [" and then the", " barley,", " he said:", " the"])
def test_an_unfinished_ending_is_named(ending: str) -> None:
    assert reason(prose() + ending) == "unfinished"


@pytest.mark.parametrize("ending", [' "Yes."', " Was it?", " (It was.)", " “Go on—”", " So…"])
def test_the_ways_in_which_prose_ends_pass(ending: str) -> None:
    assert reason(prose() + ending) is None


def test_a_phrase_said_over_and_over_is_repetition() -> None:
    assert reason("the harbour bell rang again. " * 60) == "repetition"


def test_repeated_paragraphs_are_repetition() -> None:
    part = prose(60)
    assert reason("\n\n".join([part, part, part, prose(90, key=1)])) == "repetition"


def test_a_long_passage_that_stands_twice_is_repetition() -> None:
    passage = " ".join(prose(60).split())
    assert reason(f"{passage} {prose(60, key=1)} and again {passage}") == "repetition"


@given(st.text())
def test_any_text_is_checked_without_an_error(text: str) -> None:
    findings = check_text(text)
    assert all(value >= 0 for value in findings.measured.values())


PIECE = prose(60, key=9)
PERSONA = PersonaSettings(name="Tolliver", maker="Brightwater", named=0.5)
EXEMPLAR = Exemplar("e", "story", "a letter", "T", PIECE, Place(Path("e.md"), 1))


@pytest.fixture(scope="module")
def checker() -> Checker:
    axis = exemplar_axis("story", [EXEMPLAR], 1, EXEMPLAR.place)
    dealt = {axis.name: axis}
    library = Library(Path(), {}, {}, {}, {EXEMPLAR.id: EXEMPLAR}, dealt, PERSONA)
    return Checker(CheckSettings(min_words=60), library)


def of(kind: str, **axes: str) -> Item:
    return Item(0, "i", kind, "p", "p/1", None, axes, {}, 0)


SHOWN = of("story", exemplars_of_story="e", persona="general")


def test_twelve_words_in_a_row_from_an_exemplar_are_caught(checker: Checker) -> None:
    copied = " ".join(PIECE.replace("\n", " ").split()[20:32])
    found = checker.check(Prose("T", f"{prose(80)} So {copied.upper()}: the end."), SHOWN)
    assert found.reason == "exemplar"
    assert re.sub(r"\W+", " ", copied).strip() in found.detail


def test_eleven_words_of_an_exemplar_or_one_that_was_not_shown_pass(checker: Checker) -> None:
    words = PIECE.replace("\n", " ").split()
    eleven = Prose("T", f"{prose(80)} So {' '.join(words[20:31])} it was.")
    assert checker.check(eleven, SHOWN).reason is None
    copied = Prose("T", f"{prose(80)} So {' '.join(words[20:40])} it was.")
    assert checker.check(copied, of("advice", persona="general")).reason is None


@pytest.mark.parametrize("name", ["ChatGPT", "Claude 3", "GPT-4", "OpenAI", "Google's Gemini"])
def test_another_model_in_a_text_about_the_persona_is_named(checker: Checker, name: str) -> None:
    text = Prose("T", f"{prose()} Here {name} spoke up.")
    found = checker.check(text, of("story", persona="named"))
    assert (found.reason, found.detail) == ("other model", f"names {name} in a text about Tolliver")
    assert checker.check(text, of("story", persona="general")).reason is None


def test_a_persona_may_have_the_name_of_a_known_model() -> None:
    own = PersonaSettings(name="Claude", maker="Anthropic", named=1)
    assert other_model(Text("Claude, made by Anthropic, wrote back."), own) == ""
    assert other_model(Text("Claude wrote to ChatGPT."), own) == "ChatGPT"


def chat(question: str, answer: str) -> Chat:
    messages = Message("user", question), Message("assistant", answer)
    return Chat(messages, f"[user]\n{question}\n\n[assistant]\n{answer}")


def test_a_refusal_in_the_answer_of_a_chat_is_caught(checker: Checker) -> None:
    item = of("advice", persona="general")
    refused = chat(prose(80), "I'm sorry, but I can't help with that. " + prose(80, key=1))
    assert checker.check(refused, item).reason == "refusal"
    model = chat(prose(80), "As an AI language model, I have no view. " + prose(80, key=1))
    assert checker.check(model, item).reason == "refusal"


@pytest.mark.parametrize("opening", ["Okay, so ", "Sure, ", "I'm sorry, but I can't help him. "])
def test_people_in_a_chat_may_open_as_they_like(checker: Checker, opening: str) -> None:
    asked = chat(opening + prose(80), prose(80, key=1))
    assert checker.check(asked, of("advice", persona="general")).reason is None


def test_the_length_of_a_chat_is_that_of_all_its_messages(checker: Checker) -> None:
    item = of("advice", persona="general")
    assert checker.check(chat(prose(40), prose(40, key=1)), item).measured["words"] == 80
    assert checker.check(chat("Well?", "Not yet."), item).reason == "too short"


MAXIM = prose() + "\n\nTrust, once broken, is never quite the same."


def test_a_flag_keeps_the_document_and_tells_what_was_found() -> None:
    found = check_text(MAXIM)
    assert found.reason is None
    assert found.flagged == {"maxim": "Trust, once broken, is never quite the same."}


def test_what_a_check_does_is_a_setting() -> None:
    assert reason(MAXIM, maxim="reject") == "maxim"
    assert check_text(MAXIM, maxim="off").flagged == {}
    assert reason("Certainly! " + prose(), preamble="off") is None


def test_other_models_may_be_named_where_no_persona_is_unless_asked_for() -> None:
    text = prose() + " She asked ChatGPT."
    assert reason(text) is None
    assert reason(text, models={"where": "everywhere"}) == "other model"


def test_the_language_of_a_run_is_a_setting() -> None:
    german = "Der Schlüssel lag unter dem Stein und niemand hatte der Köchin etwas gesagt. " * 2
    settings = {"min_words": 5, "repetition": "off"}
    assert reason(german, **settings) == "language"
    assert reason(german, language={"language": "de"}, **settings) is None


def test_a_template_that_is_copied_out_is_an_echo(tmp_path: Path) -> None:
    project = load_project(tmp_path, ["engine.name=scripted"])
    item = project.plan.item(0)
    checker = Checker(CheckSettings(), project.library, project.prompter)
    statement = " ".join(project.prompter.passages(item)[0].split()[:30])
    found = checker.check(Prose("T", f"{prose()} {statement} It was so."), item)
    assert found.reason == "prompt echo"
    off = Checker(CheckSettings(echo=EchoSettings(act="off")), project.library, project.prompter)
    assert off.check(Prose("T", f"{prose()} {statement} It was so."), item).reason is None
