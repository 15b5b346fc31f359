"""How many people a test takes, before anyone is written to: for one look at the end, and for looking daily, with the price of the latter.

A size is worked out for a difference that would matter, never for the one that is hoped for; and a test that cannot be made large enough is
better known before than after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from mktlib.errors import DataError, Finding
from mktlib.measurement import power as powers
from mktlib.measurement.arms import MOST_ARMS, not_options
from mktlib.measurement.mismatch import shares
from mktlib.measurement.ratios import is_number
from mktlib.results import SampleSize
from mktlib.vocabulary import finding, nearest, not_level

KINDS = ("proportion", "mean", "count", "ratio")
USUAL = (0.05, 0.1, 0.2, 0.5)
"""Lifts over the baseline that are shown where none is asked for."""
AROUND = (0.5, 0.75, 1.0, 1.5, 2.0)
"""Times the lift asked for, that are shown beside it."""
CURVE = np.geomspace(0.1, 10, 25)
FEW_EVENTS = 20
"""Events expected in an arm below which a size from the normal law is a guess."""
LONGEST = 365
NEARLY = 1e-9
"""Part of a person that is none."""


def sample_size(
    *,
    baseline: float,
    lift: float | None = None,
    relative: float | None = None,
    people: float | None = None,
    kind: str = "proportion",
    sd: float | None = None,
    correlation: float = 0.0,
    power: float = 0.8,
    level: float = 0.95,
    arms: int = 2,
    ratio: Mapping[str, float] | Sequence[float] | None = None,
    look: str = "any",
    correction: str = "fwer",
    traffic: float | None = None,
    currency: str | None = None,
) -> SampleSize:
    """People that a test takes to tell a lift; or the smallest lift that so many people tell.

    Args:
        baseline: what the control does: a rate (0 to 1), a mean or a ratio.
        lift: the difference that would matter, in units of the metric (0.005 is half a point). relative: the same over the baseline (0.1
            is a tenth more). Neither: 5 %, 10 %, 20 % and 50 % of the baseline.
        people: those there are, in all arms; instead of a lift, for the smallest rise that they tell.
        kind: "proportion" (0 or 1 a person), "mean" (an amount a person), "count" (events a person), "ratio" (of two columns, a person).
        sd: standard deviation from person to person; needed for means and ratios (for a count: that of pure chance unless given).
        correlation: of the metric with a covariate measured before, which `compare` takes off.
        power: chance that the lift is told if it is true. level: of the ranges, two-sided.
        arms: all of them, the control too. ratio: parts of the people (a list, the control first; default: all alike).
        look: "any": the result may be looked at any time, as `compare` does, and the lift is told at one look or another of four weeks of
            daily ones; "fixed": once, at the end. However often one looks, no more false winners are named.
        correction: for several arms: "fwer" | "none" ("fdr" is planned as "fwer": how many win is not known).
        traffic: people a day in all arms, for the days that it takes. currency: of a metric that is money.

    Returns:
        `SampleSize`. The price of looking at any time is `n / n_fixed`; stopping as soon as the lift is told gives part of it back.

    Raises:
        DataError: every problem at once.

    Chances of crossing by adding up between looks (Armitage, McPherson & Rowe 1969), bounds as in `compare`.

    >>> size = sample_size(baseline=0.10, lift=0.02, traffic=500)
    >>> size.table["n_fixed"].tolist()[2], size.facts["n"] > size.facts["n_fixed"]
    (3839, True)
    >>> round(sample_size(baseline=0.10, people=7678, look="fixed").facts["lift"], 4)
    0.02
    """
    parts, wrong = _parts(arms, ratio)
    wrong += _wrong(baseline, lift, relative, people, kind, sd, correlation, power, traffic)
    wrong += [*not_level(level), *not_options(look=look, correction=correction, currency=currency)]
    if wrong:
        raise DataError(wrong)
    spread = _spread(kind, float(baseline), sd, float(correlation))
    alpha = (1 - level) / (1 if correction == "none" else arms - 1)
    drift = {k: powers.needed(float(power), look=k, alpha=alpha, tuned=1 - level) for k in ("any", "fixed")}
    usual = powers.usual_end(drift["any"], alpha=alpha, tuned=1 - level)
    how = _How(spread=spread, parts=parts, drift=drift, usual=usual, look=look, traffic=traffic)
    target = lift if lift is not None else None if relative is None else relative * baseline
    target = target if people is None else how.told(float(people))
    lifts = np.asarray([f * target for f in AROUND] if target is not None else [f * abs(baseline) for f in USUAL])
    lifts = lifts[spread.possible(lifts)]
    table = pd.DataFrame([how.row(float(x)) for x in lifts])
    asked: dict[Any, Any] = table.iloc[int(np.abs(table["lift"] - target).argmin()) if target is not None else len(table) // 2].to_dict()
    asked |= {k: int(asked[k]) for k in ("n_fixed", "n", "people", "people_usual")}
    facts: dict[str, Any] = {"kind": kind, "unit": "money" if currency else "percent" if kind == "proportion" else "number"}
    facts |= {"baseline": float(baseline), "sd": sd, "asked": target is not None, "power": float(power), "level": level, "alpha": alpha}
    facts |= {"arms": int(arms), "look": look, "looks": powers.LOOKS, "shares": parts.tolist(), "traffic": traffic}
    facts |= {"saved": float(correlation) ** 2, "currency": currency or "EUR", "usual_share": usual}
    facts |= {str(k): v for k, v in asked.items()}
    return SampleSize(table=table, curve=how.curve(asked["n"]), facts=facts, findings=tuple(_remarks(facts)))


@dataclass(frozen=True, kw_only=True)
class _How:
    """What holds for every row of one question. usual: share of the people needed on average."""

    spread: _Spread
    parts: np.ndarray
    drift: Mapping[str, float]
    usual: float
    look: str
    traffic: float | None

    def people(self, lift: float, look: str) -> float:
        """People in all arms; that of the comparison that needs most."""
        own, base = self.spread.variances(lift)
        return self.drift[look] ** 2 * float((own / self.parts[1:] + base / self.parts[0]).max()) / lift**2

    def row(self, lift: float) -> dict[str, Any]:
        smallest = float(self.parts.min())
        n = {k: _up(self.people(lift, k) * smallest) for k in ("any", "fixed")}
        people = _up(n[self.look] / smallest)
        usual = int(np.ceil(people * (self.usual if self.look == "any" else 1.0)))
        days = [np.nan if self.traffic is None else float(np.ceil(x / self.traffic)) for x in (people, usual)]
        base = self.spread.baseline
        row = {"lift": lift, "relative": lift / base if base else np.nan, "n_fixed": n["fixed"], "n": n[self.look], "people": people}
        return row | {"people_usual": usual, "dearer": n[self.look] / n["fixed"], "days": days[0], "days_usual": days[1]}

    def curve(self, n: float) -> pd.DataFrame:
        """The smallest lift that is told, by the people of the smallest arm."""
        sizes = np.unique(np.ceil(n * CURVE))
        told = {k: [self.detectable(s / float(self.parts.min()), k) for s in sizes] for k in ("any", "fixed")}
        return pd.DataFrame({"n": sizes.astype("int64"), "detectable": told[self.look], "detectable_fixed": told["fixed"]})

    def told(self, people: float) -> float:
        """The smallest rise that so many people in all arms tell; the smallest arm has whole people.

        Raises:
            DataError: no rise is large enough.
        """
        smallest = float(self.parts.min())
        lift = self.detectable(np.floor(people * smallest * (1 + NEARLY)) / smallest, self.look)
        if not np.isfinite(lift):
            least = _up(_up(self.people(self.spread.most, self.look) * smallest) / smallest)
            raise DataError(finding("E_OPTION", column="people", found=people, expected=f"people={least}"))
        return lift

    def detectable(self, people: float, look: str) -> float:
        """The lift for which so many people are needed; missing where the rate has no room for it."""
        most = self.spread.most
        if self.people(most, look) > people:
            return float("nan")
        end = float(np.log(most))  # in logs, where the curve is all but a line
        return float(np.exp(brentq(lambda u: np.log(self.people(float(np.exp(u)), look) / people), end - 40, end, xtol=1e-13)))


@dataclass(frozen=True)
class _Spread:
    """The variance of one person in an arm with a lift and in the control; kept: the share that a covariate leaves."""

    kind: str
    baseline: float
    variance: float | None
    kept: float

    def variances(self, lift: float) -> tuple[float, float]:
        if self.kind == "proportion":
            rates = (self.baseline + lift, self.baseline)
            own, base = (p * (1 - p) for p in rates)
            return self.kept * max(own, 1e-12), self.kept * base
        if self.variance is None:  # a count of pure chance
            return self.kept * max(self.baseline + lift, 1e-12), self.kept * self.baseline
        return self.kept * self.variance, self.kept * self.variance

    def possible(self, lift: np.ndarray) -> np.ndarray:
        """Rates stay between 0 and 1, counts above 0."""
        after = self.baseline + lift
        if self.kind == "proportion":
            return np.asarray((after > 0) & (after < 1))
        return np.asarray(after > 0) if self.kind == "count" else np.ones(len(lift), bool)

    @property
    def most(self) -> float:
        """The largest lift that is thought of."""
        if self.kind == "proportion":
            return (1 - self.baseline) * (1 - 1e-6)
        return 1e6 * float(np.sqrt(self.variance if self.variance is not None else max(self.baseline, 1e-12)))


def _up(people: float) -> int:
    """Whole people."""
    return int(np.ceil(people * (1 - NEARLY)))


def _spread(kind: str, baseline: float, sd: float | None, correlation: float) -> _Spread:
    return _Spread(kind, baseline, None if sd is None else float(sd) ** 2, 1 - correlation**2)


def _parts(arms: Any, ratio: Any) -> tuple[np.ndarray, list[Finding]]:
    """Share of the people of each arm, the control first."""
    if isinstance(arms, bool) or not isinstance(arms, int | np.integer) or not 2 <= arms <= MOST_ARMS:
        return np.full(2, 0.5), [finding("E_OPTION", column="arms", found=arms, expected="arms=2")]
    if isinstance(ratio, Mapping):
        ratio = list(ratio.values())
    return shares(ratio, [str(k) for k in range(int(arms))])


def _number(value: Any) -> float:
    """A real number, else one that no rule lets pass."""
    return float(value) if is_number(value) else float("nan")


def _wrong(
    baseline: Any, lift: Any, relative: Any, people: Any, kind: Any, sd: Any, correlation: Any, power: Any, traffic: Any
) -> list[Finding]:
    """What is wrong with the numbers of a question."""
    if kind not in KINDS:
        return [finding("E_OPTION", column="kind", found=kind, expected=" | ".join(KINDS), hint=nearest(kind, list(KINDS)))]
    base, step = _number(baseline), _number(lift)
    if relative is not None:
        step = _number(relative) * base
    room = {"proportion": 0 < base < 1, "count": base > 0}.get(kind, np.isfinite(base))
    after = base + step
    fits = {"proportion": 0 < after < 1, "count": after > 0}.get(kind, np.isfinite(after))
    rules = [
        ("baseline", baseline, room, "0 < baseline < 1" if kind == "proportion" else "baseline=1.2"),
        ("relative", relative, lift is None or relative is None, "lift=... | relative=..."),
        ("relative" if lift is None else "lift", relative if lift is None else lift,
         (lift is None and relative is None and base != 0) or (np.isfinite(step) and step != 0 and (fits or not room)),
         "0 < baseline + lift < 1" if kind == "proportion" else "lift=0.1"),
        ("people", people, people is None or (_number(people) >= 2 and lift is None and relative is None), "people=3000 | lift=..."),
        ("sd", sd, (sd is None and kind in ("proportion", "count")) or _number(sd) > 0, "sd=12.5"),
        ("correlation", correlation, abs(_number(correlation)) < 1, "-1 < correlation < 1"),
        ("power", power, 0.05 < _number(power) < 0.9999, "power=0.8"),
        ("traffic", traffic, traffic is None or _number(traffic) > 0, "traffic=500"),
    ]  # fmt: skip
    return [finding("E_OPTION", column=name, found=found, expected=expected) for name, found, fine, expected in rules if not fine]


def _remarks(facts: Mapping[str, Any]) -> list[Finding]:
    """What the size does not know."""
    out = []
    if facts["kind"] == "proportion":
        rate = min(facts["baseline"], facts["baseline"] + facts["lift"], 1 - facts["baseline"], 1 - facts["baseline"] - facts["lift"])
        if facts["n"] * rate < FEW_EVENTS:
            out.append(finding("N_FEW_EVENTS", level="warning", found=f"{facts['n'] * rate:.1f}"))
    if facts["traffic"] is not None and facts["days"] > LONGEST:
        out.append(finding("N_TOO_LONG", level="warning", found=f"{facts['days']:.0f}"))
    return out
