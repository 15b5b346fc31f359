"""How long a post lives: hours until half of what it will ever get has come, posts that are still young counted as what they are.

A post of three hours has not had its half-life yet, and its count so far is no total: what it tells is the shape of its first three hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from mktlib.errors import DataError, Finding
from mktlib.glmm import mixing
from mktlib.intake import to_pandas
from mktlib.intake.inputs import absent, as_group, not_numbers, numbers
from mktlib.results import HalfLife
from mktlib.vocabulary import finding, not_level, progress

FAMILIES = ("lognormal", "loglogistic", "weibull")
HALVES = np.log(np.geomspace(0.05, 3000.0, 61))
"""Half-lives tried (log hours): three minutes to four months."""
SHAPES = np.geomspace(0.35, 2.8, 9)
SPREADS = np.geomspace(0.08, 1.6, 8)
"""Spread of the half-lives of a group's posts (log)."""
APART = np.geomspace(0.05, 3.0, 10)
"""Spread of groups about their common half-life (log)."""
LEAST = 3
FINE = 0.1
"""Periods are joined within so many logs of age."""
AGES = np.geomspace(0.25, 720.0, 40)


def half_life(activity: Any, *, by: Sequence[str] | str = ("network",), level: float = 0.9, cumulative: bool | None = None) -> HalfLife:
    """The half-life of posts by group, with the range of the group and of its posts.

    Args:
        activity: one row a post and age: post_id, age_hours (the end of the hour or of the period), engagements, and the columns of `by`.
        by: groups; where there are two columns, groups of the last are drawn to their common half-life within each value of the first.
        level: of the ranges.
        cumulative: whether engagements are counted since publication; None: they are if no post's count ever falls and some stay level.

    Returns:
        `HalfLife`; a group's half-life is that of its typical (median) post.

    Raises:
        DataError: every problem at once. A daily series of followers or engagements (no post, no age) is refused: it cannot say it.

    The counts of each post are conditional on its total so far (truncated at the age it was last seen), along a lognormal, log-logistic or
    Weibull curve, the one of the three that tells all posts best; half-lives of posts are lognormal within a group and groups are drawn
    together as far as they are alike; shape, spreads and means are averaged over grids. Counts may be luckier than Poisson's.

    >>> age = np.arange(1.0, 49.0)
    >>> rows = [pd.DataFrame({"post_id": p, "network": "x", "age_hours": age, "engagements": 400 * 0.5 ** (age / 6)}) for p in "abcd"]
    >>> bool(half_life(pd.concat(rows).round()).table["half_life"].between(4.5, 8).all())
    True
    """
    frame, by = to_pandas(activity), (by,) if isinstance(by, str) else _columns(by)
    _refused(frame, by, level)
    posts, notes = _posts(frame, by, cumulative)
    likely, family, luck = _likelihoods(posts)
    keys = [tuple(p.key) for p in posts]
    groups = sorted(set(keys))
    told = {g: _group(likely[[k == g for k in keys]]) for g in groups}
    pooled = _pooled(told, groups, len(by))
    table = pd.DataFrame([_row(g, by, posts, keys, pooled[g], told[g], family, level) for g in groups])
    curves = pd.concat([_curve(g, by, pooled[g], told[g], family, level) for g in groups], ignore_index=True)
    each = pd.DataFrame([_each(p, lk, told[tuple(p.key)], by, level) for p, lk in zip(posts, likely, strict=True)])
    facts = {"by": list(by), "level": level, "posts": len(posts), "young": int(table["young"].sum()), "groups": len(groups)}
    facts |= {"engagements": int(sum(p.counts.sum() for p in posts)), "family": family, "luck": luck}
    return HalfLife(table=table, curves=curves, posts=each, facts=facts, findings=tuple([*notes, *_remarks(table, posts, by)]))


@dataclass(frozen=True)
class _Post:
    """One post: its id, group, the ends of its periods (hours, in order) and what came in each."""

    name: str
    key: tuple[str, ...]
    ends: np.ndarray
    counts: np.ndarray


def _columns(by: Any) -> tuple[str, ...]:
    """Names of columns; none where it is no list of names."""
    names = tuple(by) if isinstance(by, list | tuple) else ()
    return names if all(isinstance(name, str) for name in names) else ()


def _refused(frame: pd.DataFrame, by: tuple[str, ...], level: float) -> None:
    lacking = [c for c in ("post_id", "age_hours") if c not in frame]
    if lacking and "date" in frame:
        raise DataError(finding("E_HALF_LIFE_DAILY", column=", ".join(lacking), found=", ".join(map(str, list(frame.columns)[:12]))))
    found = [*absent(frame, ("post_id", "age_hours", "engagements", *by)), *not_level(level)]
    found += [f for c in ("age_hours", "engagements") if c in frame for f in not_numbers(frame, c)]
    if frame.empty:
        found.append(finding("E_NO_ROWS", found="0"))
    if not by:
        found.append(finding("E_OPTION", column="by", found="()", expected="('network',)"))
    if found:
        raise DataError(found)


def _posts(frame: pd.DataFrame, by: tuple[str, ...], cumulative: bool | None) -> tuple[list[_Post], list[Finding]]:
    """The posts of a frame; rows without an age or a count are left out and told, and so are posts without an engagement."""
    data = pd.DataFrame({"post": as_group(frame["post_id"]), "age": numbers(frame, "age_hours", blank=np.nan)})
    data["count"] = numbers(frame, "engagements", blank=np.nan)
    for k, column in enumerate(by):
        data[f"by{k}"] = as_group(frame[column])
    told = data["age"].gt(0) & data["count"].notna()
    notes = [] if told.all() else [finding("N_POSTS_LEFT", level="note", found=str(int((~told).sum())), expected="age_hours, engagements")]
    data = data[told].sort_values(["post", "age"], kind="stable")
    _twice(data)
    step = data.groupby("post")["count"].diff()
    if cumulative is None:
        cumulative = bool((step.dropna() >= 0).all() and step.notna().any() and (step.dropna() == 0).any())
    if cumulative:
        _falls(data, step)
        data["count"] = step.fillna(data["count"])
    posts = []
    for name, part in data.groupby("post", sort=True):
        key = tuple(str(part[f"by{k}"].iloc[0]) for k in range(len(by)))
        posts.append(_Post(str(name), key, *_joined(part["age"].to_numpy(float), part["count"].to_numpy(float))))
    silent = [p for p in posts if p.counts.sum() <= 0]
    if silent:
        notes.append(finding("N_HALF_LIFE_SILENT", level="note", found=str(len(silent))))
    posts = [p for p in posts if p.counts.sum() > 0]
    if not posts:
        raise DataError(finding("E_NO_EVENTS"))
    return posts, notes


def _twice(data: pd.DataFrame) -> None:
    again = data.duplicated(["post", "age"])
    if again.any():
        raise DataError(finding("E_AGE_TWICE", column="age_hours", found=data.loc[again, "post"].iloc[0], count=int(again.sum())))


def _falls(data: pd.DataFrame, step: pd.Series) -> None:
    if (step < 0).any():
        raise DataError(finding("E_COUNT_FALLS", column="engagements", found=data.loc[step < 0, "post"].iloc[0]))


# ---------------------------------------------------------------- curves


def share(family: str, age: np.ndarray, half: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """The fraction of all engagements that has come at an age, from the log half-life and the shape (broadcast together).

    >>> [round(float(share(f, np.array(6.0), np.log(6.0), np.array(1.0))), 6) for f in FAMILIES]
    [0.5, 0.5, 0.5]
    """
    x = shape * (np.log(np.maximum(age, 1e-9)) - half)
    if family == "lognormal":
        return np.asarray(norm.cdf(x))
    raised = np.exp(np.clip(x, -500, 500))
    return np.asarray(raised / (1 + raised) if family == "loglogistic" else 1 - np.exp2(-raised))


def _one(post: _Post, family: str) -> np.ndarray:
    """(halves, shapes): log likelihood of a post's counts given their sum."""
    came = share(family, np.concatenate([[0.0], post.ends])[:, None, None], HALVES[None, :, None], SHAPES[None, None, :])
    parts = np.maximum(np.diff(came, axis=0) / np.maximum(came[-1], 1e-300), 1e-12)
    return np.asarray(np.einsum("j,jhs->hs", post.counts, np.log(parts)))


def _joined(ends: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Periods of a long life joined, so that each is about a tenth of its age at least: the curve is smooth there."""
    step = np.floor(np.log(ends) / FINE).astype(int)
    last = np.flatnonzero(np.append(np.diff(step) > 0, True))
    return ends[last], np.add.reduceat(counts, np.append(0, last[:-1] + 1))


def _likelihoods(posts: list[_Post]) -> tuple[np.ndarray, str, float]:
    """((posts, halves, shapes) log likelihoods, the family that tells best, how many times luckier than Poisson counts are)."""
    bar = progress(total=len(FAMILIES) * len(posts), desc="half-life")
    each = {}
    for family in FAMILIES:
        rows = []
        for post in posts:
            rows.append(_one(post, family))
            bar.update()
        each[family] = np.array(rows)
    bar.close()
    best = max(FAMILIES, key=lambda f: float(each[f].max(axis=1).sum(axis=0).max()))
    luck = _luck(posts, each[best], best)
    return each[best] / luck, best, luck


def _luck(posts: list[_Post], likely: np.ndarray, family: str) -> float:
    """Variance of counts about each post's own best curve, over Poisson's (Pearson); 1 at least. Periods that expect under 1 are joined."""
    square, df = 0.0, 0
    for post, one in zip(posts, likely, strict=True):
        half, shape = np.unravel_index(int(one.argmax()), one.shape)
        came = share(family, np.concatenate([[0.0], post.ends]), HALVES[half], SHAPES[shape])
        expected = np.diff(came) / max(float(came[-1]), 1e-12) * post.counts.sum()
        bins = np.floor(np.cumsum(expected) / 5).astype(int)
        wanted, seen = np.bincount(bins, expected), np.bincount(bins, post.counts)
        some = wanted > 1
        square += float(((seen - wanted)[some] ** 2 / wanted[some]).sum())
        df += max(int(some.sum()) - 3, 0)
    return max(1.0, square / df) if df > 0 else 1.0


# ---------------------------------------------------------------- groups


@dataclass(frozen=True)
class _Told:
    """What the posts of a group say: likely (halves,) of the group's mean; post: (halves, spreads) weights; shape weights (shapes,)."""

    mean: np.ndarray
    spread: np.ndarray
    shape: np.ndarray


def _bell(spread: float) -> np.ndarray:
    """(halves, means): normal weights of a post's half-life about a group's mean."""
    raw = np.exp(-0.5 * ((HALVES[:, None] - HALVES[None, :]) / spread) ** 2)
    return np.asarray(raw / raw.sum(axis=0))


def _group(likely: np.ndarray) -> _Told:
    """Mean, spread and shape of a group from the likelihoods of its posts (posts, halves, shapes), each averaged over the others."""
    top = likely.max(axis=1, keepdims=True)
    raised = np.exp(likely - top)
    whole = np.empty((len(HALVES), len(SPREADS), len(SHAPES)))
    for k, spread in enumerate(SPREADS):
        told = np.einsum("phs,hm->pms", raised, _bell(spread))
        whole[:, k, :] = (np.log(np.maximum(told, 1e-300)) + top).sum(axis=0)
    whole += -0.5 * (SPREADS[None, :, None] / 0.8) ** 2 - 0.5 * (np.log(SHAPES) / 0.7)[None, None, :] ** 2
    whole = np.exp(whole - whole.max())
    return _Told(whole.sum(axis=(1, 2)), whole.sum(axis=2) / whole.sum(), whole.sum(axis=(0, 1)) / whole.sum())


def _pooled(told: dict[tuple[str, ...], _Told], groups: list[tuple[str, ...]], depth: int) -> dict[tuple[str, ...], np.ndarray]:
    """(halves,) weights of each group's mean, groups with one parent drawn together as far as they are alike."""
    out = {}
    for parent in sorted({g[: depth - 1] for g in groups}):
        mine = [g for g in groups if g[: depth - 1] == parent]
        rows = np.array([told[g].mean / told[g].mean.sum() for g in mine])
        if len(mine) == 1:
            out[mine[0]] = rows[0]
            continue
        total = np.zeros((len(mine), len(HALVES)))
        parts = [_drawn(rows, apart) for apart in APART]
        weight = mixing.weights(np.array([p[1] for p in parts]))
        for part, w in zip(parts, weight, strict=True):
            total += w * part[0]
        out |= dict(zip(mine, total, strict=True))
    return out


def _drawn(rows: np.ndarray, apart: float) -> tuple[np.ndarray, float]:
    """Weights of each group's mean for one spread between groups, and the log likelihood of that spread."""
    bell = _bell(apart)
    told = np.maximum(rows @ bell, 1e-300)  # (groups, common means)
    logs = np.log(told).sum(axis=0)
    common = np.exp(logs - logs.max())
    others = common[None, :] / told
    others /= others.sum(axis=1, keepdims=True)
    mine = rows * (others @ bell.T)
    mine /= mine.sum(axis=1, keepdims=True)
    return mine, float(logs.max() + np.log(common.mean()) - 0.5 * (apart / 1.5) ** 2 + np.log(apart))


def _quantiles(weight: np.ndarray, p: Sequence[float]) -> np.ndarray:
    """Quantiles (hours) of weights over the half-lives tried, straight between them."""
    heap = np.cumsum(weight) / weight.sum()
    middle = heap - 0.5 * weight / weight.sum()
    return np.exp(np.interp(p, middle, HALVES))


def _row(
    group: tuple[str, ...], by: tuple[str, ...], posts: list[_Post], keys: list[tuple[str, ...]],
    mean: np.ndarray, told: _Told, family: str, level: float,
) -> dict[str, Any]:  # fmt: skip
    mine = [p for p, k in zip(posts, keys, strict=True) if k == group]
    half, low, high = _quantiles(mean, [0.5, (1 - level) / 2, (1 + level) / 2])
    between = sum(w * (_bell(s) @ (mean / mean.sum())) for s, w in zip(SPREADS, told.spread.sum(axis=0), strict=True))
    ends = _quantiles(np.asarray(between), [0.1, 0.9])
    shape = float(np.exp(np.log(SHAPES) @ told.shape))
    late = half * np.exp({"lognormal": norm.ppf(0.9), "loglogistic": np.log(9.0), "weibull": np.log(np.log2(10))}[family] / shape)
    row: dict[str, Any] = dict(zip(by, group, strict=True))
    row |= {
        "posts": len(mine),
        "oldest": float(max(p.ends[-1] for p in mine)),
        "young": sum(p.ends[-1] < half for p in mine),
        "engagements": int(sum(p.counts.sum() for p in mine)),
    }
    return row | {"half_life": half, "low": low, "high": high, "between_low": ends[0], "between_high": ends[1], "late": float(late)}


def _curve(group: tuple[str, ...], by: tuple[str, ...], mean: np.ndarray, told: _Told, family: str, level: float) -> pd.DataFrame:
    """The curve of a typical post, with its range."""
    came = share(family, AGES[:, None, None], HALVES[None, :, None], SHAPES[None, None, :])
    weight = np.outer(mean / mean.sum(), told.shape).ravel()
    flat = came.reshape(len(AGES), -1)
    order = np.argsort(flat, axis=1)
    heap = np.cumsum(weight[order], axis=1)
    ends = [np.take_along_axis(flat, order, 1)[np.arange(len(AGES)), (heap < p).sum(axis=1).clip(max=flat.shape[1] - 1)]
            for p in ((1 - level) / 2, (1 + level) / 2)]  # fmt: skip
    table = pd.DataFrame({"age": AGES, "share": flat @ weight, "low": ends[0], "high": ends[1]})
    for k, column in enumerate(by):
        table.insert(k, column, group[k])
    return table


def _each(post: _Post, likely: np.ndarray, told: _Told, by: tuple[str, ...], level: float) -> dict[str, Any]:
    """One post: what its own counts say, drawn to its group."""
    prior = sum(w * (_bell(s) @ (told.mean / told.mean.sum())) for s, w in zip(SPREADS, told.spread.sum(axis=0), strict=True))
    weight = np.exp(likely - likely.max()) @ told.shape * prior
    half, low, high = _quantiles(weight, [0.5, (1 - level) / 2, (1 + level) / 2])
    row: dict[str, Any] = {"post_id": post.name} | dict(zip(by, post.key, strict=True))
    return row | {"hours": float(post.ends[-1]), "engagements": int(post.counts.sum()), "half_life": half, "low": low, "high": high}


def _remarks(table: pd.DataFrame, posts: list[_Post], by: tuple[str, ...]) -> list[Finding]:
    found = []
    young = int(table["young"].sum())
    if young:
        found.append(finding("N_HALF_LIFE_YOUNG", level="note", found=str(young), expected=str(len(posts))))
    for row in table[table["posts"] < LEAST].to_dict("records"):
        found.append(finding("N_HALF_LIFE_FEW", level="note", found=" / ".join(str(row[c]) for c in by), count=int(row["posts"])))
    for row in table[table["half_life"] > table["oldest"]].to_dict("records"):
        name = " / ".join(str(row[c]) for c in by)
        found.append(finding("N_HALF_LIFE_BEYOND", level="warning", found=name, oldest=f"{row['oldest']:.0f}"))
    short = table[table["half_life"] < 1.0]
    if len(short) and min(float(p.ends[0]) for p in posts) >= 1.0:
        found.append(finding("N_HALF_LIFE_FINE", level="note", found=", ".join(map(str, short[by[-1]]))))
    return found
