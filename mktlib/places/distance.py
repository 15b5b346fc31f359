"""How far people go for an offer: acceptance by distance, with all else as it was.

Offers far away are made at other hours, to other people, for other things than offers close by; a mean by class of distance shows all of
that at once. Here each class is asked what every offer would have brought at that distance (logistic regression, averaged over the offers
that were made), with errors that know that one person answers several times, and with a word on how far the classes can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from mktlib.errors import Finding
from mktlib.places.distance_fit import Fit, fitted, pooled, standard
from mktlib.places.distance_read import Offers, read_offers, unit_of
from mktlib.results import DistanceEffect
from mktlib.vocabulary import finding

FEWEST = 30
"""Comparable offers of a class below which nothing is told."""
TOLD = ("rate", "low", "high", "difference", "difference_low", "difference_high")
UNTOLD = {"step": np.nan, "step_low": np.nan, "step_high": np.nan, "p_value": np.nan, "trend": "not_comparable", "monotone": True}
Money = tuple[float | None, float]


def distance_effect(
    offers: Any,
    *,
    distance: str = "distance",
    outcome: str = "accepted",
    order: Sequence[Any] | None = None,
    cuts: Sequence[float] | None = None,
    context: str | Sequence[str] = (),
    kind: str | None = None,
    person: str | Sequence[str] | None = None,
    scenario: str | Sequence[str] | None = None,
    radius: Any = None,
    value: float | None = None,
    cost: float = 0.0,
    stated: bool = False,
    unit: str | None = None,
    currency: str = "EUR",
    level: float = 0.9,
) -> DistanceEffect:
    """Acceptance of offers by distance, adjusted for the circumstances, with its trend and its differences between kinds of offers.

    Args:
        offers: one row an offer: `distance` (classes, metres or minutes), `outcome` (1 or yes; 0 or no), the columns of `context`.
        order: classes of distance from near to far, where they are words. cuts: where a distance in numbers is cut into classes; else
            numbers of up to eight values are classes, others are cut into four of equal size.
        context: columns adjusted for (hour, weather, direction, age ...): words are levels, numbers of more than twelve values a line.
        kind: column of kinds of offers (coffee, bar ...), adjusted for too, whose trends are told apart.
        person: column (or columns together) that says who was asked, or in which car: answers of one person are no independent ones.
        scenario: column (or columns together) that names a scenario shown to several people: they share what no column says.
        radius: frame with `distance` (the classes) and people, who live in each ring. value: what an accepted offer brings; cost: what an
            offer costs, accepted or not.
        stated: whether people said what they would do (a survey of scenarios) and did not do it.
        unit: of a distance in numbers: "m", "km" or "min"; by default what the column's name says ("distance_m", "minutes").

    Returns:
        `DistanceEffect`.

    Raises:
        DataError: every problem at once.

    Logistic regression with standardisation (g-computation) and a cluster-robust variance (Liang & Zeger 1986, Biometrika 73); kinds
    partially pooled (random effects over a grid of their spread).

    >>> rng = np.random.default_rng(0)
    >>> far = rng.integers(0, 3, 3000)
    >>> made = pd.DataFrame({"minutes": np.array([5, 15, 25])[far], "accepted": rng.random(3000) < np.array([0.6, 0.5, 0.4])[far]})
    >>> distance_effect(made, distance="minutes").facts["trend"]
    'falls'
    """
    asked = {
        "order": order,
        "cuts": cuts,
        "context": (context,) if isinstance(context, str) else tuple(context),
        "kind": kind,
        "person": person,
        "scenario": scenario,
        "radius": radius,
    }
    read = read_offers(offers, distance=distance, outcome=outcome, money=(value, cost), level=level, unit=unit, **asked)
    z = float(norm.ppf((1 + level) / 2))
    alike = read.only(read.comparable)
    enough = len(alike.y) and bool((np.bincount(alike.klass, minlength=len(read.names)) >= FEWEST).all())
    fit = fitted(alike.x, alike.y, alike.who) if enough else None
    table = _classes(read, alike, fit, z)
    kinds, spread, p_kinds = _kinds(alike if enough else read, z, told=bool(enough))
    facts: dict[str, Any] = {"level": level, "offers": len(read.y), "accepted": int(read.y.sum()), "people": read.people, "kind": kind}
    facts |= {"distance": distance, "outcome": outcome, "context": list(read.context), "classes": len(read.names), "stated": bool(stated)}
    facts |= {"comparable": len(alike.y), "spread": spread, "p_kinds": p_kinds, "currency": currency}
    facts |= _trend(alike, z) | _monotone(alike, fit, z) if fit is not None else dict(UNTOLD)
    facts |= {"value": value, "cost": cost, "clustered": bool(read.who), "unit": unit or unit_of(distance)}
    return DistanceEffect(table=table, kinds=kinds, rings=_rings(read, table, (value, cost)), facts=facts,
                          findings=(*read.findings, *_remarks(read, fit, facts)))  # fmt: skip


def _classes(read: Offers, alike: Offers, fit: Fit | None, z: float) -> pd.DataFrame:
    """`DistanceEffect.table`: what was seen of all offers; what is told of those that are alike."""
    many = len(read.names)
    inside = [read.klass == k for k in range(many)]
    people = [len(np.unique(read.who[0][i])) if read.people is not None else np.nan for i in inside]
    seen = {"distance": list(read.names), "offers": [int(i.sum()) for i in inside], "people": people}
    seen |= {"raw": [float(read.y[i].mean()) for i in inside]}
    told = _rates(alike, fit, z) if fit is not None else dict.fromkeys(TOLD, np.full(many, np.nan))
    return pd.DataFrame({**seen, **told, "overlap": read.overlap()})


def _rates(read: Offers, fit: Fit, z: float) -> dict[str, np.ndarray]:
    """The rate of each class with its range, and its difference from the nearest."""
    rate, slope = (np.array(x) for x in zip(*(standard(fit, read.at(k)) for k in range(len(read.names))), strict=True))
    logit = np.log(rate / (1 - rate))
    error = np.sqrt(np.einsum("ij,jk,ik->i", slope, fit.cov, slope)) / (rate * (1 - rate))
    apart = slope - slope[0]
    wide = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", apart, fit.cov, apart), 0.0))
    low, high = (1 / (1 + np.exp(side * z * error - logit)) for side in (1, -1))
    gap = rate - rate[0]
    return dict(zip(TOLD, (rate, low, high, gap, gap - z * wide, gap + z * wide), strict=True))


def _trend(read: Offers, z: float) -> dict[str, Any]:
    """The step of log-odds from one class to the next, all steps alike, and whether it differs from none."""
    line = fitted(np.column_stack([read.rest, read.klass]), read.y, read.who)
    step, error = float(line.beta[-1]), float(np.sqrt(line.cov[-1, -1]))
    p = float(2 * norm.sf(abs(step) / max(error, 1e-12)))
    shown = abs(step) > z * error
    trend = ("falls" if step < 0 else "rises") if shown else "not_shown"
    return {"step": step, "step_low": step - z * error, "step_high": step + z * error, "p_value": p, "trend": trend}


def _monotone(read: Offers, fit: Fit, z: float) -> dict[str, Any]:
    """Whether no step between neighbouring classes is shown to go against the whole; each asked at the level of all (Bonferroni)."""
    many = len(read.names) - 1
    if many < 1:
        return {"monotone": True}
    first = read.rest.shape[1]
    beta = np.r_[0.0, fit.beta[first:]]
    cov = np.zeros((many + 1, many + 1))
    cov[1:, 1:] = fit.cov[first:, first:]
    steps = np.diff(beta)
    wide = np.sqrt(np.maximum(np.diag(cov)[1:] + np.diag(cov)[:-1] - 2 * np.diag(cov, 1), 0))
    strict = float(norm.isf(norm.sf(z) / many))
    against = steps * -np.sign(beta[-1] - beta[0]) > strict * wide
    return {"monotone": not bool(against.any())}


def _kinds(read: Offers, z: float, *, told: bool) -> tuple[pd.DataFrame, float, float]:
    """`DistanceEffect.kinds`, the sd of steps between kinds, and the p value of "all alike"."""
    columns = ["kind", "offers", "step", "low", "high", "own", "own_low", "own_high", "near", "far"]
    marks, names = read.kinds
    if len(names) < 2 or not told:
        return pd.DataFrame(columns=columns), float("nan"), float("nan")
    fit = fitted(np.column_stack([read.rest, marks * read.klass[:, None]]), read.y, read.who)
    first = read.rest.shape[1]
    own, cov = fit.beta[first:], fit.cov[first:, first:]
    both = pooled(own, cov)
    rows = []
    for k, name in enumerate(names):
        mine = marks[:, k] > 0
        eta = read.rest[mine] @ fit.beta[:first]
        ends = [float((1 / (1 + np.exp(-(eta + both.mean[k] * at)))).mean()) for at in (0, len(read.names) - 1)]
        error = float(np.sqrt(cov[k, k]))
        row = {"kind": name, "offers": int(mine.sum()), "step": both.mean[k], "low": both.mean[k] - z * both.sd[k]}
        row |= {"high": both.mean[k] + z * both.sd[k], "own": own[k], "own_low": own[k] - z * error, "own_high": own[k] + z * error}
        rows.append(row | {"near": ends[0], "far": ends[1]})
    return pd.DataFrame(rows)[columns], both.spread, both.p_alike


def _rings(read: Offers, table: pd.DataFrame, money: Money) -> pd.DataFrame:
    """`DistanceEffect.rings`: people of the radius curve, rates of the classes; nothing is told of a ring where nothing was offered."""
    columns = ["distance", "people", "rate", "value", "value_low", "value_high", "total", "total_low", "total_high", "beyond"]
    if read.rings is None:
        return pd.DataFrame(columns=columns)
    worth, cost = money
    known = {row["distance"]: row for row in table.to_dict("records")}
    rows = []
    for name, people in read.rings:
        beyond = name not in known
        rate, low, high = (np.nan,) * 3 if beyond else (float(known[name][c]) for c in ("rate", "low", "high"))
        each = [np.nan if worth is None else worth * r - cost for r in (rate, low, high)]
        row = {"distance": name, "people": people, "rate": rate} | dict(zip(columns[3:6], each, strict=True))
        rows.append(row | dict(zip(columns[6:9], [people * v for v in each], strict=True)) | {"beyond": beyond})
    return pd.DataFrame(rows)[columns]


def _remarks(read: Offers, fit: Fit | None, facts: dict[str, Any]) -> list[Finding]:
    found = [finding("N_DISTANCE_STATED", level="warning")] if facts["stated"] else []
    found.append(finding("N_DISTANCE_OBSERVED", level="note"))
    if facts["trend"] == "not_comparable":
        found.append(finding("N_DISTANCE_INCOMPARABLE", level="warning", found=str(facts["comparable"]), least=str(FEWEST)))
    elif facts["comparable"] < 0.9 * facts["offers"]:
        share = f"{100 * facts['comparable'] / facts['offers']:.0f}"
        found.append(finding("N_DISTANCE_OVERLAP", level="warning", found=str(facts["comparable"]), share=share))
    if not read.who:
        found.append(finding("N_DISTANCE_ALONE", level="warning"))
    elif min(int(w.max()) + 1 for w in read.who) < 40:
        found.append(finding("N_DISTANCE_FEW_PEOPLE", level="warning", found=str(min(int(w.max()) + 1 for w in read.who))))
    if fit is not None and fit.dropped:
        found.append(finding("N_DISTANCE_ALIASED", level="note", found=", ".join(read.columns[k] for k in fit.dropped[:5])))
    if fit is not None and fit.eased:
        found.append(finding("N_DISTANCE_SEPARATED", level="warning"))
    if not facts["monotone"]:
        found.append(finding("N_DISTANCE_BENDS", level="note"))
    return found
