"""When a post does best: weekday by hour, drawn together, and an honest "no better than any other time".

One viral post on a Tuesday at seven says nothing of Tuesdays at seven. Posts have effects of their own, days have their own weather, hours
are alike to the hours beside them, and a test asks first whether the hour matters at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve
from scipy.stats import norm, qmc
from threadpoolctl import threadpool_limits

from mktlib.audience.posted import Posts, read_posts
from mktlib.errors import Finding
from mktlib.glmm import mixing, week
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent
from mktlib.results import SendTime
from mktlib.vocabulary import finding, load_tables, nearest, not_level, progress

LEAST = 30
"""Posts below which nothing is said of a group's hours."""
DRAWS, SEED = 128, 20261
NEAR = 2
"""Hours: a cell that has no post of any weekday so near is not told."""
SURE = 0.95


def best_times(
    posts: Any,
    *,
    by: str | None = "network",
    metric: str = "engagement_rate",
    zone: str = "Europe/Paris",
    level: float = 0.9,
) -> SendTime:
    """The weekday and hour at which posts do best, or that no time is better than any other.

    Args:
        posts: one row a post: at (a moment; one without a zone is UTC), the count and the exposure of `metric`, `by`, and where they are
            there content_type (adjusted for). Posts that lack a number are left out and counted.
        by: the column whose groups are told apart; None: all posts together.
        metric: a row of the metrics that is a count of an exposure.
        zone: in which hours are told (its clock, summer time included).
        level: of the ranges.

    Returns:
        `SendTime`; its segment column holds the groups of `by` (or "all"). `best` is True only where the test of "no time is better"
        is rejected at 5 % over all groups together, and the cell is above the group's mean with 19 chances in 20.

    Raises:
        DataError: every problem at once: a column is missing, a cell is no number or no moment, `metric` or `zone` is unknown, no post.

    Log rates with an effect of each post and each day, a smooth trend and content types taken out; hours a periodic kernel, weekdays
    and their hours drawn to it, variances averaged over; the test permutes residuals that were freed of them (Freedman and Lane 1983,
    Journal of Business & Economic Statistics 1; score statistic of Lin 1997, Biometrika 84).

    >>> at = pd.date_range("2026-01-01 09:00", periods=40, freq="31h", tz="UTC")
    >>> posts = pd.DataFrame({"network": "x", "at": at, "impressions": 1000, "engagements": [30, 31, 29, 32] * 10})
    >>> bool(best_times(posts).table["best"].any())
    False
    """
    frame = to_pandas(posts)
    count, exposure, found = _metric(metric, frame)
    read = read_posts(frame, by=by, counts=(count, exposure), zone=zone, found=[*found, *not_level(level)])
    tables, rows = [], []
    groups = [(name, read.only(name)) for name in read.groups]
    with threadpool_limits(1):  # small matrices: threads wait for each other longer than they work
        fitted = [_fitted(part, level) for _, part in progress(groups, desc="times")]
    judged = [k for k, f in enumerate(fitted) if f is not None]
    p = np.ones(len(groups))
    if judged:
        p[judged] = mixing.holm(np.array([fitted[k].p_value for k in judged]))  # type: ignore[union-attr]
    for (name, part), fit, raised in zip(groups, fitted, p, strict=True):
        table = _cells(name, part, fit, matters=bool(raised <= 0.05))
        tables.append(table)
        verdict = "few" if fit is None else "matters" if raised <= 0.05 else "none"
        rows.append({"segment": name, "posts": len(part.y), "p_value": raised if fit else np.nan, "verdict": verdict})
    groups_table = pd.DataFrame(rows)
    told = [finding("N_TIMES_OBSERVED", level="note"), *read.findings, *_remarks(groups_table, read)]
    facts = {"by": by or "all", "metric": metric, "zone": zone, "level": level, "posts": int(groups_table["posts"].sum())}
    facts |= {"groups": rows, "denominator": exposure, "kind": "posts"}
    return SendTime(table=pd.concat(tables, ignore_index=True), facts=facts, findings=tuple(told))


def _metric(metric: str, frame: pd.DataFrame) -> tuple[str, str, list[Finding]]:
    """The count and the exposure of a metric."""
    known = {k: r for k, r in load_tables().metrics.items() if r.get("count") and r.get("exposure") and r.get("family") != "money"}
    row = known.get(str(metric))
    if row is None:
        wanted = ", ".join(known)
        return (
            "engagements",
            "impressions",
            [finding("E_OPTION", column="metric", found=metric, expected=wanted, hint=nearest(metric, known))],
        )
    return str(row["count"]), str(row["exposure"]), absent(frame, (row["count"], row["exposure"]))


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """p_value of "no time is better"; ends (168, 3) of log rates by weekday and hour; above (168,): chance to lie above the mean."""

    p_value: float
    ends: np.ndarray
    above: np.ndarray


def _variances(z: np.ndarray, own: np.ndarray, day: np.ndarray, taken: np.ndarray) -> tuple[float, float]:
    """Variance of posts and of days by restricted likelihood on a grid, time of the week left free in `taken`."""
    size = max(float(np.var(z)), 1e-6)
    best, at = -np.inf, (size, 0.0)
    for post in size * np.geomspace(0.02, 1.6, 16):
        for ratio in (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8):
            luck, logdet = week.shared_luck(own, day, post, ratio * post)
            solved = luck.solve(np.column_stack([taken, z]))
            inner = taken.T @ solved[:, :-1]
            beta = np.linalg.solve(inner + 1e-9 * np.eye(len(inner)), taken.T @ solved[:, -1])
            likely = -0.5 * (logdet + np.linalg.slogdet(inner + 1e-9 * np.eye(len(inner)))[1] + (z - taken @ beta) @ solved[:, -1])
            if likely > best:
                best, at = float(likely), (float(post), float(ratio * post))
    return at


def _fitted(part: Posts, level: float) -> _Fit | None:
    """The hours of one group; None where it has too few posts."""
    if len(part.y) < LEAST or part.y.sum() == 0:
        return None
    z = np.log((part.y + 0.5) / part.n)
    own = 1 / (part.y + 0.5)
    blocks = week.features(part.weekday, part.hour)
    taken = np.column_stack([week.smooth_time(part.at, most=6), part.kinds])
    post, shared = _variances(z, own, part.day, np.column_stack([taken, blocks[0], blocks[1][:, 1:]]) if len(z) > 60 else taken)
    null_post, null_shared = _variances(z, own, part.day, taken)
    p = week.shuffled(z, taken, blocks, week.shared_luck(own, part.day, null_post, null_shared)[0])
    ends, above = _posterior(z, taken, blocks, week.shared_luck(own, part.day, post, shared)[0], level)
    return _Fit(p_value=p, ends=ends, above=above)


def _posterior(z: np.ndarray, taken: np.ndarray, blocks: list[np.ndarray], luck: week.Luck, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Log rates of the 168 hours of a week, sizes of the three blocks drawn from priors and weighed by how well they tell the data."""
    f, grid = np.column_stack(blocks), np.column_stack(week.features(np.repeat(np.arange(7), 24), np.tile(np.arange(24) + 0.5, 7)))
    scale = np.sqrt(max(float(np.var(z)), 1e-6))
    sizes = scale * np.abs(norm.ppf(qmc.Sobol(3, seed=SEED).random(DRAWS) * 0.998 + 0.001)) * np.array([0.6, 0.4, 0.3])
    everything = np.column_stack([taken, f])
    solved = luck.solve(np.column_stack([everything, z]))
    gram, fit, k = everything.T @ solved[:, :-1], everything.T @ solved[:, -1], taken.shape[1]
    width = [b.shape[1] for b in blocks]
    ask = np.column_stack([np.tile(taken.mean(axis=0), (168, 1)), grid])
    mean_ask = np.concatenate([taken.mean(axis=0), f.mean(axis=0)])
    ask = np.vstack([ask, ask - mean_ask])
    parts = []
    for size in sizes:
        prior = np.concatenate([np.full(k, 1e-8), np.repeat(1 / np.maximum(size, 1e-5) ** 2, width)])
        factor = cho_factor(gram + np.diag(prior), lower=True)
        beta = cho_solve(factor, fit)
        spread = np.einsum("ij,ji->i", ask, cho_solve(factor, ask.T))
        likely = 0.5 * fit @ beta - np.log(np.diag(factor[0])).sum() + 0.5 * np.log(prior).sum()
        parts.append((ask @ beta, np.sqrt(spread), likely))
    weight = mixing.weights(np.array([p[2] for p in parts]))
    kept = weight > 1e-4
    mean, sd = (np.array([p[j] for p in parts])[kept] for j in (0, 1))
    weight = weight[kept] / weight[kept].sum()
    df = max(len(z) - taken.shape[1] - 8, 5)
    above = 1 - mixing.below(np.zeros(168), mean[:, 168:], sd[:, 168:], weight, df)
    return mixing.ends(mean[:, :168], sd[:, :168], weight, df, level), above


def _cells(name: str, part: Posts, fit: _Fit | None, *, matters: bool) -> pd.DataFrame:
    """The 168 rows of one group: those far from any post of the group are left blank."""
    weekday, hour = np.repeat(np.arange(7), 24), np.tile(np.arange(24), 7)
    posts = np.bincount(part.weekday * 24 + part.hour.astype(int), minlength=168)
    table = pd.DataFrame({"segment": name, "weekday": weekday + 1, "hour": hour})
    by_hour = np.bincount(part.hour.astype(int), minlength=24)
    near = np.array([by_hour[(h + np.arange(-NEAR, NEAR + 1)) % 24].sum() > 0 for h in hour])
    rates = np.full((168, 3), np.nan) if fit is None else np.where(near[:, None], np.exp(fit.ends), np.nan)
    table[["rate", "low", "high"]] = rates
    best = np.zeros(168, bool) if fit is None or not matters else (fit.above >= SURE) & near
    return table.assign(best=best, posts=posts)


def _remarks(groups: pd.DataFrame, read: Posts) -> list[Finding]:
    found = []
    for row in groups.to_dict("records"):
        if row["verdict"] == "few":
            found.append(finding("N_TIMES_FEW", level="note", found=str(row["segment"]), count=int(row["posts"]), expected=str(LEAST)))
        elif row["verdict"] == "none":
            found.append(finding("N_TIMES_NONE", level="note", found=str(row["segment"]), count=int(row["posts"])))
    if len(read.y) and float(np.median(read.y)) < 5:
        found.append(finding("N_TIMES_SMALL", level="warning", found=f"{np.median(read.y):.0f}"))
    return found
