"""Reports: the decision first, numbers that are the facts, words as strong as the evidence, and a page that runs nothing."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
import re
import stat
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from pictured import ALL, plan, scores
from test_charts import fields_of

from mktlib.errors import DataError, Finding, StoreError
from mktlib.reporting import report
from mktlib.reporting.voice import strength, visible
from mktlib.results import Result
from mktlib.vocabulary import load_tables

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
    said = f"Of {sum(settled.values())} contents scored: 1 shown to do better, 1 to stop and {settled['undecided']} undecided."
    assert made.opening[1].replace(", and", " and") == said
    opening = [plain(s) for s in report(plan(), language="fr").opening]
    assert opening[0] == "5 contenus à produire : 3 qui ont fait leurs preuves et 2 testés pendant qu’ils vendent."
    assert not any("évalué" in s for s in opening)


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


def test_without_a_plan_the_verdicts_decide():
    made = report(scores(), language="en")
    assert made.facts["decision"]["make"] == 1  # two cells, one content
    assert made.opening[0].startswith("1 content to make and 1 to stop")


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
    assert word in report(told, language="en").sections[0].headline


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
    assert len(page.all("caption")) == len(page.all("table")) > len(PARTS) - 1
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
    assert error.value.findings[0].file == str(tmp_path / "file" / "r.html")


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
