"""The campaign as numbers: lots of placements, pieces made by week, and every limit of the brief as one row.

A piece (content type, style, length, stage) is paid and worked on once and is then at hand for every later week. An idea is a piece
in front of one segment on one channel; it is bought in lots. The first lots of an idea reach people for the first time and count in
full, those that reach them a second and a third time count `wear` and `wear` squared: a concave response in three steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mktlib.planning.brief import Brief, Segment, Want
from mktlib.planning.ideas import PIECE

STEPS = 3
TOLERANCE = 1e-6


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
    """Everything that the greedy fill and the solver need. Lots are whole numbers; money is the brief's."""

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

    @property
    def shape(self) -> tuple[int, int, int]:
        """(ideas, pieces, weeks)."""
        return len(self.ideas), len(self.pieces), self.brief.weeks

    @property
    def cost(self) -> np.ndarray:
        return self.ideas["lot_cost"].to_numpy(float)

    def value(self, n: np.ndarray) -> float:
        """What lots bring: (ideas, weeks) -> money or events, after wear."""
        return float(self.gain @ worn(n.sum(axis=1), self.steps, self.slopes))

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


def build(ideas: pd.DataFrame, brief: Brief, *, risk: float = 0.0) -> Problem:
    """The numbers of a campaign from its priced ideas, with every limit of the brief."""
    problem = sized(ideas, brief, risk=risk)
    problem.limits.extend(limits(problem))
    return problem


def sized(ideas: pd.DataFrame, brief: Brief, *, risk: float = 0.0) -> Problem:
    """The numbers without the limits.

    `risk` takes that many standard deviations off the rate of each idea before the choice is made; what is reported stays the mean.
    """
    ideas = ideas.sort_values([*PIECE, "segment", "channel"], kind="stable").reset_index(drop=True)
    pieces = ideas[PIECE].drop_duplicates().reset_index(drop=True)
    piece_of = ideas[PIECE].merge(pieces.assign(_p=range(len(pieces))), on=PIECE, how="left")["_p"].to_numpy(int)
    making = [brief.making(kind) for kind in pieces["content_type"]]
    pieces = pieces.assign(cost=[m[0] for m in making], days=[m[1] for m in making])
    first = np.maximum(1, np.round(ideas["people"].to_numpy(float) / ideas["lot"].to_numpy(float))).astype(int)
    rate, sd = ideas["rate"].to_numpy(float), ideas["rate_sd"].to_numpy(float)
    careful = np.round(np.clip(1 - risk * sd * np.clip(1 - rate, 0.0 if ideas["high"].max() < 1 else 1.0, 1.0), 0.0, 1.0), 6)
    return Problem(
        brief=brief, ideas=ideas, pieces=pieces, piece_of=piece_of, gain=ideas["value"].to_numpy(float) * careful,
        most=_most(ideas, brief), steps=np.repeat(first[:, None], STEPS, axis=1), slopes=np.array([brief.wear**k for k in range(STEPS)]),
        limits=[], minimum={c: row.minimum for c, row in brief.channels.items() if row.minimum > 0},
    )  # fmt: skip


def _most(ideas: pd.DataFrame, brief: Brief) -> np.ndarray:
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


def limits(problem: Problem) -> Iterator[Limit]:
    """Every limit, one at a time: with many ideas and weeks all of them together are large."""
    yield from _money_and_days(problem)
    yield from _messages(problem)
    yield from _channels_and_kinds(problem)
    yield from _shares(problem)
    yield from _wanted(problem)


def _blank(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    i, p, w = problem.shape
    return np.zeros((i, w)), np.zeros((p, w))


def _money_and_days(problem: Problem) -> Iterator[Limit]:
    brief, pieces = problem.brief, problem.pieces
    lots, made = _blank(problem)
    lots += problem.cost[:, None]
    made[:, -1] = pieces["cost"]
    yield Limit("budget", "", "money", brief.budget, lots, made)
    for week in range(brief.weeks):
        lots, made = _blank(problem)
        made[:, week] = pieces["days"]
        yield Limit("days", f"{week + 1}", "days", brief.team.days_before + brief.team.days_per_week * (week + 1), lots, made)


def _messages(problem: Problem) -> Iterator[Limit]:
    """Messages one person gets who agreed on every channel: a week, and any four weeks on end."""
    brief, ideas = problem.brief, problem.ideas
    each = np.where(ideas["message"], ideas["lot"] / np.maximum(ideas["people"], 1), 0.0)
    for name in sorted(ideas.loc[ideas["message"].astype(bool), "segment"].unique()):
        segment, mine = brief.segments.get(name) or Segment(), (ideas["segment"] == name).to_numpy()
        spans = [(w, w + 1, "messages_week", segment.cap_per_week) for w in range(brief.weeks)]
        spans += [(w, w + 4, "messages_month", segment.cap_per_month) for w in range(max(1, brief.weeks - 3))]
        for first, end, code, cap in spans:
            lots, made = _blank(problem)
            lots[mine, first:end] = each[mine, None]
            yield Limit(code, f"{name} / {first + 1}", "messages", float(cap), lots, made)


def _channels_and_kinds(problem: Problem) -> Iterator[Limit]:
    brief, ideas = problem.brief, problem.ideas
    for name, channel in brief.channels.items():
        if channel.maximum is not None:
            lots, made = _blank(problem)
            lots[(ideas["channel"] == name).to_numpy()] = problem.cost[(ideas["channel"] == name).to_numpy(), None]
            yield Limit("channel", name, "money", channel.maximum, lots, made)
    for kind in sorted(problem.pieces["content_type"].unique()):
        lots, made = _blank(problem)
        made[(problem.pieces["content_type"] == kind).to_numpy(), -1] = 1
        yield Limit("pieces", kind, "pieces", float(brief.making(kind)[2]), lots, made)


def _shares(problem: Problem) -> Iterator[Limit]:
    """Money for placements that a stage, or learning, must get: what goes elsewhere stays below the rest."""
    brief, ideas = problem.brief, problem.ideas
    rows = [("stage_share", s, share, (ideas["stage"] == s).to_numpy()) for s, share in brief.stages.items() if share > 0]
    learn = ideas["verdict"].isin(["test", "too_early"]).to_numpy()
    if brief.test_share > 0 and (learn & (problem.cost > 0)).any():
        rows.append(("test_share", "", brief.test_share, learn))
    for code, scope, share, mine in rows:
        lots, made = _blank(problem)
        lots += (problem.cost * (share - mine))[:, None]
        yield Limit(code, scope, "share", 0.0, lots, made)


def _wanted(problem: Problem) -> Iterator[Limit]:
    """What must happen: pieces, or placements where a segment, a channel or a day is named."""
    brief, last = problem.brief, problem.brief.weeks - 1
    wants = [("must_have", f"must_have.{k}", w, w.least, last) for k, w in enumerate(brief.must_have)]
    for k, date in enumerate(brief.fixed_dates):
        wants.append(("fixed_date", f"fixed_dates.{k}", Want.model_validate(date.given()), 1, (date.day - brief.first_day).days // 7))
    for code, scope, want, least, week in wants:
        fits = want.rows(problem.ideas).to_numpy()
        lots, made = _blank(problem)
        if want.segment or want.channel or code == "fixed_date":
            lots[fits, : week + 1] = -1
            yield Limit(code, scope, "placements", -float(least), lots, made)
        else:
            made[np.unique(problem.piece_of[fits]), week] = -1
            yield Limit(code, scope, "pieces", -float(least), lots, made)
