"""Who is credited with what was bought."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mktlib.results.shape import Result


@dataclass(frozen=True, kw_only=True, repr=False)
class Attribution(Result):
    """Credit for purchases by channel. table: one row a channel, most credited first, by the method asked: channel ("others": channels that
    fewer than 10 people met, together), people, touches, credit with _low and _high (purchases), share with low and high (fraction of the
    purchases with a touch), value with _low and _high (money; only where purchases have a value), least and most (smallest and largest
    share by any method), verdict (holds | hangs | cannot_tell: whether the credit depends on the rule).

    methods: the same one row a channel and method (first | last | linear | time_decay | position | markov | shapley): channel, method,
    credit ..., share ..., value ..., error (of the share, where Shapley's value is sampled; else 0). agreement: one row a channel: channel,
    least, least_method, most, most_method (shares), spread with _low and _high (largest less smallest share, over their mean), rank_best,
    rank_worst, verdict. lift: one row where people were held out of a channel by lot, else none: channel, people (not held out),
    people_held, purchases, purchases_held, rate, rate_held (purchases a person), difference with low and high, incremental with _low and
    _high (purchases that the channel brought those not held out), grade. gaps: one row a method: method, credit (of that channel),
    incremental, gap with low and high (credit less incremental, redrawn together), grade.

    facts: method, level, currency, evidence (observational), grade (of "the first channel is credited with more than the second"), leads
    (channel or None), conversions (purchases), credited (those with a touch), untouched, value, journeys, null (without a purchase),
    people, channels, rate (purchases a journey), lookback_days, direct (keep | ignore), half_life_days, order, draws, matters, folded
    (channels), unmeasured (fraction or None), held_channel and lift_grade (None without a holdout), counted {verdict: channels}."""

    methods: pd.DataFrame
    agreement: pd.DataFrame
    lift: pd.DataFrame
    gaps: pd.DataFrame
