"""Tests of arms against a control, and how large a test must be."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from mktlib.results.shape import Result

SEGMENTS = ("by", "segment", "arm", "n", "mean", "control", "lift", "low", "high", "verdict", "grade")
ENOUGH = 0.95
"""Part of the planned people from which on the planned end is reached."""
TARGETING = ("by", "segments", "p_value", "differs", "best", "switch", "names", "gain_high")


@dataclass(frozen=True, kw_only=True, repr=False)
class Comparison(Result):
    """Arms, or policies, beside a control. table, one row an arm, the control first: arm, n, mean, lift (its mean less the control's), low,
    high (its range), verdict (better | worse | undecided).

    Of arms (kind "arms") also: relative, relative_low, relative_high (lift over the control's mean, fractions; missing where the control's
    mean may be 0), p_value (holds at all looks where `look` is "any"), p_adjusted (for several arms), grade (`results.evidence`), more
    (people more, in all arms, until the difference is told 8 times in 10 if it is what was seen, or `least`; missing where decided,
    infinite where out of reach).

    segments: one row a segment and arm: by, segment, arm, n, mean, control (its mean), lift, low, high, verdict, grade; the ranges of one
    `by` hold together. targeting: one row a `by`: segments, p_value (that the lift is the same in all), differs (bool), best (the arm that
    did best for all), switch (segments in which another arm, or the control, is shown to do better than it), names (of these), gain_high
    (what choosing the arm by segment could bring at most, a person, in units of the metric).

    facts: metric, per (denominator of a ratio), control, level, kind ("policies" | "arms"), best, held_out. Of arms also: measure
    (proportion | mean | count | ratio), unit (percent | money | number), better (high | low), look (any | fixed), planned, people, arms,
    assigned (lot | chosen), evidence, grade, withheld ("" | "mismatch"), mismatch (p-value), covariate, saved (share of the variance it
    took away), correction, least, detectable (difference told 8 times in 10), dearer (how many times the people of one look it takes),
    currency, unmeasured.
    """

    segments: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(SEGMENTS)))
    targeting: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(TARGETING)))


@dataclass(frozen=True, kw_only=True, repr=False)
class SegmentedComparison(Comparison):
    """A comparison within segments too: `segments` and `targeting` have rows."""


@dataclass(frozen=True, kw_only=True, repr=False)
class SampleSize(Result):
    """How many people a test takes. table, one row a true difference: lift, relative, n_fixed (people of the smallest arm, one look at
    the end), n (the same where one may look at any time), people (all arms), people_usual (on average, where one stops as soon as it is
    told), dearer (people over those of one look), days (missing without traffic), days_usual.

    curve: n (people of the smallest arm), detectable (difference that is told with `power`), detectable_fixed.
    facts: kind (proportion | mean | count | ratio), unit (percent | money | number), baseline, sd, lift, relative, n, n_fixed, people,
    people_usual, dearer, days, days_usual, power, level, alpha (of each comparison), arms, look, looks (of each day of the
    four weeks that n is worked out for), shares, traffic, saved, currency.
    """

    curve: pd.DataFrame
