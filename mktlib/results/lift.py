"""What a campaign brought beyond what would have come anyway: by segment of people, and by units compared before and after."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mktlib.results.shape import Result


@dataclass(frozen=True, kw_only=True, repr=False)
class Uplift(Result):
    """An effect on people, by segment. table: one row a column and segment ("others": segments of too few people together): by, segment,
    people, treated, control (people), mean_treated, mean_control (of the outcome), alone (their difference) with alone_low and alone_high
    (of this segment alone), effect with low and high (partially pooled over the segments of the column: what may be acted on, also where
    the best segment was picked after looking), grade, verdict (gains | loses | cannot_tell); with spend and worth: roas with _low and
    _high.

    columns: one row a column of `by`: by, segments, p_value (of "all segments alike", Holm over the columns; NaN: one segment), spread
    (sd of the segments' true effects) with _low and _high, verdict (differ | not_shown | one_segment). curve: share (of people, those
    with the highest foretold effect first), gain with low and high (outcome brought for each person of the whole, if only these are
    treated), by_lot (the same if they are drawn by lot). balance: by, gap (largest difference of shares between the arms, in standard
    deviations), p_value, fair (bool).

    facts: outcome, treatment, treated, control (names of the arms), kind (share | number), currency, level, people, n_treated, n_control,
    mean_treated, mean_control, chance (share treated), effect with effect_low and effect_high (outcome for each treated person), lift
    with lift_low and lift_high (over the control), brought with _low and _high (effect times people treated), p_value, evidence, grade,
    verdict, p_balance; qini with _low and _high (area between curve and chance, outcome a person), ranks (shown | not_shown | not_tried),
    rule_share (share of people the rule would treat), rule_gain with _low and _high (outcome, or money where worth is told, for each
    person of the whole, against the better of all and none), rule_unit (outcome | money), rule_against (all | none), targeting (gains |
    loses | not_shown | not_tried); spend, worth, cost_per with _low and _high (money for each unit brought; inf: no upper end; NaN:
    nothing is shown to have been brought), roas with _low and _high (worth brought over spend), pays (yes | no | cannot_tell | None);
    window_days, unmeasured, left_out (rows), outside (people left out, as nobody like them was in the other arm)."""

    columns: pd.DataFrame
    curve: pd.DataFrame
    balance: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class PanelEffect(Result):
    """Units compared before and after with units that got nothing. table: one row a way to see the range: way (luck: if both groups had
    gone on alike; drift: if they had drifted apart once more as far as before the start; the headline), effect with _low and _high
    (outcome a unit and period), lift with lift_low and lift_high (fraction of what was expected), in_all with _low and _high (outcome
    of all treated units over all periods since the start).

    periods: one row a period: time, stretch (before | after), actual, expected (mean a treated unit), gap with low and high (treated
    less compared, against the mean of the baseline; in logs where facts["scale"] is log; each period's range holds by itself).
    placebos: one row an earlier start tried on the periods before (kind "time"), and one a compared unit taken for treated (kind
    "unit", without its name): kind, start, effect with low and high (as the gap).

    facts: outcome, unit, time, level, scale (plain | log), start, periods, before, after (periods), baseline (periods before it that it
    is compared with), baseline_from (data | asked), treated, compared (units), effect and lift with _low and _high (all with drift),
    luck_low, luck_high (lift),
    p_value (of "no effect", both groups going on alike), p_units (how often compared units would show as much), least_p (smallest
    p_units there can be), evidence, grade, verdict (lift | loss | cannot_tell), trend with _low and _high (how the groups drifted apart
    before, a period, as the gap), p_trend, blind (drift a period that such a test misses 2 times in 10), blind_bias (what such a drift
    would add to the gap), drift (gap that a share `level` of the earlier starts keeps within, or that of the trend carried on, if
    larger), vanishes (how many times that drift makes the effect vanish; 0: it is not shown even without), gap (the effect as
    estimated, in logs where scale is log), p_before (of "no drift before": line and earlier starts together), pretrend (shown |
    not_shown | not_tried), odd_starts (earlier starts that show an "effect"), starts, correlation (of neighbouring periods), spill (p
    value; None), near (compared units next to treated ones), spend, worth, currency, cost_per, roas with ends as in Uplift, pays,
    unmeasured."""

    periods: pd.DataFrame
    placebos: pd.DataFrame
