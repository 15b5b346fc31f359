"""One formatter for every number, and files that leave whole or not at all."""

from __future__ import annotations

import os

import pandas as pd
import pytest

from mktlib.errors import StoreError
from mktlib.reporting.voice import Voice
from mktlib.vocabulary import finding, load_tables
from mktlib.wording import between, chances, day, list_of, money, number, percent, safe_csv, table, write_text

THIN = "\u202f"
VOICE = Voice(language="en", tables=load_tables(), reader="team")
SAID = [
    (number(1234567.5, "en", digits=1), "1,234,567.5"),
    (number(1234567.5, "fr", digits=1), f"1{THIN}234{THIN}567,5"),
    (number(-0.001, "en", digits=1), "0.0"),
    (finding("E_OPTION", "fr", found=money(10_205, "EUR", "fr")).found, f"10{THIN}205{THIN}€"),
    (finding("E_OPTION", "fr", found="a\u202eb").found, "a\\u202eb"),
    (chances(0.95, "en"), "19 chances in 20"),
    (chances(0.95, "fr"), "19 chances sur 20"),
    (chances(0.9, "fr"), "9 chances sur 10"),
    (VOICE.number(0.004), "0.004"),
    (VOICE.number(3e-7), "<\u00a00.0001"),
    (VOICE.number(0.25), "0.25"),
    (number(0.125, "en", digits=2), "0.13"),
    (percent(0.0345, "en"), "3.5%"),
    (percent(0.0345, "fr"), f"3,5{THIN}%"),
    (percent(0.00042, "en"), "0.042%"),
    (percent(0.5, "fr"), f"50{THIN}%"),
    (money(40000, "EUR", "en"), "€40,000"),
    (money(40000, "EUR", "fr"), f"40{THIN}000{THIN}€"),
    (money(2.345, "EUR", "en"), "€2.35"),
    (day("2026-10-05", "en"), "5 October 2026"),
    (day("2026-10-01", "fr"), "1er octobre 2026"),
    (day("2026-10-21", "fr"), "21 octobre 2026"),
    (chances(0.91, "en"), "9 chances in 10"),
    (chances(0.91, "fr"), "9 chances sur 10"),
    (chances(0.1, "en"), "1 chance in 10"),
    (chances(0.999, "fr"), "plus de 19 chances sur 20"),
    (between(8, 15, "fr"), "8 à 15"),
    (list_of(["a", "b", "c"], "fr"), "a, b et c"),
]


@pytest.mark.parametrize(("said", "wanted"), SAID)
def test_numbers_are_said_as_people_write_them(said, wanted):
    assert said == wanted


def test_a_table_speaks_the_readers_language():
    frame = pd.DataFrame({"segment": ["parents"], "rate": [0.031], "spend": [1200.0], "verdict": ["too_early"], "inside": [True]})
    shown = table(frame, language="fr")
    assert shown.columns.tolist() == ["Segment", "Taux", "Dépense", "Verdict", "Dans la fourchette"]
    assert shown.iloc[0].tolist() == ["Parents", f"3,1{THIN}%", f"1{THIN}200{THIN}€", "trop tôt", "oui"]


def test_a_csv_that_no_spreadsheet_runs(tmp_path):
    frame = pd.DataFrame({"text": ["=HYPERLINK(1)", "-1+cmd", "@SUM", "plain", "＝x"], "number": [-5, 1, 2, 3, 4]})
    back = pd.read_csv(safe_csv(frame, tmp_path / "x.csv"))
    assert back["text"].tolist() == ["'=HYPERLINK(1)", "'-1+cmd", "'@SUM", "plain", "'＝x"]
    assert back["number"].tolist() == [-5, 1, 2, 3, 4]


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    path = write_text("old", tmp_path / "page.html")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreError, match="No space left"):
        write_text("new", path)
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_what_is_no_number_is_a_dash(value):
    assert [number(value, "en"), percent(value, "fr"), money(value, "EUR", "fr")] == ["–"] * 3


def test_findings_are_told_with_how_grave_where_and_whence():
    found = [
        finding(
            "PAGE_X", "en", level="warning", file="a.html", line=3, found="<b>", source="WCAG", _said={"en": {"says": "{found} is small"}}
        ),
        finding("E_NO_ROWS", "en", file="b.csv"),
    ]
    shown = table(found, language="en")
    assert list(shown) == ["Level", "Where", "Code", "Text", "Source"]
    assert shown.iloc[0].tolist() == ["warning", "a.html, line 3", "PAGE_X", "<b> is small.", "WCAG"]
    assert table(found, language="fr").iloc[0, 0] == "avertissement"
    assert table(found, language="fr").iloc[0, 1] == "a.html, ligne 3"
    assert list(table([found[1]], language="en")) == ["Level", "Where", "Code", "Text"]
    assert list(table([], language="en")) == ["Level", "Code", "Text"]
