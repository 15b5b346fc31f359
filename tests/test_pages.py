"""Pages on a phone, read: every row finds its bad example and leaves its good one, and nothing that is given breaks the check."""

from __future__ import annotations

import random
import struct

import pytest

import mktlib as mk
from mktlib.errors import DataError, MktlibError, SecurityError
from mktlib.mobile.page import check_page, merge
from mktlib.simulate import sample_path
from mktlib.vocabulary import finding, load_tables, retell

TABLES = load_tables()
ROWS = {code: row for code, row in TABLES.checks.items() if row["about"] == "page" and code.startswith("PAGE_")}
PARTS = {
    "viewport": '<meta name="viewport" content="width=device-width, initial-scale=1">',
    "canonical": '<link rel="canonical" href="https://solene.example/frames">',
    "data": '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "WebPage", "name": "Frames"}</script>',
    "graph": "".join(f'<meta property="og:{name}" content="x">' for name in ("title", "type", "image", "url")),
    "head": "",
    "body": "",
    "alone": "<h1>Light sunglasses</h1><p>Frames of 21 grams.</p>",
}


def page_of(part: str, example: str) -> str:
    """The example in its place in a page that is otherwise fine."""
    if part == "page":
        return example
    now = {**PARTS, part: example}
    head = '<meta charset="utf-8"><title>Light sunglasses</title><meta name="description" content="Frames of 21 grams.">'
    head += "".join(now[name] for name in ("viewport", "canonical", "data", "graph", "head"))
    body = now["alone"] if part == "alone" else PARTS["alone"]
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}\n<main>{now["body"]}</main></body></html>'


def picture(width: int, height: int, size: int, name: str) -> bytes:
    """The head of an image and as many bytes as it should weigh."""
    if name.endswith(".webp"):
        head = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    else:
        head = b"\xff\xd8\xff\xe0" + struct.pack(">H", 4) + b"xx" + b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1)
    return head.ljust(size, b"\0")


def codes(found) -> set[str]:
    return {f.code for f in found}


def checked_example(code: str, which: str, folder) -> list:
    row = ROWS[code]
    for name, (width, height, size) in row.get("files", {}).items():
        (folder / name).write_bytes(picture(width, height, size, name))
    (folder / "page.html").write_text(page_of(row["part"], row[which]), encoding="utf-8")
    return check_page(folder / "page.html")


@pytest.mark.parametrize("code", ROWS)
def test_each_row_finds_its_bad_example_and_leaves_its_good_one(code, tmp_path):
    found = {which: checked_example(code, which, tmp_path) for which in ("bad", "good")}
    assert code in codes(found["bad"]), [str(f) for f in found["bad"]]
    assert code not in codes(found["good"]), [str(f) for f in found["good"]]
    [one, *_] = [f for f in found["bad"] if f.code == code]
    assert one.file == "page.html"
    assert one.values["rule"] == code
    assert one.values["source"] == ROWS[code]["source"]
    assert one.level == ROWS[code]["level"]
    assert one.hint
    for language in ("en", "fr"):
        assert "{" not in retell(one, language).text.replace("{}", "")
        assert "?" not in retell(one, language).text.replace(str(one.found), "").replace("? ×", "").replace("× ?", "")


def test_the_page_around_the_examples_is_fine():
    assert [f.code for f in check_page(page_of("head", "")) if not f.code.startswith("N_")] == []


def test_a_finding_says_where():
    html = page_of("body", '\n<style>\n.wide {\n  width: 800px;\n}\n</style>\n<div class="wide" id="hero">x</div>')
    [one] = [f for f in check_page(html) if f.code == "PAGE_FIXED_WIDTH"]
    assert (one.line, one.column, one.found) == (7, "div#hero", '<div class="wide" id="hero">')
    assert one.values["px"] == 800
    assert one.values["most"] == 320


def test_many_of_a_kind_are_counted():
    found = check_page(page_of("body", "<img src='data:,' width=9 height=9>" * 40))
    assert len([f for f in found if f.code == "PAGE_IMG_ALT"]) == 5
    [more] = [f for f in found if f.code == "N_PAGE_MORE"]
    assert more.values["more"] == 35
    assert retell(more, "fr").text == "encore 35 du même genre\u00a0: Texte de remplacement."


@pytest.mark.parametrize(
    ("css", "html", "wanted"),
    [
        ("html {font-size: 62.5%} p {font-size: 1.1rem}", "<p>x", 11.0),
        ("div {font-size: 80%}", "<div><div><p>x</div></div>", 10.24),
        ("body {font: 300 11px/1.5 Arial}", "<p>x", 11.0),
        ("p {font-size: clamp(10px, 2vw, 20px)}", "<p>x", 10.0),
        ("p {font-size: calc(1rem - 5px)}", "<p>x", 11.0),
        (":root {--s: 9px} p {font-size: var(--s)}", "<p>x", 9.0),
        ("p {font-size: 8px} @media (max-width: 500px) {p {font-size: 10px}}", "<p>x", 10.0),
        ("p {font-size: x-small}", "<p>x", 10.0),
    ],
)
def test_text_sizes_are_resolved(css, html, wanted):
    found = [f for f in check_page(page_of("body", f"<style>{css}</style>{html}")) if f.code == "PAGE_TEXT_TINY"]
    assert wanted in [pytest.approx(f.values["px"], abs=0.05) for f in found]


FORM = '<form><label for="a">{label}</label><input id="a" name="{name}" {rest} style="font-size:16px"></form>'


@pytest.mark.parametrize(
    ("label", "name", "rest", "wanted"),
    [
        ("E-mail", "x", "", {"PAGE_FIELD_TYPE", "PAGE_FIELD_AUTOCOMPLETE"}),
        ("Adresse e-mail", "x", 'type="email" autocomplete="email"', set()),
        ("Téléphone", "tel", 'type="tel" autocomplete="off"', set()),
        ("Code postal", "cp", "", {"PAGE_FIELD_INPUTMODE", "PAGE_FIELD_AUTOCOMPLETE"}),
        ("Code postal", "cp", 'type="number" autocomplete="postal-code"', {"PAGE_FIELD_INPUTMODE"}),
        ("Prénom", "first", "", {"PAGE_FIELD_AUTOCOMPLETE"}),
        ("Emailing topics", "topics", "", set()),
        ("Your wish", "userEmail", "", {"PAGE_FIELD_TYPE", "PAGE_FIELD_AUTOCOMPLETE"}),
    ],
)
def test_what_a_field_asks_for(label, name, rest, wanted):
    found = codes(check_page(page_of("body", FORM.format(label=label, name=name, rest=rest))))
    assert {c for c in found if c.startswith("PAGE_FIELD")} == wanted


@pytest.mark.parametrize(
    "html",
    [
        "<p>We make <a href=/a style='padding:2px'>round frames</a> by hand in the Jura.</p>",
        "<style>.x{display:none;width:900px}</style><div class=x><img src=a.jpg><input></div>",
        "<div style='width:100%;max-width:900px'>x</div>",
        "<div style='overflow-x:auto'><div style='width:900px'>x</div></div>",
        "<style>@media print {div {width: 900px; font-size: 8px}}</style><div>x</div>",
        "<style>@media (min-width: 900px) {div {width: 900px}}</style><div>x</div>",
        "<a href=/b aria-label='Basket'><svg></svg></a>",
        "<label>Wish <input style='font-size:1rem'></label>",
        "<input type=checkbox aria-label='Yes' style='width:13px;height:13px'>",
        "<img src='data:,' width=1 height=1>",
    ],
)
def test_what_is_fine_is_left_alone(html):
    assert [str(f) for f in check_page(page_of("body", html)) if f.level != "note"] == []


def test_what_was_not_measured_is_said_once(tmp_path):
    html = '<link rel="stylesheet" href="https://cdn.example/a.css"><script src="https://cdn.example/b.js"></script>'
    found = check_page(page_of("head", html))
    assert [f.code for f in found][-4:] == ["N_PAGE_STATIC", "N_PAGE_SHEETS", "N_PAGE_WEIGHT", "N_PAGE_RULES"]
    assert "render=True" in str(found[-4])
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "a.css").write_text("@font-face {src: url(f.woff2)} div {width: 700px}")
    (tmp_path / "css" / "f.woff2").write_bytes(b"x" * 2_000_000)
    (tmp_path / "page.html").write_text(page_of("head", '<link rel="stylesheet" href="css/a.css">') + "<div>x</div>")
    found = check_page(str(tmp_path / "page.html"))
    assert {"PAGE_FIXED_WIDTH", "PAGE_HEAVY"} <= codes(found)
    assert "N_PAGE_SHEETS" not in codes(found)
    [heavy] = [f for f in found if f.code == "PAGE_HEAVY"]
    assert heavy.values["bytes"] == sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())


def test_nothing_outside_the_folder_is_read(tmp_path):
    (tmp_path / "secret.css").write_text("div {width: 777px}")
    (tmp_path / "site").mkdir()
    links = "".join(
        f'<link rel="stylesheet" href="{h}">'
        for h in ("../secret.css", "/../secret.css", f"file://{tmp_path}/secret.css", "a\0b", "x" * 5000)
    )
    (tmp_path / "site" / "page.html").write_text(page_of("head", links) + "<div>x</div>")
    (tmp_path / "site" / "link.css").symlink_to(tmp_path / "secret.css")
    assert "PAGE_FIXED_WIDTH" not in codes(check_page(tmp_path / "site" / "page.html"))
    assert "PAGE_FIXED_WIDTH" in codes(check_page(tmp_path / "site" / "page.html", root=tmp_path))


def test_rows_of_ones_own_change_the_thresholds(tmp_path):
    (tmp_path / "ours.toml").write_text("[checks.PAGE_FORM_LONG]\nvalues = { most = 1 }\n")
    form = "<form>" + "<label>Wish <input style='font-size:16px'></label>" * 2 + "</form>"
    assert "PAGE_FORM_LONG" not in codes(check_page(page_of("body", form)))
    assert "PAGE_FORM_LONG" in codes(check_page(page_of("body", form), tables=load_tables(tmp_path / "ours.toml")))


@pytest.mark.parametrize(
    ("given", "options", "error", "code"),
    [
        (None, {}, DataError, "E_OPTION"),
        ("", {}, DataError, "E_OPTION"),
        (3, {}, DataError, "E_OPTION"),
        ("gone.html", {}, DataError, "E_NO_FILE"),
        ("<p>", {"render": "yes"}, DataError, "E_OPTION"),
        ("<p>", {"language": "frr"}, DataError, "E_OPTION"),
        ("<p>", {"tables": {}}, DataError, "E_OPTION"),
        ("<p>", {"root": 3}, DataError, "E_OPTION"),
        ("https://example.org/", {}, DataError, "E_URL_OFFLINE"),
        ("http://127.0.0.1:8000/", {}, SecurityError, "E_URL_BLOCKED"),
        ("file:///etc/passwd", {"online": True}, SecurityError, "E_URL_BLOCKED"),
        ("http://169.254.169.254/", {"online": True}, SecurityError, "E_URL_BLOCKED"),
        ("<b>" * 50_001, {}, DataError, "E_HTML_LARGE"),
    ],
)
def test_what_is_no_page_is_said(given, options, error, code):
    with pytest.raises(error) as caught:
        check_page(given, **options)
    assert code in caught.value.codes


def test_all_wrong_options_are_said_at_once():
    with pytest.raises(DataError) as caught:
        check_page("<p>", render=1, online="x", language="it")
    assert len(caught.value.findings) == 3


ODD = [
    "<", "<\0>", "<html>", "<!doctype html>", "<p>" * 5000, "<table>" * 2000, "<a href>", "<img srcset=,>", "<form><input name>",
    "<link rel=stylesheet href='data:text/css;base64,%%%'>", "<link rel=canonical href='http://['>",
    "<meta name=viewport content='maximum-scale=1e999,width='>", "<script type='application/ld+json'>" + "[" * 100_000 + "</script>",
    "<p style='font-size:1e400px;width:calc(1px/0)'>x", "<html lang='\u202efr'>", "\ud800<h1>\udfff",
]  # fmt: skip


@pytest.mark.parametrize("html", ODD)
def test_odd_pages_are_read(html):
    for given in (html, html.encode("utf-8", "replace")):
        assert all(str(retell(f, "fr")).encode() for f in check_page(given) if f.code != "E")


BITS = ["<", ">", '"', "'", "{", "}", "(", ")", "&#0;", "", "-", "99999999999", "\0", "é", "</"]


def test_mutated_pages_never_break_it():
    draw = random.Random(11)
    good = sample_path("pages/good.en.html").read_text(encoding="utf-8") + sample_path("pages/bad.fr.html").read_text(encoding="utf-8")
    for _ in range(40):
        text = list(good)
        for _ in range(60):
            at = draw.randrange(len(text))
            text[at : at + draw.choice([0, 1, 1, 30])] = draw.choice(
                ["<", ">", '"', "'", "{", "}", "(", ")", "&#0;", "", "-", "99999999999", "\0", "é", "</"]
            )
        try:
            check_page("".join(text))
        except MktlibError:
            pytest.fail("a page of this size is read")


# ---------------------------------------------------------------- with a browser


def seen(*found: str) -> list:
    return [finding(code, "en", level="note", rule=code) for code in (*found, "SCREEN_MEASURED")]


@pytest.mark.parametrize(
    ("static", "screen", "stays"),
    [
        ("PAGE_TAP_44", (), False),
        ("PAGE_TAP_44", ("SCREEN_TAP_44",), False),
        ("PAGE_FIXED_WIDTH", ("SCREEN_OVERFLOW",), True),
        ("PAGE_FIXED_WIDTH", (), False),
        ("PAGE_VIEWPORT", (), True),
        ("PAGE_VIEWPORT", ("SCREEN_SHRUNK",), False),
        ("PAGE_IMG_ALT", ("SCREEN_SHRUNK",), True),
    ],
)
def test_what_was_measured_replaces_what_was_read(static, screen, stays):
    one = finding(static, "en", rule=static)
    assert (one in merge([one], seen(*screen), TABLES)) == stays
    assert one in merge([one], [finding("E_NO_BROWSER", "en", found="x")], TABLES)


def test_every_row_named_for_a_measure_exists():
    for row in ROWS.values():
        assert set(row.get("measured_by", ())) <= set(TABLES.checks)
        assert bool(row.get("measured_by")) == (row.get("then") in ("drop", "cause", "fact"))


def test_without_a_browser_what_was_read_still_comes(monkeypatch):
    monkeypatch.setenv("MKTLIB_CHROMIUM", "/nowhere/chromium")
    found = check_page(page_of("body", "<img src='data:,'>"), render=True)
    assert {"E_NO_BROWSER", "PAGE_IMG_ALT"} <= codes(found)


# ---------------------------------------------------------------- samples


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_samples(language):
    good = mk.check_page(sample_path(f"pages/good.{language}.html"))
    assert [str(f) for f in good if not f.code.startswith("N_")] == []
    bad = mk.check_page(sample_path(f"pages/bad.{language}.html"))
    planted = set(mk.load_truth()["planted"]["pages"])
    assert planted <= codes(bad), planted - codes(bad)
    assert {f.code for f in bad if f.level != "note"} <= planted


# ---------------------------------------------------------------- the brief


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("fields", [["email"], list(ROWS["PAGE_FIELD_TYPE"]["means"])[:6], []])
def test_the_page_to_start_from_is_found_fine(language, fields):
    brief = mk.page_brief(action='Go <on> & "see"', fields=fields, language=language)
    assert [str(f) for f in check_page(brief.page, language=language) if not f.code.startswith("N_")] == []
    assert brief.findings == ()


def test_brief_and_check_follow_the_same_rows(tmp_path):
    """With thresholds of one's own the packaged page fails the check, and the page of the new brief does not."""
    ours = {"PAGE_TAP_48": "least = 60", "PAGE_TEXT_BODY": "size = 19, letters = 20", "PAGE_FIELD_ZOOM": "size = 21"}
    (tmp_path / "ours.toml").write_text("".join(f"[checks.{code}]\nvalues = {{ {values} }}\n" for code, values in ours.items()))
    tables = load_tables(tmp_path / "ours.toml")
    before, after = (mk.page_brief(action="Go", tables=t).page for t in (None, tables))
    assert set(ours) <= codes(check_page(before, tables=tables))
    assert not set(ours) & codes(check_page(after, tables=tables))
    brief = mk.page_brief(action="Go", tables=tables)
    assert brief.table.set_index("check").loc["PAGE_TAP_48", "value"] == 60
    assert set(brief.table["check"]) <= set(ROWS)


def test_texts_without_room_and_actions_below_are_said():
    texts = {"heading": "x" * 200, "title": "y" * 61, "lead": "z" * 600}
    brief = mk.page_brief(action="Go", texts=texts, fields=["email"] * 7)
    assert [f.code for f in brief.findings] == ["W_BRIEF_RESULTS", *["W_BRIEF_ROOM"] * 2, "PAGE_FORM_LONG", "W_BRIEF_FOLD"]
    assert brief.facts["ends"] == brief.screen["bottom"].iloc[-1]
    gaps = brief.screen["top"].to_numpy()[1:] - brief.screen["bottom"].to_numpy()[:-1]
    assert ((gaps >= 15) & (gaps <= 17)).all()


def test_wrong_options_of_a_brief_are_said_at_once():
    with pytest.raises(DataError) as caught:
        mk.page_brief(action=" ", texts={"headin": "x"}, fields=["emial", 3], language="it", tables={})
    assert len(caught.value.findings) == 6
    assert "heading" in str(caught.value)
    assert "email" in str(caught.value)


# Pages as agencies and shop systems write them ---------------------------------------------------------------------------------------

HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<title>Light sunglasses</title><meta name="description" content="Frames of 21 grams.">'
    "{head}</head><body><h1>Frames</h1>{body}</body></html>"
)
LEFT = "/* url(old.png) */ p{filter:url(#shadow)} .a{background:url(gone.jpg)} .b{background:url(\"data:image/svg+xml,<svg xmlns='x'/>\")}"
USUAL = {  # head, body, files beside the page -> the codes among those asked about
    "a sheet for wide screens": (
        '<link rel="stylesheet" href="a.css" media="(min-width: 64rem)">', "<main>x</main>", {"a.css": "main{width:1140px}"}, set()
    ),
    "a sheet that comes late": (
        "<link rel='stylesheet' href='a.css' media='print' onload=\"this.media='all'\">",
        "<main>x</main>", {"a.css": "main{width:1140px}"}, {"PAGE_FIXED_WIDTH"},
    ),
    "a sheet that was loaded before": (
        "<link rel='preload' as='style' href='a.css' onload=\"this.rel='stylesheet'\">",
        "<main>x</main>", {"a.css": "main{width:1140px}"}, {"PAGE_FIXED_WIDTH"},
    ),
    "a sheet after the page's own": (
        '<style>main{width:960px}</style><link rel="stylesheet" href="a.css">', "<main>x</main>", {"a.css": "main{width:auto}"}, set()
    ),
    "styles for who has no scripts": ("<noscript><style>body{font-size:8px}</style></noscript>", "<p>Some words</p>", {}, set()),
    "a rule inside a rule": ("<style>.a{width:960px; @media (max-width: 600px){width:auto}}</style>", '<p class="a">x</p>', {}, set()),
    "a box in a row gives way": (
        "<style>.r{display:flex}.c{flex:0 1 400px;width:400px}</style>", '<div class="r"><div class="c">x</div></div>', {}, set()
    ),
    "a box in a row that does not": (
        "<style>.r{display:flex}.c{flex:none;width:400px}</style>",
        '<div class="r"><div class="c">x</div></div>', {}, {"PAGE_FIXED_WIDTH"},
    ),
    "a drawer tied to the screen": ("<style>.d{position:fixed;right:0;width:400px}</style>", '<div class="d">x</div>', {}, set()),
    "a link for who listens": (
        "<style>.sr-only{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0);font-size:9px}</style>",
        '<a class="sr-only" href="#m">Skip to the content</a>', {}, set(),
    ),
    "a link beside the screen": (
        "<style>.s{position:absolute;left:-9999px;display:block;width:400px;height:20px}</style>",
        '<a class="s" href="#m">Skip to the content</a>', {}, set(),
    ),
    "a picture that fills its box": (
        "<style>.m{aspect-ratio:4/3}.m img{width:100%;height:100%}</style>", '<div class="m"><img src="data:," alt=""></div>', {}, set()
    ),
    "an icon with a name": ("", '<a href="/i"><i class="fa" role="img" aria-label="Instagram"></i></a>', {}, set()),
    "a title that is a drawing's": ("", '<svg role="img"><title>Map</title></svg>', {}, set()),
    "lines that inherit their height": (
        "<style>body{font-size:16px;line-height:1.5}.b{display:inline-block;padding:10px;line-height:inherit}</style>",
        '<nav><a class="b" href="/a">Shop</a></nav>', {}, {"PAGE_TAP_48"},
    ),
    "lines whose height is reckoned": (
        "<style>.b{display:inline-block;padding:10px;line-height:calc(1 + .8/1)}</style>",
        '<nav><a class="b" href="/a">Shop</a></nav>', {}, set(),
    ),
    "edges are part of a button": (
        "<style>.b{display:inline-block;height:44px;border:2px solid}</style>", '<nav><a class="b" href="/a">Shop</a></nav>', {}, set()
    ),
    "what a sheet no longer asks for": (
        '<link rel="stylesheet" href="a.css?v=2">', "<p>x</p>",
        {"a.css": LEFT},
        set(),
    ),
    "what it does ask for": (
        '<link rel="stylesheet" href="a.css">', "<p>x</p>", {"a.css": "p{background:url('gone.jpg')}"}, {"PAGE_FILE_MISSING"},
    ),
    "a file saved with its query": ('<link rel="stylesheet" href="a.css?v=2">', "<p>x</p>", {"a.css?v=2": "p{color:red}"}, set()),
    "a postcode has letters in some countries": (
        "", '<form><label for="p">Postcode</label><input id="p" autocomplete="postal-code" style="font-size:16px"></form>', {}, set()
    ),
    "pixels for who has no scripts": ("", '<noscript><img src="https://counter.example/p.gif"></noscript>', {}, set()),
}  # fmt: skip
ASKED = (
    "PAGE_FIXED_WIDTH", "PAGE_TEXT_SMALL", "PAGE_TEXT_TINY", "PAGE_TAP_24", "PAGE_TAP_44", "PAGE_TAP_48", "PAGE_IMG_SIZE", "PAGE_LINK_NAME",
    "PAGE_FILE_MISSING", "PAGE_FIELD_INPUTMODE", "PAGE_TITLE", "N_PAGE_WEIGHT", "N_PAGE_SHEETS",
)  # fmt: skip


@pytest.mark.parametrize("usual", USUAL)
def test_what_is_usual_is_no_fault(usual, tmp_path):
    head, body, files, codes = USUAL[usual]
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    path = tmp_path / "page.html"
    path.write_text(HEAD.format(head=head, body=body))
    assert {f.code for f in check_page(path) if f.code in ASKED} == codes


def test_of_a_page_that_stays_blank_what_is_declared_is_told():
    read, blank = finding("PAGE_TAP_44", rule="PAGE_TAP_44"), finding("SCREEN_MEASURED", characters=0)
    assert read in merge([read], [blank], TABLES)


NO_PAGES = {
    "a.png": (b"\x89PNG\r\n\x1a\n<a>", "PNG"), "a.pdf": (b"%PDF-1.7 <a>", "PDF"), "a.docx": (b"PK\x03\x04<a>", "ZIP"),
    "a.html": (b"", "0 B"),
    "a.mhtml": (b"From: <Saved by Blink>\nContent-Type: multipart/related;\n\n<p>x", "MHTML"), "a.txt": (b"only words", "<...>"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_PAGES)
def test_what_is_no_page_is_refused_by_its_kind(name, tmp_path):
    content, kind = NO_PAGES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as wrong:
        check_page(tmp_path / name)
    assert [(f.code, f.found) for f in wrong.value.findings] == [("E_NOT_A_PAGE", kind)]


@pytest.mark.parametrize(("begins", "told"), [(b"", True), (b"\xef\xbb\xbf", False)])
def test_a_mark_of_byte_order_says_the_encoding(begins, told, tmp_path):
    (tmp_path / "a.html").write_bytes(begins + "<!doctype html><p>é".encode())
    assert ("PAGE_CHARSET" in codes(check_page(tmp_path / "a.html"))) == told


def test_the_name_of_a_file_can_always_be_told():
    with pytest.raises(DataError) as wrong:
        check_page("a\ud800.html")
    assert str(wrong.value).encode()


@pytest.mark.parametrize(
    "style",
    ["p{width:" + "(" * 50_000 + "}", "".join(f"p:nth-child({i}n+1){{color:red}}" for i in range(1, 60))],
    ids=["brackets", "counting"],
)
def test_styles_made_to_tire_are_left(style):
    found = check_page(f"<style>{style}</style><div>" + "<p>x</p>" * 10_000)
    assert "PAGE_VIEWPORT" in codes(found)


def test_a_brief_is_written_whatever_its_words_hold():
    assert "?" in mk.page_brief(action="Try \ud800").page
