"""A week as mathematics: what is sent or posted at a time of it, alike to what is at the times beside it, and luck that is shared.

Hours are periodic waves of which the slow ones weigh more; what one day (or one message) has in common is one draw of luck for all of its
parts; and whether time matters at all is asked of residuals in any other order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHUFFLES, SLICE, SEED = 2000, 200, 20261


@dataclass(frozen=True)
class Luck:
    """Inverse of the covariance of things within groups (posts of a day, sendings of a message), as a scaling and what a group shares."""

    precision: np.ndarray
    group: np.ndarray
    pull: np.ndarray

    def solve(self, x: np.ndarray) -> np.ndarray:
        scaled = x * self.precision[:, None]
        sums = by_group(scaled, self.group)
        return np.asarray(scaled - self.precision[:, None] * (self.pull[:, None] * sums)[self.group])

    def white(self, x: np.ndarray) -> np.ndarray:
        """x times a square root of the inverse: columns (or a vector) whose luck is alike and apart."""
        root = np.sqrt(self.precision)
        scaled = x * root[:, None]
        total, sums = by_group(self.precision, self.group), by_group(scaled * root[:, None], self.group)
        part = (1 - np.sqrt(np.maximum(1 - self.pull * total, 0))) / np.maximum(total, 1e-300)
        return np.asarray(scaled - root[:, None] * (part[:, None] * sums)[self.group])


def by_group(x: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sums of the things of each group (0, 1, ...); they stand in the order of their groups."""
    return np.asarray(np.add.reduceat(x, np.searchsorted(group, np.arange(group[-1] + 1))))


def shared_luck(own: np.ndarray, group: np.ndarray, each: float, shared: float) -> tuple[Luck, float]:
    """Things with variance own + each, those of a group sharing `shared`; and the log of the determinant.

    >>> luck, logdet = shared_luck(np.array([1.0, 1.0]), np.array([0, 0]), 0.0, 1.0)
    >>> luck.solve(np.eye(2)).round(3).tolist(), round(float(np.exp(logdet)), 3)  # of [[2, 1], [1, 2]]
    ([[0.667, -0.333], [-0.333, 0.667]], 3.0)
    """
    precision = 1 / (own + each)
    total = by_group(precision, group)
    pull = shared / (1 + shared * total)
    return Luck(precision, group, pull), float(-np.log(precision).sum() + np.log1p(shared * total).sum())


HARMONICS = 5
"""Waves a day in which hours may differ: nothing narrower than about two and a half hours."""


def features(weekday: np.ndarray, hour: np.ndarray, *, waves: int = HARMONICS, of_days: int = HARMONICS) -> list[np.ndarray]:
    """Three blocks of features of a time of the week: of the hour, of the weekday, of both; each of mean square about 1.

    Slower waves weigh more (1 / order), so that neighbours are alike. waves: how many the hours have; of_days: each weekday's own hours.

    >>> [block.shape for block in features(np.array([0]), np.array([9.5]), waves=4, of_days=2)]
    [(1, 8), (1, 7), (1, 28)]
    """
    days = np.eye(7)[weekday]
    both = (days[:, :, None] * _waves(hour, of_days)[:, None, :]).reshape(len(hour), -1)
    return [_waves(hour, waves), days, both]


def _waves(hour: np.ndarray, most: int) -> np.ndarray:
    angle = 2 * np.pi * (hour[:, None]) / 24 * np.arange(1, most + 1)
    wave = np.column_stack([np.cos(angle), np.sin(angle)]) / np.tile(np.arange(1, most + 1), 2)
    wave /= np.sqrt((1 / np.arange(1, most + 1) ** 2).sum())
    return np.asarray(wave)


def kind_columns(kind: np.ndarray, least: int = 5) -> np.ndarray:
    """A column for each kind that `least` posts have, about its mean, one left out; the others are one kind."""
    names, count = np.unique(kind, return_counts=True)
    common = names[count >= least]
    marks = [np.asarray(kind == name, float) for name in (common[1:] if (count >= least).all() else common)]
    marks = [m - m.mean() for m in marks if 0 < m.sum() < len(m)]
    return np.column_stack(marks) if marks else np.zeros((len(kind), 0))


def smooth_time(at: np.ndarray, *, most: int, days: float = 90.0) -> np.ndarray:
    """A level and slow waves over the days that the posts span: one for each `days`, at most `most`."""
    span = max(float(np.ptp(at)), 1.0)
    waves = int(np.clip(span / days * 2, 1, most)) if len(at) >= 20 else 0
    place = (at - at.min()) / span
    return np.column_stack([np.ones(len(at)), *[np.cos(np.pi * k * place) for k in range(1, waves + 1)]])


def shuffled(z: np.ndarray, taken: np.ndarray, blocks: list[np.ndarray], luck: Luck) -> float:
    """The p value of "no time is better": the fit to time of the week beside that of residuals in any other order.

    The hour and the weekday are each measured by themselves too; the most surprising of the three counts, and is judged as such.
    """
    rng = np.random.default_rng(SEED)
    x = luck.white(np.column_stack([taken, z]))
    basis = np.linalg.qr(x[:, :-1])[0]
    rest = x[:, -1] - basis @ (basis.T @ x[:, -1])
    parts = [luck.white(part) for part in (blocks[0], blocks[1], np.column_stack(blocks))]
    parts = [part - basis @ (basis.T @ part) for part in parts]
    fits = [_fits(rest[None, :], basis, parts)]
    for _ in range(SHUFFLES // SLICE):
        fits.append(_fits(rng.permuted(np.tile(rest, (SLICE, 1)), axis=1), basis, parts))
    smallest = np.min([_at_least(fit) for fit in np.vstack(fits).T], axis=0)
    return float((smallest <= smallest[0]).mean())


def _fits(rows: np.ndarray, basis: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """(rows, parts): how far each row of residuals lies along each part, freed of what was taken out, its length being 1."""
    freed = rows - (rows @ basis) @ basis.T
    freed /= np.maximum(np.linalg.norm(freed, axis=1, keepdims=True), 1e-300)
    return np.column_stack([((freed @ part) ** 2).sum(axis=1) for part in parts])


def _at_least(fit: np.ndarray) -> np.ndarray:
    """How many of the fits are at least as large as each."""
    return np.asarray(len(fit) - np.searchsorted(np.sort(fit), fit - 1e-12, side="left"))
