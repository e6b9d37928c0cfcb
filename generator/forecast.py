"""What a plan will come to, told from its first items: counts, totals and near-duplicates.

Each figure is an interval that holds what will be, not a mean: a prediction interval for the whole
of a finite plan, of which the items that were written are known and the rest is to come. Its rate
is the share of pilots whose interval holds the figure. The first items of a plan are a stratified
sample with proportional allocation, because the plan keeps kinds and principles to their shares
within one at every length; taken as a simple one, it gives intervals that are rather too wide
(Cochran, Sampling Techniques, 3rd ed. 1977, section 5.6).
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

RATE = 0.9
"""Share of pilots whose interval holds the figure."""
DRAWS = 10_000
"""For a quantile; the probability at it is then right within 0.005."""


class Interval(NamedTuple):
    """A figure of the whole plan."""

    low: float
    high: float
    expected: float | None = None
    """None where nothing but the limits can be told."""

    def times(self, factor: float) -> "Interval":
        """The same figure in another unit."""
        expected = None if self.expected is None else self.expected * factor
        return Interval(self.low * factor, self.high * factor, expected)


@lru_cache(maxsize=4096)
def count_of(seen: int, of: int, whole: int, rate: float = RATE) -> Interval:
    """How many of `whole` items will be of a sort, where `seen` of the first `of` are.

    The rest is beta-binomial under Jeffreys' prior. The limit is closed where none or all are of
    the sort (Brown, Cai and DasGupta, Interval estimation for a binomial proportion, Statistical
    Science 16, 2001, section 4.1).

    Raises:
        ValueError: nothing was seen of it, or more than there is.
    """
    if not 0 <= seen <= of <= whole or not of:
        raise ValueError(f"{seen} of {of} of {whole} is no observation")
    rest = whole - of
    draw = np.random.default_rng(0)
    shares = draw.beta(seen + 0.5, of - seen + 0.5, DRAWS)
    low, high = np.quantile(draw.binomial(rest, shares), ((1 - rate) / 2, (1 + rate) / 2))
    return Interval(
        seen + (0.0 if seen == 0 else float(low)),
        seen + (float(rest) if seen == of else float(high)),
        seen + rest * seen / of,
    )


def total_of(
    seen: Mapping[str, Sequence[float]], rest: Mapping[str, int], rate: float = RATE
) -> Interval:
    """What all items will add up to, by kind: each has a mean and a spread of its own.

    The error of a kind's mean over its remaining items, and their own spread, with Student's t and
    Satterthwaite's degrees of freedom (Cochran 1977, section 5.4, equation 5.16; for the items to
    come Hahn and Meeker, Statistical Intervals, 1991, section 4.8).

    Args:
        seen: Of each kind, what each of its items took; two or more.
        rest: Of each kind, how many items are to come.
        rate: Of the interval.
    """
    expected, variances, freedoms = 0.0, [], []
    for kind, values in seen.items():
        count, left = len(values), rest[kind]
        if count < 2:
            raise ValueError(f"one value of '{kind}' has no spread")
        expected += sum(values) + left * float(np.mean(values))
        spread = float(np.var(values, ddof=1))
        variances.append(spread * (left * left / count + left))
        freedoms.append(count - 1)
    variance = sum(variances)
    if not variance:
        return Interval(expected, expected, expected)
    freedom = variance**2 / sum(v * v / f for v, f in zip(variances, freedoms, strict=True))
    reach = float(stats.t.ppf((1 + rate) / 2, freedom)) * math.sqrt(variance)
    least = float(sum(sum(values) for values in seen.values()))
    return Interval(max(least, expected - reach), expected + reach, expected)


class Likeness(NamedTuple):
    """How alike the documents of a pilot are."""

    documents: int
    clusters: tuple[int, ...]
    """The sizes of those that hang together as near-duplicates; singles left out."""

    @property
    def pairs(self) -> int:
        """Pairs of documents that are alike."""
        return sum(size * (size - 1) // 2 for size in self.clusters)

    @property
    def removed(self) -> int:
        """Documents that a better one of their cluster makes superfluous."""
        return sum(size - 1 for size in self.clusters)


class Kept(NamedTuple):
    """What is left of the accepted documents once near-duplicates are removed."""

    duplicates: Interval
    kept: Interval


def kept_of(accepted: Interval, likeness: Likeness, rate: float = RATE) -> Kept:
    """How many accepted documents will be near-duplicates of better ones, and how many stay.

    The model: every document is drawn from the same unknown repertoire, in which text i comes up
    with probability q_i. Two documents are alike with probability p, the sum of q_i squared. So
    pairs grow with the square of the documents, and the share that is removed grows with them too.

    - Limit of p from the pairs that were seen, as of a Poisson count (Garwood, Biometrika 28,
      1936); with none, 3.7 over the pairs looked at, which is the rule of three at this rate.
    - Of all repertoires with this p, that of 1 / p equally likely texts loses most: in n draws
      it gives (1 - (1 - p)^n) / p different ones. (Write the expected loss of a text as q_i^2 times
      h(1 / q_i). h is concave, for e^x is at least 1 + x + x^2 / 2, so by Jensen's inequality
      equal q_i lose most.)
    - The share that is lost is at least that of a sample as small as the pilot.

    It does not hold where documents are alike because of what the pilot has too little of: many
    items of one clause, which are likelier to repeat each other.

    Args:
        accepted: How many there will be, at a rate of (1 + rate) / 2: with the limit of p at
            the same rate, the rate of the whole is at least `rate` (Bonferroni).
        likeness: Of the pilot's accepted documents.
        rate: Of the interval.
    """
    tail = (1 - rate) / 4
    pairs_looked_at = likeness.documents * (likeness.documents - 1) / 2
    if not pairs_looked_at:
        nothing = Interval(0, max(accepted.high - 1, 0))
        return Kept(nothing, Interval(min(1, accepted.low), accepted.high))
    likely = float(stats.chi2.ppf(1 - tail, 2 * likeness.pairs + 2)) / 2 / pairs_looked_at
    z = float(stats.norm.ppf(1 - tail))

    def fewest(documents: float) -> float:
        different = distinct(min(likely, 1.0), documents)
        by_chance = z * math.sqrt(max(documents - different, 0))
        known = likeness.documents - likeness.removed
        return min(max(different - by_chance, known), documents)

    def most(documents: float) -> float:
        whole = max(round(documents), likeness.documents)
        lost = count_of(likeness.removed, likeness.documents, whole, 1 - 2 * tail).low
        return documents - min(lost, documents)

    return Kept(
        Interval(accepted.low - most(accepted.low), accepted.high - fewest(accepted.high)),
        Interval(fewest(accepted.low), most(accepted.high)),
    )


def distinct(p: float, documents: float) -> float:
    """Different texts among documents drawn from 1 / p equally likely ones."""
    if documents <= 0:
        return 0.0
    if p >= 1:
        return 1.0
    return -math.expm1(documents * math.log1p(-p)) / p


def enough(whole: int, share: float, rate: float = RATE) -> int:
    """How many documents, none of them alike, would show that less than a share of all is lost."""
    likely = -math.log((1 - rate) / 4)
    least, most = 2, max(whole, 3)
    while least < most:
        middle = (least + most) // 2
        p = min(1.0, likely * 2 / (middle * (middle - 1)))
        if whole - distinct(p, whole) <= share * whole:
            most = middle
        else:
            least = middle + 1
    return least
