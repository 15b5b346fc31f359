"""The campaign as numbers: lots of placements and pieces made by week (`limits` has the rows that hold them).

A piece (content type, style, length, stage) is paid and worked on once and is then at hand for every later week. An idea is a piece
in front of one segment on one channel; it is bought in lots. Two things make the next lot worth less than the one before:

- wear, of one idea: its first lots reach people for the first time and count in full, those that reach them a second and a third time
  count `wear` and `wear` squared: a concave response in three steps;
- saturation, of one group (segment, stage and week): with U the gains of all lots shown there, the group brings
  f(U) = cap (1 - exp(-U / cap)), drawn as the lower hull of six tangents, so that the program stays linear.

Together: value = sum of f(U) over the groups - for each idea, gain x (lots - effective lots after wear) - what pieces cost in value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mktlib.planning.brief import Brief, Segment
from mktlib.planning.ideas import PIECE

STEPS = 3
TOLERANCE = 1e-6
TANGENTS = np.exp(-0.6 * np.arange(6))
"""Slopes of the lines that touch 1 - exp(-u) at u = 0, 0.6, ... 3."""
HEIGHTS = 1 - TANGENTS - TANGENTS * 0.6 * np.arange(6)
"""Where those lines meet u = 0."""
PARTS = np.append(np.diff(-np.diff(HEIGHTS) / np.diff(TANGENTS), prepend=0.0), 1e4)
"""Lengths of the parts of their lower hull; the last one goes on."""


@dataclass(frozen=True)
class Limit:
    """sum(lots * n) + sum(made * y) <= most; n is (ideas, weeks) lots bought, y is (pieces, weeks) 1 from the week a piece is out."""

    code: str
    scope: str
    unit: str
    most: float
    lots: np.ndarray
    made: np.ndarray

    @property
    def wanted(self) -> bool:
        """Whether it asks for something, so that doing nothing breaks it."""
        return self.most < 0


@dataclass(frozen=True)
class Problem:
    """Everything that the greedy fill and the solver need. Lots are whole numbers; money is the brief's.

    group (ideas,): the segment and stage of an idea as a number; caps (groups,): `cap` above, None without saturation; fixed (pieces,):
    what making a piece takes off the value; weekly (ideas, weeks): the gain of a lot where it differs by week (wear counts `gain`).
    """

    brief: Brief
    ideas: pd.DataFrame
    pieces: pd.DataFrame
    piece_of: np.ndarray
    gain: np.ndarray
    most: np.ndarray
    steps: np.ndarray
    slopes: np.ndarray
    limits: list[Limit]
    minimum: dict[str, float]
    group: np.ndarray
    caps: np.ndarray | None = None
    fixed: np.ndarray | None = None
    weekly: np.ndarray | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """(ideas, pieces, weeks)."""
        return len(self.ideas), len(self.pieces), self.brief.weeks

    @property
    def cost(self) -> np.ndarray:
        return self.ideas["lot_cost"].to_numpy(float)

    @cached_property
    def gains(self) -> np.ndarray:
        """(ideas, weeks) what one lot brings before wear and saturation."""
        return np.repeat(self.gain[:, None], self.brief.weeks, axis=1) if self.weekly is None else self.weekly

    @cached_property
    def making(self) -> np.ndarray:
        """(pieces,) what a piece takes off the value."""
        return np.zeros(len(self.pieces)) if self.fixed is None else self.fixed

    @cached_property
    def wears(self) -> np.ndarray:
        """(ideas,) whether so many lots fit into the campaign that they wear, or that people would see too many."""
        room = self.most.sum(axis=1)
        return ((room > self.steps[:, 0]) & bool((self.slopes < 1).any())) | (room > self.steps.sum(axis=1))

    def value(self, n: np.ndarray) -> float:
        """What lots bring: (ideas, weeks) -> money or events, after wear and saturation, less what pieces take off."""
        return float(self.brought(n).sum() - self.making[np.unique(self.piece_of[n.any(axis=1)])].sum())

    def brought(self, n: np.ndarray) -> np.ndarray:
        """(ideas, weeks) what the lots of each idea and week bring: saturation is shared in proportion, wear falls on later weeks."""
        lost, full = self.worn_off(n), self.gains * n
        if self.caps is None:
            return full - lost
        total = self.together(full)
        share = saturated(total, self.caps[:, None]) / np.where(total > 0, total, 1.0)
        return full * share[self.group] - lost

    def worn_off(self, n: np.ndarray) -> np.ndarray:
        """(ideas, weeks) what wear takes off the lots of each idea and week: it falls on the later ones."""
        end = np.cumsum(n, axis=1)
        counted = worn(end.ravel(), *self._by_week()).reshape(n.shape)
        return self.gain[:, None] * (n - np.diff(counted, axis=1, prepend=0.0))

    def together(self, table: np.ndarray) -> np.ndarray:
        """(groups, weeks) sums of a table (ideas, weeks)."""
        out = np.zeros((int(self.group.max(initial=-1)) + 1, table.shape[1]))
        np.add.at(out, self.group, table)
        return out

    def _by_week(self) -> tuple[np.ndarray, np.ndarray]:
        return np.repeat(self.steps, self.brief.weeks, axis=0), self.slopes

    def broken(self, n: np.ndarray, y: np.ndarray) -> list[str]:
        """Codes of the limits that a solution breaks."""
        found = [r.code for r in self.limits if (r.lots * n).sum() + (r.made * y).sum() > r.most + TOLERANCE * max(1.0, abs(r.most))]
        found += ["early"] if (n > self.most * y[self.piece_of]).any() or (np.diff(y, axis=1) < 0).any() else []
        found += ["repeat"] if (n.sum(axis=1) > self.steps.sum(axis=1)).any() else []
        shown = np.bincount(self.piece_of, weights=n.sum(axis=1), minlength=len(self.pieces))
        found += ["unused"] if (y[:, -1] > shown).any() else []
        return found + [f"minimum {c}" for c, low in self.minimum.items() if TOLERANCE < self.spend(n, c) < low - TOLERANCE * low]

    def spend(self, n: np.ndarray, channel: str) -> float:
        return float((self.cost * n.sum(axis=1))[(self.ideas["channel"] == channel).to_numpy()].sum())


def worn(lots: np.ndarray, steps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Effective lots of each idea after repetition.

    >>> worn(np.array([3.0]), np.array([[2.0, 2.0, 2.0]]), np.array([1.0, 0.5, 0.25]))
    array([2.5])
    """
    before = np.cumsum(steps, axis=1) - steps
    return (np.clip(np.asarray(lots, float)[:, None] - before, 0.0, steps) * slopes).sum(axis=1)


def saturated(total: np.ndarray, cap: np.ndarray) -> np.ndarray:
    """What gains that add up to `total` bring together: the lowest of the six tangents.

    >>> saturated(np.array([0.0, 1.0, 100.0]), np.array([10.0, 10.0, 10.0])).round(2)
    array([ 0.  ,  1.  , 12.99])
    """
    u = np.asarray(total, float)[..., None] / np.asarray(cap, float)[..., None]
    return np.asarray(cap * (HEIGHTS + TANGENTS * u).min(axis=-1))


def sized(ideas: pd.DataFrame, brief: Brief, *, risk: float = 0.0) -> Problem:
    """The numbers without the limits.

    `risk` takes that many standard deviations off the rate of each idea before the choice is made; what is reported stays the mean.
    """
    ideas = ideas.sort_values([*PIECE, "segment", "channel"], kind="stable").reset_index(drop=True)
    first_of = ~ideas.duplicated(PIECE).to_numpy(bool)
    pieces, piece_of = ideas.loc[first_of, PIECE].reset_index(drop=True), np.cumsum(first_of) - 1  # sorted: a piece's ideas stand together
    making = [brief.making(kind) for kind in pieces["content_type"]]
    pieces = pieces.assign(cost=[m[0] for m in making], days=[m[1] for m in making])
    first = np.maximum(1, np.round(ideas["people"].to_numpy(float) / ideas["lot"].to_numpy(float))).astype(int)
    rate, sd = ideas["rate"].to_numpy(float), ideas["rate_sd"].to_numpy(float)
    careful = np.round(np.clip(1 - risk * sd * np.clip(1 - rate, 0.0 if ideas["high"].max() < 1 else 1.0, 1.0), 0.0, 1.0), 6)
    gain, (group, kinds) = ideas["value"].to_numpy(float) * careful, pd.factorize(pd.MultiIndex.from_frame(ideas[["segment", "stage"]]))
    average = np.bincount(group, weights=gain, minlength=len(kinds)) / np.bincount(group, minlength=len(kinds))
    return Problem(
        brief=brief, ideas=ideas, pieces=pieces, piece_of=piece_of, gain=gain,
        most=weekly_most(ideas, brief), steps=np.repeat(first[:, None], STEPS, axis=1),
        slopes=np.array([brief.wear**k for k in range(STEPS)]),
        limits=[], minimum={c: row.minimum for c, row in brief.channels.items() if row.minimum > 0},
        group=np.asarray(group), caps=None if brief.saturation is None else np.maximum(brief.saturation * average, 1e-300),
    )  # fmt: skip


def weekly_most(ideas: pd.DataFrame, brief: Brief) -> np.ndarray:
    """(ideas, weeks) lots that fit into a week: fewer in a short or partly muted one; messages follow the person's cap."""
    table = np.zeros((len(ideas), brief.weeks), int)
    where: dict[tuple[str, str, bool], list[int]] = {}
    for k, key in enumerate(zip(ideas["segment"], ideas["channel"], ideas["message"].astype(bool), strict=True)):
        where.setdefault(key, []).append(k)
    for (segment, channel, message), rows in where.items():
        cap = (brief.segments.get(segment) or Segment()).cap_per_week if message else brief.channels[channel].per_week
        for week in range(brief.weeks):
            share = brief.open_share(week + 1, segment, channel)
            table[rows, week] = (cap if share > 0 else 0) if message else int(np.ceil(cap * share - 1e-9))
    return table
