"""A page seen in a browser: what is found, once and with its widths; what a page may reach; what is left of a page that never ends."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib import image

from mktlib.errors import SecurityError
from mktlib.mobile import browser as browsers
from mktlib.mobile import rendered
from mktlib.mobile.browser import Browser, chromium_path
from mktlib.mobile.drawn import Mark, picture_page
from mktlib.mobile.rendered import render_findings
from mktlib.mobile.screens import judged, tap_code, wasted
from mktlib.mobile.visiting import SAVED, Shelf
from mktlib.vocabulary import finding, load_tables, retell

TABLES = load_tables()
PHONE = ((320, 568, 2),)
VIEWPORT = '<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width, initial-scale=1"><title>x</title>'
seen = pytest.mark.skipif(
    chromium_path() is None or importlib.util.find_spec("playwright") is None, reason="needs Playwright and Chromium to see a page"
)


def page(folder: Path, body: str, name: str = "page.html") -> Path:
    path = folder / name
    path.write_text(VIEWPORT + body, encoding="utf-8")
    return path


def render(path: Path | str, **how):
    return render_findings(path, tables=TABLES, language="en", **how)


def by_code(findings):
    return {f.code: f for f in findings}


def elements(found) -> list[str]:
    return [x["element"] for x in found.values["elements"]]


class Open:
    """A browser that is already open, in the place of one that would be started and ended: what a page does to it is proved elsewhere."""

    def __init__(self, browser: Browser, fetch=None) -> None:
        self.browser, self.browser.fetch = browser, fetch

    def __enter__(self) -> Browser:
        return self.browser

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def one():
    """One browser for all the pages that behave."""
    with Browser() as browser:
        yield browser


@pytest.fixture
def opened(one, monkeypatch):
    monkeypatch.setattr(rendered, "Browser", lambda fetch=None: Open(one, fetch))


# Without a browser -------------------------------------------------------------------------------------------------------------------


def test_without_chromium_the_page_is_not_measured_and_nothing_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("MKTLIB_CHROMIUM", "/nonexistent")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    (found,) = render(page(tmp_path, "<p>x"))
    assert (found.code, found.level) == ("E_NO_BROWSER", "note")
    assert "apt-get install chromium" in found.hint
    assert "not measured" in found.text
    assert "non mesuré" in retell(found, "fr").text


def test_without_playwright_the_line_that_installs_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(browsers.importlib.util, "find_spec", lambda _: None)
    (found,) = render(page(tmp_path, "<p>x"))
    assert (found.code, found.level, found.hint) == ("E_NO_BROWSER", "note", "pip install 'mktlib[pages]'")


def test_an_own_chromium_is_the_only_one_looked_for(tmp_path, monkeypatch):
    own = tmp_path / "own chromium"
    own.write_text("#!/bin/sh\n")
    monkeypatch.setenv("MKTLIB_CHROMIUM", str(own))
    assert chromium_path() is None  # it may not be run
    own.chmod(0o755)
    assert chromium_path() == own


TAPS = [  # width, height, gap to the next, crowded within 24 px, excepted, the same link large elsewhere -> row
    (18, 20, 2.0, True, False, False, "SCREEN_TAP_24"),
    (18, 20, 2.0, True, True, False, None),  # in a sentence, or as the browser draws it
    (18, 20, 2.0, True, False, True, "SCREEN_TAP_CLOSE"),  # 2.5.8 excepts what is there again and large enough
    (18, 20, 30.0, False, False, False, "SCREEN_TAP_44"),  # room for the circle
    (200, 23, 9.0, True, False, False, "SCREEN_TAP_24"),
    (24, 24, 0.0, False, False, False, "SCREEN_TAP_CLOSE"),
    (40, 40, 7.0, False, False, False, "SCREEN_TAP_CLOSE"),
    (40, 40, 8.0, False, False, False, "SCREEN_TAP_44"),
    (44, 44, 8.0, False, False, False, "SCREEN_TAP_48"),
    (44, 44, None, False, False, False, "SCREEN_TAP_48"),
    (48, 48, 0.0, False, False, False, None),
    (47.98, 300, 0.0, False, False, False, None),  # a rounding of the browser
]


@pytest.mark.parametrize(("w", "h", "gap", "crowded", "excepted", "equal", "code"), TAPS)
def test_a_target_breaks_one_row_the_strongest(w, h, gap, crowded, excepted, equal, code):
    tap = {"w": w, "h": h, "gap": gap, "crowded": crowded, "excepted": excepted, "equal24": equal, "equal44": equal, "equal48": equal}
    assert tap_code(tap, TABLES) == code


IMAGES = [  # natural, shown, fit, bytes -> bytes that a screen of two pixels a px cannot show
    ((800, 400), (400, 200), "fill", 10_000, 0),
    ((800, 400), (200, 100), "fill", 10_000, 7_500),
    ((800, 400), (500, 250), "fill", 10_000, 0),
    ((800, 800), (400, 100), "cover", 10_000, 0),  # its width is needed whole; what is cut away is not
    ((800, 800), (400, 100), "contain", 10_000, 9_375),
]


@pytest.mark.parametrize(("natural", "shown", "fit", "size", "waste"), IMAGES)
def test_pixels_that_no_screen_shows_are_waste(natural, shown, fit, size, waste):
    of = {"natural": natural, "w": shown[0], "h": shown[1], "fit": fit, "src": "https://x/a.jpg"}
    assert wasted(of, {"scale": 2, "loaded": {"https://x/a.jpg": size}}) == pytest.approx(waste)


def screen(width: int, **measured):
    text = {"chars": 100, "small": 0, "elements": []}
    plain = {
        "width": width,
        "wide": width,
        "right": width,
        "height": 900,
        "clipped": False,
        "scale": 2,
        "out": [],
        "cut": [],
        "targets": [],
    }
    return {
        **plain,
        "text": text,
        "images": [],
        "covered": [],
        "jumps": {"value": 0.0, "elements": []},
        "loaded": {},
        "refused": [],
    } | measured


def spot(name: str, **more):
    return {"key": name, "name": name, "words": "", "box": [0, 0, 10, 10], **more}


def test_the_same_thing_at_several_widths_is_said_once_with_its_widths():
    wide = {"right": 500, "out": [spot("table", right=500, left=0)]}
    found = judged([screen(320, **wide), screen(390, **wide), screen(768)], TABLES)
    assert [(x.code, x.widths, list(x.elements())) for x in found] == [("SCREEN_OVERFLOW", (320, 390), ["table"])]


def test_a_target_that_is_worse_on_a_narrow_screen_is_told_there_alone():
    def tap(w):
        return spot("a", w=w, h=48, gap=20.0, crowded=w < 24, excepted=False, equal24=False, equal44=False, equal48=False)

    found = judged([screen(320, targets=[tap(20)]), screen(390, targets=[tap(30)]), screen(768, targets=[tap(60)])], TABLES)
    assert [(x.code, x.widths) for x in found] == [("SCREEN_TAP_24", (320,))]


LIMITS = [  # what was measured -> row and level; each limit and the step beside it
    ({"jumps": {"value": 0.1, "elements": []}}, None),
    ({"jumps": {"value": 0.11, "elements": []}}, ("SCREEN_SHIFT", "warning")),
    ({"jumps": {"value": 0.26, "elements": []}}, ("SCREEN_SHIFT", "error")),
    ({"jumps": None}, None),  # a browser that does not tell
    ({"loaded": {"a": 1_600_000}}, None),
    ({"loaded": {"a": 1_000_000, "b": 600_001}}, ("SCREEN_WEIGHT", "warning")),
    ({"loaded": {"a": 5_000_001}}, ("SCREEN_WEIGHT", "error")),
    ({"text": {"chars": 100, "small": 40, "elements": []}}, ("SCREEN_TEXT", "warning")),  # more than 60 % must be legible
    ({"text": {"chars": 100, "small": 39, "elements": []}}, ("SCREEN_TEXT_SOME", "note")),
    ({"right": 321}, None),
    ({"right": 322}, ("SCREEN_OVERFLOW", "error")),
    ({"right": 322, "clipped": True}, None),
    ({"wide": 980, "right": 980}, ("SCREEN_SHRUNK", "error")),
]


@pytest.mark.parametrize(("measured", "told"), LIMITS)
def test_the_limits_are_those_of_the_rows(measured, told):
    found = [(x.code, x.level or TABLES.checks[x.code]["level"]) for x in judged([screen(320, **measured)], TABLES)]
    assert found == ([told] if told else [])


def test_the_picture_escapes_what_a_page_brings_and_draws_the_first_on_top():
    marks = [Mark(1, "error", "<b>one</b>", [(5, 5, 50, 20)]), Mark(2, "note", "two", [(5, 5, 60, 30), (5, 9_000, 1, 1)])]
    html, wide = picture_page("UE5H", (500, 900), marks, name='"><script>x</script>', width=320, language="fr", whole=False)
    assert wide == 548
    assert "<script>" not in html
    assert "&lt;b&gt;one&lt;/b&gt;" in html
    assert html.index("<b>2</b></div>") < html.index("<b>1</b></div>")  # what is written last lies on top
    assert html.count('class="box') == 2  # what is below the picture is not drawn
    assert "bord de l’écran : 320 px".replace(" :", "\u00a0:").replace(" px", "\u00a0px") in html
    assert "La page continue plus bas." in html


def test_only_plain_files_of_the_folder_are_loaded(tmp_path):
    own, secret = tmp_path / "own", tmp_path / "secret.txt"
    (own / "sub").mkdir(parents=True)
    secret.write_text("secret")
    (own / "a b.css").write_text("x")
    (own / "a.css?v=2").write_text("second")
    (own / "sub" / "c.js").write_text("y")
    (own / "link.txt").symlink_to(secret)
    (own / "out").symlink_to(tmp_path)
    shelf = Shelf({"root": str(own), "name": "page one.html"}, talk=None)
    assert shelf.address == SAVED + "page%20one.html"
    good = {"a%20b.css": b"x", "sub/c.js": b"y", "sub/../sub/c.js#z": b"y", "a.css?v=2": b"second", "a%20b.css?v=1": b"x"}
    assert {name: (shelf.get(SAVED + name) or (None,))[0] for name in good} == good
    bad = (
        "link.txt",
        "out/secret.txt",
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        str(secret),
        "sub",
        "",
        "none.png",
        "a%00b",
    )
    assert [name for name in bad if shelf.get(SAVED + name)] == []
    assert shelf.get(secret.as_uri()) is None
    assert shelf.get("https://example.com/secret.txt") is None


def test_what_is_ended_is_what_was_started_and_all_of_it():
    grandchild = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); time.sleep(60)"
    ours = subprocess.Popen([sys.executable, "-c", grandchild])
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        until = time.monotonic() + 20
        while not (below := browsers._below(ours.pid)) and time.monotonic() < until:
            time.sleep(0.05)
        assert len(below) == 1
        browsers._end(below[0][0], "another moment")  # the number was given to another process meanwhile
        assert alive(below[0][0])
        browsers._end(*below[0])
        assert not alive(below[0][0])
        assert other.poll() is None
    finally:
        for process in (ours, other):
            process.kill()
            process.wait()


def alive(pid: int) -> bool:
    time.sleep(0.2)
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# In the browser ----------------------------------------------------------------------------------------------------------------------

FAULTY = """<style>body{margin:0;font:16px sans-serif}p{margin:12px}.s{display:inline-block;width:18px;height:18px}</style></head><body>
<img id="jumps" src="photo.png" style="width:100%" alt="">
<h1>Title</h1><p>A sentence with <a id="fine" href="/1">a link</a> in it.</p>
<p><a id="left" class="s" href="/2">1</a> <a id="right" class="s" href="/3">2</a></p>
<div id="wide" style="width:360px;background:#eee">wide</div><p id="tiny" style="font-size:9px">Nine pixels are for nobody.</p>
<p id="clock"></p><script>document.getElementById('clock').append(new Date().getFullYear() + '-' + Math.random())</script>
<p style="height:900px">A long way</p><p id="last" style="margin:0 12px">The last line</p>
<div id="bar" style="position:fixed;bottom:0;left:0;right:0;height:70px;background:#fff">Accept</div>
</body></html>"""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory, one):
    folder = tmp_path_factory.mktemp("faulty")
    image.imsave(folder / "photo.png", np.random.default_rng(3).random((600, 800, 3)))
    path = page(folder, FAULTY)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rendered, "Browser", lambda fetch=None: Open(one, fetch))
        return path, render(path, pictures=folder / "pictures")


@seen
def test_faults_are_found_with_their_elements_and_widths(faulty):
    path, findings = faulty
    found = by_code(findings)
    assert len(found) == len(findings)  # each row once
    assert [f.values["number"] for f in findings if "number" in f.values] == [1, 2, 3, 4, 5, 6, 7]
    said = {code: (found[code].values["widths"], elements(found[code])[:2]) for code in found if "number" in found[code].values}
    assert said["SCREEN_OVERFLOW"] == ((320,), ["div#wide"])
    assert said["SCREEN_TAP_24"] == ((320, 390, 768), ["a#left", "a#right"])
    assert said["SCREEN_TEXT_SOME"] == ((320, 390, 768), ["p#tiny"])
    assert said["SCREEN_COVERED"][1][:1] == ["p#last"]
    assert set(said["SCREEN_COVERED"][0]) >= {390, 768}
    assert said["SCREEN_SHIFT"][0][-1] == 768
    assert found["SCREEN_SHIFT"].values["jump"] > 0.1
    assert found["SCREEN_WEIGHT"].values["weight"] == pytest.approx(Path(path.parent / "photo.png").stat().st_size / 1e6, abs=0.06)
    others = {"SCREEN_OVERFLOW", "SCREEN_TAP_24", "SCREEN_TEXT_SOME", "SCREEN_COVERED", "SCREEN_SHIFT", "SCREEN_IMAGE", "SCREEN_WEIGHT"}
    assert set(said) == others
    assert found["SCREEN_IMAGE"].values["widths"] == (390,)
    assert "at 320, 390, and 768 px" in found["SCREEN_TAP_24"].text or "at 320, 390 and 768 px" in found["SCREEN_TAP_24"].text


@seen
def test_each_width_has_its_picture_with_boxes_where_the_elements_are(faulty):
    path, findings = faulty
    made = by_code(findings)["SCREEN_MEASURED"].values["pictures"]
    assert {width: Path(name).name for width, name in made.items()} == {w: f"page-{w}.png" for w in ("320", "390", "768")}
    drawn = image.imread(made["390"])
    assert drawn.shape[1] == 2 * 440  # 390 px and its frame, two pixels each
    at = by_code(findings)["SCREEN_TAP_24"]
    x, _, w, h = at.values["elements"][0]["boxes"]["390"]
    assert (w, h) == (18, 18)
    red = np.all(np.abs(drawn[:, :, :3] - np.array([0xB3, 0x47, 0x00]) / 255) < 0.02, axis=2)
    columns = np.nonzero(red)[1]
    edge = columns == 2 * (24 + round(x) - 2)  # the left side of its box
    assert edge.sum() >= 2 * (h + 3)
    assert path.parent.name in made["390"]


@seen
def test_what_is_said_is_the_same_on_every_run_and_in_french(faulty, opened):
    path, findings = faulty
    again = render_findings(path, tables=TABLES, language="fr", screens=PHONE)
    assert places(again) == places(findings)
    assert "sur un écran de 320\u00a0px, la page est large de 360\u00a0px" in by_code(again)["SCREEN_OVERFLOW"].text
    assert retell(by_code(findings)["SCREEN_TAP_24"], "fr").text.count("«") == 2


def places(findings) -> dict[str, list[tuple[str, list[float]]]]:
    """Where everything stands on the narrow screen (images are judged from 390 px on, where there is one)."""
    told = [f for f in findings if "elements" in f.values and f.code != "SCREEN_IMAGE"]
    return {f.code: [(x["element"], x["boxes"]["320"]) for x in f.values["elements"] if "320" in x["boxes"]] for f in told}


CASES = """<style>body{margin:0;font:16px/1.5 sans-serif}section{margin:30px}.s{display:inline-block;width:20px;height:20px}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)}</style></head><body>
<section>Words around <a id="sentence" href="/1">a link</a> and more.</section>
<section><a id="pipe1" href="/2">One</a> | <a id="pipe2" href="/3">Two</a></section>
<section><a id="alone" class="s" href="/4">x</a></section>
<section><a id="near1" class="s" href="/5">x</a><a id="near2" class="s" href="/6">y</a></section>
<section><a id="same1" class="s" href="/7">x</a><a id="same2" class="s" href="/7">x</a></section>
<section><input id="box" type="checkbox">
<label for="box" style="display:inline-block;padding:12px;min-height:48px;min-width:90px">Yes</label></section>
<section><input id="bare" type="checkbox" aria-label="bare"></section>
<section><input id="styled" type="checkbox" aria-label="styled" style="width:18px;height:18px"></section>
<section><a id="picture" href="/8">
<img alt="x" width="60" height="60" src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"></a></section>
<section style="display:none"><a id="hidden" class="s" href="/9">x</a></section>
<section><a id="reader" class="sr" href="/10">Skip</a><a class="sr" href="/10" style="min-width:120px;min-height:45px">Skip</a></section>
<section><form><input name="id" id="field" aria-label="x" style="width:20px;height:20px"><input type="hidden" name="type"></form></section>
<section><button id="off" class="s" disabled>x</button></section>
<section>Words above<br><a id="below" href="/11" style="font-size:12px">x</a></section>
<section><button id="large" style="width:60px;height:60px">x</button></section>
</body></html>"""
WANTED = {
    "near1": "SCREEN_TAP_24", "near2": "SCREEN_TAP_24", "pipe1": "SCREEN_TAP_44", "pipe2": "SCREEN_TAP_44", "alone": "SCREEN_TAP_44",
    "same1": "SCREEN_TAP_44", "same2": "SCREEN_TAP_44", "styled": "SCREEN_TAP_44", "below": "SCREEN_TAP_44",
    "field": "SCREEN_TAP_44",
}  # fmt: skip
"""pipe1 and pipe2: a sign between two links is no sentence; they are far enough apart for a circle of 24 px."""


@seen
def test_a_target_is_what_answers_a_tap_and_the_exceptions_of_the_standard_hold(tmp_path, opened):
    found = render(page(tmp_path, CASES), screens=PHONE)
    got = {x.partition("#")[2]: f.code for f in found if f.code.startswith("SCREEN_TAP") for x in elements(f)}
    assert got == WANTED


GOOD = """<style>html{scroll-behavior:smooth}header{position:sticky;top:0;height:60px;background:#fff}
body{margin:0 16px 90px;font:16px/1.5 sans-serif}.box{overflow-x:auto}
a.b{display:inline-block;padding:12px 20px;margin:8px}</style></head><body>
<header>Shop</header><h1>Title</h1>MANY
<p>Some words, and <a href="/1">a link</a> among them.</p><a class="b" href="/2">Buy now</a>
<div class="box"><table style="width:900px"><tr><td>1</td><td>2</td></tr></table></div><img src="none.png" width="100" height="50" alt="">
<p>The last line</p>
<div style="position:fixed;bottom:0;left:0;right:0;height:70px;background:#fff"><a class="b" href="/3">Call us</a></div></body></html>"""


@seen
def test_a_page_with_nothing_wrong_gets_notes_only_and_what_was_not_there_is_told(tmp_path, opened):
    found = render(page(tmp_path, GOOD.replace("MANY", "<p>Some words.</p>" * 60)), screens=PHONE)
    assert {f.code for f in found} - {"N_NO_SANDBOX"} == {"SCREEN_NOT_LOADED", "SCREEN_MEASURED"}
    assert {f.level for f in found} == {"note"}
    assert by_code(found)["SCREEN_NOT_LOADED"].values["count"] == 1
    assert ("N_NO_SANDBOX" in by_code(found)) == browsers.as_root()


SIZES = """<style>body{margin:16px}main{display:grid}img,picture{display:block;max-width:100%;height:auto}</style></head><body><main>
<picture><source type="image/webp" srcset="https://far.example/a.webp"><img src="photo.png" alt="Frames" width="800" height="600"></picture>
<img src="photo.png" srcset="https://far.example/b.png 2x" alt="Lenses" width="800" height="600"></main></body></html>"""


@seen
def test_of_a_picture_whose_other_sizes_were_not_saved_the_one_that_was_is_seen(tmp_path, opened):
    image.imsave(tmp_path / "photo.png", np.random.default_rng(3).random((60, 80, 3)))
    found = by_code(render(page(tmp_path, SIZES), screens=PHONE))
    assert found.keys() - {"N_NO_SANDBOX"} == {"SCREEN_NOT_LOADED", "SCREEN_MEASURED"}
    assert found["SCREEN_NOT_LOADED"].values["count"] == 2
    assert found["SCREEN_MEASURED"].values["characters"] == 0  # no alternative text in the place of a picture


REACHING = """</head><body><p>x</p><link rel="preconnect" href="http://127.0.0.1:PORT/"><link rel="prefetch" href="http://127.0.0.1:PORT/p">
<img src="http://127.0.0.1:PORT/i.png"><img src="http://localhost:PORT/i.png">
<iframe src="http://127.0.0.1:PORT/f"></iframe><iframe src="SECRET"></iframe>
<script src="http://127.0.0.1:PORT/s.js"></script><script>
const no = () => 0, at = 'http://127.0.0.1:PORT/';
for (const url of ['own.txt', 'link.txt', '../secret.txt', 'SECRET', at + 'x']) fetch(url).catch(no);
fetch(at + 'post', {method: 'POST', mode: 'no-cors', body: 'x', keepalive: true}).catch(no);
navigator.sendBeacon(at + 'beacon', 'x'); new WebSocket('ws://127.0.0.1:PORT/ws'); new EventSource(at + 'events');
new Worker(URL.createObjectURL(new Blob([`fetch('${at}w').catch(() => 0); new WebSocket('ws://127.0.0.1:PORT/w')`])));
const frame = document.createElement('iframe'); document.body.append(frame);
for (const world of [window, frame.contentWindow]) {
  try { const p = new world.RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:PORT'}]}); p.createDataChannel('x');
        p.createOffer().then((offer) => p.setLocalDescription(offer)); } catch {}
  try { world.open(at + 'window'); } catch {}
}
alert(1); setTimeout(() => { location = at + 'gone'; }, 300);
</script></body></html>"""


@seen
def test_a_page_reaches_no_address_and_no_file_outside_its_folder(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    own = tmp_path / "own"
    own.mkdir()
    (own / "own.txt").write_text("own")
    (own / "link.txt").symlink_to(tmp_path / "secret.txt")
    heard: list[str] = []
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))
        tcp.listen()
        for sock, hear in ((tcp, tcp.accept), (udp, lambda: udp.recvfrom(10))):
            sock.settimeout(0.2)
            threading.Thread(target=_listen, args=(sock, hear, heard), daemon=True).start()
        page(own, REACHING.replace("PORT", str(port)).replace("SECRET", (tmp_path / "secret.txt").as_uri()))
        with Browser() as browser:
            job = {"do": "visit", "root": str(own), "name": "page.html", "seconds": 20, "locale": "en-GB", "least": 12}
            (told,) = browser.ask(job | {"screens": [{"width": 320, "height": 568, "scale": 1}]}, 25)["screens"]
    assert heard == []
    assert {url.removeprefix(SAVED) for url in told["loaded"]} == {"page.html", "own.txt"}
    assert {SAVED + "link.txt", SAVED + "secret.txt", f"http://127.0.0.1:{port}/x"} <= set(told["refused"])
    assert told["text"]["chars"] >= 1  # the page is still there


def _listen(sock: socket.socket, hear, heard: list[str]) -> None:
    while sock.fileno() != -1:
        try:
            heard.append(str(hear()))
        except TimeoutError:
            continue
        except OSError:
            return


ENDLESS = {
    "while it is read": "</head><body><p>x</p><script>while (true) {}</script>",
    "later": "</head><body><p>x</p><script>setTimeout(() => { while (true) {} }, 1000)</script>",
    "memory": "</head><body><p>x</p><script>const all = []; for (;;) all.push(new Array(1e6).fill(1.5))</script>",
}


@seen
@pytest.mark.parametrize("when", ENDLESS)
def test_a_page_without_end_is_left_within_its_limit_and_nothing_of_it_lives_on(tmp_path, monkeypatch, when):
    with tempfile.TemporaryDirectory(prefix="short-") as short:  # a socket's name may not be long
        monkeypatch.setattr(tempfile, "tempdir", short)
        left_within_its_limit(tmp_path, Path(short), ENDLESS[when])


def left_within_its_limit(tmp_path: Path, home: Path, body: str) -> None:
    began = time.monotonic()
    found = render(page(tmp_path, body), seconds=2, screens=PHONE)
    assert found[0].code == "E_URL_LIMIT"
    assert found[0].level == "error"
    assert time.monotonic() - began < 60  # the limit, and what it takes to start and to end a browser on a busy machine; not for ever
    assert living(home) == []
    assert list(home.iterdir()) == []


def living(folder: Path) -> list[str]:
    """Processes that name a folder in how they were called, and still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in (path / "cmdline").read_text(errors="replace") and alive(int(path.name)):
                found.append(path.name)
        except OSError:
            continue
    return found


@seen
def test_a_page_that_loads_itself_again_and_again_is_measured_as_it_is(tmp_path, opened):
    found = render(page(tmp_path, "</head><body><p>Some words</p><script>location.reload()</script>"), seconds=4, screens=PHONE)
    assert by_code(found)["SCREEN_MEASURED"].values["characters"] == len("Some words")


LINKED = "<link rel=stylesheet href=a.css></head><body><p>Words</p><img src=//private.example/i.png>"


@seen
def test_a_page_at_an_address_gets_what_is_fetched_for_it_and_nothing_else(opened):
    asked = []

    def fetch(url: str):
        asked.append(url)
        if "private" in url:
            raise SecurityError(finding("E_URL_BLOCKED", found=url, rule_words="x", address="x"))
        body = {"https://example.com/": f"{VIEWPORT}{LINKED}", "https://www.example.com/a.css": "p { font-size: 8px }"}.get(url, "")
        kind = "text/css" if url.endswith("css") else "text/html"
        return SimpleNamespace(
            url=url.replace("//example", "//www.example"), status=200 if body else 404, content_type=kind, body=body.encode()
        )

    found = by_code(render("https://example.com/", fetch=fetch, screens=PHONE))
    assert asked[0] == "https://example.com/"  # and from where it led, relative addresses count
    assert "https://www.example.com/a.css" in asked
    assert "SCREEN_TEXT" in found
    assert found["SCREEN_NOT_LOADED"].values["count"] == 1
    if browsers.as_root():
        assert found["N_NO_SANDBOX"].level == "warning"
