"""Who leaves at which rhythm, people with the same past compared.

One leaves once, so that nobody can be compared with himself. People-months are put into strata by the mails that their past leads to
expect (earlier mails, earlier clicks, the calendar month), and weighted so that at every rhythm the strata are as large as in the whole
list: stabilised inverse-probability weights of a marginal structural model (Robins, Hernan & Brumback 2000, Epidemiology 11), with the
chances counted within strata and not taken from a formula. Strata where a rhythm never occurred say nothing of it: that is the overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mktlib.mailing.within import Curve, shape

STRATA, SIZE = 20, 150
"""Most strata, and people-months that one needs."""
SEEN = 3
"""People-months at a rhythm that a stratum needs to speak of it."""
MOST = 5.0
"""A weight is never larger: one person must not speak for a crowd."""
SHRINK = 2.0


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """Weights (n,) of people-months; for each rhythm (R,) the share of people-months in strata that know it, and the effective number."""

    weight: np.ndarray
    overlap: np.ndarray
    effective: np.ndarray


def past(person: np.ndarray, mails: np.ndarray, clicks: np.ndarray) -> np.ndarray:
    """(n, 6) what is known of a person before a month: earlier mails and clicks a mail, drawn to the average, and last month's."""
    start = np.searchsorted(person, person, side="left")
    row = np.arange(len(person))
    sent, got = (np.concatenate([[0.0], np.cumsum(v)]) for v in (mails, clicks))
    n = row - start
    before, clicked = sent[row] - sent[start], got[row] - got[start]
    usual, rate = mails.mean(), clicks.sum() / max(mails.sum(), 1.0)
    often = (before + SHRINK * usual) / (n + SHRINK)
    keen = (clicked + rate * 2 * usual) / (before + 2 * usual)
    last = np.maximum(row - 1, 0)
    return np.column_stack([np.sqrt(often), often, np.sqrt(keen), np.sqrt(mails[last]), np.sqrt(clicks[last]), 1 / (n + 1.0)])


def weigh(features: np.ndarray, month: np.ndarray, mails: np.ndarray, rhythms: np.ndarray) -> Weighed:
    """Weights that make the past alike at all rhythms; people-months at other rhythms weigh nothing."""
    stratum = _strata(features, month, mails)
    at = np.searchsorted(rhythms, mails)
    known = (at < len(rhythms)) & (rhythms[np.minimum(at, len(rhythms) - 1)] == mails)
    table = np.zeros((stratum.max() + 1, len(rhythms)))
    np.add.at(table, (stratum[known], at[known]), 1.0)
    size = np.bincount(stratum[known], minlength=len(table))
    share = table.sum(axis=0) / max(table.sum(), 1.0)
    weight = np.zeros(len(mails))
    weight[known] = share[at[known]] * size[stratum[known]] / table[stratum[known], at[known]]
    weight = np.minimum(weight, MOST)
    sums = (np.bincount(at[known], w, minlength=len(rhythms)) for w in (weight[known], weight[known] ** 2))
    total, squares = sums
    overlap = (size[:, None] * (table >= SEEN)).sum(axis=0) / max(size.sum(), 1)
    return Weighed(weight=weight, overlap=overlap, effective=total**2 / np.maximum(squares, 1e-12))


def _strata(features: np.ndarray, month: np.ndarray, mails: np.ndarray) -> np.ndarray:
    """(n,) people-months in groups of like size by the mails to be expected."""
    x = np.column_stack([np.ones(len(mails)), features, month[:, None] == np.unique(month)[None, 1:]])
    index = x @ np.linalg.lstsq(x, np.sqrt(mails), rcond=None)[0]
    groups = int(np.clip(len(mails) // SIZE, 1, STRATA))
    edges = np.unique(np.quantile(index, np.linspace(0, 1, groups + 1)[1:-1]))
    return np.asarray(np.searchsorted(edges, index, side="right"))


@dataclass(frozen=True, kw_only=True)
class Mailed:
    """Mailed people-months: person (n,) codes below `people`, mails (n,), weight (n,), engaged (n,) this month's engagement, luck and all
    (its mean is that of the list), brings (n,) what the month would bring from an average person, features (n, k) of the past."""

    person: np.ndarray
    people: int
    mails: np.ndarray
    weight: np.ndarray
    engaged: np.ndarray
    brings: np.ndarray
    features: np.ndarray


def fit_events(mailed: Mailed, events: np.ndarray, rhythms: np.ndarray, *, bends: int) -> Curve | None:
    """Rare events a customer and month over rhythms (R,): leaving, complaints; None where it cannot be told.

    The chance is mails x exp(shape of the rhythm) x engagement to a power. Engagement is never seen; what stands for it is what is to be
    expected of it given the past and the month's mails (regression calibration: Carroll, Ruppert, Stefanski & Crainiceanu 2006), so that
    what weights on a past full of luck leave uneven is taken out too. The curve is that of the whole list at each rhythm.
    """
    if (mailed.weight @ events) <= 0:
        return None
    scale = float(max(rhythms.max(), 1.0))
    keen = _expected(mailed)
    x = np.column_stack([np.ones(len(keen)), shape(mailed.mails, scale, bends), keen.reshape(-1, 1)][: 3 if np.ptp(keen) > 1e-9 else 2])
    solved = _poisson(x, events, mailed.mails, mailed.weight)
    if solved is None:
        return None
    beta, inverse = solved
    score = np.zeros((mailed.people, x.shape[1]))
    np.add.at(score, mailed.person, x * (mailed.weight * (events - mailed.mails * np.exp(x @ beta)))[:, None])
    at = [np.ones(len(rhythms)), shape(rhythms, scale, bends)]
    level = power = 0.0
    if x.shape[1] > 1 + bends:
        share = np.exp(beta[-1] * keen)
        level = float(np.log(share.mean()))
        power = float(np.hypot(beta[-1], np.linalg.norm(score @ inverse[:, -1])))
        at.append(np.full(len(rhythms), float(share @ keen / share.sum())))
    log = np.log(rhythms) + np.column_stack(at[:2]) @ beta[: 1 + bends] + level
    return Curve(log=log, influence=score @ inverse @ np.column_stack(at).T, power=power)


def _expected(mailed: Mailed) -> np.ndarray:
    """(n,) log of the engagement that mails and past lead to expect; zeros where nothing is led to."""
    told = np.column_stack([np.log(mailed.mails), mailed.mails, mailed.features])
    x = np.column_stack([np.ones(len(told)), told[:, np.ptp(told, axis=0) > 1e-9]])  # of people with one past month all know as long
    solved = _poisson(x, mailed.engaged * mailed.brings, mailed.brings, np.ones(len(x)))
    return np.zeros(len(x)) if solved is None else x @ solved[0]


def _poisson(x: np.ndarray, y: np.ndarray, base: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(coefficients, inverse information) of y ~ base exp(x beta)."""
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(max((weight @ y) / (weight @ base), 1e-12))
    for _ in range(60):
        mu = base * np.exp(np.clip(x @ beta, -40, 8))
        information = (x * (weight * mu)[:, None]).T @ x
        size = np.sqrt(np.maximum(np.diag(information), 1e-300))
        if not np.isfinite(information).all() or np.linalg.cond(information / np.outer(size, size)) > 1e11:
            return None
        step = np.linalg.solve(information, x.T @ (weight * (y - mu)))
        beta = beta + step / max(1.0, float(np.abs(x @ step).max()) / 2)
        if np.abs(x @ step).max() < 1e-7:
            return beta, np.linalg.inv(information)
    return None
