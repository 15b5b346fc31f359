"""Listings: every row of the checks by its own examples, rooms counted to the last sign, planted faults found, good listings left alone."""

from __future__ import annotations

import json
import pickle
import string
import struct
import unicodedata
from collections.abc import Mapping

import pandas as pd
import pytest

import mktlib as mk
from mktlib.errors import DataError
from mktlib.mobile.listing import keywords as kw
from mktlib.mobile.listing.rooms import picture_size, size_of
from mktlib.simulate import listings, sample_path
from mktlib.vocabulary import load_tables, retell

TABLES = load_tables()
ROWS = [code for code, row in TABLES.checks.items() if row["about"] == "listing"]
GOOGLE = {"title": "Solène Try-On", "short_description": "See which frames suit you.", "full_description": "Hold up your phone."}
APPLE = {"name": "Solène Try-On", "description": "Hold up your phone."}


def plain(x):
    if isinstance(x, Mapping):
        return {k: plain(v) for k, v in x.items()}
    return [plain(v) for v in x] if isinstance(x, tuple) else x


def checked(code, side, reader="en"):
    case = plain(TABLES.checks[code][side])
    listing, store = case.pop("listing"), case.pop("store")
    if "wanted" in case:
        case["keywords"] = case.pop("wanted")
    return [f for f in mk.check_listing(listing, store, reader=reader, **case) if f.code == code]


def codes(listing, store="google_play", **options):
    return [f.code for f in mk.check_listing(listing, store, reader="en", **options)]


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize("code", ROWS)
def test_a_row_finds_its_bad_example_and_leaves_its_good_one(code):
    assert checked(code, "bad")
    assert not checked(code, "good")


@pytest.mark.parametrize("code", ROWS)
def test_a_row_speaks_both_languages_with_nothing_left_out(code):
    english, french = (checked(code, "bad", reader)[0] for reader in ("en", "fr"))
    for said in (english, french):
        assert "?" not in said.text.replace("?)", "").replace("; ! ?", "")  # an unfilled field is a question mark
        assert "{" not in said.text
    assert retell(english, "fr").text == french.text != english.text
    fields = [
        {n for _, n, _, _ in string.Formatter().parse(TABLES.checks[code][part][c]) if n} for part in ("says", "hint") for c in ("en", "fr")
    ]
    assert fields[0] == fields[1]
    assert fields[2] == fields[3]


def test_no_limit_that_is_not_confirmed_is_an_error():
    for store, row in TABLES.stores.items():
        for key, field in row["fields"].items():
            assert field["source"]
            assert field["year"] <= 2026
            if field["conf"] == "K" and field.get("most") and field.get("kind") in ("text", "keywords"):
                value = "mot " * (field["most"] + 1)
                found = [f for f in mk.check_listing({key: value}, store, reader="en") if f.column == key and "LONG" in f.code]
                assert [f.level for f in found] == ["warning"], (store, key)
                assert "not confirmed" in found[0].text


# ---------------------------------------------------------------- rooms


LIMITS = [
    (store, key, row["most"], row["unit"])
    for store, one in TABLES.stores.items()
    for key, row in one["fields"].items()
    if row.get("most") and row.get("kind") == "text"
]


@pytest.mark.parametrize(("store", "key", "most", "unit"), LIMITS, ids=lambda x: str(x))
def test_a_text_that_just_fits_fits_and_one_sign_more_does_not(store, key, most, unit):
    sign = "é" if unit == "chars" else "a"
    for extra in (0, 1):
        found = [f for f in mk.check_listing({key: sign * (most + extra)}, store, reader="en") if f.column == key]
        assert any("LONG" in f.code for f in found) == bool(extra)


def test_the_keyword_field_counts_bytes_and_says_that_sources_disagree():
    fits, over = "é" * 50, "é" * 50 + "a"
    assert not {"LISTING_BYTES", "LISTING_TOO_LONG"} & set(codes({**APPLE, "keywords": fits}, "app_store"))
    assert "LISTING_BYTES" in codes({**APPLE, "keywords": over}, "app_store")
    (long,) = (f for f in mk.check_listing({**APPLE, "keywords": "a" * 101}, "app_store", reader="en") if f.code == "LISTING_TOO_LONG")
    assert (long.level, long.values["amount"], long.values["limit_conf"]) == ("error", 101, "S")


COUNTED = [("été", 3, 5), (unicodedata.normalize("NFD", "été"), 3, 5), ("👨‍👩‍👧", 5, 18), ("🇫🇷", 2, 8), ("a\r\nb", 4, 4), ("", 0, 0)]


@pytest.mark.parametrize(("text", "chars", "size"), COUNTED)
def test_characters_are_code_points_after_nfc_and_bytes_are_utf8(text, chars, size):
    assert size_of(text, "chars") == chars
    assert size_of(text, "bytes") == size


def test_images_are_measured_in_files_and_never_outside_the_folder(tmp_path):
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 512, 512) + bytes(20)
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08" + struct.pack(">HH", 1920, 1080) + bytes(20)
    assert picture_size(jpeg) == {"width": 1080, "height": 1920, "format": "jpeg"}
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "icon.png").write_bytes(png)
    (tmp_path / "secret.png").write_bytes(png)
    (tmp_path / "app" / "broken.png").write_bytes(b"not a picture")
    for icon, code in (("icon.png", None), ("../secret.png", "LISTING_IMAGE_UNREAD"), ("broken.png", "LISTING_IMAGE_UNREAD")):
        path = tmp_path / "app" / "listing.json"
        path.write_text(json.dumps({**GOOGLE, "icon": icon}), encoding="utf-8")
        found = [f.code for f in mk.check_listing(path, "google_play", reader="en") if f.column == "icon"]
        assert found == ([code] if code else [])


# ---------------------------------------------------------------- samples


@pytest.mark.parametrize("store", ["google_play", "app_store"])
def test_nothing_is_found_in_the_good_sample(store):
    assert mk.check_listing(sample_path(f"listings/{store}.toml"), store, locales=["en", "fr"]) == []


def test_every_planted_fault_is_found_where_it_is_and_no_other():
    found = mk.check_listing(sample_path("listings/google_play_planted.toml"), "google_play", keywords=[])
    seen: dict[str, list[str]] = {}
    for one in found:
        seen.setdefault(str(one.column), []).append(one.code)
    assert {k: sorted(v) for k, v in seen.items()} == mk.load_truth()["planted"]["listing"] == dict(listings.TRUTH)


def test_the_shapes_a_listing_may_have_say_the_same():
    bad = {**GOOGLE, "title": "Best of all"}
    frame = pd.DataFrame([bad])
    for given in (
        bad,
        frame.iloc[0],
        frame,
        {**bad, "Titre": "x"} if False else {"Title": bad["title"], **{k: v for k, v in bad.items() if k != "title"}},
    ):
        assert codes(given) == ["LISTING_TITLE_RANK"]
    two = pd.DataFrame(
        [{"locale": "en", **bad}, {"locale": "fr", **GOOGLE, "short_description": "Voyez.", "full_description": "Tenez-le."}]
    )
    assert [f.column for f in mk.check_listing(two, "google_play", reader="en")] == ["locales.en.title"]
    polars = pytest.importorskip("polars")
    assert codes(polars.from_pandas(frame)) == ["LISTING_TITLE_RANK"]


def test_the_tone_is_that_of_check_text():
    loud = {**GOOGLE, "full_description": "Hurry! We will win. Buy now!!!"}
    found = {f.code: f for f in mk.check_listing(loud, "google_play", style="legal_formal", reader="fr")}
    assert found["STYLE_EXCLAMATION"].column == "full_description"
    assert "STYLE_EXCLAMATION" not in codes(loud)


# ---------------------------------------------------------------- words


SAME_WORD = [
    ("en", "frames", "frame", True), ("en", "glasses", "glass", True), ("en", "cities", "city", True), ("en", "lens", "lenses", True),
    ("en", "bus", "bu", False), ("en", "mice", "mouse", False), ("fr", "lunettes", "lunette", True), ("fr", "journaux", "journal", True),
    ("fr", "bijoux", "bijou", True), ("fr", "chapeaux", "chapeau", True), ("fr", "yeux", "œil", False), ("fr", "été", "ete", True),
    ("fr", "l’essai", "essai", True), ("fr", "d'essai", "essais", True), ("en", "face's", "face", True),
]  # fmt: skip


@pytest.mark.parametrize(("language", "one", "other", "same"), SAME_WORD)
def test_plurals_accents_and_elisions(language, one, other, same):
    assert (kw.wanted_words(one, language) == kw.wanted_words(other, language)) is same


def test_coverage_says_where_each_word_stands():
    listing = {
        "name": "Essai de lunettes",
        "subtitle": "Montures d’été",
        "keywords": "miroir,visage",
        "description": "La caméra voit tout.",
    }
    wanted = ["lunette", "essai monture", "visage ete", "camera", "soleil", "monture soleil"]
    got = mk.listing_keywords(listing, "app_store", keywords=wanted, language="fr")
    assert got.searches["verdict"].tolist() == ["whole", "across", "across", "unsearched", "absent", "absent"]
    assert got.searches["missing"].tolist() == ["", "", "", "camera", "soleil", "soleil"]
    cell = got.table.set_index(["search", "field"]).loc[("monture soleil", "subtitle")]
    assert (cell["found"], cell["words"], cell["share"], cell["searched"]) == (1, 2, 0.5, True)
    assert not got.table.set_index("field").loc["description", "searched"].any()


def test_wasted_words_name_their_cost():
    listing = {**APPLE, "name": "Solène frames", "keywords": "frame, été,étés,solene,the"}
    found = {f.code: f for f in reversed(mk.check_listing(listing, "app_store", brand="Solène", reader="en"))}
    assert "6 bytes" in found["LISTING_KEYWORD_REPEATED"].text
    assert found["LISTING_KEYWORD_PLURAL"].values["other"] == "étés"
    assert "1 byte " in found["LISTING_KEYWORD_SPACE"].text


# ---------------------------------------------------------------- what is no listing


WRONG = [
    (dict(listing=3), "E_LISTING_SHAPE"),
    (dict(listing="nowhere.toml"), "E_LISTING_FILE"),
    (dict(listing={"locales": 3}), "E_LISTING_SHAPE"),
    (dict(listing=pd.DataFrame({"title": ["a", "b"]})), "E_LISTING_ROWS"),
    (dict(listing=pd.DataFrame({"title": []})), "E_LISTING_ROWS"),
    (dict(store="google"), "E_OPTION"),
    (dict(store=None), "E_OPTION"),
    (dict(language="de"), "E_OPTION"),
    (dict(keywords="one"), "E_OPTION"),
    (dict(keywords={"en": [1]}), "E_OPTION"),
    (dict(style="loud"), "E_OPTION"),
    (dict(reader="de"), "E_OPTION"),
    (dict(tables=3), "E_OPTION"),
    (dict(competitors="x"), "E_OPTION"),
]


@pytest.mark.parametrize(("options", "code"), WRONG, ids=lambda x: str(x)[:40])
def test_what_cannot_be_checked_is_refused_in_words(options, code):
    call = {"listing": GOOGLE, "store": "google_play"} | options
    with pytest.raises(DataError) as raised:
        mk.check_listing(call.pop("listing"), call.pop("store"), **call)
    assert code in raised.value.codes


def test_all_wrong_options_are_said_at_once():
    with pytest.raises(DataError) as raised:
        mk.check_listing(GOOGLE, "gogle_play", style="loud", keywords="one")
    assert [f.column for f in raised.value.findings] == ["store", "style", "keywords"]
    assert raised.value.findings[0].hint == "google_play"


HOSTILE = [
    "\u202egnirts",
    "<script>alert(1)</script>",
    "{0.__class__}",
    "\ud800",
    "a\x00b",
    "é" * 200_000,
    "!" * 50_000,
    ",a" * 50_000,
    "$\\frac{$",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda x: repr(x[:12]))
@pytest.mark.parametrize("store", list(TABLES.stores))
def test_hostile_texts_are_checked_like_any_other(text, store):
    names = {key: text for key, row in TABLES.stores[store]["fields"].items() if row.get("kind") in ("text", "keywords")}
    found = mk.check_listing(names, store, keywords=[text[:50], "frames"], competitors=[text[:50]], brand=text[:50], language="fr")
    assert found
    assert all("\u202e" not in f.text and "\x00" not in f.text and "\ud800" not in f.text for f in found)


BLANKS = [None, float("nan"), pd.NA, "", " \u00a0", [], {}]


@pytest.mark.parametrize("blank", BLANKS, ids=lambda x: repr(x))
def test_a_blank_is_no_text(blank):
    assert codes({**GOOGLE, "release_notes": blank, "icon": blank}) == []
    assert codes({**GOOGLE, "title": blank}) == ["LISTING_FIELD_MISSING"]


def test_a_company_may_add_its_own_store_and_its_own_words(tmp_path):
    own = tmp_path / "ours.toml"
    own.write_text(
        '[stores.ours]\nlabel = { en = "Ours", fr = "Le nôtre" }\n[stores.ours.fields.title]\nlabel = { en = "title", fr = "titre" }\n'
        'kind = "text"\nunit = "chars"\nmost = 5\nsource = "our shop"\nyear = 2026\nconf = "V"\n'
        "[stores.google_play.fields.title]\nmost = 12\n"
        '[checks.LISTING_TITLE_RANK.words]\nen = ["solène"]\n',
        encoding="utf-8",
    )
    tables = mk.load_tables(own)
    assert codes({"title": "too long"}, "ours", tables=tables) == ["LISTING_TOO_LONG"]
    assert codes(GOOGLE, tables=tables) == ["LISTING_TOO_LONG", "LISTING_TITLE_RANK"]
    own.write_text('[stores.ours]\nlabel = { en = "Ours", fr = "X" }\n[stores.ours.fields]\ntitle = { most = "5" }\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"stores\.ours\.fields"):
        mk.load_tables(own)


def test_findings_are_plain_and_told_again(tmp_path):
    (one,) = mk.check_listing({**GOOGLE, "title": "Best"}, "google_play", reader="en")
    assert pickle.loads(pickle.dumps(one)) == one
    assert retell(retell(one, "fr"), "en").text == one.text


def test_many_locales_and_half_characters_are_read():
    mine = {"title": "Solène", "short_description": "See it.", "full_description": "Hold up your phone and look."}
    many = {
        "title": "Shared",
        "locales": {f"x{i}": {k: v for k, v in mine.items() if k != "title"} for i in range(300)} | {"en\ud800": mine},
    }
    assert mk.listing_keywords(many, "google_play", keywords=["phone"]).facts["searches"] == 301
    own = mk.listing_keywords(many, "google_play", keywords={"en\ud800": ["solène \ud800look"]})
    assert own.searches["locale"].tolist() == ["en?"]
    assert own.searches["verdict"].tolist() == ["across"]
    assert not [f for f in mk.check_listing(many, "google_play", locales=None) if f.code == "LISTING_FIELD_MISSING"]
