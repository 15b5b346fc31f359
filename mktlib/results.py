"""The shapes that charts and reports know: frozen, plain, made by anyone.

Every result is a table and some facts. The table has one row a thing (a cell, a piece, a person's group); the facts are the few
numbers and names that a sentence needs, never prose, so that the same result is said in any language. A maker may subclass a
shape to add behaviour (`planning` does for `Plan.check` and `Plan.save`); `charts` and `reporting` look at the shape alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mktlib.errors import Finding

CELL: tuple[str, ...] = ("segment", "stage", "content_type", "style", "length", "channel")
"""The axes of one cell: who, how near to buying, what, in which manner, how long, where."""

CALENDAR: tuple[str, ...] = (
    "item", "content_type", "style", "length", "stage", "task", "owner", "due", "channel", "segment", "at", "quantity", "money",
)  # fmt: skip
"""The columns of a plan's calendar: one row a thing to make or to publish."""

VERDICTS: tuple[str, ...] = ("make", "test", "too_early", "drop")
MARGINS: tuple[str, ...] = ("entry", "limit", "scope", "unit", "step", "value", "low", "high", "spend")


@dataclass(frozen=True, kw_only=True, repr=False)
class Result:
    """A table, the facts a sentence needs, and the findings that go with them."""

    table: pd.DataFrame
    facts: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """One line: what it is, and where to look; the fields themselves would fill a screen."""
        return f"<{type(self).__name__}: {len(self.table):,} rows of {', '.join(map(str, self.table.columns[:6]))} ... in .table>"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, max_rows=20, escape=True)


@dataclass(frozen=True, kw_only=True, repr=False)
class Intake(Result):
    """What `read_export` brought in. `table` is the canonical log; `rejected` and `excluded` hold the rest, so that nothing is lost.

    facts: source (file name), platform, rows_read, kept, rejected, excluded, sha256, separator, encoding, decimal.
    rejected: line, code, column, found, reason + the raw text of the row. excluded: line, reason, text. untagged: one row a piece and
    axis (segment, stage, content_type ...) that the log does not say: axis, piece, rows. lines: where each row of the log stood.
    """

    rejected: pd.DataFrame
    excluded: pd.DataFrame
    untagged: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["axis", "piece", "rows"]))
    lines: tuple[int, ...] = ()

    @property
    def log(self) -> pd.DataFrame:
        return self.table


@dataclass(frozen=True, kw_only=True, repr=False)
class Audience(Result):
    """Who listens. table: one row a group: group, people, share, follow_rate, engage_rate, buy_rate each with _low and _high,
    revenue_per_person, preferred_format, preferred_length, top_question. facts: by, people, buyers, level, engagement_denominator."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Scores(Result):
    """The posterior rate of each cell.

    table: the columns of `by`, then rate low high index p_best exposure opinion verdict (fractions; index: 100 = the group's mean).
    facts: metric, by, within, level, cells, impressions (exposure seen), events (count seen), verdicts {verdict: number},
    opinion (share of the whole that is opinion), draws, families of findings.
    """

    by: tuple[str, ...]
    within: tuple[str, ...]
    metric: str
    level: float = 0.9


@dataclass(frozen=True, kw_only=True, repr=False)
class Explanation(Result):
    """Why a cell scores as it does. table: term, level, effect (logit), times (odds ratio), low, high, opinion. facts: cell, rate,
    low, high, average, metric, opinion."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Backtest(Result):
    """Later data predicted from earlier ones. table: one row a fold: fold, cells, exposure, events, gain (log loss saved against the
    constant rate, fraction), gain_raw (the same for raw cell rates), gain_beta_binomial (for cell rates drawn to the average), gain_pairs
    (for a logistic regression on pairs of levels), coverage (of the predictive interval). facts: metric, level, folds, the gains,
    coverage, kind ("weeks" or "halves"). cells: predicted and observed of every held-out cell
    (predicted, low, high, observed, exposure)."""

    cells: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class Watch(Result):
    """Alarms over what people say. table: one row an alarm: at, level (watch | alert | crisis), count, expected, topic, and where it is
    over, until."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Rhythm(Result):
    """How many messages people bear. table: one row a segment ("all": everyone) and rhythm: segment, per_month, value, low, high, best
    (bool)."""


@dataclass(frozen=True, kw_only=True, repr=False)
class SendTime(Result):
    """When people read. table: one row a segment ("all": everyone), weekday and hour: segment, weekday (1 Monday), hour (0 to 23, theirs),
    rate, low, high, best (bool)."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Shortlist(Result):
    """What is left of a huge space of ideas. table: the kept ideas (cell columns + rate low high value rank). steps: step, kept, dropped,
    reason (a code: all, brand, channel, format, stage, fit, excluded, drop, dominated, shortlist). facts: metric, first, last, within."""

    steps: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class Plan(Result):
    """One committed plan. table is `items`, one row a piece: item, content_type, style, length, stage, cost, days, week, status
    (make | hold).

    schedule: week, segment, stage, channel, item, quantity, spend, value, low, high (money or the objective's unit).
    limits: limit (code), scope, used, most, unit, price (what one more unit of the limit would add to the value; 0 when not binding).
    tests: item, segment, stage, channel, spend, reason. margins: what one more step of each limit that holds the plan back would bring:
    entry (path in the brief), limit, scope, unit, step, value, low, high, spend (more money than the plan spends, within its budget).
    expected: facts of the whole: value, low, high, p_loss, spend, bound, gap, greedy.
    facts: name, currency, first_day, last_day, weeks, budget, metric, objective and all of `expected`.
    """

    schedule: pd.DataFrame
    limits: pd.DataFrame
    tests: pd.DataFrame
    expected: Mapping[str, Any] = field(default_factory=dict)
    margins: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MARGINS)))

    @property
    def items(self) -> pd.DataFrame:
        return self.table

    def calendar(self) -> pd.DataFrame:
        """What is to be done, by day; empty for a plan that does not know its days.

        One row a thing: item, content_type, style, length, stage, task (make | publish), owner, due, channel, segment, at, quantity, money.
        """
        return pd.DataFrame(columns=list(CALENDAR))

    @property
    def binding(self) -> pd.DataFrame:
        """The limits that hold the plan back (used up, and one more unit would add value); the weeks of one limit count once."""
        if self.limits.empty:
            return self.limits
        held = self.limits[(self.limits["used"] >= 0.999 * self.limits["most"]) & (self.limits["price"] > 0)]
        scope = held["scope"].astype(str).str.split(" / ").str[0].where(held["limit"] != "days", "all")
        return held.assign(scope=scope).drop_duplicates(["limit", "scope"], ignore_index=True)


@dataclass(frozen=True, kw_only=True, repr=False)
class Learning(Result):
    """What is worth learning next. table: one row an open question: question (Q01 ...), segment, stage, channel, cells (how many contents
    its test shows), contents (their words), sample_size (exposures of each), weeks, cost, worth, low, high, net, perfect (what knowing
    every rate would be worth), chosen (bool). tests: one row a tested content: question, the columns of `CELL`, sample_size, weeks, cost,
    rate, low, high, made (bool: the plan makes the piece anyway).
    facts: currency, metric, level, questions, chosen, budget, spend, worth, net, exchange, objective, joint, name.
    """

    tests: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class Review(Result):
    """What was promised beside what came. table: one row a piece, segment and channel: item, content_type, style, stage, segment, channel,
    owner, status, due, published, planned_spend, actual_spend, exposure, predicted, low, high, actual, inside (bool), late_days,
    surprise (z).
    facts: items, inside, coverage, level, late, planned_spend, actual_spend, predicted_total, actual_total, currency, metric,
    value_planned, value_actual, not_executed. calibration: predicted (bin mean), actual, low, high, items."""

    calibration: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class Comparison(Result):
    """Arms, or policies, beside a control. table: arm, n, mean, lift, low, high, verdict (better | worse | undecided).

    facts: metric, control, level, kind ("policies" or "arms"), best, held_out.
    """
