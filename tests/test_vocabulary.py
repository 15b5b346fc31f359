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
from mktlib.vocabulary import KINDS, TABLES, days_off, finding, load_tables, nearest, phrase, retell

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
    tables = load_tables()
    rows = [*tables.quiet.values(), *tables.holidays.values(), *tables.specs.values()]
    for row in [*rows, *priors["rates"].values(), priors["stage_fit"], *(b for r in tables.lengths.values() for b in r["bounds"])]:
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


def test_each_style_tells_creators_what_to_do_and_what_not_in_both_languages():
    for row in load_tables().styles.values():
        for key in ("do", "dont"):
            assert len(row[key]["en"]) == len(row[key]["fr"]) >= 2


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
    assert retell(english, "fr").text.startswith("log.csv, ligne 3, clicks\u00a0: «\u202f-5\u202f» est négatif")
    assert retell(retell(english, "fr"), "en") == english


def test_words_nearby_and_plurals():
    assert nearest("awarness", ["awareness", "interest"]) == "awareness"
    assert nearest("zzz", ["awareness"]) is None
    assert nearest(None, ["awareness"]) is nearest(5, ["awareness"]) is None
    assert nearest(["awarness"], ["awareness"]) == "awareness"
    assert phrase("words.chances", "fr", count=1) == "1 chance sur 10"
    with pytest.raises(KeyError, match="no phrase"):
        phrase("no.such.phrase")


@pytest.mark.parametrize(("text", "column"), [
    ('[metrics.click_rate]\nbetter = "hgih"', "metrics.click_rate.better"),
    ("[quiet.night]\nsince = 25", "quiet.night.since"), ('[quiet.night]\nholidays = ["xx"]', "quiet.night.holidays"),
    ('[holidays.fr]\nfixed = ["1-1"]', "holidays.fr.fixed"), ('[channels.email]\nhour = "ten"', "channels.email.hour"),
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


EFFECTS = "[priors.stage_fit.effects]\n"
SAID = "[[priors.statement]]\ntimes = 2\n"
LABEL = 'Type: label = { en = "...", fr = "..." }'


@pytest.mark.parametrize(("text", "column", "code", "hint"), [
    ("[priors]\nstage_fit = 0.5", "priors.stage_fit", "E_TABLE_ROW", None),
    ("[priors.statement]\ntimes = 2", "priors.statement", "E_TABLE_ROW", None),
    ('[[priors.statements]]\nsays = "x"', "priors.statements", "E_TABLE_NAME", "statement"),
    ("[priors.stage_fit]\nsd = 0", "priors.stage_fit.sd", "E_OPTION", None),
    ("[priors.stage_fit]\nsd = inf", "priors.stage_fit.sd", "E_OPTION", None),
    (f"[priors.stage_fit]\nsd = 1{'0' * 400}", "priors.stage_fit.sd", "E_OPTION", None),
    ("[priors.stage_fit]\nsd = true", "priors.stage_fit.sd", "E_OPTION", None),
    ("[priors.stage_fit]\neffects = 3", "priors.stage_fit.effects", "E_TABLE_ROW", None),
    (f"{EFFECTS}podcast = 0.5", "priors.stage_fit.effects.podcast", "E_TABLE_ROW", None),
    (f"{EFFECTS}podcats = {{ decision = 1 }}", "priors.stage_fit.effects.podcats", "E_REFERENCE", "podcast"),
    (f"{EFFECTS}podcast = {{ decison = 1 }}", "priors.stage_fit.effects.podcast.decison", "E_REFERENCE", "decision"),
    (f"{EFFECTS}podcast = {{ decision = nan }}", "priors.stage_fit.effects.podcast.decision", "E_OPTION", None),
    (f'{EFFECTS}podcast = {{ decision = "1" }}', "priors.stage_fit.effects.podcast.decision", "E_OPTION", None),
    (f'{SAID}when = "decision"', "priors.statement[1].when", "E_OPTION", None),
    (f'{SAID}when = {{ content_tpye = "podcast" }}', "priors.statement[1].when.content_tpye", "E_OPINION_AXIS", "content_type"),
    (f'{SAID}when = {{ metric = "click_rate" }}', "priors.statement[1].when.metric", "E_OPINION_AXIS", None),
    (f"{SAID}when = {{ segment = 3 }}", "priors.statement[1].when.segment", "E_OPTION", None),
    (f'{SAID}when = {{ style = ["playful"] }}', "priors.statement[1].when.style", "E_OPTION", None),
    (f'{SAID}when = {{ family = "vidoe" }}', "priors.statement[1].when.family", "E_REFERENCE", "video"),
    (f'{SAID}when = {{ stage = "decison" }}', "priors.statement[1].when.stage", "E_REFERENCE", "decision"),
    (f'{SAID}metric = "clickrate"\nwhen = {{ stage = "decision" }}', "priors.statement[1].metric", "E_REFERENCE", "click_rate"),
    ('[[priors.statement]]\nsays = "podcast beats blog_post 2 times"\nmetric = 3', "priors.statement[1].metric", "E_REFERENCE", None),
    ('[priors.rates.ours]\nmetric = ["click_rate"]\nmean = 0.1\nlogit_sd = 1', "priors.rates.ours.metric", "E_REFERENCE", "click_rate"),
    ("[priors.rates.default_click_rate]\nchannel = 3", "priors.rates.default_click_rate.channel", "E_OPTION", None),
    ("[metrics.click_rate]\ncount = 5", "metrics.click_rate.count", "E_OPTION", None),
    ('[metrics.click_rate]\nexposure = ["impressions"]', "metrics.click_rate.exposure", "E_OPTION", None),
    ('[metrics.click_rate]\nexposure_by_channel = "delivered"', "metrics.click_rate.exposure_by_channel", "E_OPTION", None),
    ("[metrics.click_rate.exposure_by_channel]\nemail = 3", "metrics.click_rate.exposure_by_channel", "E_OPTION", None),
    ('[metrics.click_rate]\nlabel = "Clicks"', "metrics.click_rate.label", "E_LABEL", LABEL),
    ("[metrics.click_rate]\nlabel = { en = 1, fr = 2 }", "metrics.click_rate.label", "E_LABEL", LABEL),
    ("[metrics.click_rate]\nper = inf", "metrics.click_rate.per", "E_OPTION", None),
    ("[metrics.click_rate]\nnote = 3", "metrics.click_rate.note", "E_OPTION", None),
    ('[metrics.value_per_mille]\nchain = "click_rate"', "metrics.value_per_mille.chain", "E_OPTION", None),
    ('[metrics.value_per_mille]\nchain = [["click_rate"]]', "metrics.value_per_mille.chain", "E_REFERENCE", "click_rate"),
    ('[metrics.click_rate]\nbetter = "hgih"', "metrics.click_rate.better", "E_OPTION", "high"),
    ("[content_types]\nblog_post = 5", "content_types.blog_post", "E_TABLE_ROW", None),
    ('[content_types.blog_post]\nstages = "awareness"', "content_types.blog_post.stages", "E_OPTION", None),
    ("[networks.facebook]\nchannel = { a = 1 }", "networks.facebook.channel", "E_REFERENCE", None),
])  # fmt: skip
def test_a_wrong_entry_is_refused_where_it_stands_with_the_nearest_word(tmp_path, text, column, code, hint):
    path = tmp_path / "ours.toml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_tables(path)
    (found,) = caught.value.findings
    assert (found.column, found.code, found.file) == (column, code, "ours.toml")
    assert found.hint == hint
    for language in LANGUAGES:
        assert "?" not in retell(found, language).text


def test_an_unknown_family_is_told_the_known_ones_and_no_far_one_is_advised(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(OWN.replace('family = "video"', 'family = "image"'), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_tables(path)
    (found,) = caught.value.findings
    assert (found.column, found.hint) == ("content_types.hologram.family", None)
    for language in LANGUAGES:
        assert "written, illustrated, video, audio, interactive, live, message" in retell(found, language).text


def test_a_wrong_row_does_not_hide_what_else_is_wrong_in_this_file_or_the_next(tmp_path):
    one, two = tmp_path / "one.toml", tmp_path / "two.toml"
    one.write_text(
        'content_types = "x"\n[priors]\nrates = 5\nstatement = 5\n[styles]\nwry = 3\n'
        '[segments.vip]\nlabel = "VIP"\n[lengths.epic]\nfamilies = ["video"]\n',
        encoding="utf-8",
    )
    two.write_text(
        '[content_types.blog_post]\nfamily = "vidoe"\n[styles.wry]\nlabel = { en = "Wry", fr = "Pince-sans-rire" }\n'
        '[[priors.statement]]\nsays = "vip does 2 times the average"\n[[priors.statement]]\nsays = "wrry does 2 times the average"\n',
        encoding="utf-8",
    )
    with pytest.raises(DataError) as caught:
        load_tables(one, two)
    assert {(f.file, f.column) for f in caught.value.findings} == {
        ("one.toml", "content_types"), ("one.toml", "priors.rates"), ("one.toml", "priors.statement"), ("one.toml", "styles.wry"),
        ("one.toml", "segments.vip.label"), ("one.toml", "lengths.epic.label"), ("two.toml", "content_types.blog_post.family"),
        ("two.toml", "priors.statement"),
    }  # fmt: skip


def test_segments_and_types_of_ones_own_may_stand_in_an_opinion(tmp_path):
    own, more = tmp_path / "ours.toml", tmp_path / "more.toml"
    own.write_text(f"{OWN}\n[priors.stage_fit]\nsd = 1\n{EFFECTS}hologram = {{ decision = -0.5 }}\n", encoding="utf-8")
    more.write_text(f'{SAID}when = {{ segment = "regulars of the shop", content_type = "hologram", family = "video" }}\n', encoding="utf-8")
    tables = load_tables(own, more)
    assert tables.stage_fit("hologram", "decision") == -0.5
    assert tables.stage_fit("podcast", "decision") == load_tables().stage_fit("podcast", "decision")
    assert {o["sd"] for o in tables.opinions("click_rate") if "stage" in o["when"] and o["when"]["content_type"] == "podcast"} == {1.0}
    assert tables.opinions("click_rate")[-1]["when"]["segment"] == "regulars of the shop"


@pytest.mark.parametrize("given", [None, 3, ["ours.toml"], b"ours.toml"])
def test_what_is_no_path_is_answered_with_what_to_type(given):
    with pytest.raises(DataError) as caught:
        load_tables(given, given)
    assert [f.hint for f in caught.value.findings] == ['mk.load_tables("ours.toml")'] * 2


def test_a_holiday_of_29_february_is_none_in_other_years():
    assert days_off({"fixed": ["02-29"], "after_easter": []}, [2026, 2027]) == frozenset()
