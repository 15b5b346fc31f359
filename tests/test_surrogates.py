"""Half a character (a lone surrogate, as broken exports and broken copies hold) never breaks the printing of what is said about it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import mktlib as mk
from mktlib.errors import DataError, StoreError
from mktlib.vocabulary import finding, load_tables, retell
from mktlib.wording import Amount, write_text

HALF = "\ud800"
SPELT = "\\ud800"


@pytest.fixture
def desk():
    return mk.AdDesk("search", budget=8000, seed=1, language="en")


ASKED = {
    "an ad set's name": lambda desk: desk.spend(**{HALF: 1.0}),
    "a setting": lambda desk: desk.spend(generic={HALF: 1, "bid": 1}),
    "a creative": lambda desk: desk.spend(generic={"bid": 1, "creatives": [HALF]}),
    "a day": lambda desk: desk.spend(generic={"bid": 1, "days": [HALF]}),
    "an audience": lambda desk: desk.spend(generic={"bid": 1, "audience": HALF}),
    "a language": lambda desk: desk.export("x.csv", language=HALF),
    "a player": lambda desk: desk.play(HALF),
    "a platform": lambda desk: mk.AdDesk(HALF, budget=8000),
    "an export's name": lambda desk: mk.read_export(f"{HALF}.csv"),
    "an export's platform": lambda desk: mk.read_export(mk.sample_path("exports/meta_ads.csv"), HALF),
    "a brief's name": lambda desk: mk.read_brief(f"{HALF}.toml"),
    "the name of tables": lambda desk: load_tables(f"{HALF}.toml"),
    "a sample": lambda desk: mk.load_sample(HALF),
    "a level": lambda desk: mk.explore(mk.ContentScorer("click_rate", by=("stage",)).fit(LOG)).choose(stage=HALF),
    "a file to write": lambda desk: write_text("x", Path(f"{HALF}.txt")),
}
LOG = pd.DataFrame({"stage": ["awareness", "decision"], "clicks": [3, 9], "impressions": [100, 100]})


@pytest.mark.parametrize("what", ASKED)
def test_an_error_shows_it_spelt_out_in_both_languages(what, desk):
    with pytest.raises((DataError, StoreError)) as caught:
        ASKED[what](desk)
    assert SPELT in str(caught.value)
    for found in caught.value.findings:
        for language in ("en", "fr"):
            told = retell(found, language)
            for part in (told.text, told.file, told.column, told.found, told.expected, told.hint):
                assert (part or "").encode("utf-8") is not None


def test_every_part_of_a_finding_is_spelt_out_and_all_else_stays():
    parts = {"file": HALF, "column": HALF, "found": HALF, "expected": HALF, "hint": HALF}
    found = finding("E_OPTION", "en", **parts, names=HALF, money=Amount(3, "EUR"), count=3)
    assert [getattr(found, part) for part in parts] == [SPELT] * 5
    assert HALF not in found.text
    assert (found.values["names"], found.values["money"], found.values["count"]) == (SPELT, Amount(3, "EUR"), 3)
    plain = finding("E_OPTION", "en", file="été 😀.csv", column="naïve", found="été", expected="à", hint="ç")
    assert [plain.file, plain.column, plain.found, plain.expected, plain.hint] == ["été 😀.csv", "naïve", "été", "à", "ç"]


def test_an_export_whose_bytes_hold_half_a_character_is_read_or_refused_in_words_that_print(tmp_path):
    head = "date,content_id,content_type,channel,segment,impressions,clicks\n2026-01-01,"
    rest = ",blog_post,display,parents,10,1\n"
    (tmp_path / "eight.csv").write_bytes(head.encode() + b"a\xed\xa0\x80" + rest.encode())
    (tmp_path / "sixteen.csv").write_bytes(b"\xff\xfe" + (head + "a").encode("utf-16-le") + b"\x00\xd8" + rest.encode("utf-16-le"))
    read = mk.read_export(tmp_path / "eight.csv", "mktlib")
    assert "".join([*read.log["content_id"], *(f.text for f in read.findings)]).encode("utf-8")
    with pytest.raises(DataError, match="utf-16") as caught:
        mk.read_export(tmp_path / "sixteen.csv", "mktlib")
    assert str(caught.value).encode("utf-8")
