"""A campaign while it runs: what is late, how the money goes, where it will land, what is to be decided."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mktlib.results.shape import Result

DECISIONS: tuple[str, ...] = ("publish", "answer", "replace", "halt", "slow_down", "speed_up", "stop", "move", "look_again", "none")
"""What can be decided; see `Tracking`."""
MEASURES: tuple[str, ...] = ("spend", "exposure", "events", "value")


@dataclass(frozen=True, kw_only=True, repr=False)
class Tracking(Result):
    """A campaign seen on one day. table: what to decide, one row a decision, the largest stake first: decision (publish: a piece is late;
    answer: nothing was heard of it; replace: it was cancelled; halt: a channel is above its maximum; slow_down, speed_up: its spending is
    shown to leave the plan; stop: a piece on a channel is worth less than its money; move: free money to a channel with room; look_again:
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
    pieces: one row a piece and channel that ran: item, channel, exposure, expected and actual (events), ratio with low and high (its rate
    over the promise, as now believed), e_value, worth and price (value of one more unit of money here, and elsewhere), verdict (keep |
    stop | too_early).
    facts: name, as_of and measured_to (dates), first_day, last_day, days_left, level, metric, objective ("value" or the count), currency,
    planned, spent, production (planned cost of making the pieces, not in spend), pieces, due_pieces, out, late, over (bool: the campaign
    has ended), alpha, evidence ("observational"), grade, e_value, unmeasured (where known).
    """

    late: pd.DataFrame
    pacing: pd.DataFrame
    landing: pd.DataFrame
    path: pd.DataFrame
    pieces: pd.DataFrame
