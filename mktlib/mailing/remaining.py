"""Value over the remaining life of a customer on the list: a month's value at a rhythm, for as long as people stay at that rhythm.

The rhythm is taken to be kept, and a month to be worth and to cost in leavers what it did in the log: nobody has seen it kept for so long,
and the range of the value says nothing of that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

FLAT = 0.05
"""A rhythm may be as good as the best where it is not shown to lose more than this share of its value."""
ALIKE = 0.15
"""Where no rhythm can lose more than this share, the rhythm hardly matters, and that is an answer too."""
DRAWS, SEED, WRONG = 4000, 20267, 0.05


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A curve over rhythms: log (R,), cover (R, R) of the logs."""

    log: np.ndarray
    cover: np.ndarray

    def range(self, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(value, low, high), each (R,)."""
        half = norm.ppf((1 + level) / 2) * np.sqrt(np.maximum(np.diag(self.cover), 0))
        return np.exp(self.log), np.exp(self.log - half), np.exp(self.log + half)


def stays(leave: np.ndarray, months: int, discount: float) -> tuple[np.ndarray, np.ndarray]:
    """(months that a customer will be on the list, discounted by the year; how its log moves with the log of the chance to leave).

    >>> stays(np.array([0.0, 0.5]), 2, 0.0)[0].tolist()
    [2.0, 1.5]
    """
    per_month = (1 + discount) ** (-1 / 12)
    m = np.arange(months)
    q = np.clip(1 - np.asarray(leave, dtype=float), 0.0, 1.0)
    terms = per_month**m * q[:, None] ** m
    on = terms.sum(axis=1)
    moved = (per_month**m * m * q[:, None] ** np.maximum(m - 1, 0)).sum(axis=1)
    return on, -np.clip(leave, 0, 1) * moved / on


@dataclass(frozen=True, kw_only=True)
class Zone:
    """What a curve of value says. best, flat_low, flat_high, few_at, many_at: places of rhythms (-1: none). cost_few, cost_many: (value
    lost a customer, low, high) there, a range that holds for all pairs of rhythms at once and so never contradicts `flat`. flat: beside the
    best and not shown to lose more than FLAT. told: some rhythm is shown to be worse, or none can be much worse. safe: the best cannot lose
    more than ALIKE to any. at_edge: the best is the least or the most judged."""

    best: int
    flat_low: int
    flat_high: int
    few_at: int
    many_at: int
    cost_few: tuple[float, float, float]
    cost_many: tuple[float, float, float]
    told: bool
    safe: bool
    at_edge: bool


NONE = (float("nan"), float("nan"), float("nan"))


def zone(value: Estimate, rhythms: np.ndarray, level: float, *, tests: int = 1) -> Zone:
    """The best rhythm, those that may be as good, and what others cost."""
    best = int(np.argmax(value.log))
    gap, sd, bar = value.log[best] - value.log, _apart(value.cover, best), _bar(value.cover, WRONG / max(tests, 1))
    good = np.flatnonzero(gap - bar * sd <= -np.log1p(-FLAT))
    lower, upper = (good[good <= best], good[good >= best])
    low = _run(lower[::-1])
    high = _run(upper)
    below, above = np.flatnonzero(rhythms <= rhythms[best] / 2), np.flatnonzero(rhythms >= 2 * rhythms[best])
    few = int(below[-1]) if len(below) else (0 if best > 0 else -1)
    many = int(above[0]) if len(above) else (len(rhythms) - 1 if best < len(rhythms) - 1 else -1)
    draws, tail = _draws(value), min((1 - level) / 2, float(norm.sf(bar)))
    return Zone(
        best=best, flat_low=low, flat_high=high, few_at=few, many_at=many, cost_few=_cost(value, draws, best, few, tail),
        cost_many=_cost(value, draws, best, many, tail), told=_told(gap, sd, bar, best), at_edge=best in (0, len(rhythms) - 1),
        safe=bool((norm.ppf(1 - WRONG) * sd - gap <= -np.log1p(-ALIKE))[np.arange(len(gap)) != best].all()),
    )  # fmt: skip


def _run(places: np.ndarray) -> int:
    """The last of the places that follow each other without a gap from the first."""
    gaps = np.flatnonzero(np.abs(np.diff(places)) > 1)
    return int(places[gaps[0]] if len(gaps) else places[-1])


def _draws(value: Estimate) -> np.ndarray:
    values, vectors = np.linalg.eigh(value.cover)
    z = np.random.default_rng(SEED).standard_normal((DRAWS, len(values)))
    return np.asarray(np.exp(value.log + z @ (vectors * np.sqrt(np.maximum(values, 0))).T))


def _cost(value: Estimate, draws: np.ndarray, best: int, other: int, tail: float) -> tuple[float, float, float]:
    if other < 0:
        return NONE
    lost = draws[:, best] - draws[:, other]
    low, high = np.quantile(lost, [tail, 1 - tail])
    return float(np.exp(value.log[best]) - np.exp(value.log[other])), float(low), float(high)


def _apart(cover: np.ndarray, best: int) -> np.ndarray:
    """(R,) the standard error of how far each rhythm is from the best."""
    return np.asarray(np.sqrt(np.maximum(np.diag(cover) + cover[best, best] - 2 * cover[best], 1e-18)))


def _told(gap: np.ndarray, sd: np.ndarray, bar: float, best: int) -> bool:
    """Some rhythm is shown to be worse than the best (5 % wrong over all pairs of rhythms and all tests), or none can lose more than
    ALIKE."""
    others = np.arange(len(gap)) != best
    if not others.any():
        return False
    worse = bool((gap[others] > bar * sd[others]).any())
    alike = bool((gap[others] + norm.ppf(1 - WRONG) * sd[others] < -np.log1p(-ALIKE)).all())
    return worse or alike


def _bar(cover: np.ndarray, wrong: float) -> float:
    """How many standard errors apart the furthest pair of rhythms is by luck alone, at most, but for `wrong` of cases (Tukey's range)."""
    if len(cover) < 2:
        return 0.0
    draws = np.log(_draws(Estimate(log=np.zeros(len(cover)), cover=cover)))
    one, other = np.triu_indices(len(cover), 1)
    sd = np.sqrt(np.maximum(np.diag(cover)[one] + np.diag(cover)[other] - 2 * cover[one, other], 1e-18))
    far = np.abs(draws[:, one] - draws[:, other]) / sd
    return float(np.quantile(far.max(axis=1), 1 - wrong))
