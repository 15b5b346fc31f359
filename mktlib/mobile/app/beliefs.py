"""What is believed of an app's numbers: certain, a range, or a prior that counts have moved; and draws of it.

A rate is normal on the log-odds, an amount on the logarithm. A range (low, high) holds 9 chances in 10. Counts move a prior by its exact
posterior on a grid (normal prior, binomial counts), so that a prior of the tables, an opinion of one's own and real counts are one thing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from mktlib.errors import Finding
from mktlib.vocabulary import Row, finding, nearest

Array = NDArray[np.float64]
Z90 = 1.6448536269514722
GRID, REACH = 4_001, 12.0
"""Points of a posterior's grid, and how many standard deviations they reach to either side."""
LARGEST = 1e12


@dataclass(frozen=True, kw_only=True)
class Belief:
    """One number of an app. key: what it is; rate: whether it is a fraction; center, sd: on the log-odds (of an amount: the logarithm);
    events, of: counts that it was moved by; conf: G where the caller gave it, D where counts moved it, else that of the tables."""

    key: str
    rate: bool
    center: float
    sd: float
    events: int = 0
    of: int = 0
    conf: str = "J"
    source: str = ""
    settle: str = ""
    value: float | None = None
    grid: tuple[Array, Array] | None = field(default=None, repr=False, compare=False)

    @property
    def certain(self) -> bool:
        return self.sd == 0 and self.of == 0

    def quantile(self, u: Array | float) -> Array:
        """The values below which the belief lies with these chances."""
        u = np.asarray(u, float)
        if self.certain:
            return np.full(u.shape, self.value if self.value is not None else float(_back(np.array(self.center), self.rate)))
        if self.grid is not None:
            return _back(np.interp(u, self.grid[1], self.grid[0]), self.rate)
        return _back(self.center + self.sd * ndtri(u), self.rate)

    def draws(self, size: int, rng: np.random.Generator) -> Array:
        return self.quantile(rng.random(size))

    def spread(self) -> float:
        """The standard deviation on the log-odds (the logarithm), from the range of 9 chances in 10."""
        if self.certain:
            return 0.0
        low, high = (_onto(x, self.rate) for x in self.quantile(np.array([0.05, 0.95])))
        return float((high - low) / (2 * Z90))

    def observations(self, factor: float = 2.0) -> float:
        """How many counted people make the range of a rate narrower by so much: what they bring is n p (1 - p) on the log-odds."""
        p = float(self.quantile(0.5))
        return (factor**2 - 1) / (self.spread() ** 2 * p * (1 - p)) if self.rate and not self.certain and 0 < p < 1 else math.nan


def _onto(x: Any, rate: bool) -> Any:
    return logit(x) if rate else np.log(x)


def _back(x: Array, rate: bool) -> Array:
    return np.asarray(expit(x) if rate else np.exp(x))


def posterior(belief: Belief, events: int, of: int) -> Belief:
    """The belief after `events` of `of` people were counted.

    >>> wide = Belief(key="x", rate=True, center=0.0, sd=1.5)
    >>> seen = posterior(wide, 300, 1000)
    >>> [round(float(x), 2) for x in seen.quantile(np.array([0.05, 0.5, 0.95]))]
    [0.28, 0.3, 0.32]
    """
    mode = belief.center
    for _ in range(60):  # Newton's steps; the logarithm of the density is concave
        p = float(expit(mode))
        slope = events - of * p - (mode - belief.center) / belief.sd**2
        mode += max(-2.0, min(2.0, slope / (of * p * (1 - p) + 1 / belief.sd**2)))
    p = float(expit(mode))
    width = 1 / math.sqrt(of * p * (1 - p) + 1 / belief.sd**2)
    x = np.linspace(mode - REACH * width, mode + REACH * width, GRID)
    log = events * x - of * np.logaddexp(0, x) - (x - belief.center) ** 2 / (2 * belief.sd**2)
    mass = np.cumsum(np.exp(log - log.max()))
    return replace(belief, events=events, of=of, grid=(x, mass / mass[-1]), conf="D")


# ---------------------------------------------------------------- what a caller gives


def rate_of(key: str, given: Any, row: Row) -> Belief:
    """A rate from what was given (checked by `wrong_rate`) above the row of the tables."""
    mean, sd = float(row["mean"]), float(row["logit_sd"])
    about = {"conf": row["conf"], "source": row["source"], "settle": row["settle"]}
    prior = Belief(key=key, rate=True, center=math.log(mean / (1 - mean)), sd=sd, **about)
    if given is None:
        return prior
    if isinstance(given, int | float | np.integer | np.floating):
        return replace(prior, center=0.0, sd=0.0, conf="G", source="", value=float(given))
    if isinstance(given, Mapping):
        above = _ranged(prior, (given["low"], given["high"])) if "low" in given else prior
        return posterior(above, int(given["events"]), int(given["of"])) if given.get("of") else above
    return _ranged(prior, given)


def _ranged(prior: Belief, given: Any) -> Belief:
    low, high = (float(_onto(float(x), prior.rate)) for x in given)
    if low == high:
        return replace(prior, center=low, sd=0.0, conf="G", source="", value=float(given[0]))
    return replace(prior, center=(low + high) / 2, sd=(high - low) / (2 * Z90), conf="G", source="")


def amount_of(key: str, given: Any, *, settle: str = "") -> Belief:
    """An amount: a number that is certain (0 too), or a range."""
    if not isinstance(given, list | tuple):
        value = float(given)
        return Belief(key=key, rate=False, center=math.log(value) if value else 0.0, sd=0.0, conf="G", settle=settle, value=value)
    return _ranged(Belief(key=key, rate=False, center=0.0, sd=0.0, settle=settle), given)


def wrong_rate(where: str, given: Any) -> Iterator[Finding]:
    """What is wrong with a rate: a fraction, a pair, or counts."""
    expected = '0.25, (0.1, 0.4) or {"events": 120, "of": 400}'
    pair, counts = isinstance(given, list | tuple), isinstance(given, Mapping)
    fine = _pair(given, 0, 1) if pair else _counts(given) if counts else _number(given, 0, 1)
    if not fine:
        yield finding("E_OPTION", column=where, found=repr(given)[:80], expected=expected)


def wrong_amount(where: str, given: Any, *, zero: bool = True) -> Iterator[Finding]:
    """What is wrong with an amount: a number, or a pair above 0."""
    fine = _pair(given, 0, LARGEST) if isinstance(given, list | tuple) else _number(given, 0, LARGEST) and (zero or given > 0)
    if not fine:
        yield finding("E_OPTION", column=where, found=repr(given)[:80], expected="1500, (1000, 3000)" if zero else "1500 > 0, (1000, 3000)")


def wrong_names(where: str, given: Any, known: Mapping[str, Any] | tuple[str, ...]) -> Iterator[Finding]:
    """What is no table of known names."""
    if not isinstance(given, Mapping):
        yield finding("E_OPTION", column=where, found=repr(given)[:80], expected="{" + ", ".join(f'"{k}": ...' for k in known) + "}")
        return
    for name in given:
        if name not in known:
            yield finding(
                "E_OPTION", column=f"{where}.{name}", found=str(name), expected=", ".join(known), hint=nearest(name, tuple(known))
            )


def _number(x: Any, low: float, high: float) -> bool:
    real = isinstance(x, int | float | np.integer | np.floating) and not isinstance(x, bool)
    return real and math.isfinite(x) and bool(low <= x <= high)


def _pair(given: Any, low: float, high: float) -> bool:
    """Two numbers, the lower one first, inside the bounds but not on them (a range on the log-odds has no ends there)."""
    return len(given) == 2 and all(_number(x, low, high) and low < x < high for x in given) and given[0] <= given[1]


def _counts(given: Mapping[str, Any]) -> bool:
    """Counts of one's own, with or without a range that was believed before them."""
    events, of = (given.get(k) for k in ("events", "of"))
    whole = all(isinstance(x, int | np.integer) and not isinstance(x, bool) and 0 <= x <= 10**10 for x in (events, of))
    ends = [given[k] for k in ("low", "high") if k in given]
    ranged = not ends or (len(ends) == 2 and _pair(ends, 0, 1) and ends[0] < ends[1])
    return whole and events <= of and ranged and set(given) <= {"events", "of", "low", "high"}  # type: ignore[operator]
