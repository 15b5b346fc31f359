"""What is said of a brand: terms that stand out, shares with ranges, waits with the unanswered counted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from mktlib import describe_reputation, load_sample, load_truth, plot, replay_alarm, report, watch_mentions
from mktlib.errors import DataError
from mktlib.reputation.carriers import by_reach, loudest
from mktlib.reputation.response import answered_by, waits
from mktlib.reputation.said import read_mentions
from mktlib.reputation.shares import net, periods, share
from mktlib.reputation.terms import over_represented, stop_words, terms_of


def talk(rng, days, each, words, odds, alike):
    """Texts of six words; the odds of a word move from day to day by a gamma of the given shape."""
    said, when = [], []
    for day in range(days):
        shares = odds * rng.gamma(alike, 1 / alike, len(words))
        said += [" ".join(rng.choice(words, 6, p=shares / shares.sum())) for _ in range(each)]
        when += [day] * each
    return said, when


@pytest.mark.parametrize("alike", [3.0, 1000.0])
def test_where_nothing_changed_no_term_is_named(alike):
    rng = np.random.default_rng(5)
    words = np.array([f"mot{chr(97 + k // 26)}{chr(97 + k % 26)}" for k in range(200)])
    odds = 1 / np.arange(1, 201)
    named = 0
    for _ in range(60):
        before, when = talk(rng, 40, 12, words, odds, alike)
        now, _ = talk(rng, 1, 50, words, odds, alike)
        named += len(over_represented(now, before, days=([0] * len(now), when))) > 0
    assert named <= 60 * 0.05 + 2 * np.sqrt(60 * 0.05 * 0.95)


def test_a_word_that_is_said_three_times_as_often_is_named_and_alone():
    rng = np.random.default_rng(6)
    words = np.array([f"mot{chr(97 + k // 26)}{chr(97 + k % 26)}" for k in range(200)])
    odds = 1 / (10.0 + np.arange(200))
    more = odds.copy()
    more[20] *= 3
    found = [over_represented(talk(rng, 1, 400, words, more, 1e6)[0], talk(rng, 40, 12, words, odds, 1e6)[0]) for _ in range(10)]
    first = [table["term"].iloc[0] for table in found if len(table)]
    assert first.count(words[20]) >= 8
    assert sum(len(table) - (words[20] in set(table["term"])) for table in found) <= 2


def test_the_bad_week_is_about_the_hinge_in_both_languages_and_not_about_the_brands_name():
    own = load_sample("mentions").query("brand == 'own'")
    now, before = own["at"].between("2026-06-08", "2026-06-10"), own["at"] < "2026-06-08"
    found = over_represented(own["text"][now], own["text"][before], days=(own["at"][now].dt.date, own["at"][before].dt.date))
    assert {"charnière", "hinge"} <= set(found["term"])
    assert not found["term"].str.contains("solène").any()
    assert (found["low"] > 1).all()


def test_a_handle_an_address_and_a_link_are_no_terms():
    said = terms_of("Merci @ana.b (ana@exemple.fr) https://x.example/a l’atelier", stop_words(["fr"]))
    assert said == {"merci", "atelier"}


def test_hardly_any_text_names_nothing():
    assert over_represented([], ["a b"]).empty
    assert over_represented(["hinge"] * 20, []).empty
    assert over_represented(["", "  ", "🙂"], ["", "\ud800"]).empty


def test_a_share_of_waves_keeps_its_promise():
    rng = np.random.default_rng(7)
    for weeks, mean in ((8, 20), (26, 10), (5, 30), (52, 3)):
        kept = {"share": 0, "net": 0}
        for _ in range(600):
            size = rng.poisson(mean * rng.gamma(3, 1 / 3, weeks))
            bad = rng.binomial(size, rng.beta(0.25 * 15, 0.75 * 15, weeks))
            good = rng.binomial(size - bad, 0.4)
            _, low, high = share(bad, size, 0.9)
            kept["share"] += low <= 0.25 <= high
            _, low, high = net(good, bad, size, 0.9)
            kept["net"] += low <= 0.75 * 0.4 - 0.25 <= high
        assert all(0.865 <= k / 600 <= 0.945 for k in kept.values()), (weeks, mean, kept)


def test_a_share_of_few_times_is_that_of_single_mentions_and_none_is_unknown():
    low, high = share(np.array([3]), np.array([10]), 0.9)[1:]  # Jeffreys' interval: a twentieth of the posterior beyond each end
    assert (beta(3.5, 7.5).cdf(low), beta(3.5, 7.5).sf(high)) == pytest.approx((0.05, 0.05))
    assert share(np.array([0, 0]), np.array([0, 0]), 0.9)[1:] == (0.0, 1.0)
    assert share(np.zeros(9), np.full(9, 5.0), 0.9)[1] == 0.0


def product_limit(hours, answered):
    """The definition: at each time of an answer, those not yet answered shrink by answers / waiting."""
    left, out = 1.0, {}
    for time in sorted(set(hours)):
        waiting, came = sum(h >= time for h in hours), sum(h == time and a for h, a in zip(hours, answered, strict=True))
        left *= 1 - came / waiting
        out[time] = 1 - left
    return out


def test_the_wait_is_the_product_limit_estimate():
    rng = np.random.default_rng(8)
    hours, answered = np.round(rng.exponential(5, 60), 1), rng.random(60) < 0.7
    known, slow = answered_by(hours, answered), product_limit(hours, answered)
    assert dict(zip(known.hours, known.share, strict=True)) == pytest.approx(slow)
    assert waits(hours, answered).median == min(t for t, p in slow.items() if p >= 0.5)


def test_a_half_reached_to_the_last_digit_is_a_half():
    rng = np.random.default_rng(4)
    for _ in range(300):
        n = int(rng.integers(4, 12))
        came, watched = rng.integers(1, 20, n).astype(float), rng.integers(1, 30, n).astype(float)
        hours, answered = np.minimum(came, watched), came <= watched
        left, median = Fraction(1), None
        for at in np.unique(hours):
            left *= 1 - Fraction(int(((hours == at) & answered).sum()), int((hours >= at).sum()))
            median = float(at) if median is None and left <= Fraction(1, 2) else median
        assert waits(hours, answered).median == median


def test_the_median_wait_is_held_by_its_range_and_answers_alone_look_too_good():
    rng, kept, naive, truth = np.random.default_rng(9), 0, 0, 6.0
    for _ in range(400):
        real = rng.lognormal(np.log(truth), 1.0, 80)
        watched = rng.uniform(1, 30, 80)
        known = waits(np.minimum(real, watched), real <= watched)
        kept += (known.low or 0) <= truth <= (known.high or np.inf)
        naive += np.median(real[real <= watched]) < truth
    assert 0.86 <= kept / 400 <= 0.95
    assert naive > 380


def test_nobody_answered_is_no_median_and_a_share_with_an_upper_end():
    known = waits(np.full(20, 48.0), np.zeros(20, dtype=bool))
    assert known.median is None
    assert (known.share, known.share_low) == (0.0, 0.0)
    assert known.share_high == pytest.approx(1 - 0.05 ** (1 / 20))


def test_the_sample_has_the_shares_and_waits_that_were_planted():
    mentions, planted = load_sample("mentions"), load_truth()["planted"]["replies"]["calm"]
    calm = mentions[mentions["at"] < "2026-06-01"]
    found = describe_reputation(calm)
    row = found.waits.iloc[0]
    assert row["share_low"] <= planted["share"] <= row["share_high"] + 0.05  # within 24 h nearly all answers that ever come have come
    own = found.table.set_index("brand").loc["own"]
    assert own["share_of_voice"] == pytest.approx((calm["brand"] == "own").mean())
    assert own["negative_low"] <= 0.20 <= own["negative_high"]
    assert own["net_sentiment_low"] <= 0.32 + 0.24 - 0.20 <= own["net_sentiment_high"]
    storm = describe_reputation(mentions, as_of="2026-06-16")
    assert storm.waits["median"].iloc[0] > row["median"]


def test_what_comes_after_the_day_does_not_count():
    mentions = load_sample("mentions")
    cut = mentions[mentions["at"] <= "2026-03-01"]
    pd.testing.assert_frame_equal(
        describe_reputation(mentions, as_of="2026-03-01").waits, describe_reputation(cut, as_of="2026-03-01").waits
    )


def test_authors_are_pseudonyms_and_their_size_is_one_figure():
    found = describe_reputation(load_sample("mentions"))
    assert found.authors["author"].str.match(r"person-[0-9a-f]{16}$").all()
    assert all(float(f"{x:.0e}") == x for x in found.authors["followers"])
    everything = " ".join(frame.to_csv() for frame in (found.table, found.topics, found.carriers, found.authors, found.waits))
    assert "@lunettes" not in everything
    assert found.carriers["mentions"].sum() == found.facts["mentions"]


def test_bands_hold_every_author_at_their_edges():
    bands = by_reach(np.array([0, 999, 1000, 9_999, 10_000, 2e6]), np.ones(6, dtype=bool)).set_index("band")["mentions"]
    assert bands.to_dict() == {"nano": 2, "micro": 2, "mid": 1, "mega": 1}
    assert loudest(pd.DataFrame({"author": [], "followers": [], "negative": []})).empty


def test_small_topics_are_told_together_and_lose_nobody():
    said = pd.DataFrame({"at": pd.date_range("2026-01-01", periods=60, freq="D"), "topic": ["a"] * 50 + ["b"] * 6 + ["c"] * 4})
    topics = describe_reputation(said).topics
    assert topics.set_index("topic")["mentions"].to_dict() == {"a": 50, "others": 10}


ONE = {"at": ["2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z"], "text": ["a", "b"]}


@pytest.mark.parametrize("days", [21, 28, 42])
def test_waves_of_a_week_are_not_taken_for_so_many_days(days):
    """Talk that is sour for a week is one wave: told from single days, the range of 9 in 10 held the truth 6.6 times in 10."""
    rng = np.random.default_rng(3)
    when, kept = np.arange(days), 0
    stretch = periods(pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(when, unit="D")))
    assert 4 <= len(np.unique(stretch)) <= 7
    for _ in range(500):
        sour = np.repeat(rng.beta(3, 7, days // 7 + 2), 7)[rng.integers(7) :][:days]
        size = rng.poisson(5, days)
        bad = rng.binomial(size, sour)
        _, low, high = share(np.bincount(stretch, bad), np.bincount(stretch, size), 0.9)
        kept += low <= 0.3 <= high
    assert kept / 500 >= 0.8


@pytest.mark.parametrize("toned", [True, False])
def test_one_brand_alone_has_no_share_of_voice(toned):
    ours = load_sample("mentions").query("brand == 'own'").drop(columns=["brand", *([] if toned else ["sentiment_label", "text"])])
    found = describe_reputation(ours)
    assert found.table[["share_of_voice", "share_of_voice_low", "share_of_voice_high"]].isna().all(axis=None)
    page = report(found, language="fr").html
    assert "des conversations portent sur" not in page
    assert ("sont négatives" if toned else "pas de part de voix") in page


def test_reach_of_few_is_told_to_one_figure():
    one = pd.DataFrame({"at": ["2026-01-01"], "author": ["@ana"], "author_followers": [458_295], "text": "hinge"})
    found = describe_reputation(one)
    assert found.table["reach"].tolist() == found.carriers["reach"].tolist() == [500_000.0]
    assert "458" not in " ".join(frame.to_csv() for frame in (found.table, found.carriers, found.authors))


def test_every_head_of_a_table_is_in_the_readers_language():
    page = report(describe_reputation(load_sample("mentions")), language="fr", reader="analyst").html
    assert "Part de voix, au moins" in page
    assert "Share of voice" not in page
    assert "Tous les réseaux" in page


@pytest.mark.parametrize(
    ("wrong", "options", "codes"),
    [
        ({"at": None}, {}, ("E_MISSING_COLUMN",)),
        ({"at": ["2026-01-01", "soon"]}, {}, ("E_BAD_DATE",)),
        ({"replied_at": ["2025-12-31T10:00:00Z", ""]}, {}, ("E_REPLY_BEFORE",)),
        ({"sentiment_label": ["angry", "positive"], "author_followers": ["many", "3"]}, {}, ("E_TONE", "E_NOT_A_NUMBER")),
        ({"brand": ["Solene", "Ombrelle"]}, {"brand": "Solène"}, ("E_OPTION",)),
        ({}, {"level": 2, "as_of": "2020-01-01", "answer_within": -1}, ("E_OPTION",) * 3),
        ({}, {"level": None, "as_of": ["2026-01-01"], "answer_within": "24"}, ("E_OPTION",) * 3),
        ({}, {"brand": ["own"]}, ("E_OPTION",)),
        ({"at": [20260101, 20260102]}, {}, ("E_BAD_DATE",)),
        ({"at": ["0005-01-01", "2026-01-02"]}, {}, ("E_BAD_DATE",)),
        ({"author_followers": [pd.Timedelta("1h")] * 2}, {}, ("E_NOT_A_NUMBER",)),
    ],
)
def test_every_problem_is_said_at_once(wrong, options, codes):
    frame = pd.DataFrame({k: v for k, v in (ONE | wrong).items() if v is not None})
    with pytest.raises(DataError) as refused:
        describe_reputation(frame, **options)
    assert refused.value.codes == codes


def test_no_rows_are_no_reputation():
    with pytest.raises(DataError, match="no row"):
        describe_reputation(pd.DataFrame({"at": []}))


def test_tones_are_read_in_several_spellings():
    frame = pd.DataFrame({"at": ["2026-01-01"] * 5, "sentiment_label": ["Négatif", "0", "POSITIVE", "", "-1"]})
    assert sorted(read_mentions(frame, brand="own")["tone"]) == ["", "negative", "negative", "neutral", "positive"]
    research = pd.DataFrame({"at": ["2026-01-01"] * 3, "sentiment_label": [0, 1, 2]})
    assert sorted(read_mentions(research, brand="own")["tone"]) == ["negative", "neutral", "positive"]


def test_untoned_and_short_talk_is_said_so():
    found = describe_reputation(pd.DataFrame(ONE).drop(columns="text"))
    assert {f.code for f in found.findings} == {"E_NO_TONE", "E_SHORT_TALK"}
    assert "net_sentiment" not in found.table


@pytest.fixture(scope="module")
def storm():
    mentions = load_sample("mentions")
    watch = watch_mentions(mentions)
    return mentions, watch, replay_alarm(watch, mentions)


def test_a_replay_knows_at_each_step_what_was_said_by_then(storm):
    mentions, _, told = storm
    own = mentions[mentions["brand"] == "own"]
    at = own["at"].dt.tz_localize(None)
    start = told.facts["first"].floor("h") - pd.Timedelta(days=1)
    for row in told.table.to_dict("records"):
        by_then = own[(at >= start) & (at < row["at"])]
        assert row["total"] == len(by_then)
        assert len(by_then) == 0 or row["negative"] == (by_then["sentiment_label"] == "negative").mean()
    assert told.table["count"].sum() == told.table["total"].iloc[-1]
    assert told.facts["topic"] == "hinge"
    assert {"charnière", "hinge"} <= set(told.terms["term"])


def test_a_replay_does_not_look_ahead(storm):
    mentions, watch, told = storm
    middle = told.table["at"].iloc[6]
    cut = mentions[(mentions["at"].dt.tz_localize(None) < middle)]
    again = replay_alarm(watch, cut, alarm=int(watch.table["level"].eq("crisis").to_numpy().argmax()))
    early = told.table["at"] <= middle
    known = again.table.merge(told.table[early], on="at", suffixes=("", "_whole"))
    assert len(known) >= 4
    for column in ("total", "term", "level", "reach"):
        assert known[column].tolist() == known[f"{column}_whole"].tolist()


def test_the_levels_of_a_replay_rise_when_they_were_reached(storm):
    _, watch, told = storm
    crisis = watch.table[watch.table["level"] == "crisis"].iloc[0]
    reached = told.table[told.table["level"] == "crisis"]["at"].min()
    assert reached >= crisis["crisis_at"].tz_localize(None)
    assert told.table["expected"].notna().all()
    assert told.table["expected"].sum() == pytest.approx(10 * 7.5, rel=0.3)  # the planted rate of the own brand, over ten days


def test_nothing_to_replay_is_said(storm):
    mentions, watch, _ = storm
    with pytest.raises(DataError) as refused:
        replay_alarm(replace(watch, table=watch.table.iloc[:0]), mentions)
    assert refused.value.codes == ("E_NO_ALARM",)
    with pytest.raises(DataError) as refused:
        replay_alarm(watch, mentions[mentions["at"] < "2026-01-10"])
    assert refused.value.codes == ("E_REPLAY_OTHER",)
    with pytest.raises(DataError) as refused:
        replay_alarm(watch.table, mentions)
    assert refused.value.codes == ("E_OPTION",)
    with pytest.raises(DataError) as refused:
        replay_alarm(watch, mentions, alarm=99)
    assert refused.value.codes == ("E_OPTION",)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_tells_the_alarm_and_what_luck_was_allowed(storm, language):
    _, watch, told = storm
    page = report(watch, told, describe_reputation(storm[0]), language=language)
    said = " ".join(sentence for s in page.sections for sentence in (s.headline, *s.sentences))
    assert ("Crisis on 8 June 2026" if language == "en" else "Crise le 8 juin 2026") in said
    assert ("3.7" if language == "en" else "3,7") in said
    assert "@lunettes" not in page.html
    assert "<script" not in page.html


def test_where_nobody_said_the_tone_the_lexicon_reads_it_and_says_so():
    mentions = load_sample("mentions")
    found = describe_reputation(mentions.drop(columns="sentiment_label"))
    assert "E_TONE_READ" in {f.code for f in found.findings}
    own = found.table.set_index("brand").loc["own"]
    true = (mentions.loc[mentions["brand"] == "own", "sentiment_label"] == "negative").mean()
    assert own["negative"] == pytest.approx(true, abs=0.02)  # the complaints of the sample are plain
    silent = describe_reputation(mentions.drop(columns=["sentiment_label", "text"]))
    assert {f.code for f in silent.findings} == {"E_NO_TONE"}


def test_topics_over_time_add_up_and_show_the_bad_week():
    found = describe_reputation(load_sample("mentions"))
    assert found.weeks["mentions"].sum() == found.facts["mentions"]
    assert found.weeks.groupby("topic")["negatives"].sum()["hinge"] == 396
    top = found.weeks.sort_values("mentions").iloc[-1]
    assert (top["topic"], top["week"]) == ("hinge", pd.Timestamp("2026-06-08"))
    assert (found.weeks["week"].dt.day_of_week == 0).all()


def test_watch_and_replay_tell_one_number_and_the_replay_shows_the_window_that_raised_it(storm):
    mentions, watch, told = storm
    crisis = watch.table[watch.table["level"] == "crisis"].iloc[0]
    assert told.facts["mentions"] == crisis["mentions"]
    assert told.facts["negative"] == crisis["negative"]
    long = watch.table.assign(window_hours=120.0)
    again = replay_alarm(replace(watch, table=long), mentions)
    assert again.table["at"].iloc[0] <= crisis["at"].tz_localize(None) - pd.Timedelta(hours=96)


@pytest.mark.parametrize(("days", "blind"), [(20, True), (60, False)])
def test_too_short_a_history_is_not_told_as_a_quiet_one(days, blind):
    rng = np.random.default_rng(3)
    at = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, days * 24, days * 9)), unit="h")
    watch = watch_mentions(pd.DataFrame({"at": at}))
    section = report(watch, language="en").sections[0]
    assert ("nothing was watched" in " ".join(section.sentences)) is blind
    assert section.headline.startswith("Nothing could be watched yet") is blind
    title = plot(watch, language="fr").get_title(loc="left")
    assert ("rien n’a été surveillé" in title) is blind


def test_a_report_without_a_decision_opens_with_what_its_results_say(storm):
    page = report(storm[1], describe_reputation(storm[0]), language="fr")
    assert page.title == "Ce que disent les chiffres"
    assert page.opening == tuple(section.headline for section in page.sections)
