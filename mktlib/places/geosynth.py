"""What the treated areas would have sold, woven from the others, where no coin decided (or too few coins did).

The treated areas together are foretold from the held-out ones: by their even mean, by weights that imitate the past (synthetic control
with fixed effects: Abadie, Diamond & Hainmueller 2010; Ferman & Pinto 2021), or by these with a ridge correction that may leave their hull
(Ben-Michael, Feller & Rothstein 2021, Augmented synthetic control, JASA 116). Which of them is used is decided on held-out areas in weeks
before the test, never on the answer. The range comes from placebos: the same thing done for held-out areas in the test's own weeks, and
for the treated ones in earlier weeks (in the manner of Chernozhukov, Wüthrich & Zhu 2021, JASA 116), each error over its area's usual one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from mktlib.places.placebo import apart, window_starts

KINDS: tuple[tuple[str, float], ...] = (
    ("even", np.inf),
    ("size", np.inf),
    ("even", 1.0),
    ("woven", np.inf),
    ("woven", 1.0),
    ("woven", 0.1),
)
"""Base weights and ridge (over the mean variance of a donor; infinite: no correction)."""
PRE, LEAST = 52, 25
GROUPS, PAST = 32, 8
SEED = 4391
BADLY = 3.0
"""A treated group whose usual error is so many times that of held-out groups is like none of them."""


def woven(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(J,): weights of 0 or more that add to 1 and bring x (weeks, J), about its means, nearest to z.

    >>> t = np.arange(6.0)
    >>> woven(np.column_stack([t % 2, t]), 0.25 * (t % 2) + 0.75 * t).round(3).tolist()
    [0.25, 0.75]
    """
    x, z = x - x.mean(axis=0), z - z.mean()
    firm = 100 * max(float(np.abs(x).max(initial=0)), float(np.abs(z).max(initial=0)), 1e-9) * len(z)
    found, _ = nnls(np.vstack([x, np.full((1, x.shape[1]), firm)]), np.append(z, firm))
    return np.asarray(found / max(found.sum(), 1e-12))


def corrected(x: np.ndarray, z: np.ndarray, base: np.ndarray, ridge: float) -> np.ndarray:
    """(J,): base weights moved towards a better fit at the price of `ridge`, adding to 1 as before."""
    if not np.isfinite(ridge):
        return base
    x, z = x - x.mean(axis=0), z - z.mean()
    gram = x.T @ x
    inside = gram + ridge * max(np.trace(gram) / len(gram), 1e-12) * np.eye(len(gram))
    moved, ones = np.linalg.solve(inside, np.column_stack([x.T @ (z - x @ base), np.ones(len(gram))])).T
    return np.asarray(base + moved - ones * moved.sum() / ones.sum())


def foretold(y: np.ndarray, group: np.ndarray, donors: np.ndarray, first: int, ahead: int, back: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(actual (back + ahead,), foretold (kinds, back + ahead)): the group's total over its mean before `first`, what donors say of it."""
    before, after = slice(max(0, first - PRE), first), slice(first - back, first + ahead)
    total, others = y[group].sum(axis=0), y[donors].T
    size = others[before].mean(axis=0)
    z, x = total / max(float(total[before].mean()), 1e-12), others / np.maximum(size, 1e-12)
    bases = {
        "even": np.full(len(donors), 1 / len(donors)),
        "size": size / max(float(size.sum()), 1e-12),
        "woven": woven(x[before], z[before]),
    }
    weights = np.array([corrected(x[before], z[before], bases[base], ridge) for base, ridge in KINDS])
    return z[after], 1.0 + weights @ (x[after] - 1.0).T


def errors(y: np.ndarray, group: np.ndarray, donors: np.ndarray, first: int, stretches: np.ndarray) -> np.ndarray:
    """(kinds, m): log of actual over foretold in each stretch (m, 2) of weeks counted from `first`."""
    actual, told = foretold(y, group, donors, first, int(stretches.max()))
    week = np.arange(len(actual))[:, None]
    inside = (week >= stretches[:, 0]) & (week < stretches[:, 1])
    share = inside / inside.sum(axis=0)
    return np.asarray(np.log(np.maximum(actual @ share, 1e-9) / np.maximum(told @ share, 1e-3)))


@dataclass(frozen=True, kw_only=True)
class Woven:
    """found (m, 4): log lift, low, high and p value of each stretch; kind: which of KINDS; usual (m,): the error of a stretch in which
    nothing happens; others: the median of the same over held-out groups; placebos, independent: how many, and what they are worth; before
    (weeks,): what the held-out areas say of the last PRE weeks before the test, over the treated areas' mean of these."""

    found: np.ndarray
    kind: int
    usual: np.ndarray
    others: float
    placebos: int
    independent: float
    before: np.ndarray

    @property
    def badly(self) -> bool:
        return bool(self.usual[0] > BADLY * self.others)


def synthetic(y: np.ndarray, treated: np.ndarray, held: np.ndarray, start: int, stretches: np.ndarray, alpha: float) -> Woven | None:
    """The lift of each stretch (m, 2) of weeks counted from `start`, the first of them deciding; None where there is too little to tell.

    Args:
        y: (areas, weeks). treated, held: rows of y. start: week of the test's first.
    """
    length = int(stretches.max())
    past = window_starts(LEAST, start, length)
    groups = _groups(held, len(treated))
    if not len(past) or len(held) < 3 or not groups:
        return None
    few = past[np.unique(np.linspace(0, len(past) - 1, min(PAST, len(past))).round().astype(int))]
    rest = [np.setdiff1d(held, group) for group in groups]
    theirs = np.array([[errors(y, g, r, int(s), stretches) for s in few] for g, r in zip(groups, rest, strict=True)])
    now = np.array([errors(y, g, r, start, stretches) for g, r in zip(groups, rest, strict=True)])
    own = np.array([errors(y, treated, held, int(s), stretches) for s in past])
    kind = int(np.argmin((theirs[..., 0] ** 2).mean(axis=(0, 1)) + (own[..., 0] ** 2).mean(axis=0) / len(groups)))
    answer = errors(y, treated, held, start, stretches)[kind]
    known = apart(past, length)
    judged = _judged(answer, theirs[:, :, kind], now[:, kind], own[:, kind], len(held) // len(groups[0]) + known, known, alpha)
    if judged is None:
        return None
    found, usual, others, placebos = judged
    before = foretold(y, treated, held, start, 0, min(PRE, start))[1][kind]
    independent = len(held) // len(groups[0]) + known
    return Woven(found=found, kind=kind, usual=usual, others=max(others, 1e-9), placebos=placebos, independent=independent, before=before)


def _groups(held: np.ndarray, many: int) -> list[np.ndarray]:
    """Held-out areas that play the treated ones: each alone, or sets of as many as leave half of the others to foretell them."""
    size = min(many, max(1, len(held) // 3))
    rng = np.random.default_rng(SEED)
    if size == 1:
        return [np.array([a]) for a in (held if len(held) <= GROUPS else rng.choice(held, GROUPS, replace=False))]
    return [np.sort(rng.choice(held, size, replace=False)) for _ in range(GROUPS)]


def _usual(errors_: np.ndarray, middle: np.ndarray, worth: float) -> np.ndarray:
    """(..., m): root mean square over windows (the last axis but one), drawn towards the middle of all as if by four windows more."""
    square = (errors_**2).mean(axis=-2)
    return np.asarray(np.maximum(np.sqrt((worth * square + 4 * middle) / (worth + 4)), 1e-9))


def _judged(
    answer: np.ndarray, theirs: np.ndarray, now: np.ndarray, own: np.ndarray, independent: float, known: float, alpha: float
) -> tuple[np.ndarray, np.ndarray, float, int] | None:
    """The answer (m,) among the placebos: theirs (groups, windows, m), now (groups, m), own (windows, m)."""
    middle = np.median((theirs**2).mean(axis=1), axis=0)
    usual = _usual(own, middle, known)
    placebo = np.abs(np.concatenate([now / _usual(theirs, middle, min(known, theirs.shape[1])), own / usual]))
    many = len(placebo)
    at = int(np.ceil((1 - alpha) * (many + 1))) - 1
    if at >= many or independent < 1 / alpha - 1:
        return None
    reach = np.sort(placebo, axis=0)[at] * usual
    p = (1 + (placebo >= np.abs(answer) / usual).sum(axis=0)) / (1 + many)
    found = np.column_stack([answer, answer - reach, answer + reach, p])
    return found, usual, float(np.sqrt(middle[0])), many
