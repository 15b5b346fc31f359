"""Reports: the decision first, numbers that are the facts, words as strong as the evidence, and a page that runs nothing."""

from __future__ import annotations

import ast
import dataclasses
import functools
import itertools
import math
import os
import re
import stat
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from pictured import ALL, plan, scores
from test_charts import fields_of

from mktlib import load_plan, sample_path
from mktlib.errors import DataError, Finding, StoreError
from mktlib.reporting import report
from mktlib.reporting.voice import Voice, strength, visible
from mktlib.results import Result
from mktlib.vocabulary import finding, load_tables

PARTS = tuple(ALL.values())


@functools.cache
def whole(language: str, reader: str):
    return report(*PARTS, language=language, reader=reader)


class Page(HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [a for t, a in self.elements if t == tag]


def plain(text: str) -> str:
    """French spaces as ordinary ones, so that a test can be typed."""
    return re.sub("[\u00a0\u202f]", " ", text)


def assert_inert(page: Page) -> None:
    assert not page.all("script")
    for tag, attributes in page.elements:
        assert not [a for a in attributes if a.startswith("on")], tag
        links = [str(v) for a, v in attributes.items() if a in ("href", "src", "action", "formaction", "data", "xlink:href", "srcdoc")]
        assert all(link.startswith(("data:image/png;base64,", "#")) for link in links)


def test_it_opens_with_the_decision():
    made = report(scores(), plan(), language="en")
    assert made.opening[0] == "5 contents to make: 3 shown to do better and 2 tested while they sell."
    settled = made.facts["decision"]["settled"]
    said = f"Of {sum(settled.values())} contents scored: 1 shown to do better, 1 to stop in part only and {settled['undecided']} undecided."
    assert made.opening[1].replace(", and", " and") == said
    opening = [plain(s) for s in report(plan(), language="fr").opening]
    assert opening[0] == "5 contenus à produire : 3 qui ont fait leurs preuves et 2 testés pendant qu’ils vendent."
    assert not any("évalué" in s for s in opening)
    shown = scores().table.assign(verdict="make", opinion=0.1)  # what scores show elsewhere changes no count of the plan
    for reader in ("client", "team"):
        both = report(dataclasses.replace(scores(), table=shown), plan(), language="en", reader=reader)
        assert both.opening[0] == report(plan(), language="en", reader=reader).opening[0] == made.opening[0]


def test_the_contents_of_a_plan_are_said_once_and_add_up():
    none = dataclasses.replace(plan(), tests=plan().tests.head(0))
    assert report(none, language="en").opening[0] == "5 contents to make."
    decided = report(scores(), plan()).facts["decision"]
    assert decided["make"] + decided["test"] == decided["plans"][0]["pieces"]
    contents = scores().table[["content_type", "style"] if "style" in scores().by else ["content_type"]].drop_duplicates()
    assert sum(decided["settled"].values()) == decided["scored"] == len(contents)


@pytest.mark.parametrize(("language", "numbers"), [("en", ["€20,000", "€31,000", "€64,000"]), ("fr", ["20 000 €", "31 000 €", "64 000 €"])])
def test_the_opening_says_money_and_chances_in_ten(language, numbers):
    made = report(scores(), plan(), language=language)
    opening = plain(" ".join(made.opening))
    assert all(n in opening for n in numbers)
    assert {"en": "9 chances in 10", "fr": "9 chances sur 10"}[language] in opening
    assert load_tables().label("content_type", "product_page", language) in opening


@pytest.mark.parametrize(
    ("language", "says"), [("en", "“test” means: not yet shown"), ("fr", "« à tester » veut dire : pas encore démontré")]
)
def test_what_a_test_means_is_told_where_there_is_one(language, says):
    table = scores().table
    for result in (scores(), plan()):
        assert says in plain(" ".join(report(result, language=language).sections[0].sentences))
    without = dataclasses.replace(scores(), table=table[table["verdict"] != "test"])
    for result in (without, dataclasses.replace(plan(), tests=plan().tests.head(0))):
        assert says not in plain(" ".join(report(result, language=language).sections[0].sentences))


def test_without_a_plan_the_verdicts_decide():
    made = report(scores(), language="en")
    assert made.facts["decision"]["make"] == 1  # two cells, one content
    assert made.opening[0].startswith("1 content to make and 1 to stop in part only")


@pytest.mark.parametrize(
    ("language", "part", "whole"),
    [("en", "1 to stop in part only", "1 to stop."), ("fr", "1 à arrêter en partie seulement", "1 à arrêter.")],
)
def test_a_content_that_does_badly_for_some_is_stopped_for_those_alone(language, part, whole):
    """One cell of three is no reason to stop a content: it is named with whom it does badly for, and without where that is everybody."""
    table, labels = scores().table, load_tables()
    content, whom = (labels.label(k, v, language) for k, v in (("content_type", "product_page"), ("segment", "city_trendsetters")))
    made = report(scores(), language=language)
    assert part in made.opening[0]
    assert any(f"{content} ({'for' if language == 'en' else 'pour'} {whom})" in s for s in made.opening)
    everywhere = table.assign(verdict=table["verdict"].mask(table["content_type"] == "product_page", "drop"))
    made = report(dataclasses.replace(scores(), table=everywhere), language=language)
    assert plain(made.opening[0]).endswith(whole)
    assert plain(made.opening[1]) in {f"To stop: {content}.", f"À arrêter : {content}."}
    assert (made.facts["decision"]["stop"], made.facts["decision"]["part"]) == (1, 0)


def test_numbers_in_the_text_are_the_facts():
    made = whole("en", "analyst")
    said = {s.kind: " ".join([s.headline, *s.sentences]) for s in made.sections}
    facts = made.facts["results"]
    assert f"{facts[0]['best']['rate']:.1%}" in said["scores"]
    assert f"{facts[4]['inside']} of {facts[4]['items']}" in said["review"]
    assert f"{facts[5]['gain']:.0%}" in said["backtest"]
    assert f"{facts[2]['first']:,}" in said["shortlist"]
    assert f"{facts[6]['best']['buy_rate']:.1%}" in said["audience"]


def test_a_hand_count_of_the_facts():
    made = report(scores(), plan(), language="en")
    table = scores().table
    assert made.facts["results"][0]["verdicts"] == {v: int((table["verdict"] == v).sum()) for v in ("make", "test", "too_early", "drop")}
    assert made.facts["results"][1]["spend"] == 20_000
    assert [row["limit"] for row in made.facts["results"][1]["binding"]] == ["budget", "cadence"]


@pytest.mark.parametrize(
    ("verdict", "opinion", "how"),
    [("make", 0.1, "shown"), ("make", 0.6, "early"), ("test", 0.1, "seems"), ("too_early", 0.1, "early"), ("drop", 0.49, "shown")],
)
def test_words_are_as_strong_as_the_evidence(verdict, opinion, how):
    assert strength(verdict, opinion) == how
    table = scores().table.head(1).assign(verdict=verdict, opinion=opinion)
    headline = report(dataclasses.replace(scores(), table=table), language="en").sections[0].headline
    if verdict != "drop":
        strong, weak = "does better" in headline, "seems" in headline or "could" in headline
        assert (strong, weak) == (how == "shown", how != "shown")


@pytest.mark.parametrize(("inside", "word"), [(40, "The promise held"), (34, "luck alone"), (28, "did not hold")])
def test_a_broken_promise_is_said_only_when_luck_cannot_explain_it(inside, word):
    told = dataclasses.replace(ALL["review"], facts={**ALL["review"].facts, "items": 40, "inside": inside})
    assert word in report(told, language="en", reader="team").sections[0].headline


def test_opinion_is_labelled_in_the_table():
    page = Page(report(scores(), language="en", reader="analyst").html)
    assert len([a for a in page.all("tr") if a.get("class") == "opinion"]) == 4
    assert "mostly opinion" in page.text


@pytest.mark.parametrize(("language", "reader"), [*itertools.product(["en", "fr"], ["client", "analyst"])])
def test_the_page_stands_alone_and_can_be_read_aloud(language, reader):
    page = Page(whole(language, reader).html)
    assert_inert(page)
    assert page.all("html") == [{"lang": language}]
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in [a.get("content") for a in page.all("meta")]
    assert page.all("img")
    assert all(len(a["alt"]) > 40 for a in page.all("img"))
    assert all(a.get("scope") in ("col", "row") for a in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert len(page.all("table")) > len(PARTS) - 1 if reader == "analyst" else not page.all("table")  # a client's page is a single one
    assert "{" not in page.text.split("}")[-1]


def test_an_analyst_reads_more_than_a_client():
    client, analyst = (whole("en", r) for r in ("client", "analyst"))
    assert all(not s.details for s in client.sections)
    assert all(s.details for s in analyst.sections)
    assert len(Page(analyst.html).all("img")) > len(Page(client.html).all("img"))


def test_french_has_narrow_spaces_and_no_english_sentence():
    english, french = (whole(code, "analyst") for code in ("en", "fr"))
    for one, other in zip(english.sections, french.sections, strict=True):
        assert one.headline != other.headline
        assert not set(one.sentences) & set(other.sentences)
        assert not set(one.not_mean) & set(other.not_mean)
    text = " ".join(s for part in french.sections for s in (part.title, part.headline, *part.sentences, *part.not_mean))
    assert not re.search(r"[^\u202f\u00a0][;?!»]|[^\u00a0\u202f]:|«[^\u202f]", text)


BAD = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "</style><script>x</script>",
    "a\u202eb",
    "x" * 5000,
    "{{ 7*7 }}",
    "'; onload='x",
]


def hostile(reader: str = "analyst") -> Page:
    table = scores().table.head(len(BAD)).assign(content_type=BAD, segment=BAD[::-1])
    finding = Finding(code="E_X", text="<script>alert(2)</script>\u2066", level="note")
    bad = dataclasses.replace(scores(), table=table, findings=(finding,))
    items = plan().items.assign(content_type=BAD[:6], item=BAD[:6], style="<b>bold</b>")
    named = dataclasses.replace(plan(), table=items, facts={**plan().facts, "name": "<script>alert(3)</script>"})
    return Page(report(bad, named, language="en", reader=reader, title=None).html)


def test_hostile_text_stays_text():
    page = hostile()
    assert_inert(page)
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7*7 }}" in page.text
    assert "[U+202E]" in page.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.text)
    assert not page.all("b")


def test_a_very_long_label_is_shortened_and_two_hundred_rows_are_counted():
    table = pd.concat([scores().table.assign(segment=f"s{k}") for k in range(17)], ignore_index=True).head(200)
    made = report(dataclasses.replace(scores(), table=table), language="en")
    assert len(Page(made.html).all("tr")) == 11
    assert "first 10 of 200" in made.html
    assert "x" * 200 not in hostile().text


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.parametrize("rows", [0, 1])
def test_nothing_and_one_row_are_told_too(name, rows):
    result = ALL[name]
    frames = {
        f.name: getattr(result, f.name).head(rows) for f in dataclasses.fields(result) if isinstance(getattr(result, f.name), pd.DataFrame)
    }
    assert report(dataclasses.replace(result, **frames), language="fr").sections[0].headline


def test_an_unknown_shape_gets_its_table():
    table = pd.DataFrame({"place": ["A", "B"], "people": [3, 4]})
    made = report(Result(table=table), language="en")
    assert made.sections[0].tables[0].rows[1].cells == ("B", "4")


def test_what_is_not_a_result_is_refused():
    for wrong, code in (
        (lambda: report(), "E_NO_RESULT"),
        (lambda: report(scores().table), "E_NO_RESULT"),
        (lambda: report(scores(), reader="boss"), "E_UNKNOWN_READER"),
    ):
        with pytest.raises(DataError) as error:
            wrong()
        assert error.value.codes == (code,)


def test_saved_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    made = report(scores(), language="en", path=path)
    assert path.read_text(encoding="utf-8") == made.html
    assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        dataclasses.replace(made, html="new").save(path)
    assert path.read_text(encoding="utf-8") == made.html
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError) as error:
        report(scores(), language="en", path=tmp_path / "file" / "r.html")
    assert error.value.findings[0].file == str(tmp_path / "file")  # what stands where a folder should


def test_the_same_results_give_the_same_page():
    assert report(scores(), plan(), language="fr").html == report(scores(), plan(), language="fr").html


def test_hidden_characters_show():
    assert visible("a\u2067b\x00c\nd") == "a[U+2067]b[U+0000]c\nd"


def test_every_phrase_of_the_report_exists_in_each_language_with_the_same_fields():
    known = {code: dict(fields_of(language["report"])) for code, language in load_tables().languages.items()}
    assert known["en"] == known["fr"]
    code = "".join(p.read_text(encoding="utf-8") for p in (Path(__file__).parents[1] / "mktlib" / "reporting").glob("*.py"))
    used = set(re.findall(r'voice\.(?:say|count)\(\s*"([a-z_.]+)"', code))
    assert len(used) > 40
    assert used <= set(known["en"])


# ---------------------------------------------------------------- the single page


OUTCOMES = ("plan", "scores", "review", "geo_lift")


@functools.cache
def single(language: str, reader: str):
    return report(*(ALL[name] for name in OUTCOMES), language=language, reader=reader)


@pytest.mark.parametrize(("language", "reader"), [*itertools.product(["en", "fr"], ["client", "employer"])])
def test_a_client_and_an_employer_get_one_page_that_answers_first(language, reader):
    made = single(language, reader)
    kinds = [section.kind for section in made.sections]
    assert kinds[:1] == ["one_did"]
    assert {"one_did", "one_sure", "one_next"} <= set(kinds)
    assert ("one_money" in kinds) == (reader == "employer")
    page = Page(made.html)
    assert_inert(page)
    assert 1 <= len(page.all("img")) <= 2
    assert not page.all("table")
    assert len(page.all("figcaption")) >= 1
    texts = [" ".join(t.split()) for t in (made.opening[0], made.sections[0].title)]
    assert page.text.index(texts[0][:30]) < page.text.index(texts[1])
    assert made.title.startswith("Summer line")
    assert plain(made.html).count({"en": "5 October 2026", "fr": "5 octobre 2026"}[language]) >= 1


def test_the_strongest_evidence_answers_first():
    assert single("en", "client").opening[0].startswith("About 9.1% more sales")
    seen = report(ALL["review"], ALL["geo_lift"], language="en").opening
    assert seen[0] == single("en", "client").opening[0]


def test_the_page_of_a_pitch_of_scores_and_of_the_team_stays_whole():
    for made in (report(plan(), language="en"), report(scores(), language="en"), single("en", "team")):
        assert not any(section.kind.startswith("one_") for section in made.sections)
    assert [s.kind for s in single("en", "team").sections][: len(OUTCOMES)] == list(OUTCOMES)
    assert single("en", "team").html == report(*(ALL[name] for name in OUTCOMES), language="en", reader="analyst").html


def test_what_has_no_line_for_the_page_is_told_by_its_headline():
    made = report(ALL["geo_lift"], ALL["audience"], language="en")
    also = next(section for section in made.sections if section.kind == "one_also")
    assert also.headline == report(ALL["audience"], language="en").sections[0].headline


@pytest.mark.parametrize("grade", ["shown", "no_difference", "tendency", "too_early"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_grade_is_said_by_rule(grade, language):
    voice = Voice(language=language, tables=load_tables(), reader="client")
    said = {
        "en": ("shown by a test", "practically no difference", "a tendency to confirm", "too early to say"),
        "fr": ("démontré par un test", "pratiquement pas d’écart", "tendance à confirmer", "trop tôt pour le dire"),
    }
    wanted = dict(zip(("shown", "no_difference", "tendency", "too_early"), said[language], strict=True))[grade]
    assert voice.graded(grade) == wanted
    assert voice.sureness("randomised", grade).lower().startswith(wanted)
    if grade in ("tendency", "too_early"):
        assert all(voice.sureness(kind, grade).lower().startswith(wanted) for kind in ("quasi", "observational"))


def test_hostile_text_stays_text_on_the_single_page():
    """B55, B57, B58 in the name of a campaign, channels, areas, an owner and findings."""
    finding = Finding(code="E_X", text="<script>alert(2)</script>\u2066 $\\frac{", level="warning")
    facts = {**ALL["geo_lift"].facts, "name": "<script>alert(3)</script>\u202e", "outcome": BAD[1], "currency": "EUR"}
    areas = pd.DataFrame({"area": BAD, "arm": "treated", "pair": range(8), "before": 1.0, "during": 1.0, "change": 0.0, "usual": 0.1})
    bad = dataclasses.replace(ALL["geo_lift"], facts=facts, areas=areas.assign(without=0.0), findings=(finding,))
    channels = dict(zip(("social_paid", "email"), ("<b>bold</b>", "{{ 7*7 }}"), strict=True))
    schedule = plan().schedule.assign(channel=lambda t: t["channel"].map(channels))
    named = dataclasses.replace(plan(), schedule=schedule, facts={**plan().facts, "name": "<img src=x onerror=alert(1)>"})
    for reader in ("client", "employer"):
        page = Page(report(named, bad, language="fr", reader=reader).html)
        assert_inert(page)
        assert not page.all("b")
        assert "{{ 7*7 }}" in page.text
        assert "<b>bold</b>" in page.text
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.text)


def test_two_processes_of_other_hash_seeds_write_the_same_single_page():
    code = (
        "import sys, hashlib; sys.path.insert(0, 'tests')\n"
        "from pictured_geo import GEO\n"
        "from mktlib.reporting import report\n"
        "pages = [report(GEO['geo_lift'], language=code, reader=reader).html for code in ('en', 'fr') for reader in ('employer', 'team')]\n"
        "print(hashlib.sha256(''.join(pages).encode()).hexdigest())"
    )
    root = Path(__file__).parents[1]
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True)
        for seed in ("0", "1")
    ]
    assert runs[0].stdout == runs[1].stdout != b""


def test_no_number_is_formatted_past_the_one_formatter():
    """Reports and figures say numbers by mktlib.wording: no f-string and no format() gives a float its digits."""
    house, found = Path(__file__).parents[1] / "mktlib", []
    for path in sorted([*(house / "reporting").glob("*.py"), *(house / "charts").glob("*.py")]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [f"{path.name}:{line}" for line in formatted(tree)]
    assert found == []


def formatted(tree: ast.AST) -> list[int]:
    """Lines where a number is given its digits as text; rounding, read back at once by float(...), is none."""
    read_back = {
        id(n) for call in ast.walk(tree) if isinstance(call, ast.Call) and ast.unparse(call.func) == "float" for n in ast.walk(call)
    }
    values = [n for n in ast.walk(tree) if isinstance(n, ast.FormattedValue) and n.format_spec and id(n) not in read_back]
    return [n.lineno for n in values if re.search(r"\.\d*[efg%]?$|[,_e%]$", ast.unparse(n.format_spec).strip("f'\""))]


def test_a_number_formatted_past_the_formatter_is_found():
    assert formatted(ast.parse("f'{x:.2f} and {y:,} and {z:.1%}'")) == [1, 1, 1]
    assert formatted(ast.parse("float(f'{x:.2g}')")) == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_sentence_of_money_names_where_it_comes_from(language):
    """Amounts of two results are not one sum: with several, each stands under its name; alone, none does."""
    together = report(ALL["review"], ALL["attribution"], language=language, reader="employer")
    money = next(s for s in together.sections if s.kind == "one_money")
    names = [load_tables().languages[language]["report"]["one"]["source"][k] for k in ("review", "credit")]
    assert {line.split(" – ")[0] for line in (money.headline, *money.sentences)} == set(names)
    alone = next(s for s in report(ALL["review"], language=language, reader="employer").sections if s.kind == "one_money")
    assert not any(name in alone.headline for name in names)


@pytest.mark.parametrize(("language", "says"), [("en", "its boxes are the same people"), ("fr", "ce sont les mêmes personnes")])
def test_columns_are_the_same_people_only_where_they_are_segments(language, says):
    assert says in plain(report(scores(), language=language).html)
    channels = scores().table.rename(columns={"segment": "channel"}).assign(channel=["email", "display", "paid_social"] * 4)
    by = tuple("channel" if a == "segment" else a for a in scores().by)
    page = report(dataclasses.replace(scores(), table=channels, by=by), language=language).html
    assert says not in plain(page)
    assert {"en": "The darker a box", "fr": "Plus une case est foncée"}[language] in plain(page)


@pytest.mark.parametrize(
    ("inside", "cells", "ranges"),
    [(8, 10, "few"), (3, 10, "narrow"), (80, 100, "narrow"), (17, 20, "few"), (9, 10, "few"), (88, 100, "honest")],
)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_ranges_are_called_narrow_only_where_luck_does_not_explain_it(inside, cells, ranges, language):
    """The chance of at most so many inside, summed by hand, is below 5% where ranges that keep their promise of 90% are refused."""
    result = ALL["backtest"]
    held = pd.concat([result.cells] * 10, ignore_index=True).head(cells)
    facts = {**result.facts, "coverage": inside / cells}
    made = report(dataclasses.replace(result, cells=held, facts=facts), language=language)
    assert made.facts["results"][0]["ranges"] == ranges
    said = plain(made.sections[0].sentences[0])
    assert ("too narrow" in said or "trop étroites" in said) == (ranges == "narrow")
    assert f"{inside} of {cells}" in said or f"{inside} combinaisons" in said
    luck = sum(math.comb(cells, k) * 0.9**k * 0.1 ** (cells - k) for k in range(inside + 1))
    assert (ranges == "narrow") == (luck < 0.05 and inside < 0.85 * cells)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_is_not_scored_is_told_to_a_client_without_code(language):
    found = finding("N_PLAN_UNSCORED", language, level="warning", column="channels.email", found="email", axis="channel")
    for reader, code in (("client", False), ("team", True)):
        said = report(dataclasses.replace(plan(), findings=(found,)), language=language, reader=reader).sections[0].findings
        assert ("score_cells" in " ".join(said)) == code


@pytest.mark.parametrize(("language", "asks"), [("en", "the client gave in the brief"), ("fr", "par le client dans son brief")])
def test_a_plan_says_at_what_value_its_events_are_counted(language, asks):
    """By stage where the brief has a value for each; once where they are the same; not at all where events themselves are counted."""
    made = load_plan(sample_path("plan"))
    voice = Voice(language=language, tables=load_tables(), reader="client")
    said = next(s for s in report(made, language=language).sections[0].sentences if asks in s)
    per = made.schedule.groupby("stage")[["value", "events"]].sum()
    told = {
        voice.say("plan.valued_stage", stage=voice.label("stage", s), value=voice.money(x, "EUR"))
        for s, x in (per["value"] / per["events"]).items()
    }
    assert len(told) == 5
    assert all(one in said for one in told)
    assert {"en": "1 click", "fr": "1 clic"}[language] in said
    one_value = made.brief.model_copy(update={"objective": made.brief.objective.model_copy(update={"value": 0.5})})
    said = next(s for s in report(dataclasses.replace(made, brief=one_value), language=language).sections[0].sentences if asks in s)
    assert voice.money(0.5, "EUR") in said
    counts = dataclasses.replace(made, facts={**made.facts, "objective": "clicks"})
    assert not any(asks in s for s in report(counts, language=language).sections[0].sentences)
