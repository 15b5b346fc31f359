"""How many posts a week people bear: reach of a post beside the posts of the week before it, and where it begins to wear.

A plateau, then a decline: nothing is lost up to k posts, then each further post costs a share of the reach of every post. Whether there
is a decline at all is tested first, over all k at once; where data cannot tell, the answer is "no wear seen up to n a week".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm, truncnorm
from threadpoolctl import threadpool_limits

from mktlib.audience.drift import Drift, fitted_drifts
from mktlib.audience.posted import ALL, Posts, days_since, read_posts
from mktlib.errors import Finding
from mktlib.glmm import mixing
from mktlib.glmm.week import smooth_time
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group, moments
from mktlib.results import Cadence
from mktlib.vocabulary import finding, not_level, progress

LEAST, RANGE, HELD, STRETCHES = 30, 3, 5, 4
"""Posts, different rhythms, posts at the busiest rhythm and weeks of it below which nothing is said."""
DRAWS, TRIES, SEED = 4000, 2000, 20262
STEEPEST = 0.35
"""Prior scale of the log share of reach that one post too many costs."""
WINDOW = 7.0
Luck = tuple[np.random.Generator, int]


def posting_cadence(posts: Any, *, by: str | None = "network", level: float = 0.9, zone: str = "Europe/Paris") -> Cadence:
    """Posts a week before the reach of a post wears out, with its range, or "no wear seen up to n a week".

    Args:
        posts: one row a post: at (a moment; one without a zone is UTC), reach (else impressions), `by`, and where it is there
            content_type. Posts without a reach count for the rhythm, and are left out of the reach.
        by: the column whose groups are told apart; None: all posts together.
        level: of the ranges.
        zone: whose weekdays and hours are adjusted for.

    Returns:
        `Cadence`. A rhythm is the number of posts in the seven days that end with a post, itself included. Nothing is said of rhythms that
        were not kept long enough to be seen.

    Raises:
        DataError: every problem at once.

    Log reach with a slow trend and season, weekday, hour and content type taken out, luck of single posts and weather that drifts;
    a broken line with one bend (Muggeo 2003, Statistics in Medicine 22), tested over all places of the bend (Davies 1987, Biometrika 74).

    >>> at = pd.date_range("2026-01-01 09:00", periods=40, freq="31h", tz="UTC")
    >>> cadence = posting_cadence(pd.DataFrame({"network": "x", "at": at, "reach": 1000}))
    >>> cadence.limits["verdict"].tolist()
    ['no_variation']
    """
    frame = to_pandas(posts)
    measure = "reach" if "reach" in frame else "impressions"
    read = read_posts(frame, by=by, counts=(measure, measure), zone=zone, found=[*absent(frame, [measure]), *not_level(level)])
    every = _every_moment(frame, by)
    seen = [_Seen.of(read.only(name), every.get(name, read.only(name).at)) for name in read.groups]
    with threadpool_limits(1):  # small matrices: threads wait for each other longer than they work
        fits = [_fitted(s, level) for s in progress(seen, desc="cadence")]
    p = np.ones(len(fits))
    judged = [k for k, f in enumerate(fits) if f is not None]
    if judged:
        p[judged] = mixing.holm(np.array([fits[k].p_value for k in judged]))  # type: ignore[union-attr]
    limits = pd.DataFrame([_limit(name, s, f, raised, level) for name, s, f, raised in zip(read.groups, seen, fits, p, strict=True)])
    curves = [_curve(name, s, f, bool(raised <= 0.05), level) for name, s, f, raised in zip(read.groups, seen, fits, p, strict=True)]
    facts = {"by": by or "all", "measure": measure, "level": level, "posts": len(read.y), "window_days": int(WINDOW)}
    facts |= {"counted": {str(v): int(n) for v, n in limits["verdict"].value_counts().items()}}
    told = [finding("N_CADENCE_OBSERVED", level="note"), *read.findings, *_remarks(limits)]
    return Cadence(table=pd.concat(curves, ignore_index=True), limits=limits, facts=facts, findings=tuple(told))


def _every_moment(frame: pd.DataFrame, by: str | None) -> dict[str, np.ndarray]:
    """The moments of all posts of a group, those without a reach too: they wear people out like the others."""
    when, _ = moments(frame, "at")
    group = as_group(frame[by]) if by else None
    told = when.notna()
    days = pd.Series(days_since(when[told]), index=when.index[told])
    names = group[told] if group is not None else pd.Series(ALL, index=days.index)
    return {str(name): np.sort(part.to_numpy()) for name, part in days.groupby(names)}


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """Posts of one group: log reach, its known variance, the rhythm at each post, what is taken out."""

    z: np.ndarray
    own: np.ndarray
    at: np.ndarray
    rhythm: np.ndarray
    taken: np.ndarray

    @staticmethod
    def of(posts: Posts, every: np.ndarray) -> _Seen:
        known = posts.at >= every.min() + WINDOW - 1e-9  # the first week is not seen whole
        rhythm = np.searchsorted(every, posts.at + 1e-9) - np.searchsorted(every, posts.at - WINDOW + 1e-9)
        angle = 2 * np.pi * posts.hour / 24
        week = (np.eye(7)[posts.weekday] - 1 / 7)[:, :6] if len(posts.at) > 100 else np.zeros((len(posts.at), 0))
        slow = smooth_time(posts.at, most=8)
        taken = np.column_stack([slow, posts.kinds, np.cos(angle), np.sin(angle), week])
        y, at = posts.y[known], posts.at
        return _Seen(z=np.log(y + 0.5), own=1 / (y + 0.5), at=at[known], rhythm=rhythm[known], taken=taken[known])

    @property
    def busiest(self) -> int:
        """The highest rhythm that was kept: in STRETCHES weeks, and for HELD posts and a twentieth of all, at it or above."""
        kept = [n for n in np.unique(self.rhythm) if self.kept(int(n) - 1)]
        return int(max(kept)) if kept else 0

    def kept(self, bend: int) -> bool:
        """Whether enough posts, in enough weeks, were made at more than `bend` a week: one busy week is one week's weather."""
        beyond = self.rhythm > bend
        weeks = len(np.unique(np.floor(self.at[beyond] / WINDOW)))
        return bool(beyond.sum() >= max(HELD, 0.05 * len(beyond)) and weeks >= STRETCHES)


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """p_value of "no wear"; wear: how likely there is any; loss: the largest log loss a post that an even decline could hide (upper end).

    Draws of what is left likely, one each: bend, slope (log reach lost by each post beyond it), plateau (log reach below it), plain (the
    same where there is no wear).
    """

    p_value: float
    bend: np.ndarray
    slope: np.ndarray
    plateau: np.ndarray
    plain: np.ndarray
    loss: float
    wear: float


def _columns(x: np.ndarray) -> np.ndarray:
    """Columns that say something: those that are (nearly) sums of others before them are left out."""
    kept = [0]
    for k in range(1, x.shape[1]):
        if np.linalg.svd(x[:, [*kept, k]] / np.maximum(np.linalg.norm(x[:, [*kept, k]], axis=0), 1e-12), compute_uv=False)[-1] > 1e-6:
            kept.append(k)
    return x[:, kept]


def _fitted(seen: _Seen, level: float) -> _Fit | None:
    """The bend of one group; None where there are too few posts or rhythms."""
    if len(seen.z) < LEAST or len(np.unique(seen.rhythm)) < RANGE or seen.busiest - np.quantile(seen.rhythm, 0.1) < RANGE:
        return None
    taken = _columns(seen.taken)
    free = np.column_stack([taken, *_curved(seen.rhythm)])
    drifts = fitted_drifts(seen.z, seen.at, seen.own, _columns(free))
    bends = np.arange(max(1, int(np.quantile(seen.rhythm, 0.05))), seen.busiest)
    loss = np.maximum(seen.rhythm[:, None] - bends[None, :], 0.0)
    rng, parts = np.random.default_rng(SEED), []
    for weight, drift in drifts:
        parts.append(_bent(seen, taken, drift, bends.astype(float), loss, level, (rng, max(int(weight * DRAWS), 100))))
    share = np.array([weight for weight, _ in drifts])
    bend, slope, plateau, plain = (np.concatenate([getattr(f, k) for f in parts]) for k in ("bend", "slope", "plateau", "plain"))
    p, most, wear = (float(share @ [getattr(f, k) for f in parts]) for k in ("p_value", "loss", "wear"))
    return _Fit(p_value=p, bend=bend, slope=slope, plateau=plateau, plain=plain, loss=most, wear=wear)


def _curved(rhythm: np.ndarray) -> list[np.ndarray]:
    """What a rhythm may do to reach, whatever it is: for the estimate of luck alone."""
    place = (rhythm - rhythm.mean()) / max(float(rhythm.std()), 1e-9)
    return [place, place**2]


def _bent(seen: _Seen, taken: np.ndarray, drift: Drift, bends: np.ndarray, loss: np.ndarray, level: float, luck: Luck) -> _Fit:
    """What one drift leaves likely."""
    (rng, draws) = luck
    solved, k = drift.solve(np.column_stack([taken, loss, seen.z])), taken.shape[1]
    inner = np.linalg.inv(taken.T @ solved[:, :k])
    across = taken.T @ solved[:, k:-1]
    gram = loss.T @ solved[:, k:-1] - across.T @ inner @ across
    score = across.T @ inner @ (taken.T @ solved[:, -1]) - loss.T @ solved[:, -1]  # a loss lowers reach
    size = np.sqrt(np.maximum(np.diag(gram), 1e-12))
    df = max(len(seen.z) - k - 3, 5)
    p = _largest(float((score / size).max()), gram / np.outer(size, size), df, rng)
    sd = 1 / np.sqrt(size**2 + 1 / STEEPEST**2)
    slope = score * sd**2
    likely = 0.5 * (slope / sd) ** 2 + np.log(sd / STEEPEST) + norm.logcdf(slope / sd) + np.log(2)
    odds = float(np.exp(np.clip(likely, -700, 700)).mean())  # wear against none, before which either is as likely
    at = rng.choice(len(bends), draws, p=mixing.weights(likely))
    drawn = truncnorm.ppf(rng.random(draws), -slope[at] / sd[at], np.inf, slope[at], sd[at])
    start = taken.mean(axis=0)
    level_of = start @ inner @ (taken.T @ solved[:, -1])
    moved = (start @ inner @ across)[at] * drawn
    plain = level_of + np.sqrt(start @ inner @ start) * rng.standard_normal(draws)
    even, unsure = float(score[0] / size[0] ** 2), float(1 / size[0])  # a decline over the whole range
    upper = float(truncnorm.ppf(level, -even / unsure, np.inf, even, unsure))
    return _Fit(p_value=p, bend=bends[at], slope=drawn, plateau=plain + moved, plain=plain, loss=upper, wear=odds / (1 + odds))


def _largest(far: float, alike: np.ndarray, df: float, rng: np.random.Generator) -> float:
    """The chance that the largest of t values so alike would be so far without any wear, by simulation."""
    values, vectors = np.linalg.eigh(alike)
    draws = rng.standard_normal((TRIES, len(alike))) @ (vectors * np.sqrt(np.maximum(values, 0))).T
    draws /= np.sqrt(rng.chisquare(df, TRIES) / df)[:, None]
    return float((1 + (draws.max(axis=1) >= far).sum()) / (1 + TRIES))


def _reach(fit: _Fit, n: np.ndarray, *, wears: bool) -> np.ndarray:
    """(draws, n): reach of a typical post at each rhythm; without a proof of wear, as many draws as chance has it are flat."""
    flat = np.zeros(len(fit.slope), bool) if wears else np.random.default_rng(SEED + 1).random(len(fit.slope)) > fit.wear
    slope = np.where(flat, 0.0, fit.slope)
    moved = np.where(flat, fit.plain, fit.plateau)
    return np.asarray(np.exp(moved[:, None] - slope[:, None] * np.maximum(n[None, :] - fit.bend[:, None], 0)))


def _tails(x: np.ndarray, level: float) -> np.ndarray:
    return np.asarray(np.quantile(x, [0.5, (1 - level) / 2, (1 + level) / 2], axis=0))


def _limit(name: str, seen: _Seen, fit: _Fit | None, raised: float, level: float) -> dict[str, Any]:
    """One row of `Cadence.limits`."""
    row: dict[str, Any] = {"group": name, "posts": len(seen.z), "usual": float(np.median(seen.rhythm)) if len(seen.z) else np.nan}
    row["seen_up_to"] = seen.busiest
    blank = ("wears_at", "low", "high", "loss", "loss_low", "loss_high", "optimum", "optimum_low", "optimum_high")
    row |= {"p_value": np.nan, "at_edge": False} | dict.fromkeys(blank, np.nan)
    if fit is None:
        return row | {"verdict": "too_few" if len(seen.z) < LEAST else "no_variation"}
    row["p_value"] = raised
    if raised > 0.05:
        return row | {"verdict": "not_seen", "loss_high": 1 - np.exp(-fit.loss)}
    n = np.arange(1, seen.busiest + 1)
    best = n[(_reach(fit, n, wears=True) * n).argmax(axis=1)]
    row |= dict(zip(("wears_at", "low", "high"), _tails(fit.bend, level), strict=True))
    row |= dict(zip(("loss", "loss_low", "loss_high"), 1 - np.exp(-_tails(fit.slope, level)), strict=True))
    row |= dict(zip(("optimum", "optimum_low", "optimum_high"), _tails(best, level), strict=True))
    return row | {"verdict": "wears", "at_edge": bool(row["optimum_high"] >= seen.busiest)}


def _curve(name: str, seen: _Seen, fit: _Fit | None, wears: bool, level: float) -> pd.DataFrame:
    """The rows of `Cadence.table` for one group: rhythms that were seen, and none beyond."""
    n = np.arange(1, max(seen.busiest, 1) + 1)
    posts = np.bincount(np.minimum(seen.rhythm, n[-1]), minlength=n[-1] + 1)[1:] if len(seen.rhythm) else np.zeros(len(n), int)
    table = pd.DataFrame({"group": name, "per_week": n, "posts": posts})
    three = ("reach", "reach_low", "reach_high", "total", "total_low", "total_high")
    if fit is None:
        return table.assign(**dict.fromkeys(three, np.nan))
    reach = _tails(_reach(fit, n, wears=wears), level)
    total = _tails(_reach(fit, n, wears=wears) * n, level)
    return table.assign(**dict(zip(three, [*reach, *total], strict=True)))


def _remarks(limits: pd.DataFrame) -> list[Finding]:
    """What a reader must know of each group."""
    found = []
    for row in limits.to_dict("records"):
        name, most = str(row["group"]), str(int(row["seen_up_to"]))
        if row["verdict"] == "not_seen":
            found.append(finding("N_CADENCE_NONE", level="note", found=name, most=most, loss=f"{np.ceil(100 * row['loss_high']):.0f}"))
        elif row["verdict"] == "wears" and row["at_edge"]:
            found.append(finding("N_CADENCE_EDGE", level="note", found=name, most=most))
        elif row["verdict"] in ("too_few", "no_variation"):
            found.append(finding(f"N_CADENCE_{row['verdict'].upper()}", level="note", found=name, count=int(row["posts"]), most=most))
    return found
