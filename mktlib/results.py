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
LIKES: tuple[str, ...] = (
    "axis", "value", "posts", "impressions", "rate", "low", "high", "times", "times_low", "times_high", "verdict",
)  # fmt: skip
QUERIES: tuple[str, ...] = ("query", "language", "impressions", "clicks", "click_rate", "low", "high", "position", "unmet")
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
class PageBrief(Result):
    """What is asked of a page for phones. table: one row a thing asked: about (screen | text | touch | form | weight | search), check (the
    row of `checks`), binds (must | at_least | at_most), value with its unit (px, times, columns, fields, MB, kB, density, letters), source,
    year, conf. texts: part, room (letters), lines, text, letters, fits (bool), conf. fields: field, type, inputmode, autocomplete.
    budget: part, share, kb, conf. screen: block, top, bottom, height, width (px), size (of its letters, px). page: HTML to start from.
    facts: action, width, narrow, visible (px seen at first), ends (px where the action ends), fields, weight (MB), body, tap (px),
    language, rules (version of the set), conf (of what no row tells)."""

    texts: pd.DataFrame
    fields: pd.DataFrame
    budget: pd.DataFrame
    screen: pd.DataFrame
    page: str


@dataclass(frozen=True, kw_only=True, repr=False)
class SentimentShare(Result):
    """How much of what is said is negative, neutral, positive. table: one row a class: sentiment, share (corrected for the classifier's
    errors where they were measured, else as found), low, high (of the corrected share; blank where no errors were measured), found (share
    of the classifier's answers), texts (their number). facts: texts (all), read (the denominator: those in a language that is read),
    other_language, empty, copies (texts that say the same as another), level, corrected (bool), labelled (texts that the errors were
    measured on), accuracy (on them), fits (whether their errors can explain these answers), method (lexicon | learned), em (share by
    expectation and maximisation, of learned ones)."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Watch(Result):
    """Alarms over what people say, as they were raised then: later data change none of them.

    table: one row an episode: at (UTC, when it was raised: as an alert where it became one, else as a watch), level (the worst it
    reached: watch | alert | crisis), detector (volume | tone), topic ("" where none stands out), count and expected (mentions, or
    negatives for tone, in the window that raised it), ratio, ratio_low, ratio_high (count / expected and 9 chances in 10 around it; an
    alarm is raised where luck helps, so that it is on the high side), window_hours, until (when it was over; NaT: it stands; a window
    that still reaches into it may take it up again), watch_at, alert_at, crisis_at (when each level was reached; NaT: not), mentions
    and usual (from the beginning of the window to the last sign of the episode: said, and expected), negative and negative_usual
    (shares of those of known tone, in the episode and before; NaN: unknown).
    series: one row an hour: at (UTC, its beginning), count, expected, low, high (9 usual hours in 10), negatives, told (mentions of known
    tone), negative_usual, rarity and tone_rarity (minus the logarithm of how many times a year a quiet series would show as much, its
    part of the promise taken off; -inf: nothing out of the ordinary), window_hours (of the rarest window that ends there), level (that
    stands, "" for none), there (bool: something was collected and not muted).
    facts: brand, zone, false_alarms_per_year (alert and crisis), watches_per_year (all levels), mentions, first, as_of, bins (hour | day),
    days, history_days (learnt from before the first alarm), watched_from, watched_years, per_day (usual mentions now), dispersion and
    dispersion_hours (variance over mean of days and of hours), tone (bool), tone_read (bool: by the lexicon), tone_part (of the promise),
    negative_usual, alarms {level: number}, standing (levels), windows, tone_windows (hours), muted, gaps, silences (pairs of times).
    """

    series: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, kw_only=True, repr=False)
class Replay(Result):
    """One alarm as it went. table: one row a step: at (its end), count, expected, total (so far), negative (share so far), reach (so far),
    term (the one that stands out most so far, "" for none), level (that stood: "" | watch | alert | crisis).

    terms: those of the whole: term, now, before, share_now, share_before, times, low, high.
    facts: topic, level, first (moment of the alarm), until, step, mentions, peak, term, negative, carriers [{band, mentions, share, ...}].
    """

    terms: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class Reputation(Result):
    """The talk about a brand. table: one row a brand, the most talked of first: brand, mentions, reach (followers of those who wrote, one
    person counted as often as reached), share_of_voice (NaN where one brand alone was read), net_sentiment (-1 to 1) and negative
    (share), each with _low and _high.

    topics: our own talk by topic: topic, mentions, share and negative, each with _low and _high. weeks: week (its Monday), topic,
    mentions, negatives. carriers: by size of author: band, mentions, share, reach, reach_share, negatives. authors: those who reach
    most, under pseudonyms: author, mentions, followers, reach, negatives. waits: network ("all": everyone), asked, answered, median,
    low, high (hours; None: not reached yet), within (hours), share, share_low, share_high (answered within those hours, unanswered ones
    counted). answers: hours, share, low, high: the share answered by then.
    facts: brand, level, mentions, all_mentions, first, as_of, answer_within, toned (bool), asked (complaints | mentions).
    """

    topics: pd.DataFrame
    weeks: pd.DataFrame
    carriers: pd.DataFrame
    authors: pd.DataFrame
    waits: pd.DataFrame
    answers: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class Rhythm(Result):
    """How many messages people bear. table: one row a segment ("all": everyone) and rhythm: segment, per_month, value (money a customer over
    the remaining life), low, high, best (bool: False everywhere where it cannot be told; "all" has one only where no segment has).

    curves: one row a segment, outcome (clicks, conversions, revenue, complaints: a customer and month on the list; value: money in that
    month; leave: chance to leave in it; life: value over the remaining life, naive alone) and rhythm: segment, outcome, per_month, months
    and people (seen at it), mean, low, high, naive (the plain mean of those who were mailed so). segments: one row a segment: segment,
    people, months (people-months), usual (messages a month), leavers, verdict (randomised | adjusted | cannot_tell | too_few), why (""; of
    the two last: few_people | few_events | no_variation | overlap | drift | noise), best, flat_low, flat_high (rhythms within 5 % of the
    best), few_at, many_at (the nearest judged rhythms of half and of twice the best, else the ends), cost_few, cost_many with _low and _high
    (value lost a customer there), at_edge (bool: the best may lie beyond), moves (share of the variance of messages within people), placebo
    (chance of what was seen if nothing is hidden), overlap (least share of people-months with a like past), effective (least effective
    people-months of a rhythm). survival: segment, per_month (blank: as mailed), kind (seen | steady), month, on_list, low, high, at_risk.
    trial: the test to run, one row a segment, outcome (value | leave) and arm: segment, per_month, outcome, months, people (an arm),
    detects (share by which arms must differ), listed (people there are), enough (bool). arms: randomised alone, one row a segment, outcome
    and arm: segment, outcome, arm, per_month, people (assigned), mean (a customer and month of the test; leave: share that left),
    difference to the first arm with low and high. evidence: what was published: key, finding, value, source, year, conf, use (prior |
    beside).
    facts: by, people, people_months, mails, first_month, last_month, renewed (bool: a month's messages all go out), mended (months cut
    short and completed), most, horizon (months), discount (a year), currency, level, assigned (bool), credited (bool: value is what is
    credited to messages), worth, outcomes, counted {verdict: segments}."""

    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    segments: pd.DataFrame = field(default_factory=pd.DataFrame)
    survival: pd.DataFrame = field(default_factory=pd.DataFrame)
    trial: pd.DataFrame = field(default_factory=pd.DataFrame)
    arms: pd.DataFrame = field(default_factory=pd.DataFrame)
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, kw_only=True, repr=False)
class SendsCheck(Result):
    """Whether messages that were sent keep what they must. table: one row a rule: rule (cap_7 | cap_30 | consent | unsubscribed | bounced |
    retention | quiet | complaints | pressure | bulk | warm_up), verdict (kept | broken | above_target | cannot_tell | not_measured; bulk |
    below of the bulk threshold), count (of unit that break it; complaints; departures), of (how many there are), unit (people | messages |
    days | clicks and departures), rate with low and high (NaN: none), limit.

    over: one row a person and window over a cap: person (a pseudonym), window (days), messages, cap, first_day, last_day, campaigns,
    channels, line (in the log, of the last of those messages). days: day, channel, messages. facts: messages, people, first, last, zone,
    level, channels, cap_7, cap_30 (where asked). spread: window, messages (in a person's fullest days), people, more (bool: so many or
    more; the fullest of fewer than ten people are added up)."""

    over: pd.DataFrame
    days: pd.DataFrame
    spread: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["window", "messages", "people", "more"]))


@dataclass(frozen=True, kw_only=True, repr=False)
class Programme(Result):
    """What life-cycle flows take of the messages a person bears. table: one row a flow: flow, stage, channel, trigger (see the row of
    flows.toml), mails (of one entry), days (over which they leave), cap (in any 30 days), share (of the people who enter it in 30 days),
    entrants (people; NaN: size not told), per_entrant (mails in 30 days of who got any), per_person (mean over everyone), measure, basis
    (log | told | judgement).

    left: one row a window: window (days), cap, flows (mean messages of flows a person), reserved (set aside, so that at most `spare` of the
    people get more), left (for campaigns), above (share of people who get more than is set aside), most (the flows' own caps together: nobody
    gets more). spread: window, messages (0, 1, ...), share (of people). facts: people, basis, spare, flows, first, last (of the log)."""

    left: pd.DataFrame
    spread: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class SendTime(Result):
    """When messages are clicked, or when posts do best. table: one row a segment ("all": everyone; a network where posts were judged),
    weekday and hour: segment, weekday (1 Monday), hour (0 to 23, theirs), rate, low, high, best (bool; False everywhere where no time is
    shown to be better; rate is blank far from anything sent).
    Of posts (kind "posts", or none): best is shown to be above the segment's mean; posts (how many were made then). facts: by, metric,
    zone, level, posts, denominator, kind, groups (segment, posts, p_value adjusted for all groups, verdict: matters | none | few).
    Of e-mails (kind "messages"): best is shown to beat the reference; lift with lift_low and lift_high (rate over that of the reference,
    less 1), p_better (chance that it is above 0), lean (bool: the one best guess of the segment, be it shown or not), delivered. facts: by,
    metric, denominator, kind, zone (of those whose zone is not told), zones (how many), level, reference (hour, on working days), worth
    (lift that is worth a change), message (the column that told messages apart; None: each moment was one), messages, delivered, clicks,
    p_value (of "no time is better for anybody"), split (share of e-mails whose message left at several hours), message_sd and sending_sd
    (luck of a message and of one sending of it, logits), set aside: opens, machine_opens (None: not told), machine_clicks, automatic,
    other_channels, left (rows); groups (segment, messages, sendings, delivered, clicks, verdict: better | no_better | few, reason why it is
    few: clicks | sendings | hours | reference, needed and needed_messages: e-mails and messages that would show a lift of `worth`; and but
    for few: weekday and hour of the best guess, lift, lift_low, lift_high and p_better of it, hidden (the largest lift of any time is
    below it, with the upper end's chance), rate (of the reference))."""


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


@dataclass(frozen=True, kw_only=True, repr=False)
class KeywordCoverage(Result):
    """Which searches the texts of a store listing can answer. table: one row a search and filled field: locale, search, field (of the
    store), words (of the search that carry meaning), found (how many of them stand there), share, searched (bool: whether the store is
    said to search the field).

    searches: locale, search, verdict (whole: one searched field has all its words | across: searched fields have them together |
    unsearched: only with fields that are not searched | absent), missing (words that no searched field has). facts: store, searches,
    counted {verdict: searches}, locales, fields {field: {language: name}}, conf {searched field: how sure its row is}."""

    searches: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class Catchments(Result):
    """How far people come from. table: one row a place and radius ("others": places of too few people together; "all": only at radii that
    every place tells): place, radius_m, people (counted once, at the place they come nearest to), new (people beyond the last radius
    that is told), new_share with _low and _high (new over people), share with _low and _high (fraction of the place's points within
    the widest radius), estimate with _low and _high (people of the population; NaN without a scale). A radius whose ring holds fewer
    than `fewest` people is blank (NaN), and the ring is told with the next.

    reach: one row a place: place, people, visits, half_m, most_m (radius that holds 50 % and 80 % of its points within the widest radius)
    each with _low and _high. decay: one row a ring of all places: from_m, to_m, people, outcome, per_person with low and high.
    overlaps: one row a pair, both ways: place, other, radius_m (the step that holds 80 % of the place's points), metres (between them),
    people (near both, within the radius of each), share (of all within the place's radius) with low and high. hours: place, days
    (weekday | weekend), daypart, share (of the place's points) with low and high, per_hour (share of an hour in a day of that kind),
    best (bool: densest in 95 of 100 draws; False everywhere where none is). density: one row a square of the map: panel, x, y (metres
    east and north of the panel's middle), size, people. spots: place, latitude, longitude, panel, x, y. minimums: place, radius_m,
    platform, least, people, verdict (enough | too_few | cannot_tell), source, conf.

    facts: rows, set_aside, no_consent, kept, people, people_near, visits (near), widest_m, level, fewest, folded, left_out, scale (value,
    low, high or None), outcome (column or None), decay_km with _low and _high (factor a kilometre), decay_verdict (falls | rises |
    cannot_tell | None), zone, days (first to last), hidden (fraction of people in the map's panels left out of it), consent (column or
    None), step (degrees of rounding)."""

    reach: pd.DataFrame
    decay: pd.DataFrame
    overlaps: pd.DataFrame
    hours: pd.DataFrame
    density: pd.DataFrame
    spots: pd.DataFrame
    minimums: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class PlaceSheet(Result):
    """A campaign around each place, channel by channel. table: one row a place and channel: place, key (row of local_channels), channel,
    device, formats (content types), radius_m (a step of the curve), reason (curve | platform_least | platform_most | unknown),
    people (seen within it, at least so many; NaN: not told), estimate with _low and _high (of the population; NaN without a scale),
    audience (enough | too_few | cannot_tell), days (weekday | weekend) and daypart ("" where none stands out), share with _low and
    _high (of the place's points in it), quiet (bool: the daypart meets hours of silence of the channel), consent (column of yes and
    no that is needed, "" where a platform asks its own users), measure (calls | visits | coupons), conf (how far the limits of the
    platform are known, "" without one).

    rules: the platforms' limits that were used: rule, platform, what, value, unit, source, year, conf. specs: the room that formats have:
    channel, spec, unit, most, conf. fragment: the places as TOML for a brief. facts: places, level, hold (share of points that the
    radius is to hold), scaled (bool), fewest, zone."""

    rules: pd.DataFrame
    specs: pd.DataFrame
    fragment: str


@dataclass(frozen=True, kw_only=True, repr=False)
class AppBrief(Result):
    """Whether an app is worth building. table: one row an uncertain assumption, the one that matters most first: assumption, rate (bool: a
    fraction; else an amount), low, mid, high (its range and middle), profit_low, profit_high (mean profit at the horizon where it lies
    at its low or high end and the others are as believed), p_low, p_high (chance of breaking even there), worth (money: what it would be
    worth at most to know it before building), share (of the variance of the mean profit that it explains alone), settle (code of what
    would tell: listing_test | price_test | prototype | beta | cohort | pilot | quote), needed (people to count until its range is half as
    wide; NaN: an amount), conf (G given | D moved by counts | J ...), events, of (counts that moved it).

    audience: group, people, low, high (NaN: no honest range). months: month, profit, low, high (with the luck of people), p (chance that
    what was spent is back by its end). breakeven: quantity (visitors | installs | activated | day7 | payers, over the horizon), expected
    with _low and _high, needed with _low and _high (inf: no number does it), never (chance of that).
    facts: need, measure, least, people, at_most (the need is refuted where at most so many of those asked meet the measure; None: nothing
    was said that would), model, price, kept (share of a price after tax and fee), tax, fee, fee_conf, store, currency, level, horizon
    (months), p, p_error (of the simulation), decisive (the assumption that moves p most), p_low, p_high (chance at its
    ends), profit with _low and _high,
    month, month_low, month_high (in which what was spent is back; inf: not within ten years), certain (bool: nothing is uncertain but the
    luck of people), opinions (names of assumptions that are opinions), people_total, visits, draws, given (what was given)."""

    audience: pd.DataFrame
    months: pd.DataFrame
    breakeven: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class LaunchSheet(Result):
    """The launch of an app by weeks. table: one row a task: week (0 is the week of the launch), day, task (code), about (what of), share
    (of users, or NaN), conf (J: our judgement).

    tests: one row a listing test, in the order to run them: test, field, base (rate without it), lift (relative difference to show),
    people (visitors of each version; exact for the pooled z-test), versions, visitors (in all), weeks with _low and _high (at the
    visitors expected), first_week, last_week, fits (bool: ends within the sheet), looks (days), false_alarm (chance of a false winner when
    looked at daily). funnel: step (visitors | installs | activated | day7), of, rate with _low and _high, people with _low and _high (in
    the weeks of the sheet, luck included), events, counted (what moved the rate), conf. rollout: step, share, day, users (expected),
    stop_at (crashed users from which to stop; users + 1: never), false_stop (chance to stop an app that crashes as allowed), caught
    (chance to stop one that crashes as badly as `bad`), conf. watch: week, metric, of, counted (expected denominators), expected (of the
    metric), stop_below (a rate of `of`, for denominators as expected or larger; over the whole sheet a launch as believed falls below one
    of them with a chance of at most the fact `tail`), tail (of the metric). reviews: rule, value, unit, source, year, conf.
    facts: launch (date), before, weeks, store, visitors with _low and _high (a week), versions, lift, significance, power, crash_allowed,
    crash_bad, tail, level, test_share, price (of the store as a channel), cost, days (of a version of the listing), opinions."""

    tests: pd.DataFrame
    funnel: pd.DataFrame
    rollout: pd.DataFrame
    watch: pd.DataFrame
    reviews: pd.DataFrame


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


@dataclass(frozen=True, kw_only=True, repr=False)
class GeoDesign(Result):
    """A test of a campaign by areas, designed. table: one row a size and length tried: pairs, weeks, treated (areas), expected (outcome of
    the treated areas in the test without a campaign), power with _low and _high (chance to tell facts["lift"], by placebo over history),
    false_alarm with _low and _high (the same without a lift, both signs), detectable (smallest lift told 8 times in 10; NaN: none up to
    50 %), detectable_units, cost_per_unit (budget over those units), break_even (lift at which the budget is earned), windows,
    independent (placebo windows, and how many that do not overlap they are worth), chosen (bool).

    arms: one row an area: area, pair (0: none), arm (treated | held_out | outside), per_week (mean outcome of the last year). curve: pairs,
    weeks, lift, power, low, high. weeks: week, treated, held_out (each group over its own mean of the last year).
    facts: outcome, lift, alpha, level, currency, areas, weeks, cooldown (weeks read after the test), budget, worth (of a unit), seed,
    first_week, last_week, pairs_possible, fewest_pairs, enough, verdict (can_tell | cannot_tell | impossible), lacking (areas | history),
    need; of the design chosen test_pairs, test_weeks, power, false_alarm, detectable ..., expected, treated_per_week, held_out_per_week,
    treated_share, held_out_share (of sales)."""

    arms: pd.DataFrame
    curve: pd.DataFrame
    weeks: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class GeoLift(Result):
    """A test of a campaign by areas, read. table: one row a stretch of weeks (test | cooldown | whole): stretch, weeks, actual (outcome of
    the treated areas), expected (without the campaign, as the other areas tell), lift with low and high (fraction), units with _low and
    _high (outcome gained), p_value (of "no lift"), worth with _low and _high (money gained), cost_per_unit with _low and _high (NaN: no
    such end).

    weeks: week, stretch (before | test | cooldown), actual, expected, low, high (of what was expected), units with _low and _high (gained
    since the test began). areas: area, arm, pair, before, during (mean a week), change (log, less what its past foretold), usual (how far
    it strays where nothing happens), without (the lift when this area, and its partner, are left out). facts: outcome, level, alpha,
    currency, method (pairs | synthetic | none), assigned (lot | chosen), verdict (lift | loss | cannot_tell | not_read), reasons (codes, where not read), start, end, cooldown, pre_weeks,
    treated, held_out (areas), pairs, cost, worth (of a unit), detectable (smallest lift that such a test tells 8 times in 10), noise
    (error of a window in which nothing happens, log), placebos, naive (before and after), plain (difference in means), spill (p value; None:
    neighbours not told)."""

    weeks: pd.DataFrame
    areas: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class DistanceEffect(Result):
    """How acceptance falls with distance. table: one row a class of distance, the nearest first: distance (its name), offers, people (NaN:
    nobody told apart), raw (fraction accepted), rate with low and high (fraction accepted if every comparable offer had been at this
    distance, all else as it was), difference with _low and _high (against the nearest class), overlap (fraction of its offers that are
    comparable: made in circumstances in which every class occurs).

    kinds: one row a kind of offer: kind, offers, step (change of log-odds for each class further) with low and high (partially pooled),
    own (the same from this kind alone), near, far (fraction accepted in the nearest and the farthest class). rings: distance, people (in
    the ring), rate, value with _low and _high (of an offer there, less its cost), total with _low and _high, beyond (bool: nothing was
    offered so far).
    facts: level, offers, comparable (offers), accepted, people, kind, clustered (bool: errors know who was asked), value, cost, distance,
    outcome, context (columns adjusted for), classes, stated (bool: said, not done), step with step_low and step_high (log-odds a class),
    p_value (of "no trend"), trend (falls | rises | not_shown | not_comparable), monotone (bool: no step is shown to go the other way),
    spread (sd of steps between kinds), p_kinds (of "all kinds alike"), currency."""

    kinds: pd.DataFrame
    rings: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class StyleFit(Result):
    """How near a draft is to each style. table: one row a style, the nearest first: style, fit (share of belief, adding up to 1 over the
    styles), marks_for and marks_against (keys of `marks.toml`, the strongest first).

    marks: one row a mark: mark, count, amount (per 100 words, per sentence, or a mean: see `per`), per, strength (0 to 1), words (some of
    those found). facts: language, words, sentences, sentence_words, ease (Flesch; Kandel and Moles in French), grade (None in French),
    seconds (to read), best, second, ratio (best share over the second's), entropy (0 sure to 1: no style stands out).
    """

    marks: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class StyleGuide(Result):
    """The house style for those who write. table: one row a pair: before, after, codes (the rules that the before breaks).

    advice: one row a line of advice: kind (do | dont), text. tone: one row a mark of tone: mark (address, emoji, exclamation,
    sentence_words, ease, contraction, first_person), value. words: kind (use | avoid), words. limits: channel, place, most, advised.
    sensitive: rule, label. facts: style, language, brand, formality, opposite, pairs.
    """

    advice: pd.DataFrame
    tone: pd.DataFrame
    words: pd.DataFrame
    limits: pd.DataFrame
    sensitive: pd.DataFrame
