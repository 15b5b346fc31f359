"""Every row of every table, and what a caller's own file may and may not say."""

from __future__ import annotations

import math
import re
import string
import tomllib
from pathlib import Path

import pytest

import mktlib
from mktlib.errors import DataError
from mktlib.vocabulary import KINDS, TABLES, finding, load_tables, nearest, phrase, retell

PACKAGE = Path(mktlib.__file__).parent
ROWS = [(kind, key) for kind in KINDS for key in getattr(load_tables(), kind)]
LANGUAGES = {code: tomllib.loads((TABLES / "languages" / f"{code}.toml").read_text(encoding="utf-8")) for code in ("en", "fr")}


def leaves(node, path=""):
    for key, value in node.items():
        yield from leaves(value, f"{path}{key}.") if isinstance(value, dict) else [(f"{path}{key}", value)]


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(str(text)) if name}


@pytest.mark.parametrize(("kind", "key"), ROWS, ids=lambda x: str(x))
def test_every_row_has_labels_and_references_that_exist(kind, key):
    tables = load_tables()
    row = getattr(tables, kind)[key]
    assert row["label"]["en"].strip()
    assert row["label"]["fr"].strip()
    known = {"family": "families", "families": "families", "channel": "channels", "channels": "channels", "formats": "content_types"}
    known |= {"stages": "stages", "main_metric": "metrics"} if kind != "metrics" else {}
    known = known if kind != "metrics" else {}
    for name, target in known.items():
        values = row.get(name, ())
        for value in (values,) if isinstance(values, str) else values:
            assert value in getattr(tables, target), f"{kind}.{key}.{name}"


def test_all_51_content_types_have_an_opinion_at_every_stage():
    tables = load_tables()
    effects = tables.priors["stage_fit"]["effects"]
    assert len(tables.content_types) == 51
    assert set(effects) == set(tables.content_types)
    assert all(set(row) == set(tables.stages) for row in effects.values())
    assert "advocacy" in tables.stages


def test_every_number_says_where_it_comes_from():
    priors = load_tables().priors
    for row in [*priors["rates"].values(), priors["stage_fit"], *(b for r in load_tables().lengths.values() for b in r["bounds"])]:
        assert row["source"]
        assert 2000 < row["year"] <= 2026
        assert row["conf"] in set("VRSKJ")


@pytest.mark.parametrize("name", list(load_tables().metrics))
def test_a_metrics_example_gives_its_value(name):
    row = load_tables().metrics[name]
    example = row["example"]
    assert example[row["count"]] / example[row["exposure"]] * row.get("per", 1) == pytest.approx(row["value"])


def test_the_languages_say_the_same_things_with_the_same_fields():
    english, french = (dict(leaves(LANGUAGES[code])) for code in ("en", "fr"))
    assert set(english) == set(french)
    assert [k for k in english if fields(english[k]) != fields(french[k])] == []


def test_every_code_in_the_source_has_a_sentence():
    codes = {c for p in PACKAGE.rglob("*.py") for c in re.findall(r'"([EN]_[A-Z_]{3,})"', p.read_text(encoding="utf-8"))}
    assert codes <= set(LANGUAGES["en"]["findings"])
    assert len(codes) > 40


OWN = """
[content_types.hologram]
label = { en = "Hologram", fr = "Hologramme" }
family = "video"
stages = ["awareness"]
channels = ["offline"]

[[priors.statement]]
when = { content_type = "hologram", stage = "awareness" }
times = 1.5
sure = "fairly"
"""


def test_a_callers_rows_lie_above_the_packaged_ones(tmp_path):
    own = tmp_path / "ours.toml"
    own.write_text(OWN, encoding="utf-8")
    tables = load_tables(own)
    assert tables.label("content_type", "hologram", "fr") == "Hologramme"
    assert tables.allows({"content_type": "hologram", "channel": "offline"})
    assert not tables.allows({"content_type": "hologram", "channel": "email"})
    mine = [o for o in tables.opinions("click_rate") if o["when"].get("content_type") == "hologram"]
    assert [o["effect"] for o in mine] == [pytest.approx(math.log(1.5))]
    assert "hologram" not in load_tables().content_types


def test_everything_wrong_in_a_callers_file_is_said_at_once(tmp_path):
    own = tmp_path / "ours.toml"
    own.write_text(
        '[content_types.x]\nlabel = "X"\nfamily = "vidoe"\nstages = ["awarness"]\n[contents.y]\na = 1\n'
        '[[priors.statement]]\ntimes = -1\nsure = "fairley"\n',
        encoding="utf-8",
    )
    with pytest.raises(DataError) as refused:
        load_tables(own)
    found = {f.code: f for f in refused.value.findings}
    assert set(found) == {"E_MISSING_ENTRY", "E_LABEL", "E_REFERENCE", "E_TABLE_NAME", "E_TIMES", "E_SURE"}
    assert found["E_SURE"].hint == "fairly"
    assert all(f.file == "ours.toml" for f in refused.value.findings)


def test_a_finding_can_be_told_again_in_another_language():
    english = finding("E_NEGATIVE_COUNT", "en", file="log.csv", line=3, column="clicks", found="-5")
    assert retell(english, "fr").text.startswith("log.csv, ligne 3, clicks : «\u202f-5\u202f» est négatif")
    assert retell(retell(english, "fr"), "en") == english


def test_words_nearby_and_plurals():
    assert nearest("awarness", ["awareness", "interest"]) == "awareness"
    assert nearest("zzz", ["awareness"]) is None
    assert phrase("words.chances", "fr", count=1) == "1 chance sur 10"
    with pytest.raises(KeyError, match="no phrase"):
        phrase("no.such.phrase")


@pytest.mark.parametrize(("text", "column"), [
    ('[metrics.click_rate]\nbetter = "hgih"', "metrics.click_rate.better"),
    ('[metrics.click_rate]\nfamily = "weird"', "metrics.click_rate.family"),
    ("[metrics.value_per_mille]\nper = 0", "metrics.value_per_mille.per"),
    ('[metrics.order_value]\nof_sales = "yes"', "metrics.order_value.of_sales"),
    ("[priors.rates.default_click_rate]\nmean = 2.0", "priors.rates.default_click_rate.mean"),
    ('[priors.rates.ours]\nmetric = "clickrate"\nmean = 0.1\nlogit_sd = 1', "priors.rates.ours.metric"),
    ('[[priors.statement]]\nsays = "podcast beats blog_post 2 times"\nsure = 0', "priors.statement.sure"),
    ('[[priors.statement]]\nwhen = { style = "playful" }\ntimes = 1e9', "priors.statement[1].times"),
    ("[content_types.blog_post]\nfamily = 5", "content_types.blog_post.family"), ("priors = 5", "priors"),
    ('content_types = "x"', "content_types"),
    ("[[priors.statement]]\nwhen = { stage = \"decision\" }\ntimes = inf", "priors.statement[1].times"), ("[labels]\nen = 3", "labels.en"),
])  # fmt: skip
def test_an_entry_that_would_change_what_is_computed_is_refused(tmp_path, text, column):
    path = tmp_path / "ours.toml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_tables(path)
    assert column in [f.column for f in caught.value.findings]


def test_a_file_that_was_edited_is_read_again(tmp_path):
    path = tmp_path / "ours.toml"
    for name in ("First", "Second"):
        path.write_text(f'[segments.x]\nlabel = {{ en = "{name}", fr = "{name}" }}\n', encoding="utf-8")
        assert load_tables(path).label("segment", "x", "en") == name
