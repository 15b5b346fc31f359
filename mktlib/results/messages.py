"""E-mails and other messages: how many, when, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from mktlib.results.shape import Result


@dataclass(frozen=True, kw_only=True, repr=False)
class Rhythm(Result):
    """How many messages people bear. table: one row a segment ("all": everyone) and rhythm: segment, per_month, value (money a customer
    over the remaining life), low, high, best (bool: False everywhere where it cannot be told; "all" has one only where no segment has).

    curves: one row a segment, outcome (clicks, conversions, revenue, complaints: a customer and month on the list; value: money in that
    month; leave: chance to leave in it; life: value over the remaining life, naive alone) and rhythm: segment, outcome, per_month, months
    and people (seen at it), mean, low, high, naive (the plain mean of those who were mailed so). segments: one row a segment: segment,
    people, months (people-months), usual (messages a month), leavers, verdict (randomised | adjusted | cannot_tell | too_few), why (""; of
    the two last: few_people | few_events | no_variation | overlap | drift | noise), best, flat_low, flat_high (rhythms not
    shown to lose more than 5 % of the best), few_at, many_at (the nearest judged rhythms of half and of twice the best, else the ends),
    cost_few, cost_many with _low and _high (value lost a customer there), at_edge (bool: the best may lie beyond), moves (share of the
    variance of messages within people),
    placebo (chance of what was seen if nothing is hidden), overlap (least share of people-months with a like past), effective (least
    effective people-months of a rhythm). survival: segment, per_month (blank: as mailed), kind (seen | steady), month, on_list, low,
    high, at_risk. trial: the test to run, one row a segment, outcome (value | leave) and arm: segment, per_month, outcome, months, people
    (an arm), detects (share by which arms must differ), listed (people there are), enough (bool). arms: randomised alone, one row a
    segment, outcome and arm: segment, outcome, arm, per_month, people (assigned), mean (a customer and month of the test; leave: share
    that left), difference to the first arm with low and high. evidence: what was published: key, finding, value, source, year, conf, use
    (prior | beside). facts: by, people, people_months, mails, first_month, last_month, renewed (bool: a month's messages all go out),
    mended (months cut short and completed), most, horizon (months), discount (a year), currency, level, assigned (bool), credited (bool:
    value is what is credited to messages), worth, outcomes, counted {verdict: segments}."""

    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    segments: pd.DataFrame = field(default_factory=pd.DataFrame)
    survival: pd.DataFrame = field(default_factory=pd.DataFrame)
    trial: pd.DataFrame = field(default_factory=pd.DataFrame)
    arms: pd.DataFrame = field(default_factory=pd.DataFrame)
    evidence: pd.DataFrame = field(default_factory=pd.DataFrame)


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
    """What life-cycle flows take of the messages a person bears. table: one row a flow (see the rows of flows.toml): flow, stage, channel,
    mails (of one entry), days (over which they leave), cap (in any 30 days), share (of the people who enter it in 30 days; of a log: who
    got a message of it in its last 30), entrants (those people; NaN: size not told), per_entrant (mails in 30 days of one of them),
    per_person (mean over everyone), measure, basis (log | told | judgement).

    left: one row a window: window (days), cap, flows (mean messages of flows a person), reserved (set aside, so that at most `spare` of the
    people get more), left (for campaigns), above (share of people who get more than is set aside), most (the flows' own caps together:
    nobody gets more). spread: window, messages (0, 1, ...), share (of people). facts: people, basis, spare, flows, first, last (of the
    log)."""

    left: pd.DataFrame
    spread: pd.DataFrame
