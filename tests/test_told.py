"""What `table` shows of results on messages, phones, places and worth: no head and no code is left in English for a French reader."""

from __future__ import annotations

import dataclasses
import html
import re
import tomllib

import pandas as pd
import pytest
from pictured import ALL, plan
from pictured_apps import APPS
from pictured_credit import CREDIT
from pictured_geo import GEO
from pictured_hours import HOURS
from pictured_kpis import KPIS
from pictured_lift import LIFT
from pictured_pages import PAGES
from pictured_places import PLACES
from pictured_programme import PROGRAMME
from pictured_rhythm import RHYTHM
from pictured_tests import TESTS
from pictured_tracking import TRACKING

import mktlib as mk
from mktlib import results
from mktlib.results import Result
from mktlib.vocabulary import TABLES, finding, load_tables, retell

FREE = {
    "consent", "inputmode", "autocomplete", "type", "person", "area", "place", "other", "search", "missing", "distance", "group", "value",
    "finding", "note", "source", "text", "kind", "arm", "best", "by",
}  # fmt: skip
"""Columns of somebody's own words, of quotations, or of what is to be typed."""
ALIKE = {"image", "action", "images", "scripts", "description", "coupons", "activation", "conversions", "messages", "px", "m", "pixels"}
ALIKE |= {"sms", "display", "meta", "google", "linkedin", "parents", "story", "segment", "style"}
ALIKE |= {"facebook", "instagram", "tiktok", "x"}
"""Codes that are a French word, or a name."""


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    """Every frame of the results, from the samples and of those made by hand."""
    nearby, shops = mk.load_sample("nearby"), mk.load_sample("shops")
    known: dict[str, Result] = {**RHYTHM, **HOURS, **PROGRAMME, **PAGES, **APPS, **PLACES, **GEO, **LIFT, **KPIS}
    known |= {**CREDIT, **TESTS, **TRACKING}
    known["rhythm drawn"] = mk.email_rhythm(mk.load_sample("sends_test"), by=None, assigned="arm", worth={"clicks": 0.5})
    known["rhythm of a log"] = mk.email_rhythm(mk.load_sample("sends"), by=None)
    known["sends"] = mk.check_sends(mk.load_sample("sends"), members=mk.load_sample("audience"), cap_30=6)
    known["page"] = mk.page_brief(action="Try")
    known["keywords"] = mk.listing_keywords(mk.sample_path("listings/app_store.toml"), "app_store")
    known["reach"] = mk.catchments(nearby, shops, outcome="purchases")
    known["sheet"] = mk.place_sheet(known["reach"])  # type: ignore[arg-type]
    promised, results, log = mk.load_plan(mk.sample_path("plan")), mk.load_sample("results"), mk.load_sample("content_log")
    lesson = mk.learn_from(mk.ContentScorer("click_rate", by=("stage", "channel")).fit(log), log, results, plan=promised)
    known |= {"lesson": lesson, "review": mk.review_campaign(promised, results)}
    known |= {"followers": mk.describe_followers(mk.load_sample("followers")), "talk": mk.describe_reputation(mk.load_sample("mentions"))}
    out = {f"near, {way}": mk.people_near(nearby, shops, overlap=way) for way in ("nearest", "most", "shared")}
    for name, result in known.items():
        parts = {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
        out |= {f"{name}: {part}": frame for part, frame in parts.items() if isinstance(frame, pd.DataFrame)}
    return out


@pytest.fixture(scope="module")
def shapes() -> dict[str, Result]:
    """A result of every public shape: those made by hand, and those that a call makes in a moment."""
    texts = list(mk.load_sample("mentions").loc[lambda said: said["language"] == "en", "text"].head(200))
    made: dict[str, Result] = {"watch of a sample": mk.watch_mentions(mk.load_sample("mentions"))}
    made["sentiment"] = mk.SentimentClassifier("en").share(texts)
    made |= {"fit": mk.style_fit("Come in, have a look, and laugh with us!", language="en"), "guide": mk.style_guide("educational")}
    made["export"] = mk.read_export(mk.sample_path("exports/meta_ads.csv"), tags=mk.sample_path("exports/naming.toml"))
    made |= {"sample plan": mk.load_plan(mk.sample_path("plan")), "desk": mk.AdDesk("search", budget=8000, seed=1).play("naive").result()}
    return {**ALL, **made}


def bare(frames: dict[str, pd.DataFrame], language: str) -> set[tuple[str, str]]:
    """The columns that no language file has a word for."""
    words = load_tables().languages[language]["labels"]["column"]
    return {(name, c) for name, f in frames.items() for c in f.columns if c not in words and re.sub("_(low|high)$", "", c) not in words}


def canonical() -> dict[str, pd.DataFrame]:
    """What the log of each platform may hold, whatever its files call it."""
    files = sorted((TABLES / "platforms").glob("*.toml"))
    return {p.stem: pd.DataFrame(columns=list(tomllib.loads(p.read_text(encoding="utf-8")).get("columns", {}))) for p in files}


def test_every_shape_is_among_them(shapes):
    public = {cls for cls in vars(results).values() if isinstance(cls, type) and issubclass(cls, Result) and cls is not Result}
    assert {cls.__name__ for cls in public if not any(isinstance(result, cls) for result in shapes.values())} == set()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_column_of_every_shape_has_its_word(shapes, frames, language):
    parts = {f"{name}.{f.name}": getattr(result, f.name) for name, result in shapes.items() for f in dataclasses.fields(result)}
    assert len(canonical()) > 15
    assert bare(frames | canonical() | {name: part for name, part in parts.items() if isinstance(part, pd.DataFrame)}, language) == set()
    assert bare({"x": pd.DataFrame(columns=["rate_low", "no_word", "no_word_low"])}, language) == {("x", "no_word"), ("x", "no_word_low")}


def test_heads_that_mean_another_thing_beside_others():
    """What a figure is of, how old a post is, and whose false alarms: by what stands beside the column."""
    heads = {x: [mk.table(f, language=x).columns[-1] for f in BESIDE_OTHERS] for x in ("en", "fr")}
    assert heads["en"] == ["Part or whole", "Out of", "Hours since publication", "Age", "False alarms", "False winner if read daily"]
    assert heads["fr"][:4] == ["Partie ou ensemble", "Sur", "Heures depuis la publication", "Âge"]
    assert heads["fr"][4:] == ["Fausses alertes", "Faux gagnant si lu chaque jour"]
    design = GEO["geo_design"].table.assign(false_alarm_low=0.05)
    assert {"False alarms", "False alarms, at least"} <= set(mk.table(design, language="en"))
    assert {"Fausses alertes", "Fausses alertes, au moins"} <= set(mk.table(design, language="fr"))


BESIDE_OTHERS = [
    pd.DataFrame({"kpi": ["cpa"], "of": ["group"]}), pd.DataFrame({"rule": ["cap"], "of": [9]}),
    pd.DataFrame({"share": [0.5], "age": [3.0]}), pd.DataFrame({"age": ["18-24"]}),
    pd.DataFrame({"detectable": [0.1], "false_alarm": [0.1]}), pd.DataFrame({"looks": [3], "false_alarm": [0.1]}),
]  # fmt: skip


def test_a_range_has_the_unit_of_its_middle():
    """Money where its middle is money, a count where it is a count; what an ad set gained is money, what a scorer gained a share."""
    rhythm = pd.DataFrame({"per_month": [3], "value": [2.35], "low": [0.57], "high": [3.5]})
    assert mk.table(rhythm, language="fr").iloc[0].tolist()[1:] == [f"{x}{THIN}€" for x in ("2,35", "0,57", "3,50")]
    hours = pd.DataFrame({"count": [3], "expected": [0.8], "low": [0.2], "high": [7.0], "negative_usual": [0.25]})
    assert mk.table(hours, language="en").iloc[0].tolist() == ["3", "0.80", "0.20", "7", "25%"]
    rated = pd.DataFrame({"rate": [0.2], "posts": [40], "low": [0.1], "high": [0.3], "value": [9.0]})
    assert mk.table(rated, language="en").iloc[0].tolist() == ["20%", "40", "10%", "30%", "€9"]
    desk = pd.DataFrame({"ad_set": ["brand"], "bid": [0.2], "gain": [0.5], "bid_low": [0.1], "learning": [0.57]})
    assert mk.table(desk, language="en", currency="USD").iloc[0].tolist() == ["Our name", "US$0.20", "US$0.50", "US$0.10", "57%"]
    assert mk.table(pd.DataFrame({"gain": [0.07]}), language="en").iloc[0, 0] == "7.0%"


FIGURES = pd.DataFrame({
    "kpi": ["cpa", "roas", "acos"], "value": [97.79, 2.5, 0.4], "low": [0.6, 2.1, 0.3], "high": [135.0, 3.0, 0.5],
    "verdict": ["loses", "cannot_tell", "pays"],
})  # fmt: skip


@pytest.mark.parametrize("parts", [["kpi"], ["unit"], ["kpi", "unit"]])
def test_a_figure_of_money_has_its_unit_and_its_verdict_with_or_without_their_columns(parts):
    frame = FIGURES.assign(unit=["currency", "ratio", "fraction"])[[*parts, "value", "low", "high", "verdict"]]
    told = mk.table(frame, language="en")[["Value", "Low", "High", "Verdict"]].to_numpy().tolist()
    assert told == [
        ["€97.79", "€0.60", "€135", "does not cover its cost"],
        ["2.50", "2.10", "3", "cannot tell"],
        ["40%", "30%", "50%", "covers its cost"],
    ]


def test_no_code_is_left_in_english(frames):
    left = set()
    for name, frame in frames.items():
        told = mk.table(frame, language="fr")
        for column, head in zip(frame.columns, told.columns, strict=True):
            for code, word in zip(frame[column], told[head], strict=True):
                if not isinstance(code, str) or column in FREE or code in ALIKE or not re.fullmatch("[a-z]+(_[a-z0-9]+)*", code):
                    continue
                if word.lower() in (code, code.replace("_", " ")) and not (column == "key" and name.endswith("evidence")):
                    left.add((name, column, code))
    assert not left


def test_a_year_is_no_quantity_and_a_value_with_a_unit_no_money():
    frame = pd.DataFrame({"year": [2017], "value": [1609.0], "unit": ["m"], "channels": ["email, sms"], "segment": ["all"]})
    assert mk.table(frame, language="fr").iloc[0].tolist() == ["2017", "1\u202f609", "m", "E-mail, SMS", "Tous"]
    assert mk.table(frame[["value"]], language="fr").iloc[0, 0] == "1\u202f609\u202f€"


THIN = "\u202f"
ARMS = pd.DataFrame({
    "outcome": ["clicks", "complaints", "value", "leave"], "mean": [0.32, 0.0021, 0.16, 0.0077], "difference": [0.08, 0.0, 0.044, 0.17],
    "low": [0.03, None, 0.01, 0.13], "high": [1.14, None, 0.07, 0.21], "naive": [0.32, 0.002, 0.16, 0.06],
})  # fmt: skip


def test_figures_of_a_rhythm_have_the_unit_of_their_outcome():
    """Clicks a month are a number, money is money, and the chance to leave alone is a share; in every column of the row."""
    told = mk.table(ARMS, language="fr", currency="USD").set_index("Résultat").T.to_dict("list")
    assert told["Clics"] == ["0,32", "0,0800", "0,0300", "1,14", "0,32"]
    assert told["Plaintes"] == ["0,0021", "0", "–", "–", "0,0020"]
    assert told["Valeur"] == [f"{x}{THIN}$US" for x in ("0,16", "0,0440", "0,0100", "0,0700", "0,16")]
    assert told["Quitte la liste"] == [f"{x}{THIN}%" for x in ("0,77", "17", "13", "21", "6,0")]
    assert mk.table(ARMS[["mean"]], language="fr").iloc[0, 0] == f"32{THIN}%"  # where no outcome is told, a mean is a rate as ever


def test_frames_of_a_rhythm_know_their_currency():
    drawn = mk.email_rhythm(mk.load_sample("sends_test"), by=None, assigned="arm", worth={"clicks": 0.5}, currency="USD")
    for frame in (drawn.arms, drawn.curves, drawn.table):
        assert "$" in " ".join(mk.table(frame, language="en").astype(str).to_numpy().ravel())
        assert "€" not in " ".join(mk.table(frame, language="en").astype(str).to_numpy().ravel())


def test_followers_and_those_who_wait_in_words():
    weeks = mk.describe_followers(mk.load_sample("followers")).weeks
    odd = mk.table(weeks[weeks["unusual"].ne("")].head(1)[["network", "week", "net", "unusual"]], language="fr")
    assert odd.to_dict("records") == [{"Réseau": "Facebook", "Semaine": "8 juin 2026", "Gain net": "-296", "Hors norme": "départs"}]
    money = pd.DataFrame({"net": [3.0], "worth": [4.0]})  # of a test that pays
    assert [mk.table(money, language=x).columns[0] for x in ("en", "fr")] == ["Worth less cost", "Valeur moins coût"]
    sums = pd.DataFrame({"network": ["x"], "per_week": [1.0], "change": [2.0], "change_low": [1.0], "unusual": [1]})
    wanted = ["Réseau", "Gain net par semaine", "Changement en 13 semaines", "Changement en 13 semaines, au moins", "Semaines hors norme"]
    assert list(mk.table(sums, language="fr")) == wanted
    assert list(mk.table(pd.DataFrame({"per_week": [3], "reach": [900]}), language="en")) == ["Posts a week", "Reach"]
    waits = pd.DataFrame({"network": ["all"], "median": [0.5], "low": [0.4], "high": [0.9], "share": [0.7], "share_low": [0.6]})
    told = [
        ["All networks", "0.50", "0.40", "0.90", "70%", "60%"],
        ["Tous les réseaux", "0,50", "0,40", "0,90", *(f"{x}{THIN}%" for x in (70, 60))],
    ]
    assert [mk.table(waits, language=x).iloc[0].tolist() for x in ("en", "fr")] == told


def test_what_moved_a_cell_has_the_ends_of_its_effect_and_no_code():
    """Low and high are on the scale of the effect, not shares; terms, crossed ones too, are in words."""
    cell = {"segment": "city_trendsetters", "channel": "paid_search"}
    moved = mk.ContentScorer("click_rate", by=("segment", "channel")).fit(mk.load_sample("content_log")).explain(cell)
    told = mk.table(moved, language="fr")
    assert list(told) == ["Terme", "Niveau", "Effet", "Facteur", "Effet, au moins", "Effet, au plus", "Part d’opinion"]
    assert not told[["Effet, au moins", "Effet, au plus"]].apply(lambda c: c.str.contains("%")).any(axis=None)
    for end in ("low", "high"):
        shown = told[f"Effet, au {'moins' if end == 'low' else 'plus'}"].str.replace(",", ".").astype(float)
        assert shown.tolist() == pytest.approx(moved.table[end].tolist(), abs=0.0051)
    assert told["Terme"].tolist()[0] == "Moyenne"
    crossed = told[moved.table["term"].eq("segment × channel").to_numpy()][["Terme", "Niveau"]]
    assert crossed.to_numpy().tolist() == [["Segment × Canal", "Citadins branchés × Publicité sur moteurs (SEA)"]]
    times = moved.table.assign(low=moved.table["times"] * 0.9, high=moved.table["times"] * 1.1)  # ends of the multiple, not of the effect
    assert "Effet, au moins" not in mk.table(times, language="fr")


def test_steps_of_a_plan_are_sizes_and_its_whole_has_a_name():
    told = {x: mk.table(plan().margins, language=x) for x in ("en", "fr")}
    assert [list(t)[4] for t in told.values()] == ["Size of the step", "Pas"]
    assert [t.iloc[0, 2] for t in told.values()] == ["The whole plan", "Tout le plan"]
    assert mk.table(pd.DataFrame({"step": ["all"]}), language="fr").columns[0] == "Tri"


def test_money_is_judged_in_its_own_words():
    """A group loses or pays, as the figure says; and what a group is called is what its column calls it."""
    told = {x: mk.table(KPIS["kpis"], language=x) for x in ("en", "fr")}
    assert told["en"]["Verdict"].tolist()[2] == "does not cover its cost"
    assert told["fr"]["Verdict"].tolist()[2] == "ne couvre pas son coût"
    assert told["fr"]["Groupe"].tolist()[1:4] == ["Social organique", "Publicité sur moteurs (SEA)", "Social payant"]
    assert told["fr"]["Groupe"].tolist()[5:7] == ["Tout ce qui a coûté", "Ensemble"]
    assert "Seuil de rentabilité" in told["fr"]
    two = pd.DataFrame({"group": ["parents · email", "launch-2026-07", "(missing)"], "kpi": "roas"})
    assert mk.table(two, language="fr")["Groupe"].tolist() == ["Parents · E-mail", "launch-2026-07", "manquant"]
    assert mk.table(pd.DataFrame({"verdict": ["loses"]}), language="fr").iloc[0, 0] == "moins"  # of a comparison


def test_campaigns_that_stopped_are_told_as_each_language_writes_them():
    export, naming = (mk.sample_path(f"exports/{name}") for name in ("meta_ads.csv", "naming.toml"))
    (gone,) = (f for f in mk.read_export(export, tags=naming).findings if f.code == "E_SURVIVORSHIP")
    assert "days: launch-2026-07: 2026-08-20, 56%; what" in retell(gone, "en").text
    assert f"jours\u00a0: launch-2026-07\u00a0: 20 août 2026, 56{THIN}%{THIN}; ce" in retell(gone, "fr").text
    assert retell(retell(gone, "fr"), "en").text == retell(gone, "en").text


def test_days_of_the_week_have_their_names():
    times = mk.send_time(mk.load_sample("sends_hours")).table
    week = times.drop_duplicates("weekday")[["segment", "weekday", "hour"]]
    named = {x: mk.table(week, language=x).iloc[:, 1].tolist() for x in ("en", "fr")}
    assert named["en"] == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert named["fr"] == ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
    others = pd.DataFrame({"weekday": [0, 6]})  # counted from 0: which day is meant is not known
    assert mk.table(others, language="fr").iloc[:, 0].tolist() == ["0", "6"]


def test_a_client_reads_no_code():
    """What to type is for those who type: the page for a client holds no option, no attribute, no key of a table."""
    log = mk.load_sample("sends")
    results = [mk.email_rhythm(log, by=None), mk.email_programme({"welcome": 0.5, "win_back": 0.5}, cap_30=3), HOURS["mail_times_none"]]
    results += [mk.check_sends(log), mk.send_time(mk.load_sample("sends_hours")), mk.check_sends(log.head(0))]
    for language in ("en", "fr"):
        page = mk.report(*results, language=language).html
        assert not re.search(r"\.segments\b|\.trial\b|\b\w+=[\w{…]|Expected: |Attendu\W: |city_trendsetters", re.sub("<[^>]*>", "", page))
    assert "orders=purchases" in mk.report(mk.email_rhythm(log, by=None, worth={"clicks": 0.5}), reader="analyst").html


def test_findings_count_and_date_as_one_says_them():
    found = finding("E_FREQUENCY_CAP", person="p", count=12345, first="2026-09-01", last="2026-09-07", cap=2, window=7, people=3)
    assert "12\u202f345 message(s) du 1er septembre 2026 au 7 septembre 2026" in retell(found, "fr").text
    assert "12,345 message(s) from 2026-09-01" in retell(found, "en").text
    assert '"20261"' in finding("E_NEGATIVE_COUNT", "en", found="20261").text
    assert "54\u202f546 des ouvertures" in finding("N_SEND_TIME_MACHINES", "fr", found="54546").text


def said(*results: Result, language: str = "en") -> str:
    return html.unescape(mk.report(*results, language=language).html)


def test_the_closing_words_speak_of_ranges_where_there_are_any():
    assert "Every range" in said(RHYTHM["rhythm"])
    assert "Every range" in said(HOURS["mail_times"])
    assert "Every range" not in said(mk.page_brief(action="Try"))


def test_a_floor_of_nothing_is_none_and_title_and_description_are_read_in_results():
    launch = APPS["launch"]
    page = said(dataclasses.replace(launch, watch=launch.watch.assign(stop_below=0.0)))  # type: ignore[type-var]
    assert '<td class="n">0%</td>' not in page
    found = mk.page_brief(action="Go", texts={"title": "y" * 61}, language="en").findings
    assert [f.code for f in found] == ["W_BRIEF_RESULTS"]
    assert "search results" in found[0].text


def test_a_search_of_which_a_word_is_there_says_which_is_not():
    some = mk.listing_keywords({"name": "Glasses", "description": "A"}, "app_store", keywords=["try glasses", "mirror"])
    page = said(some)
    assert "try glasses (searched fields lack: try)" in page
    assert "mirror (nowhere)" in page


def test_a_drift_that_no_placebo_shows_is_told_why():
    untold = RHYTHM["rhythm_untold"]
    seen = dataclasses.replace(untold, segments=untold.segments.assign(placebo=0.001))  # type: ignore[type-var,attr-defined]
    assert "Nothing hidden showed" in said(untold)
    assert "Nothing hidden showed" not in said(seen)


def test_a_side_that_is_not_known_is_left_out():
    page = '<style>.t{display:inline-block;height:22px}</style><nav><a class="t" href="/a">Shop</a></nav>'
    texts = [f.text for f in mk.check_page(page, language="en") if f.code == "PAGE_TAP_24"]
    assert "declared 22 px" in texts[0]


def test_how_much_is_opinion_and_where_experts_start_are_two_words():
    """A score of which 0.11% is opinion, and the factor that experts start from, are no one thing."""
    for language in ("en", "fr"):
        opinion, start = (load_tables().label(*key, language).casefold() for key in (("column", "opinion"), ("term", "prior")))
        assert not {w for w in re.findall(r"\w{5,}", opinion)} & {*re.findall(r"\w{5,}", start)}
        assert "avis" not in start


TWO = [code for code, row in load_tables().languages["en"]["findings"].items() if not isinstance(row["says"], str)]
"""Findings that are said otherwise of one thing than of several."""


@pytest.mark.parametrize("code", TWO)
def test_one_thing_is_said_in_the_singular(code):
    for language in ("en", "fr"):
        row = load_tables().languages[language]["findings"][code]["says"]
        assert set(row) == {"one", "other"}
        known = {"names": "a", "metric": "click_rate", "header": "h", "sales": "1", "reported": "1"}
        one, three = (finding(code, language, found=n, count=n, **known).text for n in (1, 3))
        assert one == finding(code, language, found="1", count="1", **known).text
        assert one != re.sub(r"\b3\b", "1", three) or code == "E_REPEATED_RESULTS"


def test_french_says_none_of_a_thing_in_the_singular_too():
    assert finding("E_NO_DATE", "fr", found=0).text.startswith("0 ligne sans date est")
    assert finding("E_NO_DATE", "en", found=0).text.startswith("0 rows without a date are")
    assert finding("E_NO_DATE", "en", found="12 (of 20)").text.startswith("12 (of 20) rows")
    assert retell(finding("E_NO_DATE", "en", found=1), "fr").text == "1 ligne sans date est laissée de côté."
