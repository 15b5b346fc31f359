"""Terms explained where they are used, figures with how they are read, and a further language by one file."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from pictured import ALL, plan, review, scores
from read_numbers import Texts

from mktlib.charts import PICTURES, Picture
from mktlib.errors import DataError
from mktlib.reporting import report
from mktlib.vocabulary import glossary, how_to_read, load_tables, missing_phrases, readings, terms_in
from mktlib.wording import day, money, number, percent

LANGUAGES = ("en", "fr")


@pytest.fixture(autouse=True)
def unpainted(monkeypatch):
    monkeypatch.setattr(Picture, "png", lambda self, **_: b"")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reader", ["client", "team"])
def test_the_glossary_explains_the_words_of_the_page_and_no_others(language, reader):
    made = report(plan(), scores(), review(), ALL["geo_lift"], language=language, reader=reader)
    body = made.html[: made.html.index('class="glossary"')]
    text = re.sub(r"\s", " ", " ".join(Texts(body).said))
    for key, row in glossary().items():
        used = any(
            re.search(rf"(?<!\w){re.escape(w)}(?!\w)".replace(r"\#", r"\d+"), text, 0 if w.isupper() else re.I)
            for w in row["words"][language]
        )
        assert used == (key in {term.key for term in made.terms}), key
    assert all(f"<dt>{term.label}</dt>" in made.html for term in made.terms)
    assert len(made.terms) > 4


def test_a_verb_is_no_lead():
    assert [t.key for t in terms_in(["Search ad leads them, at 17.2%"], "en")] == []
    assert [t.key for t in terms_in(["1,240 leads came in"], "en")] == ["lead"]


def test_a_word_inside_another_calls_no_term():
    assert [t.key for t in terms_in(["A CPCs list, and cpm"], "en")] == []
    assert [t.key for t in terms_in(["The CPM fell"], "en")] == ["cpm"]
    assert [t.key for t in terms_in(["ranged shots"], "en")] == []


@pytest.mark.parametrize("key", list(glossary()))
def test_a_term_is_one_plain_sentence_or_two_in_each_language(key):
    row = glossary()[key]
    for language in LANGUAGES:
        assert 20 < len(row["says"][language]) < 190
        assert row["says"][language].endswith((".", "?"))
        assert row["words"][language]
    assert not re.search(r"[^\u202f\u00a0][;?!»]|[^\u00a0\u202f\d]:|'", row["says"]["fr"] + row["label"]["fr"])


def test_every_kind_of_figure_can_be_read():
    kinds = {f"{shape.__name__}.{kind}" for shape, known in PICTURES.items() for kind in known}
    assert not {kind for kind in kinds if not how_to_read(kind, "en") or how_to_read(kind, "en") == how_to_read(kind, "fr")}
    families = [kind for row in readings().values() for kind in row["kinds"]]
    assert len(families) == len(set(families))


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_to_read_stands_beside_the_first_figure_of_a_family(language):
    made = report(scores(), review(), language=language, reader="team")
    how = how_to_read("Scores.ranked", language)
    assert made.html.count(how) == 1
    assert made.html.index("<figure>") < made.html.index(how) < made.html.index("</figure>")


GERMAN = """
[marks]
name = "Deutsch"
locale = "de_DE"
one_below = 0
thousands = "."
colon = ": "
first_of_month = "1."
narrow_spaces = false

[report]
title_named = "{name}: was zu tun ist"

[report.plan]
title = "Der Plan"

[labels.content_type]
short_video = "Kurzes Video"

[glossary.opinion]
label = "Meinung"
says = "Was aus Erfahrung anderswo kommt."
"""


@pytest.fixture
def german(tmp_path, monkeypatch):
    folder = tmp_path / "languages"
    folder.mkdir()
    (folder / "de.toml").write_text(GERMAN, encoding="utf-8")
    monkeypatch.setenv("MKTLIB_TABLES", str(tmp_path))
    return folder / "de.toml"


def test_a_third_language_is_one_file(german):
    made = report(plan(), scores(), language="de")
    assert '<html lang="de">' in made.html
    assert made.title == "Summer line: was zu tun ist"
    assert made.sections[0].title == "Der Plan"
    assert "Kurzes Video" in made.html
    assert "<dt>Meinung</dt>" in made.html
    assert "20.000\u00a0€" in made.html
    assert "5. Oktober 2026" in made.html
    assert "contents to make" in made.html  # what the file lacks stands in English


def test_a_third_language_writes_numbers_in_its_own_way(german):
    assert number(1234567.5, "de", digits=1) == "1.234.567,5"
    assert percent(0.0345, "de") == "3,5\u00a0%"
    assert money(2.5, "EUR", "de") == "2,50\u00a0€"
    assert day("2026-10-01", "de") == "1. Oktober 2026"


def test_what_a_third_language_lacks_is_told(german):
    lacking = missing_phrases("de")
    assert "report.plan.headline" in lacking
    assert "labels.content_type.infographic" in lacking
    assert not {"report.plan.title", "labels.content_type.short_video", "marks.locale"} & set(lacking)
    found = report(scores(), language="de").findings[0]
    assert found.code == "N_UNTRANSLATED"
    assert found.found == str(len(lacking))
    assert not any(report(scores(), language=code).findings for code in LANGUAGES)


def test_the_packaged_languages_lack_nothing_and_no_folder_changes_nothing(monkeypatch, tmp_path):
    assert missing_phrases("fr") == ()
    monkeypatch.setenv("MKTLIB_TABLES", str(tmp_path / "nowhere"))
    assert set(load_tables().languages) == set(LANGUAGES)


@pytest.mark.parametrize(("text", "code"), [("[report\n", "E_TOML"), ('[marks]\nlocale = "xx_YY"\n', "E_OPTION")])
def test_a_language_file_that_cannot_be_used_is_named(german, tmp_path, monkeypatch, text, code):
    other = tmp_path / "other" / "languages"
    other.mkdir(parents=True)
    (other / "zz.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("MKTLIB_TABLES", str(other.parent))
    with pytest.raises(DataError) as error:
        report(scores(), language="zz")
    assert error.value.codes == (code,)


def test_refused_measurement_is_said_once():
    told = [pd.Series({"share": 0.28})["share"], 0.28]
    results = [
        type(r)(**{**vars(r), "facts": {**r.facts, "unmeasured": x}}) for r, x in zip((scores(), ALL["geo_lift"]), told, strict=True)
    ]
    for reader in ("client", "employer", "team"):
        english, french = (" ".join(Texts(report(*results, language=code, reader=reader).html).said) for code in LANGUAGES)
        assert english.count("28% of the visitors refused to be measured") == 1
        assert len(re.findall("28\u202f% des visiteurs ont refusé d’être mesurés", french)) == 1
    assert "refused to be measured" not in report(scores(), language="en").html


def test_a_heatmap_is_read_down_the_column_of_one_segment():
    assert "down a column" in how_to_read("heatmap_segments", "en")
    assert "même colonne" in how_to_read("heatmap_segments", "fr")
    for kind in ("week", "heatmap"):
        assert not any(word in how_to_read(kind, code) for code, word in (("en", "people"), ("fr", "personnes")))
