"""What is said of a brand, and in which manner the brand speaks."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from mktlib.results.shape import Result


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
