"""A geo test, read: what the treated areas sold beyond what they would have sold, with a range that placebos earned.

Where coins decided inside pairs, the range is exact: every lift that the falls of the coins do not refuse. Where somebody chose, or the
pairs are too few for that, the treated areas are woven from the held-out ones and the error is learnt where nothing happened. Where neither
can be done honestly, nothing is told but what is lacking.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from mktlib.errors import Finding
from mktlib.intake.inputs import moment
from mktlib.places.geoarms import NO_PAIR, GeoTest, arms_of, known_arms, partial, span_of, whole_pairs
from mktlib.places.geochecks import remarks, spilt
from mktlib.places.geodesign import float_or
from mktlib.places.geopanel import read_panel
from mktlib.places.geopower import fewest_pairs, recent
from mktlib.places.geosynth import LEAST, synthetic
from mktlib.places.placebo import chance_of_none, lift_range
from mktlib.results import GeoDesign, GeoLift
from mktlib.results.evidence import LEANING, grade
from mktlib.vocabulary import finding

TOO_WIDE = 1.0
"""A range of the log lift so wide on each side that nothing under +170 % could be told is no range."""
SEES = 1.511
"""A lift is told 8 times in 10 from so many half widths of a 90 % range on."""


def read_geo_test(
    data: Any,
    design_or_arms: GeoDesign | pd.DataFrame | Mapping[str, str] | Iterable[str],
    *,
    start: Any,
    end: Any,
    areas: str = "area",
    weeks: str = "week",
    outcome: str = "sales",
    cooldown: int | None = None,
    randomised: bool | None = None,
    cost: float | None = None,
    value: float | None = None,
    currency: str = "EUR",
    neighbours: Any = None,
    holidays: str | None = "fr",
    alpha: float | None = None,
) -> GeoLift:
    """The lift of a campaign by areas against areas that did not get it.

    Args:
        data: one row an area and week (or day), the history before the test with it.
        design_or_arms: the `GeoDesign` whose coins decided; or a frame with area, arm (treated | held_out) and, where coins were tossed
            inside pairs, pair; or {area: arm}; or the treated areas alone (all others are held out).
        start, end: first and last day of the campaign: dates, Timestamps or ISO texts; 07/08/2025, which is two days, is refused.
            cooldown: weeks after it that are read too (default: the design's, else 0).
        randomised: whether coins decided (default: yes for a design, no for anything else).
        cost: money of the campaign in these areas. value: what one unit of the outcome is worth.
        neighbours: pairs of areas that touch (a frame with area and neighbour), to look for spill-over.
        holidays: row of the table of holidays whose weeks are named; None: none.
        alpha: chance of a false alarm, both sides together (default: the design's, else 0.1); ranges have level 1 - alpha.

    Returns:
        `GeoLift`. `facts["verdict"]`: lift, loss, cannot_tell (the range holds 0), not_read (no honest range: facts["reasons"]).

    Raises:
        DataError: every problem at once.

    Test by turned signs in matched pairs, inverted (Fisher 1935; Vaver & Koehler 2011); synthetic control with a ridge correction
    (Ben-Michael, Feller & Rothstein 2021) and placebos (Abadie et al. 2010; Chernozhukov, Wüthrich & Zhu 2021).

    >>> week = pd.date_range("2024-01-01", periods=80, freq="7D")
    >>> rng = np.random.default_rng(1)
    >>> rows = [pd.DataFrame({"area": f"a{k}", "week": week, "sales": rng.poisson(400 + 50 * k, 80)}) for k in range(12)]
    >>> arms = pd.DataFrame({"area": [f"a{k}" for k in range(12)], "pair": np.arange(12) // 2, "arm": ["treated", "held_out"] * 6})
    >>> read = read_geo_test(pd.concat(rows), arms, start="2025-06-02", end="2025-07-06", randomised=True)
    >>> read.facts["method"], read.facts["verdict"]
    ('pairs', 'cannot_tell')
    """
    design = design_or_arms if isinstance(design_or_arms, GeoDesign) else None
    rest = int(design.facts["cooldown"]) if cooldown is None and design is not None else cooldown or 0
    alpha = float(design.facts["alpha"]) if alpha is None and design is not None else 0.1 if alpha is None else float_or(alpha)
    (first, last), wrong = _days(start, end)
    wrong += _wrong(rest, alpha, cost, value)
    arms, more = arms_of(design_or_arms)
    panel = read_panel(data, areas=areas, weeks=weeks, outcome=outcome, found=wrong + more)
    span = span_of(panel, first, last, int(rest))
    lot = bool(randomised) if randomised is not None else design is not None
    arms, broken = whole_pairs(known_arms(arms, panel)) if lot else (known_arms(arms, panel), [])
    test = GeoTest(panel=panel, arms=arms, span=span, alpha=alpha, lot=lot)
    with threadpool_limits(1):  # small matrices
        answer = _answer(test)
    facts: dict[str, Any] = {"outcome": outcome, "level": 1 - alpha, "alpha": alpha, "currency": currency, "cost": cost, "worth": value}
    facts |= {"start": panel.weeks[span.start], "end": panel.weeks[span.end - 1] + pd.Timedelta(days=6), "cooldown": span.rest - span.end}
    facts |= {"first_day": first, "last_day": last}
    facts |= {"pre_weeks": span.start, "treated": len(test.treated), "held_out": len(test.held), "pairs": len(test.pairs)}
    facts |= {"method": answer.method, "assigned": "lot" if lot else "chosen", "reasons": answer.reasons, "placebos": answer.placebos}
    facts |= {"noise": answer.noise, **_naive(test)}
    stretches = _stretches(test, answer, cost, value)
    facts |= _verdict(stretches, answer)
    facts |= _evidence(lot, facts["verdict"], float(answer.found[0, 3]))
    facts["spill"] = spilt(panel, test.treated, test.held, test.change, neighbours)
    table = _areas(test, answer)
    told = (*broken, *partial(panel, span, first, last), *remarks(panel, span, facts, table, holidays))
    return GeoLift(table=stretches, weeks=_weeks(test, answer), areas=table, facts=facts,
                   findings=(*panel.findings, *told))  # fmt: skip


def _evidence(lot: bool, verdict: str, p_value: float) -> dict[str, str]:
    """How strongly the lift may be said: the range at LEANING leaves out 0 where the p value is under what LEANING lacks to 1."""
    kind, decided = "randomised" if lot else "quasi", verdict in ("lift", "loss")
    return {"evidence": kind, "grade": grade(kind, decided=decided, leaning=bool(p_value < 1 - LEANING))}


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """found (m, 4): log lift, low, high, p of each stretch, NaN where nothing is told; before (weeks,): the treated areas before the test
    as the others tell them, over their mean."""

    method: str
    found: np.ndarray
    noise: float
    placebos: int
    before: np.ndarray
    reasons: tuple[str, ...] = ()


def _days(start: Any, end: Any) -> tuple[tuple[pd.Timestamp | None, pd.Timestamp | None], list[Finding]]:
    """Both days on their own clocks, and what is wrong with them."""
    days, wrong = [], []
    for name, given in (("start", start), ("end", end)):
        own = given.replace(tzinfo=None) if isinstance(given, dt.datetime) else given
        day, bad = moment("" if own is None else own, name)
        wrong += bad
        days.append(None if day is None else day.normalize())
    if None not in days and days[1] < days[0]:  # type: ignore[operator]
        wrong.append(finding("E_OPTION", column="end", found=end, expected=f"end >= {days[0].date()}"))  # type: ignore[union-attr]
    return (days[0], days[1]), wrong


def _wrong(rest: Any, alpha: float, cost: Any, value: Any) -> list[Finding]:
    whole = isinstance(rest, int | np.integer) and not isinstance(rest, bool) and rest >= 0
    rules = [
        ("cooldown", rest, whole, "cooldown=2"),
        ("alpha", alpha, 0 < alpha < 0.5, "alpha=0.1"),
        ("cost", cost, cost is None or float_or(cost) >= 0, "cost=20_000"),
        ("value", value, value is None or float_or(value) > 0, "value=30.0"),
    ]
    return [finding("E_OPTION", column=name, found=found, expected=expected) for name, found, fine, expected in rules if not fine]


def _answer(test: GeoTest) -> _Answer:
    """By coins where they decided and are enough; else woven; else nothing."""
    weeks = test.panel.weeks[test.span.start : test.span.end]
    if sum(week in test.panel.gaps for week in weeks) > len(weeks) / 4:
        return _untold(test, "gaps")
    if test.lot and len(test.pairs) >= fewest_pairs(test.alpha) and test.span.start >= test.span.end - test.span.start:
        return _by_coins(test)
    found = synthetic(test.panel.y, test.treated, test.held, test.span.start, test.stretches, test.alpha) if len(test.held) else None
    if found is None:
        few = len(test.held) < 3 or test.span.start >= LEAST + 2 * (test.span.rest - test.span.start)
        return _untold(test, "few_areas" if few else "few_weeks")
    if found.badly:
        return _untold(test, "bad_fit")
    if found.found[0, 2] - found.found[0, 1] > 2 * TOO_WIDE:
        return _untold(test, "too_wide")
    return _Answer(method="synthetic", found=found.found, noise=float(found.usual[0]), placebos=found.placebos, before=found.before)


def _untold(test: GeoTest, *reasons: str) -> _Answer:
    return _Answer(
        method="none",
        found=np.full((len(test.stretches), 4), np.nan),
        noise=np.nan,
        placebos=0,
        before=np.full(test.past, np.nan),
        reasons=reasons,
    )


def _by_coins(test: GeoTest) -> _Answer:
    known, weights, starts = test.windows
    past = known.foretold(test.span.start, test.span.end - test.span.start) @ weights
    seen = np.column_stack([known.seen(test.span.start + a, b - a) - past for a, b in test.stretches])
    size = recent(test.panel.y, test.span.start)
    pairs = test.pairs
    d, weight = seen[pairs[:, 0]] - seen[pairs[:, 1]], size[pairs].sum(axis=1)
    mean, low, high = lift_range(d, weight, test.alpha)
    quiet = known.surprises(starts, test.span.end - test.span.start, weights)
    noise = weight @ (quiet[pairs[:, 0]] - quiet[pairs[:, 1]]) / weight.sum()
    found = np.column_stack([mean, low, high, chance_of_none(d, weight)])
    usual = float(np.sqrt((noise**2).mean())) if len(noise) else np.nan
    return _Answer(method="pairs", found=found, noise=usual, placebos=len(starts), before=_before(test, pairs, weight))


def _gained(actual: np.ndarray, log_lift: np.ndarray) -> np.ndarray:
    """What was sold beyond what would have been, given the log lift."""
    return np.asarray(actual * -np.expm1(-log_lift))


def _stretches(test: GeoTest, answer: _Answer, cost: float | None, value: float | None) -> pd.DataFrame:
    """`GeoLift.table`."""
    total = test.panel.y[test.treated].sum(axis=0)
    rows = []
    for k, name in enumerate(("test", "cooldown", "whole")):
        a, b = test.stretches[k]
        if name != "test" and test.span.rest == test.span.end:
            continue
        theta = answer.found[k, :3]
        actual = float(total[test.span.start + a : test.span.start + b].sum())
        units = _gained(np.full(3, actual), theta)
        row = {"stretch": name, "weeks": int(b - a), "actual": actual, "expected": actual - units[0]}
        row |= dict(zip(("lift", "low", "high"), np.expm1(theta), strict=True))
        row |= dict(zip(("units", "units_low", "units_high"), units, strict=True)) | {"p_value": answer.found[k, 3]}
        row |= dict(zip(("worth", "worth_low", "worth_high"), units * (value if value else np.nan), strict=True))
        each = [cost / u if cost is not None and u > 0 else np.nan for u in (units[0], units[2], units[1])]
        rows.append(row | dict(zip(("cost_per_unit", "cost_per_unit_low", "cost_per_unit_high"), each, strict=True)))
    return pd.DataFrame(rows)


def _verdict(table: pd.DataFrame, answer: _Answer) -> dict[str, Any]:
    """What the weeks of the test say; the design promised its power for them."""
    row = table.iloc[0]
    if answer.reasons:
        return {"verdict": "not_read", "detectable": np.nan}
    verdict = "lift" if row["low"] > 0 else "loss" if row["high"] < 0 else "cannot_tell"
    half = (np.log1p(row["high"]) - np.log1p(row["low"])) / 2
    return {"verdict": verdict, "detectable": float(np.expm1(SEES * half)) if np.isfinite(half) else np.nan}


def _weeks(test: GeoTest, answer: _Answer) -> pd.DataFrame:
    """`GeoLift.weeks`: a year before the test and the test; before it, the same groups compared in the same way."""
    span, y = test.span, test.panel.y
    m, first = span.rest - span.start, span.start - test.past
    total = y[test.treated].sum(axis=0)
    each, far = answer.found[3 : 3 + m], answer.found[3 + m : 3 + 2 * m]
    frame = pd.DataFrame({"week": test.panel.weeks[first : span.rest], "actual": total[first : span.rest]})
    frame["stretch"] = np.where(
        np.arange(first, span.rest) < span.start, "before", np.where(np.arange(first, span.rest) < span.end, "test", "cooldown")
    )
    frame["expected"] = np.r_[answer.before * total[first : span.start].mean(), total[span.start : span.rest] * np.exp(-each[:, 0])]
    blank = np.full(span.start - first, np.nan)
    for name, column in (("low", 2), ("high", 1)):  # a larger lift leaves less that was expected
        frame[name] = np.r_[blank, total[span.start : span.rest] * np.exp(-each[:, column])]
    so_far = np.cumsum(total[span.start : span.rest])
    for name, column in (("units", 0), ("units_low", 1), ("units_high", 2)):
        frame[name] = np.r_[blank, _gained(so_far, far[:, column])]
    return frame


def _before(test: GeoTest, pairs: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The treated areas before the test as their partners tell them, over their mean."""
    y = test.panel.y[:, test.span.start - test.past : test.span.start]
    log = np.log(np.maximum(y, 1e-9) / np.maximum(y.mean(axis=1, keepdims=True), 1e-9))
    total = y[test.treated].sum(axis=0)
    return np.asarray(total / total.mean() * np.exp(-(weight @ (log[pairs[:, 0]] - log[pairs[:, 1]])) / weight.sum()))


def _areas(test: GeoTest, answer: _Answer) -> pd.DataFrame:
    """`GeoLift.areas`."""
    span, y = test.span, test.panel.y
    frame = test.arms[["area", "arm"]].assign(pair=test.arms.get("pair", NO_PAIR[0]))
    at = test.panel.rows(list(frame["area"]))
    frame["before"] = recent(y, span.start)[at]
    frame["during"] = y[at, span.start : span.end].mean(axis=1)
    frame["change"] = test.change[at]
    known, weights, starts = test.windows
    quiet = known.surprises(starts, span.end - span.start, weights)
    frame["usual"] = usual_change(quiet)[at]
    frame["without"] = np.nan
    if answer.method == "pairs":
        pairs, change = test.pairs, test.change
        d, w = change[pairs[:, 0]] - change[pairs[:, 1]], recent(y, span.start)[pairs].sum(axis=1)
        left = np.expm1((w @ d - w * d) / (w.sum() - w))
        out = {int(a): float(v) for pair, v in zip(pairs, left, strict=True) for a in pair}
        frame["without"] = [out.get(int(a), np.nan) for a in at]
    return frame


def usual_change(quiet: np.ndarray) -> np.ndarray:
    """(A,): how far an area strays where nothing happens (areas, windows), drawn half way to the median of all."""
    square = (quiet**2).mean(axis=1) if quiet.shape[1] else np.full(len(quiet), np.nan)
    return np.asarray(np.sqrt((square + np.median(square)) / 2))


def _naive(test: GeoTest) -> dict[str, float]:
    """What a before-and-after and a difference in means would have told, to be shown beside."""
    span, y = test.span, test.panel.y
    n = span.end - span.start
    mine = y[test.treated].sum(axis=0)
    before = float(mine[max(0, span.start - n) : span.start].mean())
    others = float(y[test.held, span.start : span.end].mean()) if len(test.held) else np.nan
    during = float(mine[span.start : span.end].mean())
    return {"naive": during / before - 1 if before > 0 else np.nan, "plain": during / len(test.treated) / others - 1 if others else np.nan}
