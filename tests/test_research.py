"""What is unknown and how to find out: sample sizes against their definitions, questions among queries, cards, pages of a brief."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm
from test_outputs import by_hand
from test_reporting import Page

import mktlib as mk
from mktlib.audience.queries import asks, questions_in
from mktlib.audience.research import answers_for_difference, answers_for_share, answers_for_theme, research_sheet, views_for_rate
from mktlib.charts import describe, plot
from mktlib.errors import DataError
from mktlib.planning.asked import read_questions
from mktlib.reporting import report
from mktlib.results import Research
from mktlib.simulate import load_sample
from mktlib.vocabulary import load_tables

# ---------------------------------------------------------------- how many answers


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("margin", [0.03, 0.05, 0.1])
def test_so_many_answers_give_the_margin_and_one_in_ten_less_do_not(level, margin):
    n = answers_for_share(margin, level)
    z = norm.ppf(0.5 + level / 2)
    assert z * np.sqrt(0.25 / n) <= margin < z * np.sqrt(0.25 / (n - 1))


def test_a_small_audience_needs_fewer_answers_and_never_more_than_it_has():
    rng = np.random.default_rng(1)
    n = answers_for_share(0.05, 0.9, people=400)
    assert n < answers_for_share(0.05, 0.9)
    shares = rng.hypergeometric(200, 200, n, 4000) / n
    assert np.mean(np.abs(shares - 0.5) <= 0.05) == pytest.approx(0.9, abs=0.025)
    assert answers_for_share(0.01, 0.99, people=30) <= 30


@pytest.mark.parametrize(("first", "second"), [(0.5, 0.4), (0.2, 0.15), (0.05, 0.0375)])
def test_so_many_people_tell_two_groups_apart_as_often_as_planned(first, second):
    n = answers_for_difference(first, second, 0.9, power=0.8)
    rng = np.random.default_rng(2)
    a, b = rng.binomial(n, first, 20_000) / n, rng.binomial(n, second, 20_000) / n
    pooled = (a + b) / 2
    z = (a - b) / np.sqrt(2 * pooled * (1 - pooled) / n)
    assert np.mean(z > norm.ppf(0.95)) == pytest.approx(0.8, abs=0.015)


def test_so_many_talks_hear_what_one_in_ten_thinks():
    n = answers_for_theme(0.1, 0.95)
    assert binom.sf(0, n, 0.1) >= 0.95 > binom.sf(0, n - 1, 0.1)


def test_so_many_views_give_the_rate_to_a_quarter_of_itself():
    n = views_for_rate(0.02, 0.25, 0.9)
    rates = np.random.default_rng(3).binomial(n, 0.02, 20_000) / n
    assert np.mean(np.abs(rates - 0.02) <= 0.005) == pytest.approx(0.9, abs=0.02)


# ---------------------------------------------------------------- queries


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("comment nettoyer des lunettes", "fr"), ("pourquoi polarisé", "fr"), ("quelle taille choisir", "fr"), ("Où acheter Solène", "fr"),
        ("qu'est-ce que l'UV400", "fr"), ("est-ce que solène livre le samedi", "fr"), ("lunettes solène c est quoi", "fr"),
        ("how to clean lenses", "en"), ("Are they polarised", "en"), ("polarised vs tinted", "en"), ("solène returns?", "en"),
        ("lunettes ou lentilles", ""), ("solène", ""), ("howard sunglasses", ""), ("", ""), ("quelconque", ""),
    ],
)  # fmt: skip
def test_a_question_is_told_from_a_name(query, language):
    assert asks(query) == language


def console() -> pd.DataFrame:
    rows = [
        ("comment nettoyer des lunettes", 4000, 12, 4.0), ("solène", 9000, 1800, 1.2), ("how to clean lenses", 2000, 130, 5.0),
        ("lunettes polarisées", 30_000, 2100, 5.0), ("quelle taille", 6, 0, 3.0), ("why ana@example.org", 40, 3, 8.0),
        ("Comment  nettoyer des lunettes", 1000, 3, 6.0), ("où acheter", 300, 0, 55.0), ("lunettes soleil", 900, 8, 52.0),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["query", "impressions", "clicks", "position"])


def test_what_is_shown_often_and_clicked_seldom_is_unmet():
    told, facts = questions_in(console())
    first = told.iloc[0]
    assert (first["query"], first["language"], first["impressions"], first["clicks"]) == ("comment nettoyer des lunettes", "fr", 5000, 15)
    assert first["position"] == pytest.approx((4 * 4000 + 6 * 1000) / 5000)
    assert told.loc[told["unmet"], "query"].tolist() == ["comment nettoyer des lunettes"], "what stands far down is not blamed"
    assert (facts["questions"], facts["queries_hidden"], facts["unmet"]) == (5, 1, 1)
    assert "example" not in told.to_string()
    assert "quelle taille" not in told.to_string()
    assert (told["low"] <= told["click_rate"]).all()
    assert (told["click_rate"] <= told["high"]).all()


def test_an_export_of_the_console_is_read_as_it_comes(tmp_path):
    path = tmp_path / "Requêtes.csv"
    path.write_text(
        "Requêtes les plus fréquentes,Clics,Impressions,CTR,Position\n"
        'comment choisir,40,1000,4 %,"3,1"\nlampe rotin,12,3400,"0,35 %","12,25"\n',
        encoding="utf-8-sig",
    )
    told, facts = questions_in(mk.read_export(path, platform="search_console"))
    assert told["query"].tolist() == ["comment choisir"]
    assert told["clicks"].tolist() == [40]
    assert facts["query_rows"] == 2


def test_queries_without_their_columns_are_refused():
    with pytest.raises(DataError) as refused:
        questions_in(pd.DataFrame({"query": ["a"], "impression": [3], "position": ["high"]}))
    assert set(refused.value.codes) == {"E_MISSING_COLUMN", "E_NOT_A_NUMBER"}
    assert questions_in(console().head(0))[0].empty


# ---------------------------------------------------------------- the sheet


def crowd(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"segment": ["a"] * 60 + ["b"] * 40, **columns})


def sheet(frame: pd.DataFrame, **options: object) -> Research:
    return research_sheet(mk.describe_audience(frame), language="en", **options)


def test_each_lack_is_found_in_the_data_and_nothing_else():
    full = load_sample("audience")
    whole = sheet(full, queries=console().query("query == 'solène'"))
    assert not set(whole.table["unknown"]) & {"preferred_format", "orders", "consent_email", "unnamed", "folded", "unmet", "no_queries"}
    lacking = sheet(full.drop(columns=["preferred_format", "consent_sms"]).assign(question_asked=""))
    assert {"preferred_format", "consent_sms", "question_asked", "no_queries"} <= set(lacking.table["unknown"])
    blank = full.assign(segment=full["segment"].where(full.index > 50))
    row = sheet(blank).table.query("unknown == 'unnamed'").iloc[0]
    assert row["answers"] == answers_for_share(0.1, 0.9, people=51)
    assert row["change"] == pytest.approx(51 / len(full))


def test_two_groups_overlap_only_where_their_order_is_open():
    apart = crowd(orders=[1] * 55 + [0] * 5 + [0] * 38 + [1] * 2)
    assert "overlap_buy_rate" not in set(sheet(apart).table["unknown"])
    close = sheet(crowd(orders=[1, 0] * 30 + [1, 0] * 20)).table.query("unknown == 'overlap_buy_rate'").iloc[0]
    assert close["about"] == "a / b"
    assert close["answers"] == answers_for_difference(0.5, 0.375, 0.9) == pytest.approx(answers_for_difference(0.5, 0.375), abs=0)
    assert close["margin"] == pytest.approx(0.125, abs=0.01)


def test_contents_never_shown_and_resting_on_opinion_are_told_by_group():
    scores = mk.ContentScorer(by=("segment", "style")).fit(load_sample("content_log")).score_cells(within=("segment",))
    table = scores.table.assign(exposure=scores.table["exposure"].where(scores.table["style"] != "playful", 0.0))
    told = sheet(load_sample("audience"), scores=dataclasses.replace(scores, table=table)).table.query("unknown == 'cell_unseen'")
    assert len(told) == 3
    assert told["means"].eq("test").all()
    assert told["answers"].gt(100).all()
    assert set(told["about"]) <= set(scores.table["segment"])


def test_the_list_is_ranked_and_speaks_both_languages():
    audience = mk.describe_audience(load_sample("audience").drop(columns="preferred_format"))
    english, french = (research_sheet(audience, language=code).table for code in ("en", "fr"))
    assert english["rank"].tolist() == list(range(1, len(english) + 1))
    assert english["change"].is_monotonic_decreasing
    assert english["change"].between(0, 1).all()
    assert (english["question"] == french["question"]).all()
    assert (english["text"] != french["text"]).all()
    format_row = english.query("unknown == 'preferred_format'").iloc[0]
    assert format_row["answers"] == answers_for_share(0.05, 0.9, people=2400)
    assert "None of these" in format_row["scale"]


def test_every_survey_question_is_neutral_bilingual_and_leaves_a_way_out():
    ways_out = {"None of these", "I cannot say", "None", "No", "Never"}
    for key, row in load_tables().research.items():
        assert set(row["says"]) >= {"en", "fr"}, key
        assert not {"best", "great", "love", "meilleur", "formidable"} & set(" ".join(row["says"].values()).lower().split()), key
        if "scale" in row:
            assert len(row["scale"]["en"]) == len(row["scale"]["fr"]) >= 2, key
            assert ways_out & set(row["scale"]["en"]), key
        assert row["conf"] == "J"


def test_a_firm_adds_questions_of_its_own_and_slips_are_named(tmp_path):
    own = tmp_path / "ours.toml"
    line = 'label = { en = "Frames", fr = "Montures" }\nunknown = "preferred_format"\nwhom = "audience"\nanswers = "theme"\n'
    own.write_text(f'[research.frames]\n{line}means = "interview"\nsays = {{ en = "Which?", fr = "Laquelle ?" }}\n', encoding="utf-8")
    audience = mk.describe_audience(crowd(orders=1))
    assert "frames" in research_sheet(audience, tables=mk.load_tables(own)).table["question"].tolist()
    own.write_text(f'[research.frames]\n{line}means = "telepathy"\nsays = {{ en = "Which?" }}\n', encoding="utf-8")
    with pytest.raises(DataError) as refused:
        mk.load_tables(own)
    assert refused.value.codes == ("E_OPTION", "E_OPTION")


def test_the_sheet_refuses_what_is_no_audience():
    with pytest.raises(DataError) as refused:
        research_sheet(crowd(), scores=3, language="xx", level=5)
    assert refused.value.codes == ("E_OPTION",) * 4


# ---------------------------------------------------------------- networks


def test_a_card_holds_what_the_posts_did():
    posts, days = load_sample("posts"), load_sample("followers")
    cards = mk.network_cards(posts, days)
    mine = posts[posts["network"] == "facebook"]
    row = cards.table.set_index("network").loc["facebook"]
    assert row["posts"] == len(mine)
    assert row["reach_per_post"] == pytest.approx(mine["reach"].mean())
    assert row["engagement_rate"] == pytest.approx(mine["engagements"].sum() / mine["impressions"].sum())
    assert row["engagement_rate_low"] < row["engagement_rate"] < row["engagement_rate_high"]
    assert row["followers"] == days.query("network == 'facebook'").sort_values("date")["followers"].iloc[-1]
    assert (row["best_format"], row["best_verdict"]) == ("short_video", "make")
    formats = cards.formats.query("network == 'facebook'")
    assert formats["ours"].sum() == len(mine)
    assert not formats.set_index("content_type").loc["blog_post", "usual"]
    assert set(cards.limits.query("network == 'tiktok'")["spec"]) == {"tiktok_ads_ad_text"}


def test_the_range_of_a_posts_rate_holds_it_where_posts_differ():
    rng, inside = np.random.default_rng(4), []
    for _ in range(120):
        impressions = rng.poisson(2000 * np.exp(rng.normal(0, 0.6, 25)))
        posts = pd.DataFrame({"network": "x", "impressions": impressions, "engagements": rng.binomial(impressions, rng.beta(4, 96, 25))})
        row = mk.network_cards(posts).table.iloc[0]
        inside.append(row["engagement_rate_low"] <= 0.04 <= row["engagement_rate_high"])
    assert 0.82 <= np.mean(inside) <= 0.97


def test_a_format_alone_leads_nobody_and_few_posts_have_no_range():
    posts = pd.DataFrame({"network": ["x", "x", "own"], "impressions": 900, "engagements": [20, 30, 9], "content_type": "story"})
    table = mk.network_cards(posts).table.set_index("network")
    assert set(table["best_verdict"]) == {"test"}
    assert np.isnan(table.loc["x", "engagement_rate_low"])
    assert table.loc["own", "channel"] == ""
    with pytest.raises(DataError) as refused:
        mk.network_cards(posts.drop(columns=["network", "impressions"]), pd.DataFrame({"date": ["2026-01-01"]}), level=0)
    assert set(refused.value.codes) == {"E_MISSING_COLUMN", "E_OPTION"}


@pytest.mark.parametrize("key", list(load_tables().networks))
def test_each_network_says_what_it_is_good_for_in_both_languages(key):
    said = load_tables().networks[key]["good_for"]
    assert len(said["en"]) > 30
    assert len(said["fr"]) > 30
    assert not [mark for mark in (" ;", " :", " ?", " !") if mark in said["fr"]]


# ---------------------------------------------------------------- in a brief


def test_a_page_carries_the_questions_of_those_it_is_shown_to(tmp_path):
    plan = by_hand()
    shown = plan.schedule.groupby("item")["segment"].agg(set)
    asked = pd.DataFrame(
        {
            "segment": ["parents", "parents", "drivers", "nobody"],
            "question": ["Is it <b>safe</b>? ana@example.org", "Asked by nine?", "Will it fit?", "Elsewhere?"],
            "people": [40, 9, 25, 90],
        }
    )
    folder = plan.export(tmp_path, language="en", questions=asked)
    for path in (folder / "pieces").glob("*.html"):
        text, people = Page(path.read_text(encoding="utf-8")).text, shown[path.stem.upper()]
        assert ("Is it <b>safe</b>? a***@e*** (40 people)" in text) == ("parents" in people)
        assert ("Will it fit? (25 people)" in text) == ("drivers" in people)
        assert "nine" not in text
        assert "Elsewhere" not in text
    assert {s for people in shown for s in people} == {"parents", "drivers"}


def test_without_questions_the_pages_are_as_they_were(tmp_path):
    plan = by_hand()
    one, two = plan.export(tmp_path / "a", language="fr"), plan.export(tmp_path / "b", language="fr", questions=console().head(0))
    for path in (one / "pieces").glob("*.html"):
        assert path.read_bytes() == (two / "pieces" / path.name).read_bytes()
        assert "Ce que ces personnes demandent" not in path.read_text(encoding="utf-8")


def test_questions_come_from_a_sheet_an_audience_or_a_frame():
    audience = mk.describe_audience(load_sample("audience"))
    assert read_questions(audience)["people"].sum() == audience.questions["people"].sum()
    searched = read_questions(research_sheet(audience, queries=console()))
    assert set(searched["unit"]) == {"impressions"}
    assert set(searched["group"]) == {""}
    for wrong, code in (
        (pd.DataFrame({"question": ["a"]}), "E_MISSING_COLUMN"),
        (3, "E_OPTION"),
        (pd.DataFrame({"question": ["a"], "people": ["x"]}), "E_NOT_A_NUMBER"),
    ):
        with pytest.raises(DataError) as refused:
            read_questions(wrong)
        assert refused.value.codes == (code,)


# ---------------------------------------------------------------- said and drawn


@pytest.fixture(scope="module")
def results() -> list[object]:
    people, posts = load_sample("audience"), load_sample("posts")
    audience = mk.describe_audience(people, posts)
    return [
        audience, mk.describe_audience(load_sample("followers")),
        mk.describe_influence(posts), mk.describe_influence(load_sample("mentions")),
        research_sheet(audience, queries=console()), mk.network_cards(posts, load_sample("followers")),
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_is_said_holds_the_numbers_and_nobodys_name(results, language):
    page = Page(report(*results, language=language, reader="analyst").html)
    text = page.text
    for expected in {
        "en": ("24%", "LinkedIn seems to grow fastest", "29", "Good for (opinion)"),
        "fr": ("24 %", "LinkedIn semble grandir", "29", "Bon pour (opinion)"),
    }[language]:
        assert expected in text.replace("\u202f", " ").replace("\u00a0", " ")
    assert "M0007" not in text
    assert "None" not in text.replace("None of these", "")
    assert "nan" not in text.lower().split()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pictures_say_their_numbers(results, language):
    texts = [describe(plot(r, language=language), language) for r in results]
    assert all(len(t) > 80 for t in texts)
    assert "29" in texts[4]


def test_an_empty_sheet_is_drawn_and_said():
    nothing = Research(table=research_sheet(mk.describe_audience(crowd(orders=1)), language="en").table.head(0))
    assert "Nothing is missing" in report(nothing, language="en").html
    assert "Nothing is missing" in describe(plot(nothing, language="en"), "en")
