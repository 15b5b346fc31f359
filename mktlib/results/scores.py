"""What content is worth, and how far that was foretold."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mktlib.results.shape import Result

CELL: tuple[str, ...] = ("segment", "stage", "content_type", "style", "length", "channel")
"""The axes of one cell: who, how near to buying, what, in which manner, how long, where."""

VERDICTS: tuple[str, ...] = ("make", "test", "too_early", "drop")


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
