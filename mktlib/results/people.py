"""Who listens: audiences, customers, segments, and what is still unknown of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from mktlib.results.shape import Result

LIKES: tuple[str, ...] = (
    "axis", "value", "posts", "impressions", "rate", "low", "high", "times", "times_low", "times_high", "verdict",
)  # fmt: skip

QUERIES: tuple[str, ...] = ("query", "language", "impressions", "clicks", "click_rate", "low", "high", "position", "unmet")


@dataclass(frozen=True, kw_only=True, repr=False)
class Audience(Result):
    """Who listens. table, of people (facts["grain"] "person"): one row a group: group, people, share, follow_rate, engage_rate, buy_rate
    (fractions of its people), followers, engage_per_follower, buy_per_follower (fractions of those who follow), orders_per_person,
    revenue_per_person (money; the middle of what is likely), each rate and amount with _low and _high (NaN: no honest range),
    preferred_format, preferred_length, top_question. Of an account ("network_day"): one row a network: group, days, followers_mean,
    followers_last, and engagement_per_follower, engagement_per_reach, reach_per_follower, clicks_per_follower, clicks_per_reach,
    visits_per_follower, gain_per_follower, loss_per_follower, growth, each with _low and _high; in thirty days for each follower, or on a
    day, or for each person reached: facts["denominators"].

    likes: one row a format, length or style: axis, value, posts, impressions, rate (engagements per impression on the usual mix of
    networks), low, high, times (the rate over the axis' mean), times_low, times_high, verdict (better | worse | undecided). questions:
    what ten people or more asked: group ("others": several groups together), question, people. facts: by, level, grain, people (or
    followers), denominators, engagement_denominator, method, formats, posts; of people buyers, followers, folded, fewest, unnamed, absent
    (columns that would say more), asked, asked_hidden; of an account days, first, last, block_days."""

    likes: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LIKES)))
    questions: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["group", "question", "people"]))


@dataclass(frozen=True, kw_only=True, repr=False)
class Influence(Result):
    """How reach spreads, and on how few it rests. table: one row a measure: measure (a column: engagements, reach, shares, revenue ...),
    unit (post | person), count, zeros (share of those with nothing), total, gini, top1, top10 (share of the whole that the foremost 1 % or
    10 % hold), each with _low and _high; NaN where they are too few.

    lorenz: measure, people (share of units, least first), share (of the whole that they hold together). sharers: one row a band of
    followers of those who share: least, most (followers, the latter left out; NaN: no end), sharers, followers, share (of them all).
    facts: level, unit, posts, people, shares_per_thousand with _low and _high (shares per thousand reached), spread with _low and _high (by
    what shares multiply when reach does, as a power: above 1, what is seen more is shared more than in proportion), sharers, potential
    (followers of those who share), potential_median, largest_share (of the foremost tenth of sharers).
    """

    lorenz: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["measure", "people", "share"]))
    sharers: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["least", "most", "sharers", "followers", "share"]))


@dataclass(frozen=True, kw_only=True, repr=False)
class Customers(Result):
    """Who buys again. table: one row a group of customers (rows of customer_groups.toml; "others": groups of fewer than ten): group,
    people, share (of people), revenue (net of what was given back), revenue_share, recency (median days since the last purchase),
    frequency (median purchases), money (median net amount), repeat, repeat_low, repeat_high (fraction who bought again within the horizon,
    as seen at earlier cuts, with the range of the next period), expected (the same by the BG/NBD model from today on), next_purchases
    (mean number expected).

    scores: one row a pair of scores: recency_score, value_score (1 to 5), people, revenue; pairs of fewer than ten people are folded into
    a row without scores. check: what was foretold at the last cut and what came: group, people, foretold, came, low, high. facts:
    customers, purchases, revenue, currency, first, last, as_of, horizon (days), cuts, level, one_time (share), alive (share), no_customer
    (rows), no_customer_share (of money), given_back (rows), given_back_money, only_back (customers), model (parameters), top."""

    scores: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["recency_score", "value_score", "people", "revenue"]))
    check: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["group", "people", "foretold", "came", "low", "high"]))


@dataclass(frozen=True, kw_only=True, repr=False)
class Research(Result):
    """What is still unknown, and how to find out. table: one row an unknown, what would change most first: rank, unknown (code), about
    (what or whom it is about), question (key of research.toml), text (its words), scale, means (survey | interview | queries | logs |
    test), whom, answers (how many are needed, of each group where two are told apart; NaN: none), margin (half width they give, or
    difference they show), change (share of the audience that might be addressed otherwise: a judgement that orders the list, no estimate),
    language.

    queries: the audience's own questions in a search console: query, language, impressions, clicks, click_rate, low, high, position, unmet
    (bool: shown often and clicked clearly less than other questions). facts: level, people, unknowns, unmet, query_rows, questions,
    queries_hidden, impressions_unmet.
    """

    queries: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(QUERIES)))


@dataclass(frozen=True, kw_only=True, repr=False)
class NetworkCards(Result):
    """One card a network. table: network, channel, posts, reach_per_post, engagement_rate (per impression), each with _low and _high,
    best_format, best_rate, best_low, best_high, best_verdict (make | test | too_early | drop), followers, growth (in thirty days),
    growth_low, growth_high.

    formats: network, content_type, usual (bool: the table of networks says so), ours (posts of ours there). limits: network, spec, unit,
    most, advised, conf. facts: level, posts, networks, first, last."""

    formats: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["network", "content_type", "usual", "ours"]))
    limits: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["network", "spec", "unit", "most", "advised", "conf"]))


@dataclass(frozen=True, kw_only=True, repr=False)
class Segmentation(Result):
    """Segments of an audience, the largest first. No row of a person is in it.

    table: one row a segment: segment (its key: segment_1 ..., or "all" where no segments hold), people, share (of the audience, each
    person counted by how likely they belong), low, high, uncertain (share of its people whose segment is not clear), stability (mean
    Jaccard, 0 to 1, of what a fresh segmentation of half of the people finds again), stable (bool).
    traits: one row a segment and thing that may be said: segment, column, level (a word of the column, "" for its mean), kind (mean | days
    | share), inside, outside (everybody else), difference, low, high, effect (Cohen's d or h), p (before the correction for many),
    role (builds: the segments were made of it; describes: it took no part), holds (bool: after the correction, and not small).
    likes: segment, axis (content_type | length | style | daypart), option, people (who said so), share, low, high, average (of everybody),
    source (answers | log). consent: segment, channel, share. choice: one row a number of segments tried: segments, strength (prediction
    strength), error (its standard error), chosen (bool).
    facts: segments, people, k (auto | given), asked (the k given, else None), features, level, method, p (chance of so clear segments
    among people who differ by degrees only; None where it was not asked), references, unstable (how many), uncertain (share of people),
    sure (probability from which a person counts as clear), fewest, names {segment: {language: name}}.
    """

    traits: pd.DataFrame
    likes: pd.DataFrame
    consent: pd.DataFrame
    choice: pd.DataFrame
