"""Whether the promises held: coverage, proper scores and the place of what came, with errors that know that pieces share weather.

The placements of one campaign are not so many independent trials: those of one piece, channel or segment go up and down together. Every
error here is that of groups (Cochran 1977, ch. 9), of whichever grouping makes it widest.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit
from scipy.stats import beta
from scipy.stats import t as student

from mktlib.glmm.predictive import drawn, log_chance, reached

Array = NDArray[Any]
WEATHER = ("item", "channel", "segment", "content_type")
BINS = 10
DRAWS = 400
FEWEST = 10
"""Placements below which nothing is said of the shape of the promises."""


def groupings(table: pd.DataFrame) -> dict[str, Array]:
    """What placements share, as codes: each of WEATHER with at least two levels; single placements where there is none."""
    found = {a: pd.factorize(table[a].astype(str))[0] for a in WEATHER if a in table and len(table[a].unique()) > 1}
    return found or {"placement": np.arange(len(table))}


def clustered(values: Array, groups: dict[str, Array]) -> tuple[Array, float, str]:
    """Covariance of the mean of values (n, k), the degrees of freedom and the name, by the grouping that makes it widest.

    By leaving out a group at a time (a jackknife), so that large groups are not taken for the mean itself; degrees of freedom are those
    of as many equal groups as these are worth (Kish 1965). Never less than if all were independent.
    """
    x = np.asarray(values, float).reshape(len(values), -1)
    gaps, n = x - x.mean(axis=0), len(x)
    best = (gaps.T @ gaps / max(n - 1, 1) / n, float(max(n - 1, 1)), "placement")
    reach = float(np.trace(best[0])) * float(student.ppf(0.95, best[1])) ** 2
    for name, code in groups.items():
        size = np.bincount(code).astype(float)
        count = len(size)
        if count < 2:
            continue
        sums = np.zeros((count, x.shape[1]))
        np.add.at(sums, code, gaps)
        moved = sums / (n - size)[:, None]
        cov, free = (count - 1) / count * (moved.T @ moved), max(n**2 / float((size**2).sum()) - 1, 1.0)
        wide = float(np.trace(cov)) * float(student.ppf(0.95, free)) ** 2
        if np.trace(cov) > np.trace(best[0]) and wide > reach:
            best, reach = (cov, free, name), wide
    return best


def coverage(inside: Array, groups: dict[str, Array], level: float) -> dict[str, Any]:
    """Share of ranges that held, with its interval: exact for as many independent placements as these are worth.

    Korn & Graubard (1998, Survey Methodology 24): n is divided by how much wider the error is than that of independent placements, and by
    the square of how much the few groups cost; then Clopper & Pearson (1934).

    >>> got = coverage(np.array([True] * 9 + [False]), {"placement": np.arange(10)}, 0.9)
    >>> round(got["coverage_low"], 3), round(got["coverage_high"], 3), round(got["effective"])
    (0.606, 0.995, 10)
    """
    n = len(inside)
    if not n:
        return {"coverage": float("nan"), "coverage_low": 0.0, "coverage_high": 1.0, "effective": 0.0, "weather": "placement"}
    share = float(np.mean(inside))
    cov, free, name = clustered(np.asarray(inside, float), groups)
    plain = share * (1 - share) / max(n - 1, 1)
    tail = (1 + level) / 2
    wider = max(float(cov[0, 0]) / plain, 1.0) if plain > 0 else 1.0
    effective = n / wider
    if name != "placement":
        effective *= min(1.0, (student.ppf(tail, max(n - 1, 1)) / student.ppf(tail, free)) ** 2)
    elif plain == 0:  # all alike: what a shared weather would do cannot be seen, and as many groups as there are is the careful answer
        effective = float(min([n, *(int(code.max()) + 1 for code in groups.values())]))
    held = share * effective
    low = float(beta.ppf(1 - tail, held, effective - held + 1)) if share > 0 else 0.0
    high = float(beta.ppf(tail, held + 1, effective - held)) if share < 1 else 1.0
    return {"coverage": share, "coverage_low": low, "coverage_high": high, "effective": float(effective), "weather": name}


def scores(table: pd.DataFrame, count: Array, rate: Array, sd: Array, exposure: Array, *, family: str, level: float) -> pd.DataFrame:
    """Proper scores of the promises beside one promise for all (the plan's mean rate, as wide as its rates differ): smaller is better.

    brier: mean squared error of the promised chance over all exposures (Brier 1950); log: minus the log chance of the count, a mean over
    placements (Good 1952); crps: of the rate, the mean distance between what came and the whole promised distribution (Matheson &
    Winkler 1976, by its fair sample form). skill: the share of the base's score that is saved, with the range that leaves out pieces one
    at a time give it (jackknife; Tukey 1958). Columns: score, promised, base, skill, low, high.
    """
    mean = float((exposure * rate).sum() / exposure.sum())
    eta = logit(np.clip(rate, 1e-9, 1 - 1e-9)) if family == "binomial" else np.log(np.maximum(rate, 1e-12))
    wide = np.sqrt(np.average(sd**2 + (eta - np.average(eta, weights=exposure)) ** 2, weights=exposure))
    base, spread = np.full(len(rate), mean), np.full(len(rate), wide)
    got = {"log": [-log_chance(count, p, s, exposure, family=family) for p, s in ((rate, sd), (base, spread))]}
    got["crps"] = [crps(count, p, s, exposure, family=family) for p, s in ((rate, sd), (base, spread))]
    weights = {"log": np.ones(len(rate)), "crps": np.ones(len(rate))}
    if family == "binomial":
        chances = count / exposure
        got = {"brier": [chances * (1 - p) ** 2 + (1 - chances) * p**2 for p in (rate, base)]} | got
        weights["brier"] = exposure
    units = pd.factorize(table["item"].astype(str))[0]
    rows = [_skill(name, mine, other, weights[name], units, level) for name, (mine, other) in got.items()]
    return pd.DataFrame(rows, columns=["score", "promised", "base", "skill", "low", "high"])


def crps(count: Array, rate: Array, sd: Array, exposure: Array, *, family: str, size: int = DRAWS) -> Array:
    """(n,) continuous ranked probability score of the rate on the exposure that it got, from draws of the promise."""
    out = np.empty(len(rate))
    rng = np.random.default_rng(0)
    for first in range(0, len(rate), 2000):
        some = slice(first, first + 2000)
        x = np.sort(drawn(rate[some], sd[some], exposure[some], size, rng, family=family), axis=1) / exposure[some, None]
        y = (count[some] / exposure[some])[:, None]
        apart = 2 * (x @ (2 * np.arange(1, size + 1) - size - 1)) / (size * (size - 1))
        out[some] = np.abs(x - y).mean(axis=1) - apart / 2
    return out


def _skill(name: str, mine: Array, base: Array, weight: Array, units: Array, level: float) -> dict[str, Any]:
    """One score; a difference for the logarithm, which has no zero, a share saved for the others."""
    count = int(units.max()) + 1
    sums = [np.bincount(units, weight * x, count) for x in (mine, base, np.ones(len(mine)))]

    def saved(a: Array, b: Array, n: Array) -> Array:
        return np.asarray((b - a) / n if name == "log" else 1 - a / np.where(b > 0, b, 1.0))

    whole = [x.sum() for x in sums]
    skill = float(saved(*whole))
    if count < 3:
        low, high = np.nan, np.nan
    else:
        left = saved(*(t - x for t, x in zip(whole, sums, strict=True)))
        error = np.sqrt((count - 1) / count * ((left - left.mean()) ** 2).sum())
        reach = float(student.ppf(0.5 + level / 2, count - 1)) * error
        low, high = skill - reach, skill + reach
    return {"score": name, "promised": whole[0] / whole[2], "base": whole[1] / whole[2], "skill": skill, "low": low, "high": high}


def places(count: Array, rate: Array, sd: Array, exposure: Array, *, family: str) -> Array:
    """(n, 2) where what came lies in its promise (PIT), as the step that a count takes."""
    return reached(count, rate, sd, exposure, family=family)


def histogram(steps: Array, bins: int = BINS) -> pd.DataFrame:
    """Shares by bin of the place of what came (the nonrandomised PIT of Czado, Gneiting & Held 2009, Biometrics 65): flat if all hold.

    >>> histogram(np.array([[0.0, 1.0]]), 2)["share"].tolist()
    [0.5, 0.5]
    """
    edges = np.linspace(0, 1, bins + 1)
    low, wide = steps[:, :1], steps[:, 1:] - steps[:, :1]
    at = np.where(wide > 1e-12, np.clip((edges - low) / np.where(wide > 1e-12, wide, 1.0), 0, 1), edges >= np.maximum(low, 1e-15))
    share = np.diff(at, axis=1).mean(axis=0) if len(steps) else np.full(bins, np.nan)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": share, "expected": 1 / bins})


def shape(steps: Array, groups: dict[str, Array], *, alpha: float = 0.05) -> dict[str, Any]:
    """Whether the places are as flat as promises that hold make them: Neyman's smooth test of order 2 (1937) with the errors of groups.

    The first component says that results lie low or high in their ranges, the second that ranges are too wide or too narrow.

    How far to trust it (benchmarks/README.md, "Reviews"): promises that hold are doubted in 1 to 3 % of campaigns where doubts are
    single or shared by a segment or a piece, in 10 % where a channel shares 40 % of them (three groups say little of their own error),
    and always where nearly all doubt is that of the whole campaign, which one campaign cannot tell from a wrong promise. With few groups
    its power is small.

    verdict: holds (not told from flat) | too_high, too_low (the promises) | too_wide, too_narrow (their ranges) | too_few.
    """
    n = len(steps)
    if n < FEWEST:
        return {"pit_p": None, "pit_mean": float(steps.mean()) if n else None, "pit_verdict": "too_few"}
    u = steps.mean(axis=1)
    x = np.column_stack([np.sqrt(12) * (u - 0.5), np.sqrt(5) * (6 * (u - 0.5) ** 2 - 0.5)])
    mean = x.mean(axis=0)
    ps, free = [], []
    for k in range(2):  # each component with the grouping that makes its own error widest; never less than promised (1 / n)
        cov, df, _ = clustered(x[:, k], groups)
        ps.append(2 * student.sf(abs(mean[k]) / np.sqrt(max(float(cov[0, 0]), 1 / n)), df))
        free.append(df)
    p = min(1.0, 2 * min(ps))
    verdict = "holds"
    if 2 * ps[0] <= alpha:  # results that lie to one side are also too often at the ends: the side is what there is to say
        verdict = "too_high" if mean[0] < 0 else "too_low"
    elif p <= alpha:
        verdict = "too_narrow" if mean[1] > 0 else "too_wide"
    return {"pit_p": float(p), "pit_mean": float(u.mean()), "pit_verdict": verdict}
