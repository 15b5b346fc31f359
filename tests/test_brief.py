"""The brief: as a template, as a form, in two languages; its mistakes told at once."""

from __future__ import annotations

import copy
import datetime as dt
import io
import itertools
import math
import pathlib
import re
import zipfile
from dataclasses import replace

import pytest
from briefed import brief_of, scores_for
from openpyxl import load_workbook

from mktlib.__main__ import main
from mktlib.errors import DataError
from mktlib.planning import brief_from_text, brief_template, layout, plan_campaign, read_brief, write_form
from mktlib.planning.brief import Brief
from mktlib.planning.entries import entries
from mktlib.planning.filled import Filled
from mktlib.planning.form import form
from mktlib.planning.layout import sheets, typed_word, vocabulary
from mktlib.planning.reading import _checked
from mktlib.planning.template import literal
from mktlib.results import CELL
from mktlib.simulate import sample_path
from mktlib.vocabulary import TABLES, finding, load_tables, lookup, phrase, retell

LANGUAGES = ("en", "fr")
SAMPLES = ("sunglasses", "law_firm", "drive_in")
OFF = re.compile(r"(?m)^#(?=[\[a-z])")
"""What switches a line of the template off."""


# ---------------------------------------------------------------- the template


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_is_a_brief_that_can_be_planned(language):
    brief = brief_from_text(brief_template(language))
    assert brief.language == language
    made = plan_campaign(scores_for(brief), brief, keep=40)
    assert made.check().empty
    assert (made.items["status"] == "make").sum() >= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_that_is_switched_off_can_be_switched_on(language):
    brief = brief_from_text(OFF.sub("", brief_template(language)))
    assert brief.mutes
    assert brief.places
    assert brief.segments[next(iter(brief.segments))].consent_date


def _in_template(text: str) -> set[tuple[str, str]]:
    """(table, entry) of every line, switched on or off."""
    found, table = set(), ""
    for line in OFF.sub("", text).splitlines():
        if head := re.match(r"\[\[?([a-z_]+)", line):
            table = head[1]
            found.add(("", table))
        elif entry := re.match(r"([a-z_]+) = ", line):
            found.add((table, entry[1]))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_has_every_entry_of_the_schema_and_says_what_it_is(language):
    shown, text = _in_template(brief_template(language)), " ".join(re.sub(r"(?m)^# ", "", brief_template(language)).split())
    for outer in entries(Brief):
        inner = list(entries(outer.model)) if outer.model else []
        assert ("", outer.name) in shown
        for entry in inner:
            assert (outer.name, entry.name) in shown, f"{outer.name}.{entry.name}"
        for entry in [e for e in (outer, *inner) if not e.model]:
            word, colon = lookup("brief.form.default", language), lookup("brief.form.colon", language)
            nothing = lookup("brief.form.required" if entry.required else "brief.form.nothing", language)
            default = nothing if entry.default in (None, "", [], {}) else literal(entry.default)
            unit = f"{lookup('brief.form.unit', language)}{colon}{entry.said('unit', language)}. {word}{colon}{default}."
            says, unit = (" ".join(said.split()) for said in (entry.said("says", language), unit))
            assert f"{says}. {unit}" in text or f"{says[:1].lower()}{says[1:]}. {unit}" in text, entry.name


def test_every_entry_has_its_words_in_both_languages():
    missing = []
    for language in LANGUAGES:
        for outer in entries(Brief):
            for entry in (outer, *(entries(outer.model) if outer.model else ())):
                path = f"brief.{entry.section}.{entry.name}"
                missing += [f"{language} {path}.{what}" for what in ("label", "says", "unit") if not lookup(f"{path}.{what}", language)]
    assert missing == []


def test_a_new_entry_of_the_schema_cannot_be_left_out_of_the_template(monkeypatch):
    """The test above can fail: an entry that only the schema knows is asked for."""
    shown = _in_template(brief_template("en").replace("complaint_rate = 0.0", ""))
    assert ("sending", "complaint_rate") not in shown
    assert ("sending", "authenticated") in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_writes_the_template_as_text_or_as_a_form(tmp_path, language, capfdbinary):
    assert main(["brief", "--language", language]) == 0
    (tmp_path / "my.toml").write_bytes(capfdbinary.readouterr().out)
    assert main(["brief", "--language", language, "--out", str(tmp_path / "same.toml")]) == 0
    assert main(["brief", "--language", language, "--xlsx", str(tmp_path / "form.xlsx")]) == 0
    briefs = [read_brief(tmp_path / name) for name in ("my.toml", "same.toml", "form.xlsx")]
    assert briefs[0] == briefs[1] == briefs[2] == brief_from_text(brief_template(language))
    (tmp_path / "utf16.toml").write_bytes(brief_template(language).encode("utf-16"))  # what > writes in an old PowerShell
    assert read_brief(tmp_path / "utf16.toml") == briefs[0]


def test_a_form_is_filled_from_a_brief_and_text_is_not(tmp_path, capsys):
    given = str(sample_path("briefs/drive_in.toml"))
    assert main(["brief", "--brief", given, "--xlsx", str(tmp_path / "form.xlsx"), "--language", "fr"]) == 0
    assert read_brief(tmp_path / "form.xlsx") == read_brief(given)
    assert main(["brief", "--brief", given]) == 1
    assert "--xlsx" in capsys.readouterr().err


# ---------------------------------------------------------------- the samples


@pytest.mark.parametrize("name", SAMPLES)
def test_each_sample_brief_has_a_french_twin(name):
    english, french = (sample_path(f"briefs/{name}{end}") for end in (".toml", ".fr.toml"))
    one, other = read_brief(english), read_brief(french)
    assert other.language == "fr"

    def bare(brief: Brief) -> dict:
        raw = brief.model_dump()
        for row in (raw, *raw["fixed_dates"], *raw["mutes"]):
            row.pop("name")
        return {**raw, "language": ""}

    assert bare(one) == bare(other)
    comments = [line for line in french.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert comments
    assert not set(comments) & set(english.read_text(encoding="utf-8").splitlines())


FULL = {
    "name": "=1+1", "language": "fr", "currency": "USD", "first_day": dt.date(2026, 10, 5), "last_day": dt.date(2026, 11, 15),
    "budget": 12345.67, "objective": {"metric": "click_rate", "value": {"decision": 1.25, "awareness": 0.5}},
    "brand": {"allowed": ["playful", "our own"], "forbidden": ["edgy"]},
    "segments": {
        "parents": {"size": 10_000, "reach": 0.5, "consent": {"email": 0.1, "push": 0.02}, "cap_per_week": 1, "cap_per_month": 2,
                    "consent_date": dt.date(2026, 1, 31), "inactive_months": 24, "hours": {"email": 9, "push": 0}},
        "drivers": {"size": 20_000, "consent": 0.125}, "007": {},
    },
    "stages": {"decision": 0.25, "awareness": 0.0}, "lengths": ["short", "medium"], "saturation": 3.5, "test_share": 0.05, "risk": 0.5,
    "wear": 0.0,
    "channels": {"email": {"price": 0.01, "unit": "delivered", "minimum": 1.0, "maximum": 500.0, "quantity": 10.5, "per_week": 1},
                 "organic_social": {"price": 1.0}, "local": {}, "our screens": {"price": 4.0, "unit": "thousand_impressions"}},
    "presence": {"email": 1, "instagram": 2}, "flows": {"welcome": 0.04, "win_back": 0.5},
    "sending": {"authenticated": False, "one_click_unsubscribe": True, "complaint_rate": 0.0005},
    "places": {"shop": {"share": {"parents": 0.5, "drivers": 0.25}, "channels": ["local"]},
               "stand": {"share": 0.1, "channels": ["local", "email"]}},
    "production": {"default": {"cost": 1.0, "days": 0.5, "most": 0, "owner": "Zoé"}, "short_video": {}},
    "team": {"days_per_week": 1.5, "days_before": 2.0, "owner": "Ana"},
    "fixed_dates": [{"name": "Noël", "day": dt.date(2026, 10, 6), "segment": "parents", "stage": "decision", "content_type": "carousel",
                     "style": "playful", "length": "short", "channel": "email"}, {"day": dt.date(2026, 10, 7)}],
    "mutes": [{"name": "m", "first_day": dt.date(2026, 10, 6), "last_day": dt.date(2026, 10, 8), "segment": "parents", "channel": "email"}],
    "must_have": [{"least": 2, "stage": "decision"}, {"channel": "email"}],
    "exclude": [{"style": "luxury", "segment": "007"}], "topics": {"prices": {"content_type": "carousel", "style": "promotional"}, "x": {}},
}  # fmt: skip
"""A brief that uses every entry."""


def test_the_whole_brief_uses_every_entry():
    brief = brief_of(FULL)
    for outer in entries(Brief):
        rows = FULL[outer.name]
        rows = [rows] if outer.shape == "model" else list(rows.values()) if outer.shape == "models" else rows
        used = {key for row in rows for key in row} if outer.model else set()
        assert {e.name for e in entries(outer.model)} - used <= ({"content_type", "length"} | set(CELL)) if outer.model else True
    assert brief.weeks == 6


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [*SAMPLES, "whole"])
def test_a_brief_goes_into_a_form_and_comes_back_the_same(name, language, tmp_path):
    brief = brief_of(FULL) if name == "whole" else read_brief(sample_path(f"briefs/{name}.toml"))
    path = write_form(brief, tmp_path / "form.xlsx", language=language)
    assert read_brief(path) == brief
    assert path.read_bytes() == form(brief, language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_has_typed_cells_words_to_choose_from_and_no_formula(language):
    book = load_workbook(io.BytesIO(form(brief_of(FULL), language=language)))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert {c.data_type for c in cells} == {"s", "n", "d"}
    tabs = [lookup(f"brief.sheet.{page.name}", language) for page in sheets(language)]
    assert book.sheetnames == [*tabs, lookup("brief.sheet.words", language)]
    chosen = [rule for sheet in book for rule in sheet.data_validations.dataValidation]
    assert len(chosen) >= 18
    for rule in chosen:  # each list lies where the rule says, and holds words
        sheet, area = rule.formula1.replace("'", "").split("!")
        words = [row[0].value for row in book[sheet][area.replace("$", "")]]
        assert words[0]
    assert all(column.says in {c.value for c in cells} for page in sheets(language) for column in page.columns if column.path)


@pytest.mark.parametrize(
    "words", ["stages", "styles", "lengths", "content_types", "channels", "networks", "metrics", "units", "kinds", "flags"]
)
def test_a_label_of_either_language_means_its_key(words):
    for language in LANGUAGES:
        for key, label in vocabulary(words, language).items():
            assert typed_word(label, words) == typed_word(key, words) == key


def test_no_two_columns_of_a_sheet_share_a_heading():
    pages = [dict(zip((p.name for p in sheets(code)), sheets(code), strict=True)) for code in LANGUAGES]
    for name in pages[0]:
        meant: dict[str, set] = {}
        for page in pages:
            for column in page[name].columns:
                meant.setdefault(column.label.casefold(), set()).add(column.path)
        assert all(len(paths) == 1 for paths in meant.values()), name


# ---------------------------------------------------------------- mistakes of a form


def changed(data: bytes, cells: dict[str, object], drop: str = "") -> bytes:
    """A form in which somebody typed something else."""
    book = load_workbook(io.BytesIO(data))
    for place, value in cells.items():
        sheet, cell = place.split("!")
        book[sheet][cell] = value
    if drop:
        del book[drop]
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def refused(tmp_path, data: bytes) -> list:
    path = tmp_path / "form.xlsx"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_brief(path)
    assert all(f.file == "form.xlsx" for f in caught.value.findings)
    return list(caught.value.findings)


WRONG_CELLS = {
    "Général!B7": ("beaucoup", "E_BRIEF_VALUE"), "Général!B5": ("5 octobre", "E_BRIEF_VALUE"),
    "Général!A9": ("Par de test", "E_BRIEF_UNKNOWN"),
    "Segments!B3": (1.5, "E_BRIEF_VALUE"), "Segments!C3": (-1, "E_BRIEF_VALUE"), "Segments!A4": ("parents", "E_FORM_TWICE"),
    "Canaux!A4": ("organic_socail", "E_BRIEF_WORD"), "Canaux!C5": ("un kilo", "E_BRIEF_VALUE"), "Dates!A3": ("Fête", "E_BRIEF_WORD"),
    "Dates!E5": (dt.date(2026, 10, 1), "E_BRIEF_ORDER"), "Dates!G5": ("Notoriété", "E_BRIEF_UNKNOWN"),
    "Souhaits!C3": ("parent", "E_BRIEF_WORD"), "Souhaits!A4": (None, "E_BRIEF_MISSING"), "Production!F1": ("Couleur", "E_BRIEF_UNKNOWN"),
    "Présence!B3": (0, "E_BRIEF_VALUE"),
}  # fmt: skip


def test_every_mistake_of_a_form_is_told_at_once_by_sheet_and_cell(tmp_path):
    cells = {place: value for place, (value, _) in WRONG_CELLS.items()} | {"Production!F3": "rouge"}
    found = refused(tmp_path, changed(form(brief_of(FULL), language="fr"), cells))
    told = {(f.column, f.code) for f in found}
    assert {(place, code) for place, (_, code) in WRONG_CELLS.items()} <= told
    by_place = {f.column: f for f in found}
    assert by_place["Canaux!A4"].hint == "Social organique"
    assert "Référencement naturel (SEO), " in by_place["Canaux!A4"].expected
    assert "E-mail" in by_place["Canaux!A4"].expected
    assert by_place["Dates!A3"].expected == "Date imposée, Silence"
    assert by_place["Canaux!C5"].expected.endswith("mille impressions, un clic, un message, rien")
    assert by_place["Général!A9"].hint == "Part de test"
    assert by_place["Général!B7"].text.startswith("form.xlsx, Général!B7\u00a0: 'beaucoup' ne peut pas servir ici")
    assert "cellule au format date" in by_place["Général!B5"].text
    assert "expected" not in retell(by_place["Général!B7"], "en").text


def test_an_empty_budget_is_asked_for_in_its_cell(tmp_path):
    found = refused(tmp_path, changed(form(brief_of(FULL), language="en"), {"General!B7": None}))
    assert [(f.column, f.code) for f in found] == [("General!B7", "E_BRIEF_MISSING")]


def test_a_sheet_that_is_missing_is_named_and_notes_are_left_alone(tmp_path):
    found = refused(tmp_path, changed(form(brief_of(FULL), language="fr"), {}, drop="Segments"))
    assert [(f.code, f.found) for f in found] == [("E_FORM_SHEET", "Segments")]
    book = load_workbook(io.BytesIO(form(brief_of(FULL), language="fr")))
    book.create_sheet("Mes notes")["A1"] = "à relire"
    book.save(tmp_path / "noted.xlsx")
    assert read_brief(tmp_path / "noted.xlsx") == brief_of(FULL)


def filled_in(tmp_path, cells: dict[str, object]) -> Brief:
    path = tmp_path / "form.xlsx"
    path.write_bytes(changed(form(brief_from_text(brief_template("fr")), language="fr"), cells))
    return read_brief(path)


@pytest.mark.parametrize("typed", [
    "Provocateur, Ludique / humoristique", "provocateur ;LUDIQUE / humoristique", "edgy\nplayful", "Provocative,playful,",
    '"edgy"; Ludique / humoristique',
])  # fmt: skip
def test_a_list_is_split_at_commas_semicolons_and_lines(tmp_path, typed):
    assert filled_in(tmp_path, {"Général!B16": typed}).brand.forbidden == ["edgy", "playful"]


def test_a_label_with_a_comma_is_one_word(monkeypatch):
    monkeypatch.setattr(layout, "_known", lambda words: {"loud, bright": "loud", "loud": "loud", "calm": "calm"})
    assert layout.parts("calm, Loud, bright, new; Loud", "styles") == ["calm", "Loud, bright", "new", "Loud"]
    assert layout.parts('"a; b, c", calm', "styles") == ['"a; b, c"', "calm"]
    assert layout.parts('"a, b', "styles") == ['"a', "b"]


@pytest.mark.parametrize(("cell", "typed", "hint"), [
    ("Général!B16", "Provocateur, ludiqe", "Ludique / humoristique"), ("Général!B16", "Ludique", "Ludique / humoristique"),
    ("Production!A4", "Video courte", "Vidéo courte verticale"), ("Étapes!A4", "Interets", "Intérêt"),
    ("Canaux!A5", "courrier", None), ("Général!B13", "taux de clic", "Taux de clics"), ("Général!B3", "allemand", None),
])  # fmt: skip
def test_a_word_of_a_form_that_is_not_known_is_told_with_the_nearest_label(tmp_path, cell, typed, hint):
    with pytest.raises(DataError) as caught:
        filled_in(tmp_path, {cell: typed})
    assert [(f.code, f.column, f.hint) for f in caught.value.findings] == [("E_BRIEF_WORD", cell, hint)]
    assert "_" not in caught.value.findings[0].text


def test_words_of_ones_own_may_be_typed_and_come_back(tmp_path):
    brief = filled_in(tmp_path, {"Général!B15": "Narratif; « ludique »; Drole", "Production!A4": "hologramme", "Production!A5": '"Vidéo"'})
    assert brief.brand.allowed == ["storytelling", "ludique", "Drole"]
    assert set(brief.production) == {"default", "hologramme", "Vidéo", "promo_email"}
    own = brief_of({
        **FULL, "brand": {"allowed": ["ludique", "a, b; c", 'say "so"', '"', "“x”", "playful"]}, "stages": {"awaken": 0.1, "decision": 0.2},
        "segments": {"007": {"consent": {"our mail": 0.5}}, "parents": {}, "drivers": {}},
        "exclude": [{"style": "none"}, {"style": "Luxe"}],
        "channels": {**FULL["channels"], "e-mails": {"unit": "delivered"}, "our mail": {"unit": "delivered"}},
    })  # fmt: skip
    for language in LANGUAGES:
        assert read_brief(write_form(own, tmp_path / "own.xlsx", language=language)) == own


@pytest.mark.parametrize("name", ["hillstrom", "facebook_metrics"])
def test_a_brief_of_another_vocabulary_goes_into_a_form_and_back(tmp_path, name):
    maps = pathlib.Path(__file__).parents[1] / "data" / "maps"
    tables = load_tables()
    own = {"engaged_of_reach": tables.metrics["click_rate"]} if name == "facebook_metrics" else {}
    tables = replace(tables, metrics={**tables.metrics, **own})
    brief = read_brief(maps / f"{name}.brief.toml", tables=tables)
    for language in LANGUAGES:
        assert read_brief(write_form(brief, tmp_path / "form.xlsx", language=language), tables=tables) == brief


@pytest.mark.parametrize(("cell", "typed", "read"), [
    ("B7", "2500 €", 2500), ("B7", "2 500,50 €", 2500.5), ("B7", "€ 2500.50", 2500.5), ("B7", "2500 EUR", 2500), ("B9", "30 %", 0.3),
    ("B9", "30%", 0.3),
])  # fmt: skip
def test_amounts_and_shares_are_read_as_people_type_them(tmp_path, cell, typed, read):
    brief = filled_in(tmp_path, {f"Général!{cell}": typed})
    assert (brief.budget if cell == "B7" else brief.test_share) == read


def test_a_form_says_what_to_type_into_the_cell(tmp_path):
    with pytest.raises(DataError) as caught:
        filled_in(tmp_path, {"Général!B3": None, "Général!B5": None, "Général!B7": None, "Général!B9": 30, "Dates!A3": "Silence",
                             "Dates!C3": dt.date(2026, 10, 7), "Dates!D3": dt.date(2026, 10, 7)})  # fmt: skip
    found = {f.column: f for f in caught.value.findings}
    hints = {"B5": "2026-10-05", "B7": "40000", "B9": "0,3"}
    assert {cell: found[f"Général!{cell}"].hint for cell in hints} == hints
    assert "Tapez : 40000" in " ".join(found["Général!B7"].text.split())
    assert found["Dates!C3"].found == "Jour"
    assert "Premier jour" in found["Dates!C3"].expected
    assert found["Dates!E3"].code == "E_BRIEF_MISSING"
    with pytest.raises(DataError) as caught:
        filled_in(tmp_path, {f"Canaux!{c}{row}": None for c in "ABCDEFG" for row in (3, 4, 5)})
    assert [(f.column, f.hint) for f in caught.value.findings] == [("Canaux!A3", "Social payant")]


def test_the_days_of_the_other_kind_of_date_are_not_asked_for(tmp_path):
    page = next(p for p in sheets("fr") if p.name == "dates")
    only = {c.label: c.says.rpartition("Ne vaut que pour")[2] for c in page.columns if "Ne vaut que pour" in c.says}
    assert {label: only[label].strip(" :.\u00a0\u202f") for label in ("Jour", "Premier jour", "Dernier jour")} == {
        "Jour": "Date imposée", "Premier jour": "Silence", "Dernier jour": "Silence",
    }  # fmt: skip
    assert "Nom" not in only
    brief = filled_in(tmp_path, {"Dates!A3": "Date imposée", "Dates!C3": dt.date(2026, 10, 7), "Dates!A5": "silence",
                                 "Dates!D5": dt.date(2026, 10, 8), "Dates!E5": dt.date(2026, 10, 8)})  # fmt: skip
    assert (len(brief.fixed_dates), len(brief.mutes)) == (1, 1)


@pytest.mark.parametrize(("language", "words"), [("en", "at most three times"), ("fr", "trois fois au plus")])
def test_the_wear_says_how_often_a_piece_is_shown(language, words):
    assert words in lookup("brief.general.wear.says", language)
    assert words in " ".join(brief_template(language).replace("\n# ", " ").split())


def test_french_sentences_name_axes_by_their_labels_and_use_one_apostrophe():
    told = finding("E_SIMPSON", "fr", column="style", found="a", other="b", factor="content_type").text
    assert "à type de contenu identique" in told
    span = phrase("report.span", "fr", low="884 €", high="2 031 €")
    said = phrase("report.plan.expected", "fr", span=span, sure="9 chances sur 10", value="1 400 €")
    assert said.startswith("Il devrait rapporter de 884 € à 2 031 € (9 chances sur 10)")
    less = finding("E_PLAN_LESS", "fr", found="5", needed="3", scope="email").text
    assert " ".join(less.split()) == "5 dépasse ce qui est possible (email) : 3 au plus. Tapez 3."
    text = (TABLES / "languages" / "fr.toml").read_text(encoding="utf-8")
    assert re.findall(r"\w'\w", text) == []
    assert "Saisissez" not in text


def test_one_share_and_a_share_for_each_channel_cannot_both_hold(tmp_path):
    found = refused(tmp_path, changed(form(brief_of(FULL), language="en"), {"Segments!D3": 0.5}))
    assert {f.code for f in found} == {"E_FORM_TWICE"}
    assert all(f.column.startswith("Segments!") for f in found)


def test_numbers_and_columns_as_people_leave_them_are_read(tmp_path):
    """Numbers typed as text, a share in per cent, the explanations deleted, a column moved, labels in the other language."""
    book = load_workbook(io.BytesIO(form(brief_of(FULL), language="fr")))
    book["Général"]["B7"] = "12 345,67"
    book["Général"]["B9"] = "5 %"
    book["Canaux"].delete_rows(2)
    book["Segments"].move_range("B1:B5", cols=20)
    book["Segments"].delete_cols(2)
    book["Étapes"]["A3"] = "Purchase decision" if "Purchase decision" in vocabulary("stages", "en").values() else "decision"
    book.save(tmp_path / "form.xlsx")
    assert read_brief(tmp_path / "form.xlsx") == brief_of(FULL)


def test_what_is_no_form_is_refused_by_the_reader_of_workbooks(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 50_000_000)
    for data, code in ((b"name = 1", "E_WRONG_FORMAT"), (b"", "E_EMPTY_FILE"), (packed.getvalue(), "E_XLSX_LIMIT")):
        assert [f.code for f in refused(tmp_path, data)] == [code]


# ---------------------------------------------------------------- mistakes of the schema

WRONG = [
    True, "", "x", -1, -1.5, 2.5, math.nan, math.inf, -math.inf, 10**30, [], [1], ["x"], {}, {"x": 1}, {"x": "y"}, [[]], [{}],
    dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.datetime(2026, 1, 1), dt.time(1), "\u202e=1+1",
]  # fmt: skip


def _paths(node, path=()):
    yield path
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _paths(value, (*path, key))


@pytest.mark.parametrize("language", LANGUAGES)
def test_anything_wrong_anywhere_is_told_with_its_path_and_what_to_type(language):
    told = 0
    for path, wrong in itertools.product(list(_paths(FULL))[1:], WRONG):
        raw = copy.deepcopy({**FULL, "language": language})
        node = raw
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = wrong
        try:
            _checked(Filled("brief", raw), None)
        except DataError as error:
            told += 1
            for f in error.findings:
                assert f.column, f
                assert f.found is not None or f.code == "E_BRIEF_MISSING", f
                assert f.expected or f.hint, f
                assert "should" not in f.text, f
                assert "?" not in f.text, f
                assert ("\u00a0: " in f.text) == (language == "fr") or path == ("language",), f
    assert told > 1000


NEW = """
first_day = 2026-10-05
last_day = 2026-11-15
budget = 100
[channels]
email = 0.01
[presence]
emial = 1
tiktok = 1
email = 0
[sending]
authenticated = "yes"
one_click = true
complaint_rate = nan
[segments.parents]
consent_date = 2027-01-01
inactive_months = 0
[places.shop]
share = {parnets = 0.2, parents = -1}
channels = ["local"]
[team]
owner = 3
"""


def test_every_mistake_of_the_new_entries_is_told_at_once():
    with pytest.raises(DataError) as caught:
        brief_from_text(NEW)
    found = {f.column: f for f in caught.value.findings}
    assert {(column, f.code) for column, f in found.items()} == {
        ("presence.emial", "E_BRIEF_NOT_BOUGHT"), ("presence.tiktok", "E_BRIEF_NOT_BOUGHT"), ("presence.email", "E_BRIEF_VALUE"),
        ("sending.authenticated", "E_BRIEF_VALUE"), ("sending.one_click", "E_BRIEF_UNKNOWN"), ("sending.complaint_rate", "E_BRIEF_VALUE"),
        ("segments.parents.consent_date", "E_BRIEF_ORDER"), ("segments.parents.inactive_months", "E_BRIEF_VALUE"),
        ("places.shop.share.parnets", "E_BRIEF_WORD"), ("places.shop.share.parents", "E_BRIEF_VALUE"),
        ("places.shop.channels", "E_BRIEF_NOT_BOUGHT"), ("team.owner", "E_BRIEF_VALUE"),
    }  # fmt: skip
    assert found["presence.emial"].hint == "email"
    assert found["sending.one_click"].hint == "one_click_unsubscribe"
    assert found["places.shop.share.parnets"].hint == "parents"
