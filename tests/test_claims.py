"""What reports say is what results hold: every number read back from the pages of both languages, and no word of cause without a draw."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd
import pytest
from pictured import ALL
from read_numbers import Pool, Texts, multiset, numbers, unexplained, values_of

from mktlib.charts import Picture
from mktlib.charts.alternative import MOST
from mktlib.charts.plans import backtest_bins
from mktlib.reporting import report
from mktlib.reporting.pitch import pitch_facts
from mktlib.results import (
    AppBrief,
    Attribution,
    Backtest,
    Catchments,
    Comparison,
    DeskPlay,
    DistanceEffect,
    Explanation,
    Followers,
    GeoDesign,
    GeoLift,
    HalfLife,
    PanelEffect,
    PlaceSheet,
    Plan,
    Reputation,
    Result,
    Review,
    SendsCheck,
    SendTime,
    Tracking,
    Uplift,
    Watch,
)
from mktlib.vocabulary import load_tables, local_rules, sending_rules

LANGUAGES = ("en", "fr")


def days(*frames: pd.DataFrame, column: str = "week") -> Iterable[float]:
    """Weeks are drawn at their middle."""
    return values_of([pd.Timestamp(w) + pd.Timedelta(days=n) for f in frames for w in f[column] for n in (3, 4)])


def of_plan(p: Plan) -> Iterable[float]:
    """Days of the calendar; sums by week and channel; how far each limit is used."""
    weeks = p.schedule.groupby("week")["spend"].sum()
    yield from values_of([p.calendar(), p.schedule.groupby(["week", "channel"])["spend"].sum(), weeks, weeks.cumsum()])
    yield from (p.limits["used"] / p.limits["most"]).dropna()
    told = pitch_facts(p)
    yield from values_of([told, told["by_piece"]["value"].cumsum() / max(told["total"], 1.0), sending_rules()])


def of_followers(f: Followers) -> Iterable[float]:
    """The rest of what is explained; a week of what lies ahead, at the middle of the days it covers."""
    ahead = f.forecast[f.forecast["weeks"] == f.facts["horizon"]]
    yield from [*days(f.weeks), *days(f.weeks, column="week"), *(1 - f.table["explained"])]
    yield from (ahead[["net", "low", "high"]].to_numpy(float) / f.facts["horizon"]).ravel()
    starts = [f.weeks["week"].max(), f.forecast["last_day"].min()]
    yield from values_of([d + pd.Timedelta(days=n) for d in starts for n in range(-14, 29)])


def of_places(p: Result) -> Iterable[float]:
    """Metres told as kilometres; the shares at which a catchment is read; hours and least numbers of the tables."""
    known = np.array([x for x in values_of(p) if x >= 0])
    yield from [*(known / 1000), 0.5, 0.8, *values_of(local_rules())]


def of_watch(w: Watch) -> Iterable[float]:
    """False alarms allowed in the time watched; mentions a day."""
    allowed = float(w.facts["false_alarms_per_year"]) * float(w.facts["watched_years"])
    yield from [allowed, 12 * float(w.facts["watched_years"])]
    yield from (f * 24 for f in values_of(w.table))


def of_reputation(r: Reputation) -> Iterable[float]:
    """Mentions of a topic by how they sound; half of the answers."""
    for frame in (v for v in vars(r).values() if isinstance(v, pd.DataFrame) and {"mentions", "negative"} <= set(v)):
        bad = frame["mentions"] * frame["negative"]
        yield from [*bad, *(frame["mentions"] - bad)]
    yield 0.5


def of_lift(g: GeoLift) -> Iterable[float]:
    """Weeks at their middle and their end; how many points of a series are not read aloud."""
    yield from [*days(g.weeks), *values_of([w + pd.Timedelta(days=7) for w in g.weeks["week"]]), max(len(g.weeks) - MOST, 0)]


def of_tracking(t: Tracking) -> Iterable[float]:
    """How far what came, or is expected, is from the promise; money that waits, by state; days around the weeks of the path."""
    yield from (t.landing["forecast"] / t.landing["promised"] - 1).dropna()
    yield from (t.table["found"] - 1).dropna()
    for waiting in (("late", "unheard"), ("late", "unheard", "cancelled")):
        yield from t.late.loc[t.late["state"].isin(waiting), ["spend", "value"]].sum()
    yield from values_of([pd.Timestamp(d) + pd.Timedelta(days=n) for d in [*t.path["at"], t.facts["last_day"]] for n in (0, 1)])


def money_of_a_thousand(c: Comparison) -> Iterable[float]:
    """How often ranges may fail,; the least p-value that is told; money for a thousand people."""
    yield from [1 - float(c.facts["level"]), 0.001, *(1000 * x for x in values_of(c.table))]


def of_panel(p: PanelEffect) -> Iterable[float]:
    """Gaps in logs told as fractions; the start of the campaign, between two periods."""
    known = np.fromiter(values_of([p.table, p.periods, p.placebos, dict(p.facts)]), float)
    yield from np.expm1(known[np.abs(known) < 2])
    yield from values_of([pd.Timestamp(t) - pd.Timedelta(days=n) for t in p.periods["time"] for n in (3, 4)])


def of_credit(a: Attribution) -> Iterable[float]:
    """Purchases for 100 people; what a holdout shows as a share of the purchases credited; how many rules put the first first."""
    yield from [*(100 * x for x in values_of(a.lift)), *(x / float(a.facts["credited"]) for x in values_of(a.lift))]
    yield from [*range(1, 8)]


def times(r: Review) -> Iterable[float]:
    """What came, and the ends of the promise, over what was promised; the ends of a step from what was planned to what came."""
    yield from (r.table[["low", "high", "actual"]].to_numpy(float) / r.table[["predicted"]].to_numpy(float)).ravel()
    yield from r.surprises["came"] / r.surprises["promised"]
    yield from (r.gap[["low", "high"]].to_numpy(float) + r.gap[["start"]].to_numpy(float)).ravel()


def of_desk(p: DeskPlay) -> Iterable[float]:
    """Credited sales that did not come because of the ads; sums by ad set, and what a euro brought; where ads pay."""
    sums = p.table.groupby("ad_set")[["spend", "reported", "incremental", "gain", "reported_value", "incremental_value"]].sum()
    yield from [float(p.facts["reported"]) - float(p.facts["incremental"]), 1.0, 1 / float(p.facts["margin"])]
    yield from [*values_of(sums), *values_of(sums.div(sums["spend"], axis=0))]


DERIVED: Mapping[type[Result], Callable[..., Iterable[float]]] = {
    Plan: of_plan,
    DeskPlay: of_desk,
    Explanation: lambda r: np.exp(r.table[["effect", "low", "high"]].to_numpy(float)).ravel().tolist(),  # odds ratios
    Backtest: lambda r: values_of(backtest_bins(r)),
    Followers: of_followers,
    GeoLift: of_lift,
    GeoDesign: lambda r: [*days(r.weeks), len(r.weeks) - MOST],
    HalfLife: lambda r: [0.5, *(x for v in values_of(r.table) for x in (v * 60, v / 24))],  # minutes and days
    Tracking: of_tracking,
    PanelEffect: of_panel,
    Review: times,
    Uplift: lambda r: [x for v in values_of(r) for x in (100 * v, 1000 * v)],  # of a hundred people, money of a thousand
    SendTime: lambda r: [float(h) + 1 for h in r.table["hour"].unique()],  # the end of an hour
    SendsCheck: lambda r: [x + 0.5 for x in values_of(dict(r.facts))],  # the line between what keeps to the cap and what does not
    DistanceEffect: lambda r: np.exp(r.kinds[["step", "low", "high", "own"]].to_numpy(float)).ravel().tolist(),
    Catchments: of_places,
    PlaceSheet: of_places,
    Watch: of_watch,
    Reputation: of_reputation,
    Attribution: of_credit,
    AppBrief: lambda r: [float(r.facts["kept"]) * float(r.facts["price"])],
    Comparison: money_of_a_thousand,
}
"""What a shape's figures and sentences work out from its values, by formula."""


def pool_of(result: Result, made) -> Pool:
    derive = next((DERIVED[t] for t in type(result).__mro__ if t in DERIVED), lambda r: ())
    known = [facts.get("level") for facts in made.facts["results"]]
    levels = [10 * x if isinstance(x, float) else 9.0 for x in known]  # a level is told as chances in ten
    return Pool([*values_of(result), *values_of(made.facts), *derive(result), *levels])


@pytest.fixture(autouse=True, scope="module")
def unseen():
    """Pictures are drawn and described, not painted: what is read here is their text."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Picture, "png", lambda self, **_: b"")
        yield


@functools.cache
def told(name: str, language: str, reader: str = "team"):
    return report(ALL[name], language=language, reader=reader)


SINGLE = [name for name, result in ALL.items() if "evidence" in result.facts]
"""Results that say what something brought: a client and an employer get one page of them."""
PAGES = [*((name, "team") for name in ALL), *((name, "employer") for name in SINGLE)]


@pytest.mark.parametrize(("name", "reader"), PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_of_a_page_is_one_of_its_result(name, reader, language):
    made = told(name, language, reader)
    assert not unexplained(Texts(made.html).said, language, pool_of(ALL[name], made))


@pytest.mark.parametrize(("name", "reader"), PAGES)
def test_both_languages_show_the_same_numbers(name, reader):
    texts = {language: Texts(told(name, language, reader).html).said for language in LANGUAGES}
    read = [{code: multiset(said, code, whole=whole) for code, said in texts.items()} for whole in (False, True)]
    assert any(both["en"] == both["fr"] for both in read), (read[0]["en"] - read[0]["fr"], read[0]["fr"] - read[0]["en"])


def test_a_wrong_number_is_found():
    """Nine in ten of the numbers of a page, each changed in its last two figures, are told from those of the result."""
    made = told("scores", "fr")
    pool, seen, caught = pool_of(ALL["scores"], made), 0, 0
    for text in made.sections[0].tables[0].rows:
        for n in (n for cell in text.cells for n in numbers(cell, "fr") if n.unit == "percent" and n.decimals):
            seen += 1
            caught += not pool.holds(n._replace(value=n.value + 0.137, decimals=3))
    assert caught > 0.9 * seen > 10
    assert unexplained(["12 combinaisons, soit 77,7\u202f% du tout"], "fr", pool) == [
        ("77,7\u202f%", "12 combinaisons, soit 77,7\u202f% du tout")
    ]


# ---------------------------------------------------------------- words of cause


@functools.cache
def lexicon(language: str, kind: str) -> re.Pattern[str]:
    """The words of a kind as one pattern; * at the end of a word leaves it open."""
    words = sorted(load_tables().languages[language]["claims"][kind], key=len, reverse=True)
    return re.compile(
        r"(?<!\w)(?:" + "|".join(re.escape(w.removesuffix("*")) + (r"\w*" if w.endswith("*") else "") for w in words) + r")(?!\w)", re.I
    )


def claims(texts: Iterable[str], language: str) -> list[str]:
    """Sentences that say what caused what: not forecasts ("should bring"), nor the question what a cause is."""
    causal, modal = (lexicon(language, kind) for kind in ("causal", "modal"))
    forecast = re.compile(rf"{modal.pattern}[^.;:!?]{{0,60}}?{causal.pattern}", re.I)
    found = []
    for sentence in (part for text in texts for part in re.split(r"(?<=[.!?…])\s+|\n", text)):
        bare = forecast.sub(" ", lexicon(language, "idioms").sub(" ", re.sub(r"\s", " ", sentence)))
        found += [f"{match[0]}: {sentence}" for match in causal.finditer(bare)]
    return found


def said(made) -> list[str]:
    """What a page says, but for the lists of what it does not mean: there causes are named to be denied."""
    denied = {sentence for section in made.sections for sentence in section.not_mean}
    return [text for text in Texts(made.html).said if text not in denied]


UNDRAWN = [n for n, result in ALL.items() if result.facts.get("evidence") != "randomised" and not isinstance(result, DeskPlay)]
"""Without a lot only a game knows what caused what: its truth was planted, and its page says that it is a game."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [n for n, result in ALL.items() if isinstance(result, DeskPlay)])
def test_a_page_of_the_game_says_that_it_is_one(name, language):
    section = told(name, language).sections[0]
    assert any({"en": "exercise on a model", "fr": "exercice sur un modèle"}[language] in text for text in section.not_mean)


@pytest.mark.parametrize("name", UNDRAWN)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", ["team", "employer"])
def test_without_a_draw_nothing_is_said_to_cause_anything(name, language, reader):
    texts = said(told(name, language, reader))
    assert not claims(texts, language)
    assert not [text for text in texts if lexicon(language, "shown").search(text)]


@pytest.mark.parametrize(
    ("language", "sentence", "word"),
    [
        ("en", "The campaign brought 300 sales.", "brought"),
        ("en", "Sales increased by 4%.", "increased"),
        ("en", "It should bring 300 sales. Thanks to it, 20 came.", "Thanks to"),
        ("fr", "La campagne a apporté 300 ventes.", "apporté"),
        ("fr", "300 ventes grâce à l’e-mail.", "grâce à"),
        ("fr", "L’e-mail augmente les ventes.", "augmente"),
    ],
)
def test_a_word_of_cause_is_found(language, sentence, word):
    assert claims([sentence], language)[0].startswith(f"{word}: ")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "The plan should bring 300 sales."), ("fr", "Clics rapportés aux affichages."), ("fr", "Il devrait rapporter 300 ventes.")],
)
def test_a_forecast_and_a_ratio_are_no_claim(language, sentence):
    assert not claims([sentence], language)


def test_the_same_lift_is_said_weaker_without_a_draw():
    """Mutation: the very page of a draw, told as if nothing had been drawn, keeps none of its strong words."""
    drawn = ALL["geo_lift"]
    chosen = dataclasses.replace(drawn, facts={**drawn.facts, "assigned": "chosen", "evidence": "quasi", "grade": "tendency"})
    for language in LANGUAGES:
        for reader in ("client", "team"):
            strong, weak = (report(r, language=language, reader=reader) for r in (drawn, chosen))
            assert claims(said(strong), language) or lexicon(language, "shown").search(" ".join(said(strong)))
            assert not claims(said(weak), language)
            assert not lexicon(language, "shown").search(" ".join(said(weak)))
        assert weak.sections[0].headline != strong.sections[0].headline


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draw_beside_what_was_only_seen_lends_it_no_word_of_cause(language):
    """The heading stands over all answers: it says "brought" only where each of them was drawn by lot."""
    mixed, drawn = (report(*(ALL[n] for n in names), language=language) for names in (("arms_undecided", "review"), ("geo_lift",)))
    assert mixed.heading != drawn.heading
    assert not claims([mixed.heading], language)
    assert claims([drawn.heading], language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_sure_the_answer_is_stands_right_below_it(language):
    made = report(ALL["review"], ALL["scores"], language=language)
    below = next(s for s in made.sections if s.kind == "one_sure")
    assert made.opening[1].startswith({"en": ("Too early", "A tendency"), "fr": ("Trop tôt", "Tendance")}[language])
    assert made.opening[1] not in (below.headline, *below.sentences)
    assert not any("Simpson" in f.text and f.text in made.html for f in ALL["scores"].findings)  # what only the planner had to know
