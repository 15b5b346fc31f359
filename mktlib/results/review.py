"""What was promised beside what came, and what was learnt from it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from mktlib.results.shape import Result


@dataclass(frozen=True, kw_only=True, repr=False)
class Review(Result):
    """What was promised beside what came. table: one row a piece, segment and channel: item, content_type, style, length, stage, segment,
    channel, owner, status, due, published, planned_spend, actual_spend, planned_exposure, exposure, predicted, low, high, actual, inside
    (bool, missing where nothing ran), late_days, surprise (normal score of what came in its promise), and in money planned_value,
    not_run_value, exposure_value, rate_value, worth_value, actual_value (the parts add up to the gap).

    calibration: predicted (bin mean), actual, low, high, items. scores: score (brier | log | crps), promised, base, skill, low, high.
    places: where what came lay in its promise: low, high, share, expected. surprises: what is farther out than the promise allows: axis
    (campaign | channel | segment | content_type | ... | item | placement), level, same_as (groups of the very same placements), placements,
    promised, came (events), ratio (times the promised), low, high, z, p, grade. levels: what each level shares: axis, level, placements,
    ratio (times the promised odds), low, high, apart, share, grade. gap: the waterfall: step (planned | not_run | exposure | rate | worth |
    came), value, low, high (what the promise allowed the rate), start, end. owners: owner, pieces, placements, not_run_placements,
    late_pieces, late_days, planned_exposure, exposure, planned_spend, actual_spend, not_run_value, exposure_value, rate_value,
    worth_value, gap. versus: beside another
    plan: channel, spend_plan, spend_other, value_plan, value_other, difference, low, high, grade.

    facts: items, inside, coverage, coverage_low, coverage_high, effective (independent placements that these are worth), weather (the
    grouping they share), promise (kept | near | broken: something is named | missed |
    too_wide | empty), pit_p, pit_mean, pit_verdict, level, late, planned_spend,
    actual_spend, spend_not_run, spend_exposure, spend_price, predicted_total, actual_total, currency, metric, value_planned, value_actual,
    not_executed, gap_not_run, gap_exposure, gap_rate, gap_worth, gap_allowed, versus (facts of the other plan, with its own
    grade, or None), evidence, grade (of the value beside the promise),
    shared ("known" or "any": how doubts may move together), unmeasured.
    """

    calibration: pd.DataFrame
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    places: pd.DataFrame = field(default_factory=pd.DataFrame)
    surprises: pd.DataFrame = field(default_factory=pd.DataFrame)
    levels: pd.DataFrame = field(default_factory=pd.DataFrame)
    gap: pd.DataFrame = field(default_factory=pd.DataFrame)
    owners: pd.DataFrame = field(default_factory=pd.DataFrame)
    versus: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, kw_only=True, repr=False)
class Learnt(Result):
    """What a campaign taught the scorer. table: one row a cell that was ever shown: the axes, rate, low, high, exposure, opinion, verdict,
    the same with _before, run (in this campaign), changed (bool: another verdict).

    facts: metric, level, by, cells, run, new (cells nobody had shown before), changed, opinion_before, opinion_after (mean share of
    opinion over the cells that ran), width_before, width_after (median high / low), make_before, make_after, ... (verdicts of the cells
    that ran), as_of, log_rows, rows, later (rows not read), evidence, grade.
    """
