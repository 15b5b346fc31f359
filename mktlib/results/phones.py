"""Pages, store listings and apps."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mktlib.results.shape import Result


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
class KeywordCoverage(Result):
    """Which searches the texts of a store listing can answer. table: one row a search and filled field: locale, search, field (of the
    store), words (of the search that carry meaning), found (how many of them stand there), share, searched (bool: whether the store is
    said to search the field).

    searches: locale, search, verdict (whole: one searched field has all its words | across: searched fields have them together |
    unsearched: only with fields that are not searched | absent), missing (words that no searched field has). facts: store, searches,
    counted {verdict: searches}, locales, fields {field: {language: name}}, conf {searched field: how sure its row is}."""

    searches: pd.DataFrame


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
