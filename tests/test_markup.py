"""HTML taken apart: encodings, the cascade, media queries, and pages made to hurt."""

import codecs
import random

import pytest

from mktlib.errors import LimitError
from mktlib.markup import declared, decoded, likely_language, parse, said_language, sheets_of, visible_text
from mktlib.markup.selecting import Selecting


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (codecs.BOM_UTF8 + "é".encode(), "é"),
        (codecs.BOM_UTF16_BE + "é".encode("utf-16-be"), "é"),
        (b"<meta charset=iso-8859-1>\x80", "<meta charset=iso-8859-1>€"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>\xe9", None),
        ("<meta charset=zip>é".encode(), "<meta charset=zip>é"),
        ("<meta charset=utf-8>é".encode("cp1252"), "<meta charset=utf-8>é"),
        (b"\x81\xff", "\ufffd\xff"),
    ],
)
def test_the_encoding_is_found(raw, text):
    assert decoded(raw) == (text or raw[:-1].decode() + "й")


@pytest.mark.parametrize(
    ("css", "inline", "wanted"),
    [
        ("p {color: red} p {color: blue}", "", "blue"),
        (".a {color: red} p {color: blue}", "", "red"),
        ("#i {color: red} .a.a.a {color: blue}", "", "red"),
        ("p {color: red !important} #i {color: blue}", "color: green", "red"),
        ("p {color: red}", "color: green", "green"),
        ("p {color: red !important}", "color: green !important", "green"),
        ("div > p, .z {color: red}", "", "red"),
        ("body p {color: red} section p {color: blue}", "", "red"),
        ("h1 + p {color: red}", "", "red"),
        ("h1 ~ p:not(.b) {color: red}", "", "red"),
        ("p:hover {color: blue} p {color: red}", "", "red"),
        (":root {--c: red} p {color: var(--c, blue)}", "", "red"),
        ("p {color: var(--none, blue)}", "", "blue"),
        ("@media (max-width: 480px) {p {color: red}} p::before {color: blue}", "", "red"),
        ("@media (min-width: 480px) {p {color: red}}", "", None),
        ("@supports (display: grid) {@media screen {p {color: red}}}", "", "red"),
        ("@media print {p {color: red}} p {color: blue} ]]} p {color", "", "blue"),
    ],
)
def test_the_cascade(css, inline, wanted):
    page = parse(f"<html><style>{css}</style><body><div><h1>x</h1><p id=i class='a' style='{inline}'>y</p></div></body></html>")
    assert declared(page.p).get("color") == wanted


def test_a_declaration_keeps_its_line():
    page = parse("<style>\np {\n  color: red;\n}\n</style>\n<p style='margin: 1px 2px'>x</p>")
    own = sheets_of(page).of(page.p)
    assert (own["color"].line, own["margin-left"].line, own["margin-left"].value) == (3, 6, "2px")


def test_selecting_agrees_with_the_library_on_random_trees():
    draw = random.Random(7)
    for _ in range(30):
        html, stack = "", []
        for _ in range(60):
            if stack and draw.random() < 0.4:
                html += f"</{stack.pop()}>"
            else:
                stack.append(draw.choice("abi"))
                html += f"<{stack[-1]} class='{draw.choice('xyz')} {draw.choice('uvw')}'>"
        page = parse(html)
        elements = page.find_all(True)
        selecting = Selecting(elements)
        for _ in range(20):
            parts = [draw.choice(["a", "b", "i", ".x", ".y.u", "a.z", "*", ":first-child", "b:not(.u)"]) for _ in range(draw.randint(1, 4))]
            selector = parts[0] + "".join(draw.choice([" ", " > ", " + ", " ~ "]) + part for part in parts[1:])
            assert list(map(id, selecting.fit(selector))) == list(map(id, page.select(selector))), selector
        assert not selecting.partial


def test_what_may_stay_open_is_closed():
    page = parse("<ul><li>a<li>b<ul><li>c</ul></ul><table><tr><td>1<td>2<tr><td>3</table><p>x<div>y</div><p>z")
    assert [li.find_parents("li").__len__() for li in page.find_all("li")] == [0, 0, 1]
    assert [len(row.find_all("td")) for row in page.find_all("tr")] == [2, 1]
    assert page.div.find_parent("p") is None


HOSTILE = {
    "deep": "<div>" * 20_000 + "x", "unclosed": "<p>x" * 20_000, "comments": "<!--" * 100_000, "declarations": "<!" * 100_000,
    "tags": "<a " * 100_000, "quotes": '<a x="' * 100_000 + ">", "nul": "\0" * 1000, "halves": "\ud800" * 1000,
    "script": "<script>" + "<" * 99_999,
    "braces": "<style>" + "a{" * 20_000 + "</style><a>", "parentheses": "<style>" + "(" * 50_000 + "{}</style><a>",
    "media": "<style>" + "@media all{" * 3_000 + "a{color:red}</style><a>", "tables": "<table><tr><td>" * 9_000,
    "backtracking": "<style>" + "".join(f"i div div div div div .a{i % 7} {{color:red}}" for i in range(900))
    + "</style><i>" + "<div>" * 150 + "<b class=a1>",
    "circle": "<b style='--a:var(--b)var(--b);--b:var(--a)var(--a);color:var(--a)'>", "not": "<style>a" + ":not(" * 3000 + "{}</style><a>",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_page_made_to_hurt_is_read(name):
    page = parse(HOSTILE[name])
    sheets = sheets_of(page)
    visible_text(page, sheets).encode()
    assert all(isinstance(sheets.declared(element), dict) for element in page.find_all(True))
    assert max((len(list(e.parents)) for e in page.find_all(True)[-1:]), default=0) <= 201


@pytest.mark.parametrize("text", ["x" * 10_000_001, "<b>" * 50_001])
def test_what_is_too_large_is_refused(text):
    with pytest.raises(LimitError) as caught:
        parse(text)
    assert caught.value.codes == ("E_HTML_LARGE",)


def test_languages():
    assert said_language(parse("<html lang=FR_be>")) == "fr"
    assert said_language(parse("<p>")) is None
    german = "Die neue Sammlung ist da und wir haben für euch nicht nur eine Brille, sondern auch das Etui und die Bänder dazu gemacht."
    assert likely_language(german) == "de"
    assert likely_language("Lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt labore magna") is None
