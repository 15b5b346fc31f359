"""A campaign while it runs: what is late, how the money goes, where it will land, what is to be decided."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mktlib.results.shape import Result

DECISIONS: tuple[str, ...] = (
    "publish",
    "answer",
    "replace",
    "halt",
    "slow_down",
    "speed_up",
    "stop",
    "move",
    "check",
    "look_again",
    "none",
)
"""What can be decided; see `Tracking`."""
MEASURES: tuple[str, ...] = ("spend", "exposure", "events", "value")


@dataclass(frozen=True, kw_only=True, repr=False)
class Tracking(Result):
    """A campaign seen on one day. table: what to decide, one row a decision, the largest stake first: decision (publish: a piece is late;
    answer: nothing was heard of it; replace: it was cancelled; halt: a channel is above its maximum; slow_down, speed_up: its spending is
    shown to leave the plan; stop: a piece on a channel is worth less than its money; move: free money to a channel with room; check: next
    to none of the events of a piece on a channel arrive: its link, or how they are counted; look_again:
    the whole is shown to leave its promise; none), item, channel, to (channel), owner, days (working days late), amount (money, or money a
    day for slow_down and speed_up), deadline (day), stake (value of the plan, in money or events, that hangs on it), found and usual (the
    two numbers behind it), grade.

    late: one row a piece that was due: item, content_type, owner, due, published (missing where it is not), state (late | unheard |
    cancelled | late_out: out, but late), days (working days), spend and value (planned, of what has not run).
    pacing: one row a channel: channel, planned (whole campaign), due (planned to date), ran (planned to date of what did run), spent
    (missing: no money was reported), projected, low, high, maximum (of the brief), state (on_plan | over | under | above_maximum |
    no_data | early), e_value (evidence that it leaves the plan; always valid), per_day (money a day from now that lands on plan), recent
    (money a day so far).
    landing: one row a measure (spend, exposure, events, value): measure, promised with _low and _high (missing where the plan has none),
    so_far, forecast, low, high, straight (the straight line through what came, for comparison), grade.
    path: the same forecast at the end of each week so far: at, measure, forecast, low, high.
    pieces: one row a piece and channel that ran: item, channel, exposure, expected and actual (events), observed with _low and _high
    (actual over expected, with the range of the luck of counting alone), ratio with low and high (what to believe of its rate over the
    promise: drawn towards the promise and its neighbours, unless the evidence says that the promise does not hold here), e_value
    (evidence at this moment that it leaves its promise), worth and price (value of one more unit of money here, and elsewhere), verdict
    (keep | stop | too_early), promised (value of the whole piece on the channel in the plan), broken (evidence, always valid, that next to
    none of its events arrive; missing where more than a quarter came), check (bool: that is shown).
    facts: name, as_of and measured_to (dates), first_day, last_day, days_left, level, metric, objective ("value" or the count), currency,
    planned, spent, production (planned cost of making the pieces, not in spend), pieces, due_pieces, out, late, over (bool: the campaign
    has ended), alpha, evidence ("observational"), grade, e_value, unmeasured (where known).
    """

    late: pd.DataFrame
    pacing: pd.DataFrame
    landing: pd.DataFrame
    path: pd.DataFrame
    pieces: pd.DataFrame
