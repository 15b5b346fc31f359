"""Logistic regression for offers: coefficients, a variance that knows who answered several times, rates averaged over what was offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr
from scipy.special import expit
from scipy.stats import chi2

STEPS, CLOSE = 60, 1e-10
EASE = 1 / 2.5**2
"""Precision of the belief that no log-odds is far beyond 2.5, used only where data let one run away."""
FAR = 15.0


@dataclass(frozen=True, kw_only=True)
class Fit:
    """beta (p,), cov (p, p); dropped: columns that others already say (their beta is 0); eased: whether a coefficient had to be held."""

    beta: np.ndarray
    cov: np.ndarray
    dropped: tuple[int, ...] = ()
    eased: bool = False


def fitted(x: np.ndarray, y: np.ndarray, who: Sequence[np.ndarray] = ()) -> Fit:
    """The most likely coefficients of x (n, p, its first column 1) for y (n,); errors are shared by offers of one code of `who`.

    who: none, one or two columns of codes (n,), a person's and a scenario's. Of two, both are counted and what they share only once
    (Cameron, Gelbach & Miller 2011, JBES 29).

    >>> fit = fitted(np.column_stack([np.ones(8), np.arange(8) % 2]), np.array([0, 1, 0, 1, 1, 1, 0, 0.0]))
    >>> fit.beta.round(3).tolist()
    [-1.099, 2.197]
    """
    kept = _independent(x)
    part = x[:, kept]
    beta, bread, eased = _climbed(part, y)
    score = part * (y - expit(part @ beta))[:, None]
    cov = bread @ _shared(score, list(who)) @ bread + eased * bread  # where the fit is too good, its scatter says too little
    whole, covariance = np.zeros(x.shape[1]), np.zeros((x.shape[1],) * 2)
    whole[kept] = beta
    covariance[np.ix_(kept, kept)] = cov
    lost = tuple(k for k in range(x.shape[1]) if k not in set(kept))
    return Fit(beta=whole, cov=covariance, dropped=lost, eased=eased)


def _shared(score: np.ndarray, who: list[np.ndarray]) -> np.ndarray:
    """Variance of the summed scores (n, p)."""
    if not who:
        return np.asarray(len(score) / max(len(score) - score.shape[1], 1) * score.T @ score)
    if len(who) == 1:
        return _within(score, who[0])
    both = np.unique(np.column_stack(who), axis=0, return_inverse=True)[1].ravel()
    meat = _within(score, who[0]) + _within(score, who[1]) - _within(score, both)
    values, vectors = np.linalg.eigh(meat)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T)


def _within(score: np.ndarray, code: np.ndarray) -> np.ndarray:
    sums = np.zeros((int(code.max()) + 1, score.shape[1]))
    np.add.at(sums, code, score)
    many = int((np.bincount(code) > 0).sum())
    return np.asarray(many / max(many - 1, 1) * sums.T @ sums)


def _independent(x: np.ndarray) -> list[int]:
    """Columns that are no sums of those before them."""
    size = np.linalg.norm(x, axis=0)
    scaled = x / np.maximum(size, 1e-12)
    if np.linalg.matrix_rank(scaled) == x.shape[1]:
        return list(range(x.shape[1]))
    r = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))  # unpivoted: a column that adds nothing to those before it has no length left
    kept = [k for k in range(x.shape[1]) if r[k] > 1e-8]
    _, last, order = qr(scaled[:, kept], mode="economic", pivoting=True)
    full = int((np.abs(np.diag(last)) > 1e-8).sum())
    return sorted(kept[k] for k in order[:full])


def _climbed(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """(beta, inverse information, held): Newton's steps, halved where they overshoot; held by a weak belief where there is no end."""
    for ease in (0.0, EASE):  # the second only where the first runs away
        beta = np.zeros(x.shape[1])
        held = np.full(x.shape[1], ease)
        held[0] = 0.0
        for _ in range(STEPS):
            p = expit(x @ beta)
            gain = x.T @ (y - p) - held * beta
            information = (x * (p * (1 - p))[:, None]).T @ x + np.diag(held + 1e-10)
            step = np.linalg.solve(information, gain)
            step *= min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
            beta = beta + step
            if np.abs(step).max() < CLOSE or np.abs(beta).max() > FAR:
                break
        if np.abs(beta).max() <= FAR:
            return beta, np.linalg.inv(information), ease > 0
    return beta, np.linalg.inv(information), True


def standard(fit: Fit, x: np.ndarray) -> tuple[float, np.ndarray]:
    """(mean rate, its slope in the coefficients (p,)) over the rows of x."""
    p = expit(x @ fit.beta)
    return float(np.clip(p.mean(), 1e-9, 1 - 1e-9)), np.asarray((x * (p * (1 - p))[:, None]).mean(axis=0))


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """mean, sd (k,) of each kind's own effect; spread: mean of the sd between kinds; p_alike: of "no difference" (Wald)."""

    mean: np.ndarray
    sd: np.ndarray
    spread: float
    p_alike: float


def pooled(own: np.ndarray, cov: np.ndarray) -> Pooled:
    """Effects own (k,) with error cov (k, k), drawn to their mean as far as they do not differ; the spread between them averaged over.

    >>> both = pooled(np.array([-0.5, -0.3]), np.diag([0.01, 0.01]))
    >>> bool(-0.5 < both.mean[0] < both.mean[1] < -0.3)
    True
    """
    k = len(own)
    scale = float(np.sqrt(np.mean(np.diag(cov)) + own.var()))
    grid = scale * np.linspace(0.0, 4.0, 41)
    ones = np.ones(k)
    means, squares, logs = [], [], []
    for tau in grid:
        total = np.linalg.inv(cov + tau**2 * np.eye(k))
        middle = float(ones @ total @ own / (ones @ total @ ones))
        rest = own - middle
        _, size = np.linalg.slogdet(total)
        logs.append(0.5 * size - 0.5 * np.log(ones @ total @ ones) - 0.5 * rest @ total @ rest - 0.5 * (tau / scale) ** 2)
        gain = tau**2 * total
        moved = own - cov @ total @ rest
        unsure = tau**2 * (np.eye(k) - gain) + np.outer((np.eye(k) - gain) @ ones, (np.eye(k) - gain) @ ones) / (ones @ total @ ones)
        means.append(moved)
        squares.append(np.diag(unsure) + moved**2)
    weight = np.exp(np.array(logs) - max(logs))
    weight /= weight.sum()
    mean = weight @ np.array(means)
    sd = np.sqrt(np.maximum(weight @ np.array(squares) - mean**2, 0.0))
    apart = np.eye(k)[1:] - np.eye(k)[:1]
    far = apart @ own
    wald = float(far @ np.linalg.pinv(apart @ cov @ apart.T) @ far)
    return Pooled(mean=mean, sd=sd, spread=float(weight @ grid), p_alike=float(chi2.sf(wald, k - 1)))
