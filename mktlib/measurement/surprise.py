"""What surprised, told once: a whole channel that came in low is one surprise, not one a piece.

Each result is put on the scale of its promise: how far it lies from it, and how far it was promised to lie. Groups (the whole campaign, a
channel, a segment, a kind of content, one piece) and single placements then compete to explain what is far out: the one that explains most
is named, its common part is taken off, and the rest is looked at again. None is named that the promise allows, at a chance of `ALPHA` over
all that could have been named (Holm 1979, Scand. J. Statist. 6).

Doubts may be shared: two promises made from one sum of effects err together. Where it is known how (`shared`), that is used; where it is
not, a group must be far out even if all its doubts moved as one, which holds under any dependence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mktlib import glmm
from mktlib.glmm.predictive import center_of, luck_of, normal_score

Array = NDArray[Any]
ALPHA = 0.05
"""Reviews of campaigns that keep their promise in which anything is named at all."""
AXES = ("channel", "segment", "content_type", "style", "length", "stage", "item")
PLACEMENT = "placement"
MOST = 30
"""Surprises named at most."""
MOST_POOLED = 5000
"""Placements beyond which levels are not pooled."""
MOST_SINGLE = 2000
"""Single placements that compete, the farthest out; all of them count as what could have been named."""


@dataclass(frozen=True)
class Deviations:
    """How far each placement that ran lies from its promise, on the scale of the link.

    gap (n,): its normal score times the spread that was promised. doubt (n,): sd of the promised rate. luck (n,): variance of counting.
    shared (n, n) or None: how the doubts move together (correlations), where it is known.
    """

    gap: Array
    doubt: Array
    luck: Array
    shared: Array | None = None

    @property
    def weight(self) -> Array:
        return np.asarray(1 / (self.doubt**2 + self.luck))

    def spread(self, groups: Array) -> Array:
        """(m,) sd of each group's weighted sum (m, n), as the promise allows it."""
        if self.shared is None:
            return np.asarray(np.sqrt((groups @ self.doubt) ** 2 + groups**2 @ self.luck))
        doubts = groups * self.doubt
        return np.asarray(np.sqrt(np.einsum("mi,mi->m", doubts @ self.shared, doubts) + groups**2 @ self.luck))


def deviations(count: Array, rate: Array, sd: Array, exposure: Array, *, family: str, shared: Array | None = None) -> Deviations:
    """From counts and promises to distances whose sd is the promised one."""
    luck = luck_of(rate, exposure, family=family)
    spread = np.sqrt(np.maximum(sd**2 + luck, 1e-12))
    return Deviations(normal_score(count, rate, sd, exposure, family=family) * spread, np.maximum(sd, 1e-6), luck, shared)


def groups_of(table: pd.DataFrame) -> tuple[list[tuple[str, str]], list[tuple[str, ...]], list[Array]]:
    """Everything that can be named: (axis, level) of each, what else has the very same rows, and the rows."""
    names: list[tuple[str, str]] = [("campaign", "all")]
    rows: list[Array] = [np.arange(len(table))]
    for axis in (a for a in AXES if a in table):
        for level, part in pd.Series(np.arange(len(table))).groupby(table[axis].astype(str).to_numpy(), sort=True):
            names.append((axis, str(level)))
            rows.append(part.to_numpy())
    names += [(PLACEMENT, str(i)) for i in range(len(table))]
    rows += [np.array([i]) for i in range(len(table))]
    return _without_twins(names, rows)


def _without_twins(names: Sequence[tuple[str, str]], rows: Sequence[Array]) -> tuple[list[Any], list[Any], list[Array]]:
    """Groups of the same rows are one: the data cannot tell them apart. A single row is a placement, whatever else it is."""
    first: dict[bytes, int] = {}
    kept: list[tuple[str, str]] = []
    twins: list[tuple[str, ...]] = []
    out: list[Array] = []
    for name, some in zip(names, rows, strict=True):
        if len(some) == 1 and name[0] != PLACEMENT:
            continue
        at = first.setdefault(some.tobytes(), len(kept))
        if at == len(kept):
            kept.append(name)
            twins.append(())
            out.append(some)
        else:
            twins[at] = (*twins[at], " / ".join(name))
    return kept, twins, out


def named(table: pd.DataFrame, dev: Deviations, rate: Array, exposure: Array, *, family: str, alpha: float = ALPHA) -> pd.DataFrame:
    """What is named, in the order found: one row a surprise.

    Columns: axis, level, same_as, rows (positions), placements, effect, se (on the link), p, z (of what is farthest out in it). An effect
    is what is left for it once all the others named are taken off; they are estimated together (weighted least squares). Something must
    be farther out than the promise allows; the name goes to whichever group around it explains most.
    """
    keys, twins, rows = groups_of(table)
    weight, n, many = dev.weight, len(table), len(keys)
    if n > MOST_SINGLE:
        near = set(np.argsort(np.abs(dev.gap) * np.sqrt(weight))[:-MOST_SINGLE].tolist())
        kept = [k for k, some in enumerate(rows) if len(some) > 1 or int(some[0]) not in near]
        keys, twins, rows = [keys[k] for k in kept], [twins[k] for k in kept], [rows[k] for k in kept]
    member = np.zeros((len(keys), n), bool)
    for k, some in enumerate(rows):
        member[k, some] = True
    weighed = member * weight
    spread, precision = dev.spread(weighed), weighed.sum(axis=1)
    chosen: list[int] = []
    chances: list[tuple[float, float]] = []
    left, effect, error = dev.gap, np.zeros(0), np.zeros(0)
    while len(chosen) < min(MOST, n):
        total = weighed @ left
        z = total / spread
        p = 2 * ndtr(-np.abs(z))
        far = p <= alpha / (many - len(chosen))
        far[chosen] = False
        if not far.any():
            break
        open_to = far | _around(member, far)
        open_to[chosen] = False
        best = int(np.argmax(np.where(open_to, total**2 / precision, -1.0)))
        within = np.flatnonzero(far & ~(member & ~member[best]).any(axis=1))
        worst = int(within[np.argmin(p[within])])
        chosen.append(best)
        chances.append((float(z[worst]), float(p[worst])))
        left, effect, error = _taken_off(dev, member[chosen].T.astype(float))
    out = {
        "axis": [keys[k][0] for k in chosen], "level": [keys[k][1] for k in chosen], "same_as": ["; ".join(twins[k]) for k in chosen],
        "placements": [len(rows[k]) for k in chosen], "effect": effect, "se": error,
        "z": [z for z, _ in chances], "p": [p for _, p in chances], "rows": [rows[k] for k in chosen],
    }  # fmt: skip
    return pd.DataFrame(out)


def _around(member: Array, far: Array) -> Array:
    """(m,) the groups that hold something far out whole: a channel may be the cause of what is too far only in one of its kinds."""
    size = member[far].sum(axis=1)
    return np.asarray((member.astype(float) @ member[far].T.astype(float) >= size).any(axis=1))


def _taken_off(dev: Deviations, x: Array) -> tuple[Array, Array, Array]:
    """What is left of the gaps once common parts x (n, k) are taken off; the parts, and their errors if doubts are not shared."""
    inverse = np.linalg.pinv((x * dev.weight[:, None]).T @ x)
    effect = inverse @ (x.T @ (dev.weight * dev.gap))
    return dev.gap - x @ effect, effect, np.sqrt(np.maximum(np.diag(inverse), 0))


def times(effect: float, rate: Array, exposure: Array, family: str) -> float:
    """How many times the promised events a common effect on the link means over these placements.

    >>> round(times(np.log(0.5), np.array([1e-6]), np.array([1000]), "binomial"), 3)
    0.5
    """
    if family != "binomial":
        return float(np.exp(min(effect, 300.0)))
    odds = rate / np.maximum(1 - rate, 1e-12) * np.exp(min(effect, 300.0))
    return float((exposure * odds / (1 + odds)).sum() / max(float((exposure * rate).sum()), 1e-300))


def told(
    found: pd.DataFrame, table: pd.DataFrame, rate: Array, exposure: Array, count: Array, *, family: str, level: float
) -> pd.DataFrame:
    """The named surprises as a reader wants them: `ratio low high` are times the promised events."""
    reach, rows = float(ndtri(0.5 + level / 2)), []
    for record in found.to_dict("records"):
        some = record.pop("rows")
        ends = [times(record["effect"] + s * record["se"], rate[some], exposure[some], family) for s in (0, -reach, reach)]
        record |= dict(zip(("ratio", "low", "high"), ends, strict=True))
        record |= {"came": float(count[some].sum()), "promised": float((exposure[some] * rate[some]).sum())}
        if record["axis"] == PLACEMENT:
            one = table.iloc[some[0]]
            record["level"] = " / ".join(str(one[c]) for c in ("item", "segment", "channel"))
        rows.append(record)
    columns = ["axis", "level", "same_as", "placements", "promised", "came", "ratio", "low", "high", "z", "p"]
    return pd.DataFrame(rows, columns=columns)


def pooled(table: pd.DataFrame, rate: Array, sd: Array, exposure: Array, count: Array, *, family: str, level: float) -> pd.DataFrame:
    """What each level shares, by partial pooling: a model of the counts with the promise as its offset (`glmm`).

    One row a level of each axis, and `campaign / all` for what all share: axis, level, placements, ratio (times the promised odds, or
    rate where one chance may count twice), low, high, apart (its range leaves out 1), share (the axis' part of what differs from the
    promise beyond luck; that of single placements is told under `placement / all`). Empty where money is counted, or nothing can be
    pooled.
    """
    columns = ["axis", "level", "placements", "ratio", "low", "high", "apart", "share"]
    axes = [a for a in AXES if a in table and 1 < table[a].nunique() < len(table)]
    if family == "money" or not axes or not 3 <= len(table) <= MOST_POOLED:
        return pd.DataFrame(columns=columns)
    levels = [np.unique(table[a].astype(str), return_inverse=True) for a in axes]
    codes = np.column_stack([*(code for _, code in levels), np.arange(len(table))])
    dims = [*(len(names) for names, _ in levels), len(table)]
    center = center_of(rate, sd) if family == "binomial" else np.log(rate) - sd**2 / 2
    terms = [(j,) for j in range(len(axes))]
    kind: glmm.Family = "binomial" if family == "binomial" else "poisson"
    post = glmm.fit(codes, count, exposure, dims=dims, terms=terms, offset=center, family=kind, center=0.0, center_sd=1.0)
    reach, sds = float(ndtri(0.5 + level / 2)), post.sds
    variance = {a: sds[(j,)] ** 2 for j, a in enumerate(axes)} | {PLACEMENT: sds["own"] ** 2}
    whole = sum(variance.values()) or 1.0
    common, wide = post.effects(codes[:1], ())
    rows = [_level("campaign", "all", len(table), float(common[0]), float(wide[0]), reach, np.nan)]
    for j, axis in enumerate(axes):
        names, code = levels[j]
        probe = np.zeros((len(names), len(dims)), np.int64)
        probe[:, j] = np.arange(len(names))
        for name, many, mean, var in zip(names, np.bincount(code), *post.effects(probe, (j,)), strict=True):
            rows.append(_level(axis, str(name), int(many), float(mean), float(var), reach, variance[axis] / whole))
    rows.append(_level(PLACEMENT, "all", len(table), np.nan, np.nan, reach, variance[PLACEMENT] / whole))
    return pd.DataFrame(rows, columns=columns)


def _level(axis: str, name: str, many: int, mean: float, var: float, reach: float, share: float) -> dict[str, Any]:
    low, high = mean - reach * np.sqrt(var), mean + reach * np.sqrt(var)
    ends = {"ratio": np.exp(mean), "low": np.exp(low), "high": np.exp(high)}
    return {"axis": axis, "level": name, "placements": many, **ends, "apart": bool(low > 0 or high < 0), "share": share}
