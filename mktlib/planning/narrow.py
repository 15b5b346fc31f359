"""From a huge space of ideas to a short list, with the count and the reason at each step.

The last step is a choice, and a sort by score would choose badly: the best rates share one channel's money or the same few days of work.
So the campaign is first solved in the large: pieces and placements in any fraction, weeks taken together. That linear program is a
relaxation of the plan, so its prices tell what each idea is worth beside the others, and its value is a ceiling on every plan from every
allowed idea (weak duality; Geoffrion 1974, Lagrangean relaxation for integer programming).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from mktlib.errors import DataError
from mktlib.planning.brief import Brief
from mktlib.planning.ideas import GROUP, priced
from mktlib.planning.limits import limits
from mktlib.planning.problem import STEPS, Limit, Problem, sized
from mktlib.planning.risk import sds_off
from mktlib.planning.sieves import sieves
from mktlib.planning.solve import relaxed
from mktlib.planning.why import CampaignShortlist
from mktlib.results import CELL, Scores
from mktlib.vocabulary import Tables, finding, load_tables

PRICED = 20_000
"""Ideas in the linear program; where more are allowed, those of each group that could bring most. The ceiling covers all the same."""
COLUMNS = [
    *CELL, "rate", "low", "high", "value", "rank", "rate_sd", "verdict", "lot", "lot_cost", "people", "exposures", "events", "message",
    "scored",
]  # fmt: skip


def shortlist(
    scores: Scores, brief: Brief, *, keep: int = 200, risk: float | None = None, tables: Tables | None = None
) -> CampaignShortlist:
    """Narrow the scored cells to the ideas worth planning with.

    Steps, in this order: styles that the brand allows, channels that the brief buys, formats that the tables allow there, wanted
    stages and segments, types that suit the stage (`sieves.fits_stage`), exclusions, cells shown to fall below their group, dominated
    ideas (at least three ideas of the same segment, stage and channel whose low value for money is above this one's high), and the
    `keep` that are worth most together, under the brief's money, days, caps and shares.

    Parameters
    ----------
    keep : ideas kept at most.
    risk : standard deviations taken off every rate before choosing; default those of the brief's `risk` (`risk.sds_off`).

    Returns
    -------
    CampaignShortlist
        table: the columns of `CELL`, rate, low, high, value (money or events for one placement), rank (1 is best); steps: step, kept,
        dropped, reason; facts: ceiling (no plan from any idea left before the last step can promise more) and counts. `why_not(idea)`
        says where an idea fell and by what.

    Raises
    ------
    DataError
        When the scores hold no cell, or the metric is not the brief's.
    """
    tables = tables or load_tables()
    if keep < 1:
        raise DataError(finding("E_OPTION", brief.language, column="keep", found=keep, expected="keep >= 1"))
    ideas = priced(scores, brief, tables)
    fell, left, steps = pd.Series("", index=ideas.index, dtype=object), ideas, [(0, len(ideas), 0, "all")]
    for reason, test in sieves(brief, tables).items():
        holds = test(left).to_numpy(bool)
        fell[left.index[~holds]] = reason
        steps.append((len(steps), int(holds.sum()), int((~holds).sum()), reason))
        left = left[holds]
    choice = worth_most(left, brief, keep, sds_off(brief.risk) if risk is None else risk)
    fell[left.index.difference(choice.kept)] = "shortlist"
    steps.append((len(steps), len(choice.kept), len(left) - len(choice.kept), "shortlist"))
    chosen = left.loc[choice.kept].sort_values(["value", *CELL], ascending=[False] + [True] * len(CELL), kind="stable")
    rank = pd.Series(np.arange(1, len(chosen) + 1), index=chosen.index)
    facts = {"metric": scores.metric, "first": len(ideas), "last": len(chosen), "within": list(scores.within), "level": scores.level}
    facts |= {"allowed": len(left), "ceiling": choice.ceiling, "currency": brief.currency}
    return CampaignShortlist(
        table=chosen.assign(rank=rank)[COLUMNS].reset_index(drop=True), facts=facts,
        steps=pd.DataFrame(steps, columns=["step", "kept", "dropped", "reason"]),
        ideas=ideas.assign(fell=fell, rank=rank, place=choice.place, worth=choice.worth, used=choice.used), brief=brief, words=tables,
    )  # fmt: skip


# ---------------------------------------------------------------- the choice: the campaign solved in the large


@dataclass(frozen=True)
class Large:
    """The campaign with weeks taken together: most (limits,), lots (limits, ideas), made (limits, pieces), cap (ideas,) lots in all."""

    most: np.ndarray
    lots: np.ndarray
    made: np.ndarray
    cap: np.ndarray
    wanted: np.ndarray


@dataclass(frozen=True)
class Choice:
    """What the last step kept. kept: index of the ideas; ceiling; and by idea: place (1 is best), worth (what all its lots would bring
    beyond the price of the limits that they use), used (what it brings in the campaign solved in the large)."""

    kept: pd.Index
    ceiling: float | None
    place: pd.Series
    worth: pd.Series
    used: pd.Series


def worth_most(ideas: pd.DataFrame, brief: Brief, keep: int, risk: float = 0.0) -> Choice:
    """The ideas worth most together; all of them and no ceiling where they are few (the plan's own bound then says it)."""
    if len(ideas) <= keep:
        nothing = pd.Series(np.nan, index=ideas.index)
        return Choice(ideas.index, None, nothing, nothing, nothing)
    problem = sized(ideas.assign(_row=ideas.index), brief, risk=risk)
    large = in_the_large(problem, limits(problem))
    hopeful = problem.gain * (_room(problem, large) * problem.slopes).sum(axis=1)
    order = pd.Series(-hopeful).groupby([problem.ideas[c].to_numpy() for c in GROUP], sort=False)
    inside = np.flatnonzero(order.rank(method="first").to_numpy() <= max(1, PRICED // order.ngroups))
    use, price = _solved(problem, large, inside)
    beyond = _worth(problem, large, price)
    worth = np.round(beyond / max(beyond.max(initial=0.0), 1e-300), 9)  # what is next to nothing is a tie, whatever the processor
    rows = list(dict.fromkeys(_reserved(problem, worth, use)))
    most = max(keep, len(rows))
    brings = np.where(use > 1e-6, hopeful.max(initial=0.0) + problem.gain * use, worth)  # those in use first, by what they bring
    rows, at = list(dict.fromkeys([*rows, *np.argsort(-brings, kind="stable").tolist()])), pd.Index(problem.ideas["_row"])
    place = pd.Series(np.arange(1, len(rows) + 1), index=at[rows])
    used = pd.Series(np.where(use > 1e-6, problem.gain * use, 0.0), index=at)
    return Choice(at[sorted(rows[:most])], ceiling(problem, large, price), place, pd.Series(beyond, index=at), used)


def in_the_large(problem: Problem, rows_of: Iterable[Limit]) -> Large:
    """Limits added up over the weeks, each weaker than what it stands for, so that every plan holds them."""
    weeks, rows = problem.brief.weeks, {}
    for limit in rows_of:
        row = _whole(limit, weeks)
        if row is not None:
            rows[row[0]] = row[1:]
    most, lots, made, wanted = zip(*rows.values(), strict=True)
    cap = np.minimum(problem.most.sum(axis=1), problem.steps.sum(axis=1))
    return Large(np.array(most, float), np.array(lots), np.array(made), cap, np.array(wanted, bool))


def _whole(limit: Limit, weeks: int) -> tuple[str, float, np.ndarray, np.ndarray, bool] | None:
    name, most, lots = f"{limit.code} {limit.scope}", limit.most, limit.lots.min(axis=1)
    if limit.code == "days" and limit.scope != str(weeks):
        return None  # days are cumulative: the last week's row is the whole
    if limit.code in ("messages_week", "messages_month"):
        name, lots = f"{limit.code} {limit.scope.split(' / ')[0]}", limit.lots.max(axis=1)
        most *= weeks if limit.code == "messages_week" else -(-weeks // 4)
    return name, most, lots, limit.made.sum(axis=1), limit.wanted or limit.unit == "share"


def _room(problem: Problem, large: Large) -> np.ndarray:
    """(ideas, steps) lots of each step of the response that all weeks together can hold."""
    before = np.cumsum(problem.steps, axis=1) - problem.steps
    return np.clip(large.cap[:, None] - before, 0, problem.steps).astype(float)


def large_program(
    problem: Problem, large: Large, inside: np.ndarray
) -> tuple[np.ndarray, sparse.csr_matrix, sparse.csr_matrix, np.ndarray]:
    """(cost, rows of the limits, rows "made before shown" <= 0, top) of some ideas: steps of each idea (ideas x 3), then pieces."""
    i, p = len(inside), len(problem.pieces)
    room, cap = _room(problem, large)[inside], np.maximum(large.cap[inside], 0).astype(float)
    every, owner = np.arange(i), STEPS * i + problem.piece_of[inside]
    size = STEPS * i + p
    first = sparse.csr_matrix((np.r_[np.ones(i), -room[:, 0]], (np.r_[every, every], np.r_[STEPS * every, owner])), (i, size))
    whole = sparse.csr_matrix(
        (np.r_[np.ones(STEPS * i), -cap], (np.r_[np.repeat(every, STEPS), every], np.r_[np.arange(STEPS * i), owner])), (i, size)
    )
    held = sparse.csr_matrix(np.hstack([np.repeat(large.lots[:, inside], STEPS, axis=1), large.made]))
    cost = np.r_[-(problem.gain[inside, None] * problem.slopes).ravel(), np.zeros(p)]
    return cost, held, sparse.vstack([first, whole], format="csr"), np.r_[room.ravel(), np.ones(p)]


def _solved(problem: Problem, large: Large, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(ideas,) lots in use and (limits,) prices; demands are left out where they cannot hold together (the plan then says why)."""
    i, out, price = len(inside), np.zeros(len(problem.ideas)), np.zeros(len(large.most))
    cost, held, made, top = large_program(problem, large, inside)
    for kept in (np.ones(len(large.most), bool), ~large.wanted):
        found = relaxed(cost, sparse.vstack([held[kept], made], format="csr"), np.r_[large.most[kept], np.zeros(2 * i)], top)
        if found is not None:
            out[inside], price[kept] = found[0][: STEPS * i].reshape(i, STEPS).sum(axis=1), found[1][: kept.sum()]
            break
    return out, price


def _worth(problem: Problem, large: Large, price: np.ndarray) -> np.ndarray:
    """(ideas,) what all lots of an idea bring beyond the price of the limits that they use."""
    left = problem.gain[:, None] * problem.slopes - (price @ large.lots)[:, None]
    return np.asarray((np.maximum(left, 0.0) * _room(problem, large)).sum(axis=1))


def ceiling(problem: Problem, large: Large, price: np.ndarray) -> float:
    """No plan from any of these ideas brings more: limits at any prices >= 0, and the pieces that are worth making at them."""
    pieces = np.bincount(problem.piece_of, weights=_worth(problem, large, price), minlength=len(problem.pieces)) - price @ large.made
    return float(price @ large.most + np.maximum(pieces, 0.0).sum())


def _reserved(problem: Problem, worth: np.ndarray, use: np.ndarray) -> list[int]:
    """Rows that a plan needs whatever they are worth: for each must-have, fixed date and stage with a share, and a few to learn from."""
    brief, ideas, piece = problem.brief, problem.ideas, problem.piece_of
    total = np.bincount(piece, weights=worth, minlength=len(problem.pieces))
    rows: list[int] = []
    for want in (*brief.must_have, *brief.fixed_dates):
        fits = want.rows(ideas).to_numpy()
        best = sorted(set(piece[fits].tolist()), key=lambda p: (-total[p], p))[: getattr(want, "least", 1) + 1]
        rows += [r for p in best for r in np.flatnonzero((piece == p) & fits)[:4].tolist()]
    for channel in brief.least_a_week():
        mine = np.flatnonzero((ideas["channel"] == channel).to_numpy())
        rows += mine[np.argsort(-worth[mine], kind="stable")[:6]].tolist()
    money = problem.cost * use + 1e-9 * worth  # a stage that must get its share: where the large plan spends it
    for stage in (s for s, share in brief.stages.items() if share > 0):
        mine = np.flatnonzero((ideas["stage"] == stage).to_numpy())
        rows += mine[np.argsort(-money[mine], kind="stable")[:6]].tolist()
    learn = np.flatnonzero(ideas["verdict"].isin(["test", "too_early"]).to_numpy())
    if brief.test_share > 0:
        rows += learn[np.argsort(-problem.gain[learn], kind="stable")[:6]].tolist()
    return rows
