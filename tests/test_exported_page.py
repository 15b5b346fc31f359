"""What an export of an ad platform becomes on a page: a client reads no key of a table, no code of a date and no "(missing)"."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

import mktlib as mk
from mktlib.errors import Finding
from mktlib.intake.reading import NAMING, suggested
from mktlib.reporting.found import told
from mktlib.reporting.voice import Voice
from mktlib.vocabulary import finding, load_tables, platforms

EXAMPLES = [(name, k) for name in ("google_ads", "meta_ads", "microsoft_ads", "linkedin_ads") for k in range(2)]


def exported(tmp_path, name: str, k: int) -> mk.Intake:
    example = platforms()[name]["example"][k]
    path = tmp_path / f"{name}.csv"
    path.write_text(example["text"].lstrip("\n"), encoding=example.get("encoding", "utf-8"))
    return mk.read_export(path, platform=name)


def page(intake: mk.Intake, language: str, reader: str = "client") -> str:
    scores = mk.ContentScorer("click_rate").fit(intake.log).score_cells(within=("stage",))
    made = mk.report(replace(scores, findings=(*intake.findings, *scores.findings)), language=language, reader=reader)
    said = [s for part in made.sections for s in (part.headline, *part.sentences, *part.findings)]
    said += [c.name for part in made.sections for t in part.tables for c in t.columns]
    said += [x for part in made.sections for t in part.tables for row in t.rows for x in row.cells]
    return "\n".join(said)


@pytest.mark.parametrize(("name", "k"), EXAMPLES)
def test_a_client_reads_no_key_of_a_table_on_the_page_of_an_export(name, k, tmp_path):
    text = page(exported(tmp_path, name, k), "fr")
    keys = {name, "content_type", "ad_group", "content_name", "click_rate", "paid_search", "paid_social", "(missing)", "Ad group"}
    assert not [key for key in keys if re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", text)]
    assert not re.search("%[dmY]", text)
    assert platforms()[name]["label"]["fr"] in text


def test_two_exports_in_one_log_name_what_one_of_them_lacks(tmp_path):
    logs = [exported(tmp_path, name, 0).log for name in ("google_ads", "meta_ads")]
    both = pd.concat(logs, ignore_index=True)
    by = suggested(both, load_tables())["by"] + ["ad_group"]
    scores = mk.ContentScorer("click_rate", by=by).fit(both).score_cells(within=())
    blanks = [f for f in scores.findings if f.code == "E_NULL_KEY"]
    assert len(blanks) == 1
    assert str(blanks[0].values["count"]) == "2"
    lacking = {"en": ("no ad group", "2 rows have a blank"), "fr": ("sans groupe d’annonces", "2 lignes ont une case vide")}
    for language, (lacks, says) in lacking.items():
        made = mk.report(scores, language=language)
        text = "\n".join([made.sections[0].headline, *made.sections[0].findings, made.html])
        assert lacks in text
        assert says in text
        assert "(missing)" not in text


def test_a_table_names_what_is_blank_by_its_column():
    blank = pd.DataFrame({"ad_group": ["(missing)"], "content_type": ["(missing)"], "kpi": ["roas"]})
    assert mk.table(blank, language="en").iloc[0, :2].tolist() == ["no ad group", "no content type"]
    assert mk.table(blank, language="fr").iloc[0, :2].tolist() == ["sans groupe d’annonces", "sans type de contenu"]


def test_every_column_that_a_scorer_may_be_asked_for_has_its_word():
    for language in ("en", "fr"):
        words = load_tables().languages[language]["labels"]["column"]
        assert not [c for c in NAMING if c not in words]


def test_next_to_no_opinion_is_said_as_such():
    log = mk.load_sample("content_log").assign(impressions=lambda f: f["impressions"] * 400, clicks=lambda f: f["clicks"] * 400)
    scores = mk.ContentScorer("click_rate", by=("channel",)).fit(log).score_cells(within=())
    assert scores.table["opinion"].mean() < 0.01
    says = {"en": "less than 1% is left.", "fr": "il reste moins de 1\u202f%."}
    for language, text in says.items():
        sentences = mk.report(scores, language=language).sections[0].sentences
        assert any(s.endswith(text) for s in sentences)
        assert not any("0,0" in s or "0.0" in s for s in sentences)


def say(found: Finding, reader: str, language: str = "en") -> str:
    return told(Voice(language=language, tables=load_tables(), reader=reader), found)


def test_what_is_typed_stays_a_key_for_those_who_type_it():
    unscored = finding("N_PLAN_UNSCORED", "en", level="warning", column="channels.paid_video", found="paid_video", axis="channel")
    assert "Paid video" in say(unscored, "client")
    assert 'channel="paid_video"' in say(unscored, "team")
    extra = finding("E_EXTRA_COLUMN", "en", level="note", found="X", platform="google_ads")
    assert "Google Ads" in say(extra, "client")
    assert 'extends = "google_ads"' in say(extra, "team")
    dates = finding("E_DATES_AS_USUAL", "en", level="note", found="%d/%m/%Y", platform="meta_ads")
    assert "read as jour/mois/année" not in say(dates, "client")
    assert "jour/mois/année" in say(dates, "client", "fr")
    assert "Gestionnaire de publicités Meta" in say(dates, "client", "fr")
    alike = finding("E_ALIKE", "fr", level="note", column="click_rate", count=13, chance=29)
    assert say(alike, "client", "fr").startswith("Taux de clics\u00a0:")
