"""What to learn next: which tests are worth their money, before any is run.

A question is open where nobody yet knows which contents are best for a segment, at a stage, on a channel. The answer is worth what the
campaign would bring more if the best were known, times the chance that a test finds it. That is the expected value of sample information
(`information` has the method and its sources); beside the cost of the test it says what to ask first, and how long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError
from mktlib.planning.brief import Brief, Segment
from mktlib.planning.ideas import GROUP, PIECE, link
from mktlib.planning.information import Beliefs, best_within, gains, perfect
from mktlib.planning.narrow import shortlist
from mktlib.planning.problem import Problem, sized
from mktlib.results import CELL, Learning, Plan, Scores
from mktlib.vocabulary import Tables, finding, load_tables

OPEN = ("test", "too_early")
CANDIDATES = 10
"""Contents of a question, at most: those whose rate could be highest, and all that the plan shows."""
TOGETHER = (2, 3, 4)
"""Contents in one test."""
EVENTS = 10.0
"""A test of fewer expected events for each content is not proposed: it tells little, and the normal approximation does not hold there."""
SHARES = (0.125, 0.25, 0.5)
"""Parts of the first week that a small test may take; later ones take whole weeks."""
HARDLY = 0.02
"""An answer worth less than this share more is not waited for."""
DRAWS = 4000
QUESTION = [
    "question", *GROUP, "cells", "contents", "sample_size", "weeks", "cost", "worth", "low", "high", "net", "perfect", "chosen",
]  # fmt: skip
TEST = ["question", *CELL, "sample_size", "weeks", "cost", "rate", "low", "high", "made"]


@dataclass(frozen=True)
class Test:
    """One test: which contents of the question (positions), exposures of each, whole weeks, cost, and what it may bring by outcome."""

    __test__ = False  # not one of pytest's

    tested: np.ndarray
    n: float
    weeks: int
    cost: float
    brings: np.ndarray

    @property
    def worth(self) -> float:
        return float(self.brings.mean())


@dataclass(frozen=True)
class Question:
    """One open choice. ideas: its contents; room (contents, weeks): exposures until the end of each week; shown: how many of them the
    plan shows; horizon: what one point of rate, over all exposures of the campaign, is worth; costs: of one exposure; making: of a piece
    that the plan does not make."""

    key: tuple[str, str, str]
    ideas: pd.DataFrame
    beliefs: Beliefs
    room: np.ndarray
    shown: int
    horizon: float
    costs: np.ndarray
    making: np.ndarray
    tests: list[Test] = field(default_factory=list)

    def test(self, tested: np.ndarray, n: float, weeks: int) -> Test:
        cost = float((n * self.costs + self.making)[tested].sum())
        return Test(tested, n, weeks, cost, self.horizon * gains(self.beliefs, tested, n, keep=self.shown))

    def sizes(self, tested: np.ndarray) -> list[tuple[float, int]]:
        """(exposures of each content, whole weeks) of the tests that fit: from a part of the first week to all weeks."""
        people = len(tested) if bool(self.ideas["message"].iloc[0]) else 1  # a person written to sees one of them
        least = EVENTS / max(float(self.ideas["rate"].iloc[tested].min()), 1e-12)
        before, out = 0.0, list[tuple[float, int]]()
        for week, n in enumerate(self.room[tested].min(axis=0) / people, 1):
            parts = [share * n for share in SHARES] if before == 0 else []
            out += [(float(np.floor(x)), week) for x in (*parts, n) if x >= least and n > before]
            before = max(before, float(n))
        return out


def worth_learning(
    scores: Scores, brief: Brief, plan: Plan, *, horizon: float = 1.0, random_state: int = 0, tables: Tables | None = None
) -> Learning:
    """The open questions of a plan, the test that answers each, and the tests that are worth most within the test share.

    A question is a segment, stage and channel of the plan where at least one content is undecided (verdict test or too_early). A test shows
    two to four of its contents equally often, side by side. What it is worth: expected value of the contents that are best after the test
    - of those that look best now, over as many exposures as the plan has there (a campaign of this size that uses the answer). Its size is
    the one with the highest worth - cost, within the days, caps and repetitions that the channel allows.

    Parameters
    ----------
    scores : that the plan was made from; drawn jointly where they can be (scores of a `ContentScorer`), else each cell has its own range.
    plan : from `plan_campaign`; its exposures (after wear) are those that gain from an answer, its pieces are those already paid for.
    horizon : campaigns of this size that will use the answer.
    random_state : seed of the draws; the same seed gives the same answer.

    Returns
    -------
    Learning
        table: one row a question; worth, low and high (over the outcomes of the test, at the level of the scores; low is often 0: most
        tests change nothing), cost and net in the brief's currency, or in events where the brief gives them no value (the cost then at
        what the last unit of the budget brings). tests: one row a tested content. What the test placements themselves sell, and what
        they teach about other questions, is not counted: a cautious worth.

    Raises
    ------
    DataError
        For a metric of money, where one exposure has no known information, or a horizon of 0 or less.

    Examples
    --------
    >>> from mktlib.planning import brief_from_text, plan_campaign
    >>> from mktlib.results import Scores
    >>> lines = ["first_day = 2026-10-05", "last_day = 2026-11-01", "budget = 4000", "[objective]", "value = 5.0", "[team]"]
    >>> lines += ["days_per_week = 0.8", "[channels]", "paid_social = {price = 8, quantity = 10000}", "[segments.parents]", "size = 40000"]
    >>> cell = {"segment": "parents", "stage": "decision", "style": "playful", "length": "none", "channel": "paid_social"}
    >>> told = {"rate": 0.02, "low": 0.012, "high": 0.033, "verdict": "test"}
    >>> table = pd.DataFrame([cell | told | {"content_type": kind} for kind in ("carousel", "story", "social_image")])
    >>> scores, brief = Scores(table=table, by=CELL, within=("segment", "stage"), metric="click_rate"), brief_from_text(chr(10).join(lines))
    >>> found = worth_learning(scores, brief, plan_campaign(scores, brief))
    >>> found.table[["segment", "channel", "cells", "weeks", "chosen"]].to_dict("records")
    [{'segment': 'parents', 'channel': 'paid_social', 'cells': 3, 'weeks': 1, 'chosen': True}]
    """
    tables = tables or load_tables()
    asked = open_questions(scores, brief, plan, horizon=horizon, random_state=random_state, tables=tables)
    rate = _exchange(brief, plan)
    for question in asked:
        question.tests.extend(_tests(question, rate))
    asked = [q for q in asked if q.tests]
    budget = brief.test_share * brief.budget
    options = [[(t.cost, t.worth - rate * t.cost) for t in q.tests] for q in asked]
    taken = best_within(options, budget)
    return _told(asked, taken, scores, brief, plan, rate)


def open_questions(
    scores: Scores, brief: Brief, plan: Plan, *, horizon: float = 1.0, random_state: int = 0, tables: Tables | None = None
) -> list[Question]:
    """The choices that `worth_learning` asks about, with what is believed of their contents; its parameters and errors."""
    tables = tables or load_tables()
    _refuse(scores, brief, horizon, tables)
    return list(_questions(scores, brief, plan, horizon, random_state, tables))


def _refuse(scores: Scores, brief: Brief, horizon: float, tables: Tables) -> None:
    if tables.metrics.get(scores.metric, {}).get("family") == "money":
        raise DataError(finding("E_LEARN_METRIC", brief.language, column="metric", found=scores.metric))
    if not 0 < horizon < np.inf:
        raise DataError(finding("E_OPTION", brief.language, column="horizon", found=horizon, expected="0 < horizon"))


def _exchange(brief: Brief, plan: Plan) -> float:
    """What one unit of money is worth in the unit of the worth: itself, or the events that the last unit of the budget brings."""
    return 1.0 if brief.objective.value is not None else float(plan.expected.get("margin") or 0.0)


# ---------------------------------------------------------------- the open questions


def _questions(scores: Scores, brief: Brief, plan: Plan, horizon: float, seed: int, tables: Tables) -> Iterator[Question]:
    """Every segment, stage and channel of the plan with something undecided and more contents than it shows."""
    short = shortlist(scores, brief, tables=tables)
    shown = plan.schedule.merge(plan.items[["item", "content_type", "style", "length"]], on="item")
    if shown.empty:
        return
    ideas = _candidates(short.ideas[short.ideas["fell"].isin(["", "shortlist"])], shown)
    if ideas.empty:
        return
    problem = sized(ideas, brief)
    believed = _believed(problem, scores, seed, tables)
    scatter = float(getattr(getattr(scores, "scorer", None), "dispersion_", 1.0) or 1.0)
    made = set(plan.items.loc[plan.items["status"] == "make", PIECE].itertuples(index=False, name=None))
    groups = [(str(a), str(b), str(c)) for a, b, c in problem.ideas[GROUP].to_numpy()]
    for key in sorted(set(groups)):
        rows, mine = np.flatnonzero([g == key for g in groups]), shown[(shown[GROUP] == list(key)).all(axis=1)]
        cells = problem.ideas.iloc[rows]
        count = len(mine.drop_duplicates(["content_type", "style", "length"]))
        if len(rows) > count and cells["verdict"].isin(OPEN).any():
            yield _question(key, rows, problem, believed, mine, count, horizon, made, scatter, tables)


def _candidates(ideas: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    """In each group of the plan: the contents that it shows, and those whose rate could be highest."""
    ideas = ideas.merge(shown[GROUP].drop_duplicates(), on=GROUP)
    there = ideas[list(CELL)].merge(shown[list(CELL)].drop_duplicates(), on=list(CELL), how="left", indicator=True)["_merge"] == "both"
    order = ideas.assign(_there=there.to_numpy()).sort_values(["_there", "high", *CELL], ascending=[False, False] + [True] * len(CELL))
    return order.groupby(GROUP, sort=False).head(CANDIDATES).drop(columns="_there")


def _believed(problem: Problem, scores: Scores, seed: int, tables: Tables) -> np.ndarray | None:
    """(DRAWS, ideas) joint draws on the link scale; None where the scores cannot be drawn from."""
    draw = getattr(scores, "draws", None)
    if draw is None:
        return None
    scored, again = np.unique(problem.ideas["scored"].to_numpy(int), return_inverse=True)
    change, _ = link(float(problem.ideas["high"].max()))
    return np.asarray(change(np.maximum(draw(scored, DRAWS, random_state=seed), 1e-12))[:, again], float)


def _beliefs(rows: np.ndarray, problem: Problem, believed: np.ndarray | None, dispersion: float) -> Beliefs:
    share = bool(problem.ideas["high"].max() < 1)
    if believed is not None:
        return Beliefs.of(believed[:, rows], share=share, dispersion=dispersion)
    cells = problem.ideas.iloc[rows]
    change, _ = link(float(problem.ideas["high"].max()))
    ends = [change(np.maximum(cells[c].to_numpy(float), 1e-12)) for c in ("low", "high")]
    return Beliefs((ends[0] + ends[1]) / 2, np.diag(cells["rate_sd"].to_numpy(float) ** 2), share, dispersion)


def _question(
    key: tuple[str, str, str], rows: np.ndarray, problem: Problem, believed: np.ndarray | None, mine: pd.DataFrame, shown: int,
    horizon: float, made: set[Any], scatter: float, tables: Tables,
) -> Question:  # fmt: skip
    brief, cells = problem.brief, problem.ideas.iloc[rows]
    per_rate = cells["events"] / (cells["exposures"] * cells["rate"]).where(cells["rate"] > 0, np.nan)
    exposed = float((mine["events"] / (mine["rate"] * per_rate.mean())).sum()) * horizon / shown
    worth = cells["value"] / (cells["exposures"] * cells["rate"])
    if _by_click(key[2], brief, tables) and brief.objective.metric == "click_rate" and brief.objective.value is not None:
        worth = worth - cells["lot_cost"] / (cells["exposures"] * cells["rate"])  # a better rate is paid for, click by click
    pieces = list(cells[PIECE].itertuples(index=False, name=None))
    return Question(
        key=key, ideas=cells.reset_index(drop=True), room=_room(rows, problem, key[0]), shown=shown,
        beliefs=_beliefs(rows, problem, believed, scatter), horizon=exposed * max(0.0, float(worth.mean())),
        costs=(cells["lot_cost"] / cells["exposures"]).to_numpy(float),
        making=np.array([0.0 if p in made else brief.making(p[0])[0] for p in pieces]),
    )  # fmt: skip


def _by_click(channel: str, brief: Brief, tables: Tables) -> bool:
    return (brief.channels[channel].unit or tables.channels.get(channel, {}).get("cost_unit")) == "click"


def _room(rows: np.ndarray, problem: Problem, segment: str) -> np.ndarray:
    """(contents, weeks) exposures that one content can have by the end of each week; people are shared out among the tested where they are
    written to (see `Question.sizes`)."""
    cells, terms = problem.ideas.iloc[rows], problem.brief.segments.get(segment) or Segment()
    lots = np.cumsum(problem.most[rows], axis=1).astype(float)
    months = terms.cap_per_month * np.ceil(np.arange(1, lots.shape[1] + 1) / 4)
    lots = np.where(cells["message"].to_numpy(bool)[:, None], np.minimum(lots, months), lots)
    return np.minimum(lots, problem.steps[rows].sum(axis=1)[:, None]) * cells["exposures"].to_numpy(float)[:, None]


# ---------------------------------------------------------------- the tests


def _tests(question: Question, rate: float) -> list[Test]:
    """The tests of a question, the cheapest first: which contents, and how long; none where nothing can be tested in time."""
    alone = [question.test(np.array([i]), max(1.0, question.room[i, -1]), 0).worth for i in range(len(question.ideas))]
    order = np.argsort(-np.asarray(alone), kind="stable")  # those that would change most on their own
    at_hand = order[question.making[order] == 0]
    sets = {tuple(sorted(o[:size].tolist())) for o in (order, at_hand) for size in TOGETHER if size <= len(o)}
    found: list[Test] = []
    for tested in map(np.array, sorted(sets)):
        found += _rising([question.test(tested, n, weeks) for n, weeks in question.sizes(tested)])
    return sorted(_in_time(found), key=lambda t: (t.cost, -t.worth))


def _in_time(tests: list[Test]) -> list[Test]:
    """Without those that take more weeks, and no less money, for an answer that is hardly better."""
    kept: list[Test] = []
    for test in sorted(tests, key=lambda t: (t.weeks, t.cost, -t.worth)):
        if not any(t.weeks < test.weeks and t.cost <= test.cost and t.worth >= (1 - HARDLY) * test.worth for t in kept):
            kept.append(test)
    return kept


def _rising(tests: list[Test]) -> list[Test]:
    """More exposures of the same contents never teach less: what the evenly spread outcomes lose by rounding is given back."""
    out = list[Test]()
    for test in tests:
        less = bool(out) and out[-1].worth > test.worth
        out.append(replace(test, brings=out[-1].brings) if less else test)
    return out


# ---------------------------------------------------------------- from numbers to tables


def _told(asked: list[Question], taken: list[int | None], scores: Scores, brief: Brief, plan: Plan, rate: float) -> Learning:
    rows, tests = [], []
    for question, j in zip(asked, taken, strict=True):
        net = [t.worth - rate * t.cost for t in question.tests]
        test = question.tests[int(np.argmax(net)) if j is None else j]
        rows.append(_row(question, test, rate, scores.level, j is not None))
        tests += _shown_to(question, test)
    table = pd.DataFrame(rows, columns=QUESTION)
    table = table.sort_values(["chosen", "net", *GROUP], ascending=[False, False, True, True, True], kind="stable", ignore_index=True)
    names = {q: f"Q{k:02d}" for k, q in enumerate(table["question"], 1)}
    table["question"] = table["question"].map(names)
    cells = pd.DataFrame(tests, columns=TEST)
    cells = cells.assign(question=cells["question"].map(names)).sort_values(["question", *CELL], kind="stable", ignore_index=True)
    picked = table[table["chosen"].astype(bool)]
    facts = {
        "name": brief.name, "currency": brief.currency, "metric": scores.metric, "level": scores.level, "questions": len(table),
        "chosen": len(picked), "budget": brief.test_share * brief.budget, "spend": float(picked["cost"].sum()),
        "worth": float(picked["worth"].sum()), "net": float(picked["net"].sum()), "exchange": rate,
        "objective": plan.facts.get("objective", "value"), "joint": hasattr(scores, "draws"),
    }  # fmt: skip
    return Learning(table=table, tests=cells, facts=facts)


def _row(question: Question, test: Test, rate: float, level: float, chosen: bool) -> dict[str, Any]:
    low, high = np.quantile(test.brings, [0.5 - level / 2, 0.5 + level / 2])
    known = question.horizon * float(perfect(question.beliefs, keep=question.shown).mean())
    contents = question.ideas.iloc[test.tested]
    return {
        "question": question.key, **dict(zip(GROUP, question.key, strict=True)), "cells": len(test.tested),
        "contents": tuple(contents[["content_type", "style", "length"]].agg(" / ".join, axis=1)), "sample_size": test.n,
        "weeks": test.weeks, "cost": test.cost, "worth": test.worth, "low": float(low), "high": float(high),
        "net": test.worth - rate * test.cost, "perfect": max(known, test.worth), "chosen": chosen,
    }  # fmt: skip


def _shown_to(question: Question, test: Test) -> list[dict[str, Any]]:
    cells = question.ideas.iloc[test.tested]
    costs = (test.n * question.costs + question.making)[test.tested]
    made = question.making[test.tested] == 0
    own = cells[[*CELL, "rate", "low", "high"]].to_dict("records")
    return [
        {str(k): v for k, v in row.items()}
        | {"question": question.key, "sample_size": test.n, "weeks": test.weeks, "cost": c, "made": bool(m)}
        for row, c, m in zip(own, costs, made, strict=True)
    ]
