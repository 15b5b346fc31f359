"""One plan out of many ideas: which pieces to make, where and when to show them, what it should bring and what holds it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from mktlib.errors import Finding, PlanError
from mktlib.planning.brief import Brief
from mktlib.planning.calendar import calendar
from mktlib.planning.calendar_check import broken_days
from mktlib.planning.check import broken_limits
from mktlib.planning.greedy import greedy
from mktlib.planning.ideas import PIECE, link
from mktlib.planning.limits import build
from mktlib.planning.links import links
from mktlib.planning.narrow import shortlist
from mktlib.planning.outputs import export
from mktlib.planning.problem import Problem
from mktlib.planning.remarks import brief_remarks
from mktlib.planning.solve import Answer, clash, prices, solve
from mktlib.planning.store import read_plan, write_plan
from mktlib.results import Plan, Scores
from mktlib.vocabulary import Tables, finding, load_tables, nearest, phrase

DRAWS = 4000


@runtime_checkable
class Drawable(Protocol):
    """Scores that give joint draws of the rates of some rows of their table, (size, rows)."""

    def draws(self, rows: np.ndarray, size: int, *, random_state: int = 0) -> np.ndarray: ...


HOLD = 5
EXPECTED = ("value", "low", "high", "p_loss", "spend", "bound", "gap", "ceiling", "margin", "greedy", "events", "level")
SCHEDULE = [
    "week", "segment", "stage", "channel", "item", "quantity", "spend", "value", "low", "high", "exposure", "rate", "rate_sd", "verdict",
    "events",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, repr=False)
class CampaignPlan(Plan):
    """A plan that knows its brief, so that it can be checked again and kept.

    `schedule` has, beyond what `results.Plan` says: exposure (of the metric), rate (posterior mean), rate_sd (sd of its log-odds),
    verdict and events (expected, after wear).
    """

    brief: Brief

    def check(self, *, calendar: pd.DataFrame | None = None) -> pd.DataFrame:
        """Every limit of the brief worked out again from the plan's own tables, without the solver, and every day of its calendar.

        calendar : one changed by hand; default the plan's own.
        Returns one row a broken limit (limit, scope, used, most, over); empty when all hold.
        """
        days = self.calendar() if calendar is None else calendar
        broken = [
            broken_limits(self.brief, self.items, self.schedule, promised=set(self.limits["limit"])),
            broken_days(self.brief, self.items, self.schedule, days),
        ]
        return pd.concat([b for b in broken if len(b)], ignore_index=True) if any(map(len, broken)) else broken[0]

    def calendar(self, *, tables: Tables | None = None) -> pd.DataFrame:
        """What is to be done, by day: who makes what by when, and the day and hour of each publication; see `planning.calendar`."""
        return calendar(self.brief, self.items, self.schedule, tables=tables)

    def links(self, *, site: str | None = None) -> pd.DataFrame:
        """One tracked link (UTM) a piece, channel and segment; `site` is the address of the page, see `planning.links`."""
        return links(self.brief, self.items, self.schedule, site=site)

    def export(
        self, folder: str | Path, *, language: str | None = None, overwrite: bool = False, site: str | None = None,
        tables: Tables | None = None,
    ) -> Path:  # fmt: skip
        """Write what others work with: calendar.ics, plan.xlsx, links.csv, csv/<table>.csv and pieces/<piece>.html (a page for creators).

        Parameters
        ----------
        folder : where to; made if it is not there.
        language : of heads, words and pages; default MKTLIB_LANGUAGE, else English.
        overwrite : replace files that are there already.
        site : address of the page that the tracked links lead to; without it they are what is added to an address.

        Raises
        ------
        DataError
            E_OPTION: the language, or an address that is none.
        StoreError
            E_FILE_EXISTS, E_PATH, E_CANNOT_WRITE; where one is raised before writing, nothing is written.
        """
        out = {"items": self.items, "schedule": self.schedule, "limits": self.limits, "tests": self.tests}
        out |= {"calendar": self.calendar(tables=tables), "links": self.links(site=site)}
        return export(folder, self.brief, out, language=language, overwrite=overwrite, site=site, tables=tables)

    def save(self, folder: str | Path) -> Path:
        """Write plan.json and one CSV a table, each atomically; the same plan gives the same bytes.

        Raises
        ------
        StoreError
            When the folder cannot be written.
        """
        tables = {"items": self.items, "schedule": self.schedule, "limits": self.limits, "tests": self.tests}
        return write_plan(Path(folder), self.brief, self.facts, tables)


def load_plan(folder: str | Path) -> CampaignPlan:
    """Read a plan that `save` wrote.

    Raises
    ------
    StoreError
        When a part is missing, or is not what was written.
    """
    brief, facts, tables = read_plan(Path(folder))
    expected = {key: facts[key] for key in EXPECTED}
    return CampaignPlan(
        table=tables["items"], schedule=tables["schedule"], limits=tables["limits"], tests=tables["tests"], facts=facts,
        expected=expected, brief=brief, findings=_remarks(brief, tables["schedule"], facts),
    )  # fmt: skip


def plan_campaign(
    scores: Scores, brief: Brief, *, risk: float | None = None, random_state: int = 0, keep: int = 200, tables: Tables | None = None
) -> CampaignPlan:
    """The plan of highest expected value that all limits of the brief allow.

    A mixed-integer program over the `keep` ideas worth most together (`shortlist`), solved by HiGHS to one per cent or a fixed
    number of nodes, never worse than a greedy fill. Value = expected events x value of an event (or the events, where the brief gives
    no value). It is the value that is made as large as the limits allow, not the profit: `margin` tells when money stops paying.

    Parameters
    ----------
    scores : from `ContentScorer.score_cells`, of the brief's metric.
    brief : from `read_brief`.
    risk : standard deviations taken off every rate before choosing (0: the mean decides); default the brief's own.
    random_state : seed of the draws behind `low`, `high` and `p_loss`, and of the solver; the same seed gives the same plan.

    Returns
    -------
    CampaignPlan
        `expected`: value, low, high (at the level of the scores), p_loss (chance that the value is below the spend; None without
        money), spend, bound (no plan from the ideas kept can promise more), gap, ceiling (no plan from any idea that the brief allows
        can; bound and ceiling are None with risk), margin (what the last unit of the budget brings), greedy, events. The draws are
        joint over the cells (scores of a `ContentScorer`) and include the luck of counting; that the coming weeks differ from the
        past is not in them.

    Raises
    ------
    PlanError
        When limits and demands cannot hold together: which limits lack how much, or which demands would have to go.
    """
    tables, risk = tables or load_tables(), brief.risk if risk is None else risk
    if not 0 <= risk < np.inf:
        raise PlanError(finding("E_OPTION", brief.language, column="risk", found=risk, expected="0 <= risk"))
    short = shortlist(scores, brief, keep=keep, risk=risk, tables=tables)
    ideas = short.table
    _nothing_left(ideas, brief)
    problem = build(ideas, brief, risk=risk)
    start = greedy(problem)
    answer = solve(problem, start=start, seed=random_state)
    if answer is None:
        raise PlanError(_clashes(problem, random_state))
    by_hand = problem.value(start[0]) if start is not None else 0.0
    return _told(problem, answer, by_hand, short.facts, scores, tables, random_state, risk)


def _nothing_left(ideas: pd.DataFrame, brief: Brief) -> None:
    """Refuse at once what no amount of money mends: a wanted stage, piece or date without an idea."""
    found = []
    if ideas.empty:
        found.append(finding("E_PLAN_EMPTY", brief.language, found="0"))
    for stage, share in brief.stages.items():
        if share > 0 and not (ideas["stage"] == stage).any():
            found.append(finding("E_PLAN_NO_IDEA", brief.language, column=f"stages.{stage}", found=stage))
    for name, wants in (("must_have", brief.must_have), ("fixed_dates", brief.fixed_dates)):
        for k, want in enumerate(wants):
            pieces = ideas.loc[want.rows(ideas), PIECE].drop_duplicates()
            if len(pieces) < getattr(want, "least", 1):
                what = ", ".join(want.given().values())
                found.append(finding("E_PLAN_NO_IDEA", brief.language, column=f"{name}.{k}", found=what))
    for channel in brief.least_a_week():
        if not (ideas["channel"] == channel).any():
            found.append(finding("E_PLAN_NO_IDEA", brief.language, column=f"presence.{channel}", found=channel))
    if found:
        raise PlanError(found)


def _clashes(problem: Problem, seed: int) -> list[Finding]:
    language, found = problem.brief.language, []
    for limit, more in clash(problem, seed=seed):
        segment, most = limit.scope.split(" / ")[0], abs(limit.most)
        path = {
            "budget": "budget", "days": "team.days_per_week", "pieces": f"production.{limit.scope}.most",
            "channel": f"channels.{limit.scope}.maximum", "stage_share": f"stages.{limit.scope}", "test_share": "test_share",
            "messages_week": f"segments.{segment}.cap_per_week", "messages_month": f"segments.{segment}.cap_per_month",
            "bulk_sending": "sending", "presence": segment,
        }.get(limit.code, limit.scope)  # fmt: skip
        if limit.unit == "share":  # told as the brief says it, not as the row of zeros that the solver holds
            most = problem.brief.test_share if limit.code == "test_share" else problem.brief.stages[limit.scope]
        code, scope = "E_PLAN_DEMAND" if limit.wanted else "E_PLAN_LIMIT", limit.scope
        if limit.wanted and limit.code != "presence":  # must_have.0 in the words of the brief
            name, _, k = scope.partition(".")
            want = getattr(problem.brief, name)[int(k)]
            scope = ", ".join(str(v) for v in want.given().values())
        lacking = f"{more:.6g}"
        if limit.code == "days":
            path = f"{path} ({phrase('labels.column.week', language).lower()} {limit.scope})"
        found.append(finding(code, language, column=path, found=f"{most:g}", limit=limit.code, scope=scope, more=lacking))
    return found or [finding("E_PLAN_LIMIT", language, column="budget", found=f"{problem.brief.budget:g}", more="?")]


# ---------------------------------------------------------------- from numbers to tables


def _told(
    problem: Problem, answer: Answer, by_hand: float, short: Mapping[str, Any], scores: Scores, tables: Tables, seed: int, risk: float
) -> CampaignPlan:
    brief, names = problem.brief, _names(problem, answer)
    schedule = _schedule(problem, answer, names)
    schedule, outcome = _outcomes(schedule, problem, scores, seed)
    items, value = _items(problem, answer, names), problem.value(answer.n)
    spend = float(schedule["spend"].sum() + items.loc[items["status"] == "make", "cost"].sum())
    loss = None if brief.objective.value is None else float((outcome < spend).mean())
    low, high = (float(x) for x in np.quantile(outcome, [0.5 - scores.level / 2, 0.5 + scores.level / 2]))
    limits, tests = _limit_table(problem, answer, prices(problem, answer, seed=seed)), _tests(schedule)
    expected: dict[str, Any] = {
        "value": float(schedule["value"].sum()), "low": low, "high": high, "p_loss": loss, "spend": spend,
        "bound": None if risk else answer.bound,  # with risk the solver bounds the careful value, which is not what is promised
        "gap": max(0.0, (answer.bound - value) / answer.bound) if answer.bound > 0 else 0.0, "greedy": by_hand,
        "ceiling": None if risk else answer.bound if short["ceiling"] is None else max(short["ceiling"], answer.bound),
        "margin": float(limits.loc[limits["limit"] == "budget", "price"].iloc[0]),
        "events": float(schedule["events"].sum()), "level": scores.level,
    }  # fmt: skip
    counted = "value" if brief.objective.value is not None else str(tables.metrics.get(scores.metric, {}).get("count", "value"))
    facts = {
        "name": brief.name, "currency": brief.currency, "first_day": brief.first_day.isoformat(), "last_day": brief.last_day.isoformat(),
        "weeks": brief.weeks, "budget": brief.budget, "metric": scores.metric, "objective": counted,
        "pieces": int((items["status"] == "make").sum()), "risk": risk, "ideas": len(problem.ideas),
        "allowed": short["allowed"], "seed": seed, **expected,
    }  # fmt: skip
    remarks = (*_remarks(brief, schedule, facts), *_strangers(brief, scores))
    return CampaignPlan(
        table=items, schedule=schedule, limits=limits, tests=tests, facts=facts, expected=expected, brief=brief, findings=remarks
    )


def _names(problem: Problem, answer: Answer) -> dict[int, str]:
    """P01, P02, ... in the order in which the pieces come out."""
    first = {int(p): _first_week(problem, answer, int(p)) for p in np.flatnonzero(answer.y[:, -1])}
    order = sorted(first, key=lambda p: (first[p], p))
    return {p: f"P{k:02d}" for k, p in enumerate(order, 1)}


def _first_week(problem: Problem, answer: Answer, p: int) -> int:
    """The week in which a piece is first shown; a piece need not be out before that."""
    return int(np.flatnonzero(answer.n[problem.piece_of == p].sum(axis=0))[0]) + 1


def _schedule(problem: Problem, answer: Answer, names: Mapping[int, str]) -> pd.DataFrame:
    """One row a placement and week; the wear of an idea falls on its later weeks."""
    rows: list[dict[str, Any]] = []
    ends = np.cumsum(problem.steps, axis=1)
    for i, w in zip(*np.nonzero(answer.n), strict=True):
        idea, lots = problem.ideas.iloc[int(i)], int(answer.n[i, w])
        before = int(answer.n[i, :w].sum())
        steps = np.searchsorted(ends[i], np.arange(before, before + lots), side="right")
        counted = float(problem.slopes[steps].sum())
        rows.append({
            "week": int(w) + 1, "segment": idea["segment"], "stage": idea["stage"], "channel": idea["channel"],
            "item": names[int(problem.piece_of[i])], "quantity": lots * float(idea["lot"]), "spend": lots * float(idea["lot_cost"]),
            "value": counted * float(idea["value"]), "low": 0.0, "high": 0.0, "exposure": lots * float(idea["exposures"]),
            "rate": float(idea["rate"]), "rate_sd": float(idea["rate_sd"]), "verdict": idea["verdict"],
            "events": counted * float(idea["events"]), "_idea": int(i),
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=[*SCHEDULE, "_idea"])
    return table.sort_values(["week", "item", "segment", "channel"], kind="stable", ignore_index=True)


def _outcomes(schedule: pd.DataFrame, problem: Problem, scores: Scores, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """(schedule with low and high, (DRAWS,) value of the whole): a rate for each cell from the posterior, then the luck of counting.

    Scores that can be drawn from give all cells together, so that what they have in common goes wrong together; a plain table of
    scores only knows each cell's own range.
    """
    rng, rate, level = np.random.default_rng(seed), schedule["rate"].to_numpy(float), scores.level
    change, back = link(float(problem.ideas["high"].max()))
    cells, at = np.unique(schedule["_idea"], return_inverse=True)
    if isinstance(scores, Drawable) and len(cells):
        scored, again = np.unique(problem.ideas["scored"].to_numpy(int)[cells], return_inverse=True)
        draws = scores.draws(scored, DRAWS, random_state=seed)[:, again[at]]
    else:
        noise = rng.standard_normal((DRAWS, len(cells)))[:, at]
        draws = back(change(np.maximum(rate, 1e-12)) + schedule["rate_sd"].to_numpy(float) * noise)
    draws = draws * (rate / np.maximum(draws.mean(axis=0), 1e-300))
    worth = schedule["value"].to_numpy(float) / np.maximum(schedule["events"].to_numpy(float), 1e-300)
    events = rng.poisson(draws * (schedule["events"].to_numpy(float) / np.maximum(rate, 1e-300)))
    value = events * worth
    low, high = np.quantile(value, [0.5 - level / 2, 0.5 + level / 2], axis=0) if len(schedule) else (np.zeros(0), np.zeros(0))
    return schedule.assign(low=low, high=high).drop(columns="_idea"), value.sum(axis=1)


def _items(problem: Problem, answer: Answer, names: Mapping[int, str]) -> pd.DataFrame:
    """The pieces to make, then the best few that wait (week 0)."""
    columns = ["item", *PIECE, "cost", "days", "week", "status"]
    made = [(names[p], p, _first_week(problem, answer, p), "make") for p in sorted(names, key=lambda p: names[p])]
    value = np.bincount(problem.piece_of, weights=problem.gain * problem.steps[:, 0], minlength=len(problem.pieces))
    waiting = [int(p) for p in np.argsort(-value, kind="stable") if p not in names][:HOLD]
    made += [(f"P{len(names) + k:02d}", p, 0, "hold") for k, p in enumerate(waiting, 1)]
    rows = [{"item": name, **problem.pieces.loc[p].to_dict(), "week": week, "status": status} for name, p, week, status in made]
    return pd.DataFrame(rows, columns=columns)


def _limit_table(problem: Problem, answer: Answer, price: np.ndarray) -> pd.DataFrame:
    """Every "at most", how much of it is used, and what one more would bring. A least share is told as the most that others may take."""
    rows, media = [], float((problem.cost * answer.n.sum(axis=1)).sum())
    for limit, one_more in zip(problem.limits, price, strict=True):
        used, most = float((limit.lots * answer.n).sum() + (limit.made * answer.y).sum()), limit.most
        if limit.wanted:
            continue
        if limit.unit == "share":
            share = problem.brief.test_share if limit.code == "test_share" else problem.brief.stages[limit.scope]
            most, used = 1 - share, (used / media + 1 - share if media else 0.0)
            one_more = one_more * media
        rows.append((limit.code, limit.scope or "all", used, most, limit.unit, float(one_more)))
    return pd.DataFrame(rows, columns=["limit", "scope", "used", "most", "unit", "price"])


def _tests(schedule: pd.DataFrame) -> pd.DataFrame:
    """What the plan shows in order to learn."""
    rows = schedule[schedule["verdict"].isin(["test", "too_early"])]
    keys = ["item", "segment", "stage", "channel", "verdict"]
    table: pd.DataFrame = rows.groupby(keys, observed=True)[["spend"]].sum().reset_index()
    return table.rename(columns={"verdict": "reason"})[["item", "segment", "stage", "channel", "spend", "reason"]]


def _strangers(brief: Brief, scores: Scores) -> list[Finding]:
    """Segments of the brief that nothing was scored for: a slip of the pen takes their people out of the plan."""
    if "segment" not in scores.table:
        return []
    known = [str(s) for s in scores.table["segment"].unique()]
    lost = [s for s in brief.segments if s not in known]
    return [
        finding("N_PLAN_SEGMENT", brief.language, level="warning", column=f"segments.{s}", found=s, hint=nearest(s, known)) for s in lost
    ]


def _remarks(brief: Brief, schedule: pd.DataFrame, facts: Mapping[str, Any]) -> tuple[Finding, ...]:
    """What the reader should know beside the plan."""
    found = list(brief_remarks(brief))
    learning = schedule.loc[schedule["verdict"].isin(["test", "too_early"]), "spend"].sum()
    if brief.test_share > 0 and learning <= 0:
        found.append(finding("N_PLAN_NO_TEST", brief.language, level="note", column="test_share", found=f"{brief.test_share:g}"))
    if facts["p_loss"] is not None and facts["value"] < facts["spend"]:
        value, spend = f"{facts['value']:.0f}", f"{facts['spend']:.0f}"
        found.append(finding("N_PLAN_LOSS", brief.language, level="warning", column="budget", value=value, spend=spend))
    return tuple(found)
