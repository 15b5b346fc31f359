"""What a little more of each limit would bring: the same plan, solved once more with one step of room.

A price read off the linear program (a dual) speaks of parts of a piece and of the average of all outcomes. Here every limit that holds
the plan back is moved by one step that a manager can take (a working day a week, a message a person, one per cent of the money), the
pieces of the plan are kept and placements may change. Where the limit is one on making pieces, more of them may be made, and lots are
whole: the difference is what a plan with that step is found to bring more, within a little work. Elsewhere lots may be parts, so that a
small step shows at all. The draws of the rates say how sure it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.planning.clash import Entry, entries
from mktlib.planning.engine import feasible, loaded, run, values
from mktlib.planning.problem import Problem
from mktlib.planning.program import Layout, Matrix, columns, matrix
from mktlib.planning.solve import Answer
from mktlib.results import MARGINS

MAKING = ("days", "pieces")
"""Limits on making pieces, where one more step may bring another piece."""
STEPS_OF_WORK = 100
"""Nodes for one step of a limit on making."""
MOST = 24
"""Entries that are looked at, those with the highest prices first."""


def step_of(entry: Entry, problem: Problem) -> float:
    """One step of an entry, in its own unit: money by one per cent, a share by one point, everything else by one."""
    return {"money": 0.01 * entry.now(problem), "share": 0.01}.get(entry.limit.unit, 1.0)


def margins(problem: Problem, answer: Answer, price: np.ndarray, ratio: np.ndarray, *, level: float, seed: int) -> pd.DataFrame:
    """One row an entry of the brief that holds the plan back, the most valuable step first.

    Parameters
    ----------
    price : (limits,) what the linear program says of each limit; where it says nothing, nothing is asked.
    ratio : (draws, ideas) what an idea brings in each draw, over what is expected of it.

    Returns
    -------
    entry (its path in the brief), limit, scope, unit, step (in the entry's unit), value (what the step brings, in the plan's unit), low,
    high (at `level`), spend (more money than the plan spends, within its budget).
    """
    asked = [e for e in entries(problem) if not e.limit.wanted and price[list(e.rows)].max() > 0]
    asked = sorted(asked, key=lambda e: (-_promise(e, problem, price), e.path))[:MOST]
    rows = list(_rows(problem, answer, asked, ratio, level, seed))
    table = pd.DataFrame(rows, columns=list(MARGINS))
    much = table["value"] > 1e-6 * problem.value(answer.n)
    return table[much].sort_values(["value", "entry"], ascending=[False, True], kind="stable", ignore_index=True)


def _promise(entry: Entry, problem: Problem, price: np.ndarray) -> float:
    return float(sum(price[k] * more for k, more in _room(problem, entry)))


def _rows(problem: Problem, answer: Answer, asked: list[Entry], ratio: np.ndarray, level: float, seed: int) -> Iterator[tuple[Any, ...]]:
    program = matrix(problem)
    before = {making: _best(problem, _kept(problem, answer, program, making), answer, seed) for making in (False, True)}
    for entry in asked:
        making = entry.limit.code in MAKING
        now = before[making]
        then = _best(problem, _wider(problem, _kept(problem, answer, program, making), entry), answer, seed)
        if now is None or then is None:
            continue
        more = (problem.brought(then[0]) - problem.brought(now[0])).sum(axis=1)
        spend = float(problem.cost @ (then[0] - now[0]).sum(axis=1) + problem.pieces["cost"].to_numpy(float) @ (then[1] - now[1]))
        low, high = np.quantile(ratio @ more, [0.5 - level / 2, 0.5 + level / 2])
        scope = "all" if entry.limit.code in ("days", "budget", "test_share") else entry.limit.scope.split(" / ")[0]
        told = (entry.path, entry.limit.code, scope, entry.limit.unit, step_of(entry, problem))
        yield *told, float(more.sum()), float(low), float(high), spend


def _kept(problem: Problem, answer: Answer, program: Matrix, making: bool) -> Matrix:
    """The program with the plan's pieces: as the least that is made, in whole lots; or fixed, in lots of any fraction."""
    at, base = Layout.of(problem), np.zeros(len(program.cost))
    pieces = columns(problem, answer.n, answer.y)[at.y : at.s]
    base[at.y : at.s] = pieces
    top, whole = program.top.copy(), np.zeros(len(base), bool)
    if making:
        whole[: at.s] = True
    else:
        top[at.y : at.s] = pieces
    used = columns(problem, answer.n, answer.y)[at.u : at.z]  # channels with a least buy stay as they are
    base[at.u : at.z] = top[at.u : at.z] = used
    return replace(program, base=base, top=top, whole=whole)


def _wider(problem: Problem, program: Matrix, entry: Entry) -> Matrix:
    a, high = program.a, program.high.copy()
    for row, more in _room(problem, entry):
        high[row] += more
    if entry.limit.unit == "share":
        a = a.tolil(copy=True)
        spent = np.repeat(problem.cost, problem.shape[2])
        a[entry.rows[0], : len(spent)] = a[entry.rows[0], : len(spent)].toarray().ravel() - step_of(entry, problem) * spent
        a = a.tocsr()
    return replace(program, a=a, high=high)


def _room(problem: Problem, entry: Entry) -> Iterator[tuple[int, float]]:
    """(row, how much more of it) of one step of an entry; the row of a share has other money in it, not more of anything."""
    more = 0.0 if entry.limit.unit == "share" else step_of(entry, problem)
    yield from zip(entry.rows, (more * entry.per(problem)).tolist(), strict=True)


def _best(problem: Problem, program: Matrix, answer: Answer, seed: int) -> tuple[np.ndarray, np.ndarray] | None:
    """(lots (ideas, weeks), pieces made) of the best plan of a program; whole programs begin with the plan that is there."""
    whole = bool(program.whole.any())
    limit: dict[str, Any] = {"mip_max_nodes": STEPS_OF_WORK, "mip_rel_gap": 1e-4} if whole else {}
    solver = run(loaded(program, whole=whole, seed=seed, **limit), start=columns(problem, answer.n, answer.y) if whole else None)
    if not feasible(solver):
        return None
    (i, p, w), found = problem.shape, values(solver)
    made = found[i * w : (i + p) * w].reshape(p, w)[:, -1]
    return found[: i * w].reshape(i, w), made
