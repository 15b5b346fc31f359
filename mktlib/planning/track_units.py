"""Pieces of a running campaign one by one: whether each keeps its promise, and whether its money is still well spent there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import norm

from mktlib.planning.landing import WIDER, Parts, Spreads, fit, log_sd_of_sum
from mktlib.planning.pace_of_money import ALPHA
from mktlib.planning.track_ahead import Job, Known, chances_of
from mktlib.planning.track_apart import apart, broken, mixed, observed, own_ratio

Array = NDArray[Any]
SHIFT = 0.7
"""Usual size of a real deviation, in logs: half or double."""
NOISE = Spreads(0.1, 0.15, 0, 0, 0, 0)
UNITS = (
    "item", "channel", "exposure", "expected", "actual", "observed", "observed_low", "observed_high", "ratio", "low", "high", "e_value",
    "worth", "price", "verdict", "promised", "broken", "check",
)  # fmt: skip


def surprise(parts: Parts, expected: Array, actual: float, spreads: Spreads) -> float:
    """Evidence that a sum of events leaves its promise, the promise's own uncertainty and the weather included: a mixture as in
    `pace_of_money.e_value`, valid at any one moment. It is shown; no alarm hangs on it.

    >>> parts = Parts(np.array([0.02]), np.array([0.1]), *(np.zeros(1, int) for _ in range(4)))
    >>> surprise(parts, np.array([1000.0]), 1000, NOISE) < 1, surprise(parts, np.array([1000.0]), 200, NOISE) > 1000
    (True, True)
    """
    total = float(expected.sum())
    if total <= 0:
        return 1.0
    variance = log_sd_of_sum(parts, expected / total, replace(spreads, weather=NOISE.weather, rough=NOISE.rough)) ** 2 + 1 / total
    off = math.log((actual + 0.5) / (total + 0.5)) + variance / 2
    log = 0.5 * math.log(variance / (variance + SHIFT**2)) + off**2 / 2 * (1 / variance - 1 / (variance + SHIFT**2))
    return math.exp(min(log, 700.0))


def leaving(parts: Parts, chances: Array, counts: Array, promises: Sequence[tuple[Spreads, float]], weeks: int) -> float:
    """Evidence that the whole leaves its promise, safe to look at daily whichever of the spreads is true.

    Of each set of spreads with promises as sure as they say: how likely all counts so far are with one more factor common to all rates,
    over how likely they are without. Each is a martingale under the promise with those spreads (Ville 1939), so the smallest of them
    passes 1 / a with chance a at most under any of them (Wasserman, Ramdas and Balakrishnan 2020); as exactly as Laplace's approximation
    gives the likelihoods. Promises only half as sure as they say are no promise kept.
    """
    if not (chances > 0).any():
        return 1.0
    kept = [(one, evidence - math.log(WIDER[1.0])) for one, evidence in promises if one.wider == 1]
    above = alternatives(parts, chances, counts, [one for one, _ in kept], weeks)
    return math.exp(min(above - max(evidence for _, evidence in kept), 700.0))


def alternatives(parts: Parts, chances: Array, counts: Array, spreads: Sequence[Spreads], weeks: int) -> float:
    """Log likelihood of the counts with a common factor, averaged over one set of spreads of each weather and roughness."""
    some = {(one.weather, one.rough): one for one in reversed(spreads)}.values()
    found = [fit(parts, chances, counts, one, weeks, SHIFT).evidence - math.log(WIDER[1.0]) for one in some]
    return float(logsumexp(found)) - math.log(len(found))


def some_of(parts: Parts, rows: Array) -> Parts:
    return Parts(*(getattr(parts, name)[rows] for name in ("rate", "sd", "cell", "item", "channel", "week")))


def units_of(job: Job, known: Known) -> pd.DataFrame:
    """One row a piece and channel that ran; whether each unit of money still to be spent there is worth less than elsewhere, and whether
    next to nothing of its events arrives."""
    table, parts, rows = known.table, known.parts, []
    groups: dict[tuple[str, str], Array] = {key: np.asarray(k) for key, k in table.groupby(["item", "channel"]).indices.items()}  # type: ignore[misc]
    paid = sum(1 for k in groups.values() if table["spend"].to_numpy()[k].sum() > 0)
    counts, gone = table["y"].to_numpy(float), chances_of(table, parts)
    for (item, channel), k in groups.items():
        if table["ran"].to_numpy()[k].any():
            off = broken(parts, gone, counts, np.isin(np.arange(len(table)), k), known.promises, job.plan.brief.weeks)
            unit = {"item": item, "channel": channel, **_unit(job, known, k, paid), "broken": off}
            rows.append(unit | {"check": off >= len(groups) / ALPHA["check"]})
    return pd.DataFrame(rows, columns=list(UNITS)).astype({"check": bool})


def _unit(job: Job, known: Known, k: Array, paid: int) -> dict[str, Any]:
    """What is known of the placements `k` of one piece on one channel."""
    table, own = known.table.iloc[k], some_of(known.parts, k)
    chances, expected = table["exposure"].to_numpy(float), (table["ripe"] * table["rate"]).to_numpy(float)
    many, came, tails = float(expected.sum()), float(table["y"].sum()), [0.5 - job.level / 2, 0.5 + job.level / 2]
    evidence = surprise(own, expected, came, max(known.promises, key=lambda one: one[1])[0])
    away = apart(evidence)
    kept = (known.rate[:, k] @ chances) / max(float((chances * own.rate).sum()), 1e-12)
    noise = log_sd_of_sum(own, expected / many, NOISE) if many > 0 else 0.0
    alone = own_ratio(came, many, SHIFT, noise, len(kept), np.random.default_rng([job.seed, 3]))
    ratio = mixed(kept, alone, away)
    low, high = np.quantile(ratio, tails)
    seen = dict(zip(("observed", "observed_low", "observed_high"), observed(came, many, job.level), strict=True))
    price, verdict, each = _price(job), "keep", math.nan
    ahead = table["ahead"].to_numpy(float)
    money = float((table["spend"].to_numpy(float) * ahead).sum())
    if money > 0 and price is not None:
        still = chances * table["worth"].to_numpy(float) * ahead
        planned, values = float((own.rate * still).sum() / money), known.rate[:, k] @ still / money
        each, verdict = float(mixed(values, alone * planned, away).mean()), _verdict(values, alone * planned, away, planned, price, paid)
    return {
        "exposure": table["n"].sum(), "expected": many, "actual": came, **seen, "ratio": float(ratio.mean()), "low": low, "high": high,
        "e_value": evidence, "worth": each, "price": math.nan if price is None else price, "verdict": verdict,
        "promised": float(table["value"].sum()),
    }  # fmt: skip


def _price(job: Job) -> float | None:
    """What one more unit of money brings elsewhere in the plan; 1 where values are money and the plan does not say; else nobody knows."""
    margin = float(job.plan.expected.get("margin") or 0.0)
    return margin if margin > 0 else 1.0 if job.plan.brief.objective.value is not None else None


def _verdict(values: Array, alone: Array, away: float, planned: float, price: float, units: int) -> str:
    """stop: the chance that money here is worth its price is below alpha (of all units together), and the plan thought otherwise.

    values, alone: draws where the promise holds, and where it does not, which has the chance `away`."""
    if planned < price:
        return "keep"
    below = (1 - away) * _below(values, price) + away * _below(alone, price)
    return "stop" if below >= 1 - ALPHA["stop"] / max(units, 1) else "keep" if below <= 0.5 else "too_early"


def _below(values: Array, price: float) -> float:
    """Chance that a value lies below the price, its log being nearly normal."""
    logs = np.log(np.maximum(values, 1e-12))
    return float(norm.cdf((math.log(price) - logs.mean()) / max(float(logs.std()), 1e-9)))


def worth_of(known: Known) -> dict[str, float]:
    """Value of a unit of money by channel, as now believed."""
    table = known.table
    value = known.rate.mean(axis=0) * table["exposure"].to_numpy(float) * table["worth"].to_numpy(float)
    sums = pd.DataFrame({"channel": table["channel"], "value": value, "spend": table["spend"]}).groupby("channel")[["value", "spend"]].sum()
    return {str(c): float(v / s) for c, v, s in sums.itertuples(name=None) if s > 0}
