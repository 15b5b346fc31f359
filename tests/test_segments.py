"""Segments of an audience: none where there are none, the planted ones where there are, and nobody singled out."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib.axes import Axes
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import chi2_contingency
from sklearn.metrics import adjusted_rand_score

import mktlib as mk
from mktlib.audience import assigning, features, naming, portraits, stability
from mktlib.audience.segmented import UNCERTAIN
from mktlib.errors import DataError, StoreError
from mktlib.vocabulary import load_tables

SAMPLE_FEATURES = ["buys_as_gift", "emails_opened_90d", "hour_active", "price_importance", "style_importance", "visits_90d", "why_follow"]


@pytest.fixture(scope="module")
def people():
    return mk.load_sample("audience")


@pytest.fixture(scope="module")
def found(people):
    return mk.segment_audience(people)


@pytest.fixture(scope="module")
def truth():
    return np.array([int(x) for x in mk.load_truth()["planted"]["habits"]["members"]])


def planted(rng, n=400, apart=1.5):
    """Three groups in seven columns of several kinds."""
    z = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    at = [np.array(p)[z] * apart for p in itertools.permutations((-1.0, 0.0, 1.0))]
    frame = pd.DataFrame(
        {
            "visits": rng.poisson(np.exp(1 + at[0])),
            "spent_minutes": np.exp(2 + at[1] + rng.normal(0, 0.7, n)),
            "price": (3 + at[2] + rng.normal(0, 0.8, n)).round().clip(1, 5),
            "gift": np.where(rng.random(n) < 1 / (1 + np.exp(-2 * at[3])), "yes", "no"),
            "seen_on": pd.Timestamp("2026-05-01") - pd.to_timedelta(np.exp(2.5 + at[4] + rng.normal(0, 0.6, n)).round(), unit="D"),
            "reads": rng.poisson(np.exp(1 + at[5])),
            "preferred_format": np.where(rng.random(n) < np.array([0.2, 0.5, 0.8])[z], "video", "text"),
        }
    )  # fmt: skip
    return frame, z


# The planted habits of the sample


def test_the_planted_habits_are_found_again(found, people, truth):
    assert found.facts["segments"] == 4
    assert found.table["stable"].all()
    assert adjusted_rand_score(truth, found.assign(people)["likeliest"]) > 0.85, "0.865 has been seen"
    clear = found.assign(people)["segment"].ne(UNCERTAIN).to_numpy()
    assert adjusted_rand_score(truth[clear], found.assign(people)["segment"][clear]) > 0.9


def test_people_are_all_counted_and_shares_are_what_was_planted(found, truth):
    table = found.table
    assert table["people"].sum() == len(truth)
    assert table["people"].is_monotonic_decreasing
    assert table["share"].sum() == pytest.approx(1)
    real = np.sort(np.bincount(truth) / len(truth))[::-1]
    assert (table["low"].to_numpy() - 0.01 <= real).all()
    assert (real <= table["high"].to_numpy() + 0.01).all()


def test_names_say_what_was_planted_in_both_languages(found):
    names = found.facts["names"]
    assert {n["en"].split(" in ")[0] for n in names.values()} == {"Price watchers", "Style lovers", "Gift buyers", "Frequent visitors"}
    assert {n["fr"].split(" l’")[0].split(" le ")[0] for n in names.values()} == {
        "Attentifs au prix", "Amateurs de style", "Acheteurs de cadeaux", "Visiteurs assidus"
    }  # fmt: skip


def test_what_took_no_part_and_differs_is_what_was_planted(found):
    """Formats are tilted by habit, lengths, ages and countries are not."""
    held = found.traits[found.traits["holds"] & found.traits["role"].eq("describes")]
    assert set(held["column"]) <= {"preferred_format", "orders", "revenue"}
    assert "preferred_format" in set(held["column"])
    liked = found.likes[found.likes["low"] > found.likes["average"]]
    assert set(liked["axis"]) == {"content_type", "daypart"}


def test_columns_left_out_are_named_with_the_reason(found):
    said = {f.code: f.found for f in found.findings}
    assert said["E_LEFT_ID"] == "member_id"
    assert said["E_LEFT_CONSENT"].startswith("consent_email")
    assert said["E_LEFT_OUTCOME"] == "follows, engaged, orders, revenue"
    assert set(found.facts["features"]) >= set(SAMPLE_FEATURES)


# None where there are none


@pytest.mark.parametrize("kind", ["alone", "one cloud"])
def test_people_without_groups_have_no_segments(kind):
    single = []
    for run in range(6):
        rng = np.random.default_rng([run, 7])
        x = rng.normal(size=(300, 6)) + (rng.normal(size=(300, 1)) if kind == "one cloud" else 0)
        frame = pd.DataFrame(
            {"a": x[:, 0] > 0, "b": np.exp(x[:, 1]), "c": x[:, 2].round().clip(-2, 2), "d": x[:, 3], "e": x[:, 4], "f": x[:, 5]}
        )
        result = mk.segment_audience(frame, random_state=run)
        single.append(result.facts["segments"] == 1)
        assert not single[-1] or result.table["segment"].tolist() == ["all"]
    assert np.mean(single) >= 5 / 6


@pytest.mark.slow
def test_no_segments_hold_in_95_of_100_runs_without_groups():
    single = [
        mk.segment_audience(pd.DataFrame(np.random.default_rng([run, 8]).uniform(size=(400, 6))).add_prefix("c"), random_state=run)
        for run in range(100)
    ]
    assert sum(s.facts["segments"] == 1 for s in single) >= 95


def test_segments_asked_for_where_there_are_none_are_not_called_stable():
    frame = pd.DataFrame(np.random.default_rng(3).normal(size=(300, 5))).add_prefix("c")
    result = mk.segment_audience(frame, k=3)
    assert result.facts["p"] > 0.05
    assert not result.table["stable"].any()
    assert "E_SEGMENTS_NOT_SHOWN" in [f.code for f in result.findings]
    text = mk.report(result, language="en").sections[0]
    assert "nothing shows" in text.headline
    assert "nothing shows" in mk.show(result, language="en").text


# Same people, same segments


def test_neither_the_order_of_rows_nor_of_columns_nor_the_unit_matters():
    frame, _ = planted(np.random.default_rng(1))
    plain = mk.segment_audience(frame, k=3)
    order = np.random.default_rng(2).permutation(len(frame))
    turned = frame.iloc[order][frame.columns[::-1]].reset_index(drop=True)
    turned = turned.assign(visits=turned["visits"] * 1000, spent_minutes=turned["spent_minutes"] / 60)
    again = mk.segment_audience(turned, k=3)
    pd.testing.assert_frame_equal(plain.table, again.table, rtol=1e-9)
    one, other = (s.assign(x)["likeliest"].to_numpy() for s, x in ((plain, frame), (again, turned)))
    assert (one[order] == other).all()


def test_the_same_seed_gives_the_same_and_every_engine_too():
    frame, _ = planted(np.random.default_rng(4))
    one = mk.segment_audience(frame, k=3, random_state=5)
    for other in (mk.segment_audience(frame, k=3, random_state=5), mk.segment_audience(pl.from_pandas(frame), k=3, random_state=5)):
        pd.testing.assert_frame_equal(one.table, other.table)
        pd.testing.assert_frame_equal(one.traits, other.traits)


def test_recovery_with_blanks_and_huge_values():
    rng = np.random.default_rng(6)
    frame, z = planted(rng, 600)
    frame["visits"] = frame["visits"].astype(float).mask(rng.random(600) < 0.2)
    frame.loc[0, "spent_minutes"] = 1e12
    result = mk.segment_audience(frame, k=3)
    assert result.table["people"].min() > 50, "one huge value makes no segment"
    assert adjusted_rand_score(z, result.assign(frame)["likeliest"]) > 0.75


# The mathematics


def test_em_reaches_the_closed_form_of_one_class_and_never_goes_down():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, size=(200, 4))
    answers = assigning.one_hot(codes, (3,) * 4)
    one = assigning.fit_classes(answers, (3,) * 4, 1, rng)
    share = (answers.sum(axis=0) + 1e-9) / len(codes)
    assert np.exp(one.level[:, 0]) == pytest.approx(share, abs=1e-3)
    assert one.gain == pytest.approx((answers * np.log(share)).sum(), rel=1e-4)
    gains = [assigning.fit_classes(answers, (3,) * 4, 2, np.random.default_rng(1), starts=1, steps=s).gain for s in (2, 5, 20)]
    assert gains == sorted(gains)


def test_probabilities_are_bayes_by_hand():
    classes = assigning.Classes(np.array([0.7, 0.3]), np.log([[0.9, 0.2], [0.1, 0.8]]), (2,))
    told = assigning.probabilities(np.array([[0], [1], [-1]]), classes)
    assert told[0, 0] == pytest.approx(0.63 / 0.69)
    assert told[1, 0] == pytest.approx(0.07 / 0.31)
    assert told[2] == pytest.approx([0.7, 0.3]), "who says nothing is as everybody"


def test_classes_are_the_likeliest_by_a_second_way():
    """Two classes of four yes/no answers: the likelihood of the sixteen patterns climbed by another method, from several places."""
    rng = np.random.default_rng(2)
    z = rng.random(1000) < 0.4
    codes = np.column_stack([rng.random(1000) < np.where(z, 0.9, 0.15) for _ in range(4)]).astype(int)
    fit = assigning.fit_classes(assigning.one_hot(codes, (2,) * 4), (2,) * 4, 2, rng)
    patterns, count = np.unique(codes, axis=0, return_counts=True)

    def cost(x):
        p = expit(x[1:].reshape(2, 4))
        inside = [np.prod(np.where(patterns == 1, q, 1 - q), axis=1) for q in p]
        return -(count * np.log(expit(x[0]) * inside[0] + expit(-x[0]) * inside[1])).sum()

    best = min((minimize(cost, rng.normal(size=9)) for _ in range(4)), key=lambda r: r.fun)
    assert fit.gain == pytest.approx(-best.fun, abs=0.2)
    told = np.sort(np.exp(fit.level[1::2]), axis=1)
    assert told == pytest.approx(np.sort(expit(best.x[1:].reshape(2, 4)).T, axis=1), abs=0.02)


def test_pairs_kept_and_jaccards_against_every_pair():
    rng = np.random.default_rng(3)
    own, told = rng.integers(0, 3, 40), rng.integers(0, 3, 40)
    worst = min(np.mean([told[i] == told[j] for i, j in itertools.permutations(np.flatnonzero(own == c), 2)]) for c in range(3))
    assert stability.pairs_kept(own, told) == pytest.approx(worst)
    sets = [[set(np.flatnonzero(x == c)) for c in range(3)] for x in (own, told)]
    assert stability.jaccards(own, told) == pytest.approx([max(len(a & b) / len(a | b) for b in sets[1]) for a in sets[0]])


def test_references_keep_levels_blanks_and_correlations():
    rng = np.random.default_rng(4)
    f = rng.normal(size=(3000, 1))
    x = 0.8 * f + 0.6 * rng.normal(size=(3000, 3))
    codes = np.column_stack([np.searchsorted([-0.5, 0.5], x[:, 0]), (x[:, 1] > 0.3).astype(int), np.searchsorted([-1, 0, 1], x[:, 2])])
    codes[:500, 2] = -1
    other = next(stability.references(codes, (3, 2, 4), np.array([True, True, True]), rng))
    for j, size in enumerate((3, 2, 4)):
        assert np.bincount(other[other[:, j] >= 0, j], minlength=size) / 3000 == pytest.approx(
            np.bincount(codes[codes[:, j] >= 0, j], minlength=size) / 3000, abs=0.04
        )
    assert (other[:500, 2] == -1).all()
    both = [np.corrcoef(c[500:].T) for c in (codes, other)]
    assert both[0] == pytest.approx(both[1], abs=0.06)


def test_holm_against_the_definition():
    p = np.random.default_rng(5).random(12)
    order = np.argsort(p)
    by_hand = np.empty(12)
    for rank, at in enumerate(order):
        by_hand[at] = min(1, max(p[order[i]] * (12 - i) for i in range(rank + 1)))
    assert portraits.holm(p) == pytest.approx(by_hand)


def test_cramers_v_is_that_of_chi_squared():
    rng = np.random.default_rng(6)
    a = rng.integers(0, 3, 300)
    b = (a + rng.integers(0, 2, 300)) % 3
    chi = chi2_contingency(pd.crosstab(a, b), correction=False).statistic
    assert features.cramers_v(a, b) == pytest.approx(np.sqrt(chi / 300 / 2))


# How columns are cut

CUTS = [
    ([0.0] * 60 + list(range(1, 41)), "visits", "number"),
    ([1, 2, 3, 4, 5] * 20, "mark", "ordered"),
    (["yes", "no"] * 50, "gift", "choice"),
    ([True, False] * 50, "gift", "choice"),
    (["4", "", "5", "2"] * 25, "mark", "ordered"),
    (list(range(24)) * 5, "hour_active", "hour"),
    (["2026-01-01", "2026-02-01", "2026-04-01", "", "2025-01-01"] * 20, "seen_at", "date"),
]


@pytest.mark.parametrize(("cells", "name", "kind"), CUTS)
def test_a_column_is_cut_by_its_kind(cells, name, kind):
    column, why = features.cut_column(pd.Series(cells, name=name), pd.Timestamp("2026-05-01"))
    assert (column.kind, why) == (kind, "")
    codes, unknown = features.codes_of(pd.Series(cells, name=name), column, pd.Timestamp("2026-05-01"))
    assert unknown == []
    assert set(np.bincount(codes[codes >= 0], minlength=column.size) >= 10) == {True}, "no level of few people"


MEANINGS = {
    "member_id": "id", "Email": "id", "e-mail": "id", "phone_number": "id", "courriel": "id", "consent_email": "consent",
    "orders": "outcome", "revenue": "outcome", "commandes": "outcome", "age_band": "describes", "preferred_format": "describes",
    "pays": "describes", "joined_at": "describes", "segment": "segment", "visits_90d": "base", "emails_opened_90d": "base",
    "last_activity_at": "base", "price_importance": "base", "style_name": "id",
}  # fmt: skip


@pytest.mark.parametrize(("name", "meant"), MEANINGS.items())
def test_a_name_says_what_a_column_may_be_used_for(name, meant):
    assert features.meaning(name, pd.Series([1, 2, 2, 1] * 10, name=name)) == meant


def test_addresses_and_nearly_unique_words_name_people():
    assert features.names_people(pd.Series(["ana@example.org", "bob@example.org"] * 20))
    assert features.names_people(pd.Series([f"x{i}" for i in range(50)]))
    assert features.names_people(pd.Series(range(1, 101)))
    assert not features.names_people(pd.Series(np.random.default_rng(0).lognormal(size=100)))


def test_a_column_said_twice_counts_once():
    frame, _ = planted(np.random.default_rng(7))
    result = mk.segment_audience(frame.assign(visits_again=frame["visits"] * 2), k=2)
    assert {f.code: f.found for f in result.findings}["E_LEFT_TWIN"] == "visits_again"


# What goes wrong

GOOD = pd.DataFrame(
    {"a": [1, 2, 3, 4] * 15, "b": ["x", "y", "y"] * 20, "c": [0, 1, 1, 0, 0] * 12, "orders": [0, 1, 2] * 20, "user_id": range(60)}
)
WRONG = [
    (GOOD, {"k": 0}, {"E_OPTION"}),
    (GOOD, {"k": "many", "level": 2, "random_state": -1}, {"E_OPTION"}),
    (GOOD, {"features": "a"}, {"E_OPTION"}),
    (GOOD, {"features": ["a", "bb", "orders", "user_id"]}, {"E_MISSING_COLUMN", "E_NEVER_OUTCOME", "E_NEVER_ID"}),
    (GOOD, {"features": ["a", "b"]}, {"E_SEGMENT_FEATURES"}),
    (GOOD[:0], {}, {"E_NO_ROWS"}),
    (GOOD[:1], {}, {"E_FEW_PEOPLE"}),
    (GOOD.assign(a=np.inf), {}, {"E_NOT_FINITE"}),
    (GOOD.assign(a=1, b=None, c=""), {}, {"E_SEGMENT_FEATURES"}),
    (GOOD, {"log": pd.DataFrame({"who": [1]})}, {"E_MISSING_COLUMN"}),
    (GOOD, {"log": pd.DataFrame({"user_id": [999], "engaged": [1], "style": ["playful"]})}, {"E_SEGMENT_LOG"}),
]


@pytest.mark.parametrize(("frame", "options", "codes"), WRONG)
def test_what_is_wrong_is_said_at_once(frame, options, codes):
    with pytest.raises(DataError) as refused:
        mk.segment_audience(frame, **options)
    assert codes <= set(refused.value.codes)


def test_few_people_and_hostile_words_make_no_segments_and_no_crash():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({c: rng.choice(["<script>", "=1+1", "$x_$", "a\u202eb"], 40) for c in ("q one", "q$", "q<b>")})
    result = mk.segment_audience(frame)
    assert result.facts["segments"] == 1
    assert "E_SEGMENT_FEW" in [f.code for f in result.findings]
    more = mk.segment_audience(pd.concat([frame] * 3, ignore_index=True), k=2)
    assert "<script>" not in mk.report(more, language="fr", reader="analyst").html
    assert isinstance(mk.plot(more, language="fr"), Axes)


def test_a_segment_of_few_people_is_never_made():
    frame, _ = planted(np.random.default_rng(8), 120)
    result = mk.segment_audience(frame, k=12)
    assert result.table["people"].min() >= 10
    assert result.facts["segments"] < 12
    assert "E_SEGMENT_SMALL" in [f.code for f in result.findings]


# New people


def test_new_people_get_a_segment_and_doubt_is_said(found, people):
    new = people.head(3).assign(why_follow=["for fun", "", "discounts"])
    told = found.assign(new)
    assert told["probability"].between(0, 1).all()
    assert [f.code for f in told.attrs["findings"]] == ["E_SEGMENT_UNSEEN"]
    silent = pd.DataFrame({"visits_90d": [None, 12]})
    told = found.assign(silent)
    assert told["segment"].iloc[0] == UNCERTAIN
    assert told["probability"].iloc[0] == pytest.approx(found.classes.weight.max())
    assert {f.column for f in told.attrs["findings"]} == set(found.facts["features"]) - {"visits_90d"}


def test_new_people_that_cannot_be_read_are_refused(found):
    with pytest.raises(DataError) as refused:
        found.assign(pd.DataFrame({"other": [1]}))
    assert set(refused.value.codes) == {"E_MISSING_COLUMN"}
    with pytest.raises(DataError) as refused:
        found.assign(pd.DataFrame({"visits_90d": [1, "many"], "last_activity_at": ["2026-01-01", "soon"], "basket_90d": [np.inf, 1]}))
    assert set(refused.value.codes) == {"E_NOT_A_NUMBER", "E_BAD_DATE"}
    assert {f.line for f in refused.value.findings} == {2, 3}
    with pytest.raises(DataError, match="already"):
        found.label(mk.load_sample("audience"))


def test_a_segmentation_is_kept_in_a_file(found, people, tmp_path):
    again = mk.load_segmentation(found.save(tmp_path / "s.npz"))
    pd.testing.assert_frame_equal(again.assign(people), found.assign(people))
    for name in ("table", "traits", "likes", "choice", "consent"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name), check_dtype=False)
    assert again.facts == found.facts
    assert [f.code for f in again.findings] == [f.code for f in found.findings]
    assert mk.report(again, language="fr").html == mk.report(found, language="fr").html


def test_a_damaged_or_foreign_file_is_refused(found, tmp_path):
    path = found.save(tmp_path / "s.npz")
    content = path.read_bytes()
    path.write_bytes(content[:-200])
    with pytest.raises(StoreError):
        mk.load_segmentation(path)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="schema"):
        mk.load_scorer(path)
    for call in (mk.load_segmentation, found.save):
        with pytest.raises(DataError, match="path"):
            call(None)


# Onwards: the scorer, the brief, the figures


def test_the_scorer_reads_the_labels(found, people):
    log = pd.DataFrame({"member_id": people["member_id"], "content_type": "story", "impressions": 100, "clicks": 2, "channel": "email"})
    labelled = found.label(people.drop(columns="segment"))[["member_id", "segment"]]
    scored = mk.ContentScorer("click_rate", by=("segment", "content_type")).fit(log.assign(delivered=100).merge(labelled, on="member_id"))
    assert set(scored.levels_["segment"]) == {*found.table["segment"], UNCERTAIN}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_brief_takes_the_segments_and_figures_say_their_names(found, tmp_path, language):
    text = mk.sample_path("briefs/sunglasses.toml").read_text(encoding="utf-8")
    head, rest = text.split("[segments.city_trendsetters]", 1)
    rest = re.sub("city_trendsetters|outdoor_sports|parents|students|drivers|luxury_lovers", "segment_1", rest)
    after = re.search(r"^(# .*\n)*\[(?!segments)", rest, re.MULTILINE)
    path = tmp_path / "brief.toml"
    path.write_text(head + found.brief_segments(people=50_000, language=language) + "\n" + rest[after.start() :], encoding="utf-8")
    brief = mk.read_brief(path)
    assert set(brief.segments) == set(found.table["segment"])
    assert sum(s.size for s in brief.segments.values()) == pytest.approx(50_000, abs=3)
    share = found.consent.set_index(["segment", "channel"])["share"]
    assert brief.segments["segment_1"].consent["email"] == pytest.approx(share["segment_1", "email"], abs=0.001)
    (tmp_path / "ours.toml").write_text(found.table_rows(), encoding="utf-8")
    tables = mk.load_tables(tmp_path / "ours.toml")
    for segment in found.table["segment"]:
        assert tables.label("segment", segment, language) == found.facts["names"][segment][language]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("reader", ["client", "analyst"])
def test_figure_and_report_say_it_and_name_nobody(found, people, language, reader):
    said = (
        mk.report(found, language=language, reader=reader).html + mk.show(found, language=language).text + repr(found) + found._repr_html_()
    )
    assert all(names[language] in said for names in found.facts["names"].values())
    assert not any(member in said for member in people["member_id"])
    assert "{" not in re.sub(r"<style.*?</style>", "", said, flags=re.DOTALL)


def test_what_a_segment_engages_with_is_read_from_a_log():
    rng = np.random.default_rng(9)
    frame, _ = planted(rng, 500, apart=2.0)
    frame["member_id"] = [f"M{i}" for i in range(500)]
    alone = mk.segment_audience(frame, k=3)
    told = np.repeat(alone.assign(frame)["likeliest"].to_numpy(), 10)
    log = pd.DataFrame({"member_id": np.repeat(frame["member_id"], 10), "content_type": rng.choice(["story", "blog_post"], 5000)})
    rate = np.where((told == "segment_1") & log["content_type"].eq("story"), 0.6, 0.2)
    log["engaged"] = (rng.random(len(log)) < rate).astype(int)
    result = mk.segment_audience(frame, k=3, log=log)
    pd.testing.assert_frame_equal(result.table, alone.table)
    row = result.likes[result.likes["source"].eq("log")].set_index(["segment", "option"])
    for key, true in ((("segment_1", "story"), 0.6), (("segment_2", "story"), 0.2), (("segment_1", "blog_post"), 0.2)):
        assert row.loc[key, "low"] - 0.02 < true < row.loc[key, "high"] + 0.02
    assert set(result.likes["source"]) == {"log", "answers"}


def test_people_seen_often_count_once():
    """A thousand showings to ten people are no thousand people: the range is as wide as ten people's."""
    part = pd.DataFrame({"person": np.repeat(range(10), 100), "engaged": np.repeat([0, 1] * 5, 100)})
    hits, shown, people = portraits._thinned(part)
    assert people == 10
    assert shown == pytest.approx(9, abs=0.5)
    assert hits / shown == pytest.approx(0.5)


def test_every_word_of_a_name_is_there_in_both_languages():
    languages = load_tables().languages
    assert set(languages["en"]["segments"]["name"]) == set(languages["fr"]["segments"]["name"])
    assert {w for w, _ in naming.WORDS} <= set(languages["en"]["segments"]["name"])


def test_means_of_columns_that_took_no_part_are_not_drawn_together():
    """People counted by probability to the wrong segment pull its mean to the others'; the weights take that back."""
    rng = np.random.default_rng(10)
    z = rng.integers(0, 2, 40_000)
    sure = np.where(rng.random(40_000) < 0.5, 0.95, 0.7)
    wrong = rng.random(40_000) > sure
    likely = np.where(z ^ wrong, sure, 1 - sure)
    share, value = np.column_stack([1 - likely, likely]), rng.normal(np.array([1.0, 3.0])[z], 1.0)
    drawn = (share.T @ value) / share.sum(axis=0)
    weight = portraits.unmixed(share)
    assert drawn[1] - drawn[0] < 1.5
    assert (weight.T @ value) / weight.sum(axis=0) == pytest.approx([1, 3], abs=0.05)
    assert weight.sum(axis=1) == pytest.approx(1)


# ---------------------------------------------------------------- what careless tables hold


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("consent_email", pd.Categorical(["yes", "no"] * 60)),
        ("consent_email", pd.array([True, None] * 60, dtype="boolean")),
        ("preferred_format", np.arange(120) % 3),
        ("preferred_format", pd.date_range("2026-01-01", periods=120)),
        ("visits", np.arange(120) * 1j),
        ("last_visit_at", pd.Series(["2026-01-01", 3, None, pd.Timestamp("2026-02-01")] * 30, dtype=object)),
    ],
    ids=["categories", "nullable", "format as a number", "format as a day", "complex", "mixed days"],
)
def test_odd_types_of_columns_are_used_or_left_out(column, cells):
    rng = np.random.default_rng(4)
    people = pd.DataFrame({name: rng.poisson(3, 120) for name in ("visits", "opens", "clips", "reads")}).assign(**{column: cells})
    result = mk.segment_audience(people, k=1)
    assert len(result.facts["features"]) >= 3


def test_a_log_finds_its_people_however_their_numbers_are_written():
    rng = np.random.default_rng(5)
    people = pd.DataFrame({"member_id": np.arange(1000, 1200)} | {name: rng.poisson(3, 200) for name in ("visits", "opens", "reads")})
    shown = people["member_id"].repeat(3).reset_index(drop=True)
    log = pd.DataFrame({"member_id": shown, "content_type": "story", "engaged": (np.arange(600) % 5 == 0).astype(int)})
    written = [log, log.assign(member_id=shown.astype(float)), log.assign(member_id=shown.astype(str) + " ")]
    shares = [mk.segment_audience(people, k=1, log=one).likes["share"].tolist() for one in written]
    assert shares[0] == shares[1] == shares[2] != []


@pytest.mark.parametrize("column", ["cons.price.idx", "unit_price", "prix_moyen"])
def test_high_prices_do_not_make_people_watch_prices(column):
    row = {"column": column, "kind": "mean", "level": "", "effect": 1.0}
    assert "price watchers" not in naming.head(row, "en", load_tables())[0].lower()


def test_the_name_of_a_column_stays_as_typed_inside_a_name():
    assert [naming._inner(x) for x in ("ExitRates above average", "Exit_Rates up", "VIP buyers", "Gift buyers")] == [
        "ExitRates above average",
        "Exit_Rates up",
        "VIP buyers",
        "gift buyers",
    ]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda s, p: s.assign(p, as_of=3), "as_of"),
        (lambda s, p: s.assign(p, as_of=["2026-01-01"]), "as_of"),
        (lambda s, p: s.assign(p.assign(last_visit_at="31/01/2026")), "last_visit_at"),
        (lambda s, p: s.label(p, column=3), "column"),
        (lambda s, p: s.brief_segments(people=-5), "people"),
        (lambda s, p: s.brief_segments(language="xx"), "language"),
        (lambda s, p: mk.segment_audience(p, features=3), "features"),
    ],
)
def test_wrong_words_to_a_segmentation_are_refused(call, said):
    rng = np.random.default_rng(6)
    days = pd.date_range("2026-01-01", periods=60).astype(str)
    people = pd.DataFrame({"last_visit_at": days} | {name: rng.poisson(3, 60) for name in ("visits", "opens", "reads")})
    with pytest.raises(DataError, match=said):
        call(mk.segment_audience(people, k=1), people)
