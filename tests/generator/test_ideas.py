import asyncio
import itertools
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.ideas import (
    IN_VIEW,
    PERMUTATIONS,
    Chain,
    Chains,
    Idea,
    choose,
    idea_of,
    signature,
    similarities,
    words_of,
)
from generator.item import Item
from prompts.answer import Candidate


def item(replicate: int = 0, **words: str) -> Item:
    return Item(replicate, f"item-{replicate}", "k", "p", "p/1", None, {}, words, replicate)


def idea(text: str) -> Idea:
    return idea_of({"what": text}, item())


LAMP = "keeper mends broken lamp before storm"
PUMP = "farmer borrows rusty pump during drought"


def test_names_and_short_words_are_not_compared() -> None:
    fields = {
        "who": "Marta and old Jonas Brandt are at odds. Somebody hides the key.",
        "how": "Ekua refuses",
        "steps": ["She waits: Nobody comes.", "Ekua says so"],
        "count": 3,
    }
    found = words_of(fields, ["from eldest: Marta Sol (she), Ekua (she)"])
    assert found == {
        "odds",
        "somebody",
        "hides",
        "refuses",
        "waits",
        "nobody",
        "comes",
        "says",
    }


def test_the_same_plot_with_other_names_is_the_same_idea() -> None:
    plots = [
        words_of(
            {"what": f"{name} finds the wrong sum. {name} tells {other} before anybody asks."},
            [f"{name} (she), {other} (he)"],
        )
        for name, other in (("Marta", "Jonas"), ("Ekua", "Kobina"))
    ]
    assert plots[0] == plots[1]


def test_estimates_lie_within_their_error_of_the_true_similarity() -> None:
    draw = random.Random(5)
    words = [f"word{number}" for number in range(4000)]
    errors = []
    for _ in range(300):
        shared, apart = draw.randrange(1, 60), draw.randrange(0, 60)
        drawn = draw.sample(words, shared + 2 * apart)
        one, two = set(drawn[: shared + apart]), set(drawn[:shared] + drawn[shared + apart :])
        true = len(one & two) / len(one | two)
        (estimate,) = similarities(signature(one), signature(two)[None])
        # The standard error, with the chance agreements of single bytes in it.
        agree = true + (1 - true) / 256
        error = (agree * (1 - agree) / PERMUTATIONS) ** 0.5
        errors.append((estimate - true) / max(error, 0.01))
        assert abs(estimate - true) < 5 * max(error, 0.01)
    assert abs(float(np.mean(errors))) < 0.3
    assert 0.7 < float(np.std(errors)) < 1.3


@given(st.sets(st.text(min_size=1)))
def test_a_set_of_words_is_wholly_like_itself(words: set[str]) -> None:
    assert similarities(signature(words), signature(set(words))[None])[0] == pytest.approx(1)


def test_the_less_likely_candidate_is_taken_more_often() -> None:
    likelihoods = (60, 20, 5)
    candidates = [
        Candidate({"what": text}, likelihood)
        for text, likelihood in zip((LAMP, PUMP, "clerk"), likelihoods, strict=True)
    ]
    taken: Counter[str] = Counter()
    for number in range(3000):
        chosen = choose(candidates, item(number), 0, Chain(), 0.5)
        assert chosen
        taken[chosen.fields["what"]] += 1
    weights = [1 / likelihood for likelihood in likelihoods]
    for candidate, weight in zip(candidates, weights, strict=True):
        share = weight / sum(weights)
        error = (share * (1 - share) / 3000) ** 0.5
        assert taken[candidate.fields["what"]] / 3000 == pytest.approx(share, abs=4 * error)


def test_a_candidate_that_repeats_an_earlier_idea_is_skipped() -> None:
    chain = Chain()
    chain.settle(0, idea(LAMP))
    candidates = [Candidate({"what": LAMP}, 1), Candidate({"what": PUMP}, 99)]
    for attempt in range(20):
        chosen = choose(candidates, item(1), attempt, chain, 0.5)
        assert chosen
        assert chosen.fields["what"] == PUMP


def test_nothing_is_chosen_where_all_candidates_repeat() -> None:
    chain = Chain()
    chain.settle(0, idea(LAMP))
    chain.settle(1, idea(PUMP))
    candidates = [Candidate({"what": text}, 50) for text in (LAMP, PUMP)]
    assert choose(candidates, item(2), 0, chain, 0.5) is None
    assert choose(candidates, item(1), 0, chain, 0.5)


def test_the_same_item_and_attempt_choose_the_same_candidate() -> None:
    candidates = [Candidate({"what": text}, 30) for text in (LAMP, PUMP, "clerk", "baker")]

    def drawn() -> list[str]:
        found = [choose(candidates, item(n), a, Chain(), 0.5) for n in range(20) for a in range(3)]
        return [chosen.fields["what"] for chosen in found if chosen]

    assert drawn() == drawn()
    assert len(set(drawn())) == 4


@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_every_idea_is_remembered_whatever_the_order_in_which_they_are_settled(
    count: int, draw: random.Random
) -> None:
    digits = str.maketrans("0123456789", "abcdefghij")
    marks = [str(number).translate(digits) for number in range(count)]
    ideas = [idea(f"alpha{mark} beta{mark} gamma{mark} delta{mark}") for mark in marks]
    order = list(range(count))
    draw.shuffle(order)
    chain = Chain()
    for replicate in order:
        chain.settle(replicate, ideas[replicate])
    assert chain.settled == count
    for replicate, one in enumerate(ideas):
        assert chain.repeats(replicate + 1, one, 0.9)
        assert not chain.repeats(replicate, one, 0.9)


def test_an_idea_that_comes_late_repeats_none_that_was_there_before_it() -> None:
    chain = Chain()
    chain.settle(0, None)
    chain.settle(2, idea(LAMP))
    candidates = [Candidate({"what": LAMP}, 1), Candidate({"what": PUMP}, 99)]
    for attempt in range(20):
        chosen = choose(candidates, item(1), attempt, chain, 0.5)
        assert chosen
        assert chosen.fields["what"] == PUMP


def test_the_latest_ideas_before_a_replicate_are_in_view_oldest_first() -> None:
    chain = Chain()
    for number in range(30):
        chain.settle(number, None if number % 3 == 1 else idea(f"{number}"))
        shown = [fields["what"] for fields in chain.earlier(number + 1)]
        taken = [f"{n}" for n in range(number + 1) if n % 3 != 1]
        assert len(shown) <= IN_VIEW
        assert shown == taken[-IN_VIEW:]


def test_what_is_settled_beyond_a_gap_is_not_in_view_of_those_before() -> None:
    chain = Chain()
    for number in (0, 2, 3):
        chain.settle(number, idea(f"{number}"))
    assert chain.settled == 1
    assert [fields["what"] for fields in chain.earlier(1)] == ["0"]
    chain.settle(1, idea("1"))
    assert chain.settled == 4
    assert [fields["what"] for fields in chain.earlier(4)] == ["0", "1", "2", "3"]


def test_turns_come_in_order_whoever_asks_first() -> None:
    async def session(order: tuple[int, ...]) -> list[int]:
        chain, took = Chain(), []

        async def take(replicate: int) -> None:
            await chain.turn(replicate)
            took.append(replicate)
            await asyncio.sleep(0)
            chain.settle(replicate, None)

        await asyncio.gather(*map(take, order))
        return took

    for order in itertools.permutations(range(5)):
        assert asyncio.run(session(order)) == [0, 1, 2, 3, 4]


def test_a_turn_waits_for_a_gap_to_be_filled() -> None:
    async def session() -> None:
        chain = Chain()
        chain.settle(0, None)
        chain.settle(2, None)
        waiting = asyncio.ensure_future(chain.turn(3))
        await asyncio.sleep(0)
        assert not waiting.done()
        chain.settle(1, None)
        await waiting

    asyncio.run(asyncio.wait_for(session(), 10))


def test_a_chain_is_read_back_once_when_it_is_first_asked_for() -> None:
    asked = []

    def past(item: Item) -> dict[int, Idea | None]:
        asked.append(item.replicate)
        return {1: idea(PUMP), 0: None}

    chains = Chains(past)
    chain = chains.of(item(2))
    assert chains.of(item(3)) is chain
    assert asked == [2]
    assert (chain.settled, chain.earlier(2)) == (2, [{"what": PUMP}])
