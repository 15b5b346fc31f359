"""Why no plan holds: the smallest set of a brief's entries that clash, and the least change of each one that frees them.

The set is the smallest there is, by implicit hitting sets (Ignatiev, Previti, Liffiton & Marques-Silva 2015, "Smallest MUS extraction
with minimal hitting set dualization"): entries that hit every known way out are tried together; where they can hold after all, what
has to be left out to make all the rest hold is one way out more. An entry is a line of the brief, not a row of the program: the days of
all weeks are one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from mktlib.planning.engine import NODES, feasible, loaded, run, values
from mktlib.planning.problem import Limit, Problem, weekly_most
from mktlib.planning.program import Layout, Matrix, matrix
from mktlib.vocabulary import progress

PATHS = {
    "budget": "budget", "days": "team.days_per_week", "pieces": "production.{scope}.most", "channel": "channels.{scope}.maximum",
    "stage_share": "stages.{scope}", "test_share": "test_share", "messages_week": "segments.{scope}.cap_per_week",
    "messages_month": "segments.{scope}.cap_per_month", "bulk_sending": "sending",
}  # fmt: skip
WHOLE = ("pieces", "messages", "placements")
"""Units of which there is no half."""


@dataclass(frozen=True)
class Entry:
    """One line of a brief: the rows of the program that it makes."""

    path: str
    rows: tuple[int, ...]
    limit: Limit

    def now(self, problem: Problem) -> float:
        """What the brief says today, in its own unit."""
        brief, limit = problem.brief, self.limit
        if limit.code == "days":
            return brief.team.days_per_week
        if limit.unit == "share":
            return brief.test_share if limit.code == "test_share" else brief.stages[limit.scope]
        return abs(limit.most)

    def per(self, problem: Problem) -> np.ndarray:
        """(rows,) how much each row grows with one more of the entry: days of a week add up over the weeks."""
        return np.array([float(problem.limits[k].scope) if self.limit.code == "days" else 1.0 for k in self.rows])


@dataclass(frozen=True)
class Change:
    """An entry of the smallest clash: what it says, and what it would have to say if only it changed (None: that is not enough)."""

    entry: Entry
    now: float
    needed: float | None


def path_of(limit: Limit) -> str:
    """Where in the brief a limit stands.

    >>> none = np.zeros((0, 0))
    >>> path_of(Limit("messages_week", "parents / 2", "messages", 1.0, none, none))
    'segments.parents.cap_per_week'
    """
    scope = limit.scope.split(" / ")[0]
    return PATHS[limit.code].format(scope=scope) if limit.code in PATHS else scope or limit.code


def entries(problem: Problem) -> list[Entry]:
    """The lines of the brief that limit a plan, in the order of their names."""
    rows: dict[str, list[int]] = {}
    for k, limit in enumerate(problem.limits):
        rows.setdefault(path_of(limit), []).append(k)
    return [Entry(path, tuple(mine), problem.limits[mine[0]]) for path, mine in sorted(rows.items())]


def smallest_clash(problem: Problem, *, seed: int) -> list[Change]:
    """The fewest entries that cannot hold together, each with the least change of it alone that lets all limits hold.

    Empty where no entry is to blame (the solver could not tell within its nodes).
    """
    problem, program, lines = _opened(problem)
    if _holds(program, lines, [], seed):
        return []
    chosen = _smallest(program, lines, seed)
    return [Change(line, line.now(problem), _needed(problem, program, line, seed)) for line in chosen]


def _opened(problem: Problem) -> tuple[Problem, Matrix, list[Entry]]:
    """(problem, program, entries) in which what closes weeks (silences, the end of consent) and least buys are rows of their own."""
    brief = problem.brief
    unending = {name: row.model_copy(update={"consent_date": None}) for name, row in brief.segments.items()}
    most = weekly_most(problem.ideas, brief.model_copy(update={"mutes": [], "segments": unending}))
    program = matrix(replace(problem, most=most))
    lines, base, weeks = entries(problem), program.a.shape[0], problem.shape[2]
    first = base - 2 * len(problem.minimum)  # the program ends with two rows for each least buy
    none = np.zeros((0, 0))
    for k, (channel, least) in enumerate(problem.minimum.items()):
        lines.append(Entry(f"channels.{channel}.minimum", (first + 2 * k,), Limit("channel_minimum", channel, "money", -least, none, none)))
    closed = np.argwhere(problem.most < most)
    by_path: dict[str, list[int]] = {}
    for k, (idea, week) in enumerate(closed.tolist()):
        by_path.setdefault(_closing(problem, idea, week + 1), []).append(base + k)
    lines += [Entry(path, tuple(rows), Limit("closed", path, "closed", 0.0, none, none)) for path, rows in sorted(by_path.items())]
    at = closed[:, 0] * weeks + closed[:, 1] if len(closed) else np.zeros(0, int)
    rows = sparse.csr_matrix((np.ones(len(at)), (np.arange(len(at)), at)), shape=(len(at), program.a.shape[1]))
    high = problem.most[closed[:, 0], closed[:, 1]].astype(float) if len(closed) else np.zeros(0)
    wider = replace(
        program, a=sparse.vstack([program.a, rows], format="csr"), low=np.r_[program.low, np.full(len(at), -np.inf)],
        high=np.r_[program.high, high],
    )  # fmt: skip
    return replace(problem, most=most), wider, lines


def _closing(problem: Problem, idea: int, week: int) -> str:
    """Which entry of the brief closes a week to an idea: a silence, several of them, or the end of consent."""
    brief, row = problem.brief, problem.ideas.iloc[idea]
    days = brief.week_days(week)
    mutes = [
        k for k, m in enumerate(brief.mutes)
        if m.segment in (None, row["segment"]) and m.channel in (None, row["channel"]) and m.first_day <= days[-1] and m.last_day >= days[0]
    ]  # fmt: skip
    if len(mutes) == 1:
        return f"mutes.{mutes[0]}"
    return "mutes" if mutes else f"segments.{row['segment']}.consent_date"


def _smallest(program: Matrix, lines: Sequence[Entry], seed: int) -> list[Entry]:
    ways_out: list[set[int]] = []
    for _ in progress(itertools.count(), desc="clash"):
        tried = _hitting(ways_out, len(lines))
        if not _holds(program, lines, sorted(set(range(len(lines))) - tried), seed):
            return [lines[k] for k in sorted(tried)]
        out = _broken_least(program, lines, tried, seed)
        for k in list(out):  # put back all that still holds: what is left is one way out
            fewer = [j for j in out if j != k]
            if _holds(program, lines, fewer, seed):
                out = fewer
        ways_out.append(set(out))
    raise AssertionError  # the count has no end


def _broken_least(program: Matrix, lines: Sequence[Entry], kept: set[int], seed: int) -> list[int]:
    """Entries that a plan breaks which holds those kept and breaks the others as little as it can."""
    loose = [(k, row) for k in range(len(lines)) if k not in kept for row in lines[k].rows]
    extra = _extra(program, [row for _, row in loose], seed, nodes=20)
    broken = {k for (k, _), more in zip(loose, extra, strict=True) if more > 1e-6} if extra is not None else set()
    return sorted(broken or set(range(len(lines))) - kept)


def _hitting(sets: Sequence[set[int]], size: int) -> set[int]:
    """The fewest numbers of which each set holds one; the first by number among equals."""
    if not sets:
        return set()
    rows = np.array([[float(k in mine) for k in range(size)] for mine in sets])
    cost = 1.0 + np.arange(size) / (1e3 * size * size)
    found = milp(cost, integrality=np.ones(size), bounds=Bounds(0, 1), constraints=LinearConstraint(rows, 1, np.inf))
    return {int(k) for k in np.flatnonzero(found.x > 0.5)}


def _holds(program: Matrix, lines: Sequence[Entry], without: Sequence[int], seed: int) -> bool:
    """Whether a plan exists once some entries are left out; what the solver cannot tell counts as yes."""
    high = program.high.copy()
    high[[row for k in without for row in lines[k].rows]] = np.inf
    return _status(replace(program, cost=np.zeros(len(program.cost)), high=high), seed) != highspy.HighsModelStatus.kInfeasible


def _status(program: Matrix, seed: int) -> highspy.HighsModelStatus:
    return _solved(program, seed).getModelStatus()


def _solved(program: Matrix, seed: int, nodes: int = NODES) -> highspy.Highs:
    return run(loaded(program, whole=True, seed=seed, mip_max_nodes=nodes))


def _needed(problem: Problem, program: Matrix, line: Entry, seed: int) -> float | None:
    """What an entry must say at the nearest so that all limits hold, the others as they are."""
    now = line.now(problem)
    if line.limit.unit == "share":
        return _share(problem, program, line, seed)
    if line.limit.unit == "closed":
        return 0.0 if _holds(program, [line], [0], seed) else None
    more = _slack(program, line.rows, line.per(problem), line.limit.unit in WHOLE, seed)
    if more is None:
        return None
    return max(0.0, now - more) if line.limit.wanted else now + more


def _slack(program: Matrix, rows: Sequence[int], per: np.ndarray, whole: bool, seed: int) -> float | None:
    """The least number that, `per` times, more room in some rows makes everything hold."""
    size, many = len(program.cost), program.a.shape[0]
    column = sparse.csr_matrix((-per, (rows, np.zeros(len(rows), int))), shape=(many, 1))
    wider = Matrix(
        np.r_[np.zeros(size), 1.0], sparse.hstack([program.a, column]).tocsr(), program.low, program.high, np.r_[program.top, np.inf],
        np.r_[program.whole, whole],
    )  # fmt: skip
    solver = _solved(wider, seed)
    return float(values(solver)[size]) if feasible(solver) else None


def first_budget(problem: Problem, *, seed: int) -> float | None:
    """The least budget found with which something can be made and shown, all else as it is; None: no budget is enough."""
    program = matrix(problem)
    shown = np.zeros(len(program.cost))
    shown[: Layout.of(problem).y] = -1.0
    program = replace(
        program, a=sparse.vstack([program.a, shown[None]], format="csr"), low=np.r_[program.low, -np.inf], high=np.r_[program.high, -1.0]
    )
    rows = [k for k, limit in enumerate(problem.limits) if limit.code == "budget"]
    more = _slack(program, rows, np.ones(len(rows)), False, seed)
    return None if more is None else problem.brief.budget + max(0.0, more)


def _share(problem: Problem, program: Matrix, line: Entry, seed: int) -> float | None:
    """The largest share, in whole per cent, with which everything holds."""
    limit, row = line.limit, line.rows[0]
    spent = np.zeros(len(program.cost))
    every = np.repeat(problem.cost, problem.shape[2])
    spent[: len(every)] = every
    mine = spent * line.now(problem) - program.a[row].toarray().ravel()  # what the row gives up: the money of those who must have it

    def holds(percent: int) -> bool:
        a = program.a.tolil(copy=True)
        a[row] = spent * percent / 100 - mine
        return _status(replace(program, cost=np.zeros(len(spent)), a=a.tocsr()), seed) != highspy.HighsModelStatus.kInfeasible

    low, high = 0, int(np.ceil(line.now(problem) * 100 - 1e-9))
    if limit.unit != "share" or not holds(low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low / 100


def together(problem: Problem, *, seed: int) -> Iterator[tuple[Limit, float]]:
    """The least change of several limits at once, for when no change of one entry is enough: demands stay as they are if they can."""
    program = matrix(problem)
    for demands in (False, True):
        rows = [k for k, limit in enumerate(problem.limits) if limit.wanted == demands and limit.unit != "share"]
        extra = _extra(program, rows, seed)
        if extra is not None:
            yield from ((problem.limits[k], more) for k, more in zip(rows, extra, strict=True) if more > 1e-6)
            return


def _extra(program: Matrix, rows: Sequence[int], seed: int, *, nodes: int = NODES) -> np.ndarray | None:
    """(rows,) how much more room some rows need at the least, in proportion to what they have, so that everything holds."""
    size, many = len(program.cost), len(rows)
    slack = sparse.csr_matrix((-np.ones(many), (rows, range(many))), shape=(program.a.shape[0], many))
    elastic = Matrix(
        np.r_[np.zeros(size), 1.0 / np.maximum(1.0, np.abs(program.high[list(rows)]))], sparse.hstack([program.a, slack]).tocsr(),
        program.low, program.high, np.r_[program.top, np.full(many, np.inf)], np.r_[program.whole, np.zeros(many, bool)],
    )  # fmt: skip
    solver = _solved(elastic, seed, nodes)
    return values(solver)[size:] if feasible(solver) else None
