"""The process that holds the browser: it opens a page at a few widths, measures it and says what it saw, line by line, on its output.

It runs apart from whoever asked (`browser.py`), so that a page without end costs one process and never a kernel. The browser opens no
connection of its own: each request is answered here, from files of the page's own folder or, for a page at an address, with what the
other side fetched; anything else is refused and counted.
"""

from __future__ import annotations

import base64
import json
import mimetypes
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote, unquote, urldefrag, urlsplit

SAVED = "https://saved-page.invalid/"
LATER = ("image", "media", "font")
MOST_FILES, LARGEST, MOST_BYTES = 400, 30_000_000, 150_000_000
TALLEST = 5_000
PATIENCE = 0.6  # of the time given is kept for measuring, whatever has not come by then
QUIET = 0.75  # seconds: what moves within half a second of the window's own making is put down to it
ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://nowhere.invalid:9",
    "--proxy-bypass-list=<-loopback>",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--no-pings",
    "--js-flags=--max-old-space-size=512",
)
HERE = Path(__file__).parent


class TooLong(Exception):
    """The page did not come to rest in the time it was given."""


class Talk:
    """Lines of JSON with the process that asked."""

    def __init__(self, given: TextIO, said: TextIO) -> None:
        self.given, self.said = given, said

    def say(self, **what: Any) -> None:
        self.said.write(json.dumps(what) + "\n")
        self.said.flush()

    def hear(self) -> dict[str, Any]:
        line = self.given.readline()
        heard: dict[str, Any] = json.loads(line) if line else {"do": "quit"}
        return heard


class Shelf:
    """What a page may load: files of its own folder, or what the other side fetches for it."""

    def __init__(self, job: Mapping[str, Any], talk: Talk) -> None:
        self.talk, self.root = talk, Path(job["root"]) if job.get("root") else None
        self.address = SAVED + quote(job["name"]) if self.root else str(job["address"])
        self.kept: dict[str, tuple[bytes, str] | None] = {}
        self.bytes = 0

    def get(self, url: str) -> tuple[bytes, str] | None:
        url = urldefrag(url)[0]
        if url not in self.kept:
            room = len(self.kept) < MOST_FILES and self.bytes < MOST_BYTES
            self.kept[url] = (self._file(url) if self.root else self._fetched(url)) if room else None
            self.bytes += len((self.kept[url] or (b"", ""))[0])
        return self.kept[url]

    def _fetched(self, url: str) -> tuple[bytes, str] | None:
        if urlsplit(url).scheme not in ("http", "https"):
            return None
        self.talk.say(ask=url)
        told = self.talk.hear()
        return (base64.b64decode(told["body"]), str(told["type"])) if "body" in told else None

    def _file(self, url: str) -> tuple[bytes, str] | None:
        """A plain file below the page's folder, after every link on the way is followed; its name may hold the query, as wget saves it."""
        if not url.startswith(SAVED) or self.root is None:
            return None
        parts = urlsplit(url)
        names = [parts.path, *([f"{parts.path}?{parts.query}"] if parts.query else [])]
        for name in reversed(names):
            try:
                path = (self.root / unquote(name).lstrip("/")).resolve()
                if path.is_relative_to(self.root) and path.is_file() and path.stat().st_size <= LARGEST:
                    return path.read_bytes(), mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            except (OSError, ValueError):
                continue
        return None


class Visit:
    """One page at one width: what it asked for, what it got, what was measured."""

    def __init__(self, browser: Any, screen: Mapping[str, Any], shelf: Shelf, job: Mapping[str, Any], until: float) -> None:
        self.screen, self.shelf, self.job = screen, shelf, job
        self.until = until
        self.held: list[tuple[Any, bytes, str]] = []
        self.loaded: dict[str, int] = {}
        self.refused: set[str] = set()
        self.arrived = self.released = False
        self.context = browser.new_context(
            viewport={"width": screen["width"], "height": screen["height"]},
            device_scale_factor=screen["scale"],
            is_mobile=True,
            has_touch=True,
            locale=job["locale"],
            timezone_id="UTC",
            reduced_motion="reduce",
            color_scheme="light",
            service_workers="block",
            accept_downloads=False,
        )
        self.context.add_init_script(path=HERE / "before.js")
        self.context.route("**/*", self._answer)
        self.context.route_web_socket("**/*", self._socket)
        self.page = self.context.new_page()
        self.page.on("dialog", lambda dialog: dialog.dismiss())
        self.context.on("page", lambda page: page.close())

    def _socket(self, socket: Any) -> None:
        self.refused.add(socket.url)
        socket.close()

    def _answer(self, route: Any) -> None:
        request = route.request
        content = self.shelf.get(request.url) if self._may(request) else None
        if content is None:
            self.refused.add(request.url)
            if request.is_navigation_request():
                route.fulfill(status=204)  # the page stays as it is
            else:
                route.abort()
            return
        self.loaded[urldefrag(request.url)[0]] = len(content[0])
        if request.resource_type in LATER and not self.released:
            self.held.append((route, *content))
        else:
            _fill(route, *content)

    def _may(self, request: Any) -> bool:
        """Only what is read, and the page itself only once: it may not lead elsewhere, nor load itself again and again."""
        if request.method != "GET":
            return False
        if not request.is_navigation_request():
            return True
        try:
            first = request.frame == self.page.main_frame
        except Exception:  # a window of its own, that has no frame yet
            return False
        if not first:
            return True
        again, self.arrived = self.arrived, True
        return not again and urldefrag(request.url)[0] == urldefrag(self.shelf.address)[0]

    def _left(self, most: float) -> float:
        left = min(most, self.until - time.monotonic())
        if left <= 0:
            raise TooLong
        return left * 1000

    def open(self) -> None:
        self.page.goto(self.shelf.address, wait_until="commit", timeout=self._left(60))
        self._await("domcontentloaded")

    def rest(self, seconds: float) -> None:
        self.page.wait_for_timeout(self._left(seconds))

    def fill(self) -> None:
        """What was held back (pictures, fonts, films) comes now, after the text, as on a slow line."""
        self.released = True
        for route, body, kind in self.held:
            _fill(route, body, kind)
        self._await("load")

    def _await(self, state: str) -> None:
        """A page on which something never comes is measured as it is; one that never answers is left to the limit of it all."""
        patience = self.until - PATIENCE * float(self.job["seconds"]) - time.monotonic()
        with suppress(self.job["late"]):
            self.page.wait_for_load_state(state, timeout=self._left(max(0.2, patience)))

    def measured(self) -> dict[str, Any]:
        """Down to the end and up again, then everything is measured."""
        world = World(self.context, self.page)
        self._scroll(world)
        under = world.call("end")
        told: dict[str, Any] = world.call("top", self.job["least"])
        told["covered"] = [*told["covered"], *under]
        told["jumps"] = world.call("jumps")
        return told | {"width": self.screen["width"], "scale": self.screen["scale"], "loaded": self.loaded, "refused": sorted(self.refused)}

    def _scroll(self, world: World) -> None:
        """To the end in steps, so that what waits for the reader is loaded; a page that grows without end is left after forty."""
        at = 0
        for _ in range(40):
            at += int(self.screen["height"] * 0.9)
            self.page.evaluate("y => scrollTo({top: y, behavior: 'instant'})", at)
            self.rest(0.06)
            if at >= world.call("height"):
                break
        self.rest(0.15)

    def picture(self, told: Mapping[str, Any]) -> str:
        """The whole page as it looks, up to a height, as a PNG in base64."""
        size = {"x": 0, "y": 0, "width": max(told["right"], told["wide"]), "height": min(told["height"], TALLEST)}
        return _text(self.page.screenshot(full_page=True, clip=size, animations="disabled", timeout=self._left(20)))


class World:
    """The measuring script in a world of its own on the page: the same elements, none of the page's functions."""

    def __init__(self, context: Any, page: Any) -> None:
        self.line = context.new_cdp_session(page)
        frame = self.line.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        place = self.line.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "measure"})["executionContextId"]
        script = (HERE / "measure.js").read_text(encoding="utf-8")
        made = self.line.send("Runtime.evaluate", {"expression": script, "contextId": place})
        self.tool = made["result"]["objectId"]

    def call(self, name: str, *given: Any) -> Any:
        how = {
            "objectId": self.tool,
            "functionDeclaration": f"function(...given) {{ return this.{name}(...given); }}",
            "arguments": [{"value": x} for x in given],
            "awaitPromise": True,
            "returnByValue": True,
        }
        answer = self.line.send("Runtime.callFunctionOn", how)
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"].get("exception", {}).get("description", answer["exceptionDetails"])))
        return answer["result"].get("value")


def _fill(route: Any, body: bytes, kind: str) -> None:
    route.fulfill(body=body, headers={"content-type": kind, "access-control-allow-origin": "*"})


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def visit(browser: Any, job: Mapping[str, Any], talk: Talk) -> None:
    """The page at every width side by side: what was measured, with its pictures where they are wanted."""
    until = time.monotonic() + float(job["seconds"])
    shelf = Shelf(job, talk)
    visits = [Visit(browser, screen, shelf, job, until) for screen in job["screens"]]
    for one in visits:
        one.open()
    visits[0].rest(QUIET)
    for one in visits:
        one.fill()
    visits[0].rest(0.35)
    told = [one.measured() for one in visits]
    pictures = [one.picture(x) for one, x in zip(visits, told, strict=True)] if job.get("picture") else []
    talk.say(done={"screens": told, "pictures": pictures})
    for one in visits:  # of a page that hangs nothing is closed: whoever asked ends this process and all below it
        one.context.close()


def draw(browser: Any, job: Mapping[str, Any], talk: Talk) -> None:
    """A page of ours (a picture with boxes on it), without script or network, as a PNG."""
    size = {"width": job["width"], "height": job["height"]}
    context = browser.new_context(viewport=size, device_scale_factor=job["scale"], java_script_enabled=False, offline=True)
    try:
        page = context.new_page()
        page.set_content(job["html"], timeout=20_000)
        talk.say(done=_text(page.screenshot(full_page=True, timeout=20_000)))
    finally:
        context.close()


def printed(browser: Any, job: Mapping[str, Any], talk: Talk) -> None:
    """A page of ours on paper, without script or network: a PDF whose parts are tagged for those who listen, with an outline."""
    context = browser.new_context(java_script_enabled=False, offline=True, color_scheme="light", locale=job["locale"])
    try:
        page = context.new_page()
        page.set_content(job["html"], timeout=30_000)
        paper = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        talk.say(done=_text(paper))
    finally:
        context.close()


JOBS = {"visit": visit, "draw": draw, "print": printed}


def serve(talk: Talk) -> None:
    """Start the browser, then do what is asked until nothing is."""
    from playwright.sync_api import Error, TimeoutError, sync_playwright

    start = talk.hear()
    with sync_playwright() as hand:
        try:
            browser = hand.chromium.launch(
                executable_path=start["chromium"], chromium_sandbox=start["sandbox"], args=list(ARGUMENTS), timeout=20_000
            )
        except Error as error:
            talk.say(broken=str(error).strip().splitlines()[0])
            return
        talk.say(done=browser.version)
        while (job := talk.hear())["do"] != "quit":
            try:
                JOBS[job["do"]](browser, job | {"late": TimeoutError}, talk)
            except (TimeoutError, TooLong):
                talk.say(late=True)
            except Error as error:
                talk.say(broken=str(error).strip().splitlines()[0])
        browser.close()


if __name__ == "__main__":
    serve(Talk(sys.stdin, sys.stdout))
