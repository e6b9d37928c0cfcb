"""How well scores separate two groups: the area under the ROC curve, with an interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.optimize import brentq  # type: ignore[import-untyped]
from scipy.stats import norm, rankdata  # type: ignore[import-untyped]

CONFIDENCE = 0.95
"""Of the interval, two-sided."""
NEAR = 1e-12
"""How near 0 and 1 an area is looked for."""


@dataclass(frozen=True, slots=True)
class Area:
    """How likely a good document scores above a bad one; ties count half."""

    value: float
    low: float
    """Where the interval begins."""
    high: float
    """Where it ends."""
    good: int
    """Documents that are good."""
    bad: int


def area(good: Sequence[float], bad: Sequence[float]) -> Area | None:
    """The area under the ROC curve of good scores against bad ones; None where either lacks.

    It is the statistic of Mann and Whitney (1947) over the number of pairs, so 0.5 for scores
    that tell nothing, and it depends on their order alone.
    """
    if not good or not bad:
        return None
    ranks = rankdata([*good, *bad])  # ties have the mean of their ranks
    wins = ranks[: len(good)].sum() - len(good) * (len(good) + 1) / 2
    value = float(wins) / (len(good) * len(bad))
    return Area(value, *interval(value, len(good), len(bad)), len(good), len(bad))


def standard_error(value: float, good: float, bad: float) -> float:
    """Of an area, by Hanley and McNeil (1982), Radiology 143, equation 1.

    Args:
        value: The area.
        good: How many scores of one group it is from; a mean of counts may be given.
        bad: How many of the other.
    """
    both_above = value / (2 - value)  # two good documents score above one bad one
    above_both = 2 * value**2 / (1 + value)  # one good document scores above two bad ones
    variance = (
        value * (1 - value)
        + (good - 1) * (both_above - value**2)
        + (bad - 1) * (above_both - value**2)
    )
    return sqrt(max(variance, 0.0) / (good * bad))


def interval(value: float, good: int, bad: int) -> tuple[float, float]:
    """Which areas are in keeping with the one that was measured.

    Those from which it is no further than the normal quantile times *their* standard error. With
    the measured one's own the interval would be empty at 1.0, where ten documents look like
    certainty. Both groups count as their mean size in the error, which makes it symmetric: so
    Newcombe (2006), Statistics in Medicine 25, pages 559-573.
    """
    quantile = float(norm.ppf((1 + CONFIDENCE) / 2))
    mean = (good + bad) / 2
    pairs = sqrt(good * bad)

    def excess(supposed: float) -> float:
        error = standard_error(supposed, mean, mean) * mean / pairs
        return abs(value - supposed) - quantile * error

    # At 0 and 1 the error is 0, and the area itself would be found.
    low = brentq(excess, 0.0, min(value, 1 - NEAR)) if value > 0 else 0.0
    high = brentq(excess, max(value, NEAR), 1.0) if value < 1 else 1.0
    return float(low), float(high)
