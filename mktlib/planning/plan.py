"""One plan out of many ideas: which pieces to make, where and when to show them, what it should bring and what holds it back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import Finding, PlanError, StoreError
from mktlib.planning.already import as_limits, over_with_log, read_log, refusals
from mktlib.planning.brief import Brief
from mktlib.planning.calendar import calendar
from mktlib.planning.calendar_check import broken_days
from mktlib.planning.check import broken_limits
from mktlib.planning.clash import path_of, smallest_clash, together
from mktlib.planning.greedy import greedy
from mktlib.planning.ideas import PIECE
from mktlib.planning.informed import informed, on_hold
from mktlib.planning.learning import worth_learning
from mktlib.planning.limits import build
from mktlib.planning.links import links
from mktlib.planning.margins import margins
from mktlib.planning.narrow import shortlist
from mktlib.planning.outputs import export
from mktlib.planning.pacing import paced
from mktlib.planning.problem import Limit, Problem
from mktlib.planning.readable import least_spend, limit_table, named, pieces, placements, ratios, remarks, strangers, tests_of, with_ranges
from mktlib.planning.remarks import small_log
from mktlib.planning.risk import careful, sds_off
from mktlib.planning.solve import Answer, prices, solve
from mktlib.planning.store import read_plan, write_plan
from mktlib.results import CELL, MARGINS, Learning, Plan, Rhythm, Scores, SendTime, Watch
from mktlib.vocabulary import Tables, finding, load_tables

EXPECTED = ("value", "low", "high", "p_loss", "spend", "careful", "bound", "gap", "ceiling", "margin", "greedy", "events", "level")


@dataclass(frozen=True, kw_only=True, repr=False)
class CampaignPlan(Plan):
    """A plan that knows its brief, so that it can be checked again and kept.

    `schedule` has, beyond what `results.Plan` says: exposure (of the metric), rate (posterior mean), rate_sd (sd of its log-odds),
    verdict and events (expected, after wear).
    """

    brief: Brief

    def check(self, *, calendar: pd.DataFrame | None = None, sends: Any = None) -> pd.DataFrame:
        """Every limit of the brief worked out again from the plan's own tables, without the solver, and every day of its calendar.

        calendar : one changed by hand; default the plan's own. sends : a log of messages (member_id, sent_at, segment): whoever would get
        more than they bear, log and plan together, is a row `frequency_cap`, the scope a pseudonym and the days.
        Returns one row a broken limit (limit, scope, used, most, over); empty when all hold.
        """
        held = broken_limits(self.brief, self.items, self.schedule, promised=set(self.limits["limit"]))
        if "row" in set(held["limit"]):  # placements that are none have no days
            return held
        days = self.calendar() if calendar is None else calendar
        found = [t for t in (held, broken_days(self.brief, self.items, self.schedule, days)) if len(t)]
        if sends is not None and len(over := over_with_log(self.brief, days, read_log(self.brief, sends)[0])):
            found.append(as_limits(over))
        return pd.concat(found, ignore_index=True) if found else held

    def calendar(self, *, tables: Tables | None = None) -> pd.DataFrame:
        """What is to be done, by day: who makes what by when, and the day and hour of each publication; see `planning.calendar`."""
        return calendar(self.brief, self.items, self.schedule, tables=tables)

    def learn(self, scores: Scores, *, horizon: float = 1.0, random_state: int = 0, tables: Tables | None = None) -> Learning:
        """Which open questions are worth a test within the brief's test share; see `planning.learning.worth_learning`."""
        return worth_learning(scores, self.brief, self, horizon=horizon, random_state=random_state, tables=tables)

    def links(self, *, site: str | None = None) -> pd.DataFrame:
        """One tracked link (UTM) a piece, channel and segment; `site` is the address of the page, see `planning.links`."""
        return links(self.brief, self.items, self.schedule, site=site)

    def export(
        self, folder: str | Path, *, language: str | None = None, overwrite: bool = False, site: str | None = None,
        questions: Any = None, tables: Tables | None = None,
    ) -> Path:  # fmt: skip
        """Write what others work with: calendar.ics, plan.xlsx, links.csv, csv/<table>.csv and pieces/<piece>.html (a page for creators).

        Parameters
        ----------
        folder : where to; made if it is not there.
        language : of heads, words and pages; default MKTLIB_LANGUAGE, else English.
        overwrite : replace files that are there already.
        site : address of the page that the tracked links lead to; without it they are what is added to an address.
        questions : what the audience asks, for the pages of pieces shown to those who ask it: what `describe_audience` or `research_sheet`
            gave, or a frame with question, people and segment. What fewer than ten people ask is left out.

        Raises
        ------
        DataError
            E_OPTION: the language, or an address that is none.
        StoreError
            E_FILE_EXISTS, E_PATH, E_CANNOT_WRITE; where one is raised before writing, nothing is written.
        """
        out = {"items": self.items, "schedule": self.schedule, "limits": self.limits, "tests": self.tests}
        out |= {"calendar": self.calendar(tables=tables), "links": self.links(site=site)}
        return export(folder, self.brief, out, language=language, overwrite=overwrite, site=site, questions=questions, tables=tables)

    def save(self, folder: str | Path) -> Path:
        """Write plan.json and one CSV a table, each atomically; the same plan gives the same bytes.

        Raises
        ------
        StoreError
            When the folder cannot be written.
        """
        tables = {"items": self.items, "schedule": self.schedule, "limits": self.limits, "tests": self.tests, "margins": self.margins}
        return write_plan(Path(folder), self.brief, self.facts, tables, self.findings)


def load_plan(folder: str | Path) -> CampaignPlan:
    """Read a plan that `save` wrote.

    Raises
    ------
    StoreError
        When a part is missing, or is not what was written.
    """
    brief, facts, tables, said = read_plan(Path(folder))
    lacking = [key for key in EXPECTED if key not in facts]
    if lacking:
        raise StoreError(finding("E_PLAN_BROKEN", brief.language, file="plan.json", found=", ".join(lacking)))
    return CampaignPlan(
        table=tables["items"], schedule=tables["schedule"], limits=tables["limits"], tests=tables["tests"], margins=tables["margins"],
        facts=facts, expected={key: facts[key] for key in EXPECTED}, brief=brief, findings=said,
    )  # fmt: skip


def plan_campaign(
    scores: Scores,
    brief: Brief,
    *,
    watch: Watch | pd.DataFrame | None = None,
    rhythm: Rhythm | pd.DataFrame | None = None,
    send_time: SendTime | pd.DataFrame | None = None,
    places: pd.DataFrame | None = None,
    sends: Any = None,
    risk: float | None = None,
    random_state: int = 0,
    keep: int = 200,
    work: float = 1.0,
    tables: Tables | None = None,
) -> CampaignPlan:
    """The plan of highest expected value that all limits of the brief allow.

    A mixed-integer program over the `keep` ideas worth most together (`shortlist`), solved by HiGHS to a small gap (told in `expected`)
    or a fixed amount of work, never worse than a greedy fill. Value = expected events x value of an event (or the events, where the
    brief gives no value). It is the value that is made as large as the limits allow, not the profit: `margin` tells when money stops
    paying.

    Parameters
    ----------
    scores : from `ContentScorer.score_cells`, of the brief's metric.
    brief : from `read_brief`.
    watch : `results.Watch`, or its table (at, level, topic): pieces on a topic whose alert stands wait (status hold), see `topics`.
    rhythm : `results.Rhythm`, or its table (segment, per_month, best): a segment gets no more messages a month than its best rhythm.
    send_time : `results.SendTime`, or its table (segment, hour, best): the calendar's hours.
    places : a table (place, people, and segment where it is known): who was counted near each of the brief's places.
    sends : a log of messages already sent, or planned elsewhere (member_id, sent_at, and segment where it is known): a plan with which
        somebody would get more than the caps of their segment is refused. Where the brief has [flows], the room for their messages is
        already set aside: leave those out of the log.
    risk : 0 <= risk < 1. 0: the mean decides. 0.9: the mean of the worst tenth of the outcomes does (CVaR); default the brief's own.
    random_state : seed of the draws behind `low`, `high`, `p_loss` and `risk`, and of the solver; the same seed gives the same plan.
    keep : ideas on the short list.
    work : how hard the solver tries; 2 is twice the work. Work is counted in steps, not in seconds.

    Returns
    -------
    CampaignPlan
        `expected`: value, low, high (at the level of the scores), p_loss (chance that the value is below the spend; None without
        money), spend, careful (mean of the worst share of outcomes; the value itself without risk), bound (no plan from the ideas kept
        can promise more: of `careful`, which is the value without risk), gap, ceiling (no plan from any idea that the brief allows
        can; None with risk), margin (what the last unit of the budget brings), greedy, events. The draws are joint over the cells
        (scores of a `ContentScorer`) and include the luck of counting; that the coming weeks differ from the past is not in them.
        `margins`: what one more step of each limit would bring, with a range.

    Raises
    ------
    PlanError
        When limits and demands cannot hold together: the fewest that clash, and the least change of each that frees them. E_FREQUENCY_CAP:
        with `sends`, somebody would get more messages than they bear; each is named by a pseudonym, with count, cap and days.
    """
    tables, risk = tables or load_tables(), brief.risk if risk is None else risk
    _check_options(brief, risk=risk, random_state=random_state, keep=keep, work=work)
    sent, told = (None, []) if sends is None else read_log(brief, sends)
    brief, heard = informed(brief, rhythm=rhythm, send_time=send_time, places=places, tables=tables)
    short = shortlist(scores, brief, keep=keep, risk=0.0, tables=tables)
    listed = short.table
    if risk > 0:  # what is surest on its own besides: together the sure and the promising hold more than either
        surest = shortlist(scores, brief, keep=max(1, keep // 4), risk=sds_off(risk), tables=tables).table
        listed = pd.concat([listed, surest]).drop_duplicates(list(CELL), ignore_index=True)
    ideas, held, alerts = on_hold(listed, brief, watch)
    unknown = strangers(brief, scores, tables)
    _nothing_left(ideas, brief, unknown, scores)
    problem = build(ideas, brief)
    ratio = ratios(scores, problem.ideas, seed=random_state)
    start = greedy(problem)

    def solved(problem: Problem) -> Answer | None:
        return solve(problem, start=start, seed=random_state, work=work)

    found = _chosen(problem, ratio, risk, solved, random_state)
    if found is None:
        raise PlanError(_clashes(problem, random_state))
    more = (*told, *heard, *alerts, *unknown, *small_log(brief, scores))
    by_hand = problem.value(start[0]) if start is not None else 0.0
    plan = _told(problem, found, by_hand, short.facts, scores, tables, ratio, random_state, risk, held, more)
    if sent is not None and len(over := over_with_log(brief, plan.calendar(tables=tables), sent)):
        raise PlanError(refusals(over, brief))
    return plan


def _check_options(brief: Brief, *, risk: Any, random_state: Any, keep: Any, work: Any) -> None:
    """Refuse what cannot be used, all of it at once."""
    whole = {"random_state": (random_state, 0), "keep": (keep, 1)}
    wrong = [(name, value, f"{name} >= {low}") for name, (value, low) in whole.items() if not isinstance(value, Integral) or value < low]
    if not isinstance(risk, int | float) or not 0 <= risk < 1:
        wrong.append(("risk", risk, "0 <= risk < 1"))
    if not isinstance(work, int | float) or not 0 < work < math.inf:
        wrong.append(("work", work, "work > 0"))
    if wrong:
        raise PlanError([finding("E_OPTION", brief.language, column=name, found=found, expected=said) for name, found, said in wrong])


def _chosen(
    problem: Problem, ratio: np.ndarray, risk: float, solved: Callable[[Problem], Answer | None], seed: int
) -> tuple[Answer, float] | None:
    """(answer, what is made as large as it can be)."""
    if risk > 0:
        return careful(problem, ratio, risk, solved, seed=seed)
    answer = solved(problem)
    return None if answer is None else (answer, problem.value(answer.n))


def _nothing_left(ideas: pd.DataFrame, brief: Brief, unknown: list[Finding], scores: Scores) -> None:
    """Refuse at once what no amount of money mends: a wanted stage, piece or date without an idea."""
    found = []
    if ideas.empty:
        found += [finding("E_PLAN_EMPTY", brief.language, found="0"), *unknown]
    for stage, share in brief.stages.items():
        if share > 0 and not (ideas["stage"] == stage).any():
            found.append(finding("E_PLAN_NO_IDEA", brief.language, column=f"stages.{stage}", found=stage))
    for name, wants in (("must_have", brief.must_have), ("fixed_dates", brief.fixed_dates)):
        for k, want in enumerate(wants):
            pieces = ideas.loc[want.rows(ideas), PIECE].drop_duplicates()
            least = 1 if want.segment or want.channel else getattr(want, "least", 1)  # of placements, one piece can have many
            if len(pieces) < least:
                what = ", ".join(want.given().values())
                found += _unscored(f"{name}.{k}", want.given(), brief, scores) or [
                    finding("E_PLAN_NO_IDEA", brief.language, column=f"{name}.{k}", found=what)
                ]
    for channel in brief.least_a_week():
        if not (ideas["channel"] == channel).any():
            where = f"presence.{channel}"
            found += _unscored(where, {"channel": channel}, brief, scores) or [
                finding("E_PLAN_NO_IDEA", brief.language, column=where, found=channel)
            ]
    if found:
        raise PlanError(found)


def _unscored(where: str, wanted: Mapping[str, str], brief: Brief, scores: Scores) -> list[Finding]:
    """What is asked for and stands nowhere among the scores: no limit took it out."""
    lacking = {a: v for a, v in wanted.items() if a in scores.table and not (scores.table[a].astype(str) == v).any()}
    return [finding("E_PLAN_UNSCORED", brief.language, column=where, found=v, axis=a) for a, v in lacking.items()]


def _clashes(problem: Problem, seed: int) -> list[Finding]:
    """The smallest set of entries that clash, each with what it would have to say; then a change of several where one is not enough."""
    language = problem.brief.language
    changes = smallest_clash(problem, seed=seed)
    several = list(together(problem, seed=seed)) if all(c.needed is None for c in changes) else []
    at_once = {path_of(limit) for limit, _ in several}
    names = ", ".join(dict.fromkeys([*(c.entry.path for c in changes), *map(path_of, (limit for limit, _ in several))]))
    found = [finding("E_PLAN_CLASH", language, found=names or problem.brief.name)]
    for c in changes:
        if c.entry.path in at_once:
            continue
        values: dict[str, Any] = {"limit": c.entry.limit.code, "scope": _scope(problem, c.entry.limit)}
        if c.needed is None:
            found.append(finding("E_PLAN_PART", language, column=c.entry.path, found=said(c.now), **values))
        elif c.entry.path == "sending":
            found.append(finding("E_PLAN_SENDING", language, column="sending", **values))
        elif c.entry.limit.unit == "closed":
            found.append(finding("E_PLAN_CLOSED", language, column=c.entry.path, **values))
        elif c.entry.limit.wanted and c.needed <= 0:
            found.append(finding("E_PLAN_DROP", language, column=c.entry.path, found=said(c.now), **values))
        else:
            code = "E_PLAN_LESS" if c.needed < c.now else "E_PLAN_LIMIT"
            found.append(finding(code, language, column=c.entry.path, found=said(c.now), needed=said(c.needed), **values))
    for limit, more in several:
        code, scope = "E_PLAN_AT_ONCE_LESS" if limit.wanted else "E_PLAN_AT_ONCE", _scope(problem, limit)
        changed = ", ".join(dict.fromkeys(path_of(limit) for limit, _ in several))
        found.append(finding(code, language, column=path_of(limit), found=said(more), limit=limit.code, scope=scope, changed=changed))
    return found


def said(number: float) -> str:
    """Up to the cent, never less than what is needed.

    >>> said(160.0), said(33.333333), said(1e-9), said(160048.25), said(1234567.0)
    ('160', '33.34', '0', '160048.25', '1234567')
    """
    text = f"{math.ceil(round(number * 100, 4)) / 100:.2f}" if number >= 1e-6 else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scope(problem: Problem, limit: Limit) -> str:
    """What a limit speaks of, in the words of the brief (must_have.0 as what must be had)."""
    name, _, k = limit.scope.partition(".")
    if not (k.isdigit() and name in ("must_have", "fixed_dates", "mutes")):
        return limit.scope or limit.code
    row = getattr(problem.brief, name)[int(k)]
    words = [row.name] if getattr(row, "name", "") else []
    words += [str(v) for v in (row.given() if hasattr(row, "given") else {}).values()]
    day = getattr(row, "day", None) or getattr(row, "first_day", None)
    return ", ".join(words or ([str(day)] if day else [name]))


def _told(
    problem: Problem, found: tuple[Answer, float], by_hand: float, short: Mapping[str, Any], scores: Scores, tables: Tables,
    ratio: np.ndarray, seed: int, risk: float, held: pd.DataFrame, more: tuple[Finding, ...], *, steps: bool = True,
    loose: np.ndarray | None = None,
) -> CampaignPlan:  # fmt: skip
    """The plan as people read it; `steps`: ask what one more step of each limit would bring, which takes as long as the plan; `loose`:
    as for `prices`."""
    answer, worth = found
    answer = replace(answer, n=paced(problem, answer.n, answer.y))
    brief, names = problem.brief, named(problem, answer)
    schedule, outcome = with_ranges(placements(problem, answer, names), problem, answer, ratio, level=scores.level, seed=seed)
    items = pieces(problem, answer, names, held)
    spend = float(schedule["spend"].sum() + items.loc[items["status"] == "make", "cost"].sum())
    loss = None if brief.objective.value is None else float((outcome < spend).mean())
    low, high = (float(x) for x in np.quantile(outcome, [0.5 - scores.level / 2, 0.5 + scores.level / 2]))
    price, more_of = np.zeros(len(problem.limits)), pd.DataFrame(columns=list(MARGINS))
    try:
        price = prices(problem, answer, seed=seed, loose=loose)
        if steps:
            more_of = margins(problem, answer, price, ratio, level=scores.level, seed=seed)
    except KeyboardInterrupt:  # the plan is there: what its limits cost is not worth losing it
        answer = replace(answer, stopped=True)
    limits = limit_table(problem, answer, price)
    whole = more_of[more_of["limit"] == "pieces"].set_index("scope")["value"]  # of a piece, which the linear program takes in parts
    of_pieces = (limits["limit"] == "pieces") & limits["scope"].isin(whole.index)
    limits["price"] = limits["scope"].map(whole).where(of_pieces, limits["price"])
    expected: dict[str, Any] = {
        "value": float(schedule["value"].sum()), "low": low, "high": high, "p_loss": loss, "spend": spend, "careful": worth,
        "bound": answer.bound, "gap": max(0.0, (answer.bound - worth) / answer.bound) if answer.bound > 0 else 0.0, "greedy": by_hand,
        "ceiling": None if risk else answer.bound if short["ceiling"] is None else max(short["ceiling"], answer.bound),
        "margin": float(limits.loc[limits["limit"] == "budget", "price"].iloc[0]),
        "events": float(schedule["events"].sum()), "level": scores.level,
    }  # fmt: skip
    counted = "value" if brief.objective.value is not None else str(tables.metrics.get(scores.metric, {}).get("count", "value"))
    facts = {
        "name": brief.name, "currency": brief.currency, "first_day": brief.first_day.isoformat(), "last_day": brief.last_day.isoformat(),
        "weeks": brief.weeks, "budget": brief.budget, "metric": scores.metric, "objective": counted,
        "pieces": int((items["status"] == "make").sum()), "risk": risk, "ideas": len(problem.ideas),
        "allowed": short["allowed"], "seed": seed, "stopped": answer.stopped, **expected,
    }  # fmt: skip
    return CampaignPlan(
        table=items, schedule=schedule, limits=limits, tests=tests_of(schedule), facts=facts, expected=expected, brief=brief,
        margins=more_of,
        findings=(*remarks(brief, schedule, facts, least_spend(problem)), *more),
    )  # fmt: skip
