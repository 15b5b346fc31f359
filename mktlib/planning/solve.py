"""The best plan that all limits allow, with the bound that proves how good it is.

A small campaign goes to HiGHS as one mixed-integer program. A large one is taken apart (`search`: which pieces, when; `weeks`: each
week alone; `finish`: whole lots within all limits). Where that leaves a gap, HiGHS gets the best plan to start from and a kernel of good
ideas, then, if size allows, all of them. Deterministic: one thread, a fixed seed, limits on nodes and iterations and never on seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy import sparse

from mktlib.planning.engine import GAP, NODES, Meter, feasible, loaded, optimal, run, values
from mktlib.planning.finish import Finisher
from mktlib.planning.problem import Problem
from mktlib.planning.program import Layout, Matrix, columns, matrix, split
from mktlib.planning.schedules import Judge
from mktlib.planning.search import Search
from mktlib.planning.weeks import Parts

SMALL = 5_000
"""Columns up to which HiGHS alone does best."""
MIDDLE = 20_000
"""Columns up to which HiGHS is worth asking after the search."""
FEW = 20
"""Nodes for a kernel: each of them is long."""
MANY = 40
"""Pieces up to which a schedule is searched for: with more, few of them fit, and a kernel of good ideas finds those faster."""
KERNEL = 4_000
"""Columns of lots that HiGHS gets where the search leaves a gap: the ideas that the linear program likes best."""
CLOSE = 0.0025
"""A gap that ends the search of a large campaign."""
STALE = 0.001
"""New prices that lower the bound by less are the last ones."""

Plan = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Answer:
    """A plan (n, y) and a bound on every plan's value; lp: the bound of the plain linear program; stopped: called off before its end."""

    n: np.ndarray
    y: np.ndarray
    bound: float
    lp: float = np.inf
    stopped: bool = False


def solve(problem: Problem, *, start: Plan | None, seed: int, nodes: int = NODES, gap: float = GAP, work: float = 1.0) -> Answer | None:
    """The best plan found and an upper bound on every plan's value; None where no plan holds all limits.

    `start` is handed to the solver, and returned where the solver stops with less. `work` scales the effort of the search (1: some
    fifteen seconds for a quarter of a year). Ctrl-C ends it with the best plan so far.

    Raises
    ------
    KeyboardInterrupt
        When it is called off before any plan was found.
    """
    meter, size = Meter(work), Layout.of(problem).size
    best, bound, lp = start, np.inf, np.inf
    with meter.watched():
        if best is not None:
            meter.tell(problem.value(best[0]))
        if size > SMALL:
            best, bound, lp, rank = _searched(problem, best, seed, meter, min(gap, CLOSE))
            for lots in (KERNEL // 4, KERNEL):
                if not meter.stopped and _gap(problem, best, bound) > gap:
                    kernel = rank < lots // problem.shape[2]
                    best, _ = _whole(problem, best, seed, meter, FEW, gap, kernel)
        if not meter.stopped and (size <= SMALL or best is None or (size <= MIDDLE and _gap(problem, best, bound) > gap)):
            best, proved = _whole(problem, best, seed, meter, nodes if size <= SMALL or best is None else 1, gap)
            bound = min(bound, proved)
    if best is None and meter.stopped:
        raise KeyboardInterrupt
    return None if best is None else Answer(*best, bound=max(bound, problem.value(best[0])), lp=lp, stopped=meter.stopped)


def _gap(problem: Problem, plan: Plan | None, bound: float) -> float:
    return np.inf if plan is None or not np.isfinite(bound) else (bound - problem.value(plan[0])) / max(abs(bound), 1e-300)


def _value(problem: Problem, plan: Plan | None) -> float:
    return -np.inf if plan is None else problem.value(plan[0])


def _better(problem: Problem, one: Plan | None, other: Plan | None) -> Plan | None:
    """The plan of higher value; the first where they are equal."""
    if one is None or other is None:
        return one if other is None else other
    return other if problem.value(other[0]) > problem.value(one[0]) else one


def _whole(
    problem: Problem, start: Plan | None, seed: int, meter: Meter, nodes: int, gap: float, kernel: np.ndarray | None = None
) -> tuple[Plan | None, float]:
    """(the best plan, a bound) of the whole program by HiGHS; with a `kernel` (ideas,), from those ideas and the plan's own alone."""
    m = matrix(problem)
    if kernel is not None:
        held = kernel if start is None else kernel | start[0].any(axis=1)
        m.top[: problem.most.size] *= np.repeat(held, problem.shape[2])
    solver = loaded(m, whole=True, seed=seed, meter=meter, mip_max_nodes=nodes, mip_rel_gap=gap)
    run(solver, meter, columns(problem, *start) if start is not None else None)
    found = split(problem, values(solver)) if feasible(solver) else None
    if found is not None and problem.broken(*found):
        found = None
    proved = -float(solver.getInfo().mip_dual_bound) if kernel is None else np.inf
    best = _better(problem, start, found)
    meter.tell(_value(problem, best), proved)
    return best, proved


def _searched(problem: Problem, start: Plan | None, seed: int, meter: Meter, gap: float) -> tuple[Plan | None, float, float, np.ndarray]:
    """(the best plan, the best bound, the bound of the linear program, the rank of each idea in it) by taking the campaign apart."""
    parts = Parts(problem)
    core = run(loaded(parts.m, whole=False, seed=seed), meter)
    if not optimal(core):
        return start, np.inf, np.inf, np.arange(len(problem.ideas))
    lp = -float(core.getInfo().objective_function_value)
    rank = _ranked(problem, core)
    if len(problem.pieces) > MANY:
        return start, lp, lp, rank
    search = Search.of(parts, meter, seed)
    search.bound = lp
    chosen = _priced(search, core)
    done: dict[bytes, Finisher] = {}
    for share in (0.8, 0.97):
        search.lots(chosen, share, gap / 2)
        for value, y in search.favourites(2):
            if y.tobytes() in done or value <= _value(problem, start) or _gap(problem, start, search.bound) <= gap or meter.stopped:
                continue
            work = done[y.tobytes()] = Finisher(search, y)
            work.compose()
            start = _better(problem, start, work.held())
            meter.tell(_value(problem, start), search.bound)
    for work in sorted(done.values(), key=lambda w: -_value(problem, w.held())):
        if not meter.over() and _gap(problem, start, search.bound) > gap:
            work.polish()
            start = _better(problem, start, work.held())
    meter.tell(_value(problem, start), search.bound)
    return start, search.bound, lp, rank


def _ranked(problem: Problem, core: highspy.Highs) -> np.ndarray:
    """(ideas,) 0, 1, ...: those in use in the linear program first, then by reduced cost (kernel search; Angelelli et al. 2010)."""
    found = core.getSolution()
    shape = problem.most.shape
    use, cost = (np.array(x)[: problem.most.size].reshape(shape) for x in (found.col_value, found.col_dual))
    order = np.lexsort((np.round(cost.min(axis=1), 9), -use.max(axis=1).round(9)))
    return np.argsort(order)


def _priced(search: Search, core: highspy.Highs) -> Judge:
    """The prices, out of a few, at which the bound is lowest: those of the linear program, those of the schedule that came of it, and
    those of that schedule in whole lots, which may be a little worse for fractions."""
    parts, tried = search.parts, list[tuple[float, int, np.ndarray, np.ndarray]]()
    price = parts.prices(np.array(core.getSolution().row_dual))
    for k in range(3):
        y = search.fractions(search.at(price), 0.1 * (k + 2))
        tried.append((search.upper + search.constant, k, price, y))
        if k and tried[k][0] > (1 - STALE) * tried[k - 1][0]:
            break
        flat = parts.y.ravel().astype(np.int32)
        core.changeColsBounds(len(flat), flat, y.ravel().astype(float), y.ravel().astype(float))
        run(core, search.meter)
        if not optimal(core):
            break
        price = parts.prices(np.array(core.getSolution().row_dual))
    lowest, _, price, y = min(tried, key=lambda t: t[:2])
    search.at(price)
    chosen = search.at(Finisher(search, y).priced(3))
    search.fractions(chosen, 0.5)
    return chosen if search.upper + search.constant <= (1 + STALE) * lowest else search.at(price)


def relaxed(cost: np.ndarray, a: sparse.csr_matrix, high: np.ndarray, top: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(x, prices of the rows) of the linear program min cost @ x, a x <= high, 0 <= x <= top; None where nothing holds."""
    free = np.full(len(high), -np.inf)
    solver = run(loaded(Matrix(cost, a, free, high, top, np.zeros(len(cost), bool)), whole=False, seed=0))
    if not optimal(solver):
        return None
    return values(solver), np.maximum(0.0, -np.array(solver.getSolution().row_dual))


def duals(solver: highspy.Highs, problem: Problem) -> np.ndarray:
    """(limits,) what one more unit of each would add to the value of a linear program that is solved."""
    return np.maximum(0.0, -np.array(solver.getSolution().row_dual)[: len(problem.limits)])


def prices(problem: Problem, answer: Answer, *, seed: int, loose: np.ndarray | None = None) -> np.ndarray:
    """What one more unit of each limit would add to the value: the duals of the linear program.

    Limits on placements are priced with the pieces of the plan as they are; limits on pieces and days, which are then fixed, by the
    program in which pieces may be made in part. Both are right for a small change. loose (limits,): the duals of the latter where they
    are known already.
    """
    m, at = matrix(problem), Layout.of(problem)
    fixed, held = m.top.copy(), np.zeros(len(m.top))
    x = columns(problem, answer.n, answer.y)
    for part in (slice(at.y, at.s), slice(at.u, at.z)):
        fixed[part] = held[part] = x[part]
    tight = duals(run(loaded(replace(m, top=fixed, base=held), whole=False, seed=seed)), problem)
    if loose is None:
        loose = duals(run(loaded(m, whole=False, seed=seed)), problem)
    making = np.array([r.code in ("days", "pieces") for r in problem.limits])
    return np.where(making, loose, tight)
