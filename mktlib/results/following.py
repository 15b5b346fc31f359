"""Followers and posts over time."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mktlib.results.shape import Result


@dataclass(frozen=True, kw_only=True, repr=False)
class Followers(Result):
    """Followers over time. table: one row a network: network, first_day, last_day, days, first, last (followers), gained, lost, net (over
    those days), per_week with _low and _high (the level of the net gain now), change with _low and _high (of that level, against 13
    weeks before), unusual (weeks), ahead with _low and _high (net gain of the next weeks), coverage (of such ranges in the past), and of
    posts: posts, p_value (of "posts bring nobody"), brought with _low and _high, explained with _low and _high (fraction of the followers
    gained that posts bring), half_days (until half of a post's followers have come), reported (credited to posts by the platform).
    weeks: network, week (its Monday), gained, lost, net, level, low, high, unusual ("" | gained | lost | net). forecast: network, weeks (1,
    2, ...), last_day, net, low, high, followers, followers_low, followers_high. posts: post_id, network, at, content_type, brought, low,
    high, shown (bool: shown to bring somebody), reported. breaks: network, date, code (identity | gap | reset | twice), found, expected,
    days.
    facts: level, networks, horizon (weeks), lags (days), posts, shown, measure ("gained" or "net")."""

    weeks: pd.DataFrame
    forecast: pd.DataFrame
    posts: pd.DataFrame
    breaks: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class HalfLife(Result):
    """How long posts live. table: one row a group: the columns of `by`, posts, oldest (hours for which the longest was seen), young
    (posts seen for less than the group's half-life), engagements, half_life with low and high (hours until half of a typical post's
    engagements have come), between_low and between_high (8 posts in 10 lie there), late (hours until nine tenths have come). curves: the
    columns of `by`, age (hours), share with low and high (fraction of all that a typical post will get). posts: post_id, the columns of
    `by`, hours (seen), engagements, half_life, low, high. facts: by, level, posts, young, groups, engagements, family (of the curve), luck
    (variance of counts over Poisson's)."""

    curves: pd.DataFrame
    posts: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class Cadence(Result):
    """How many posts a week people bear. table: one row a group and rhythm: group, per_week (posts in the seven days that end with a post,
    itself included), posts (seen at it), reach with _low and _high (of a typical post), total with _low and _high (reach of all posts of a
    week; a person reached twice counts twice). limits: one row a group: group, posts, usual (median rhythm), seen_up_to, verdict (wears |
    not_seen | no_variation | too_few), p_value (of "no wear", adjusted for all groups), wears_at with low and high (posts a week up to
    which nothing is lost), loss with _low and _high (fraction of reach that each post beyond costs; where none is seen, loss_high is what
    could hide), optimum with _low and _high (rhythm of the largest total among those seen), at_edge (bool: it may lie beyond).
    facts: by, measure (reach | impressions), level, posts, window_days, counted {verdict: groups}."""

    limits: pd.DataFrame
