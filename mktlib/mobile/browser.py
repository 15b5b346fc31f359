"""A headless Chromium in a process of its own: found, started, spoken to, and ended with all that it started."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mktlib.errors import MktlibError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGE = Path(__file__).resolve().parents[2]
Fetch = Callable[[str], Any]


class NoBrowser(Exception):
    """There is no browser to measure with; `args[0]` says what is missing, `args[1]` what to type."""


class Endless(Exception):
    """The page did not come to rest within its limit, or took its browser down."""


def chromium_path() -> Path | None:
    """Where Chromium is: MKTLIB_CHROMIUM alone where it is set, else by its names on PATH and in /usr/bin; None where it is not."""
    own = os.environ.get("MKTLIB_CHROMIUM")
    places = [own] if own else [*map(shutil.which, NAMES), *(f"/usr/bin/{name}" for name in NAMES)]
    return next((Path(x) for x in places if x and os.path.isfile(x) and os.access(x, os.X_OK)), None)


def as_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


class Browser:
    """A browser that answers one thing at a time. Use it as a context: at its end nothing that it started is left."""

    def __init__(self, fetch: Fetch | None = None) -> None:
        if importlib.util.find_spec("playwright") is None:
            raise NoBrowser("Playwright", "pip install 'mktlib[pages]'")
        path = chromium_path()
        if path is None:
            raise NoBrowser("Chromium", "apt-get install chromium; MKTLIB_CHROMIUM=/usr/bin/chromium")
        self.fetch, self.path, self.idle = fetch, path, False
        self.lines: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> Browser:
        self.home = tempfile.TemporaryDirectory(prefix="mktlib-", ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mktlib.mobile.visiting"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_surroundings(self.home.name),
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self.version = str(self.ask({"chromium": str(self.path), "sandbox": not as_root()}, 40))
        except Endless as error:
            self.__exit__()
            raise NoBrowser(f"Chromium ({error})" if str(error) else "Chromium", "MKTLIB_CHROMIUM=/usr/bin/chromium") from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        started = _below(self.process.pid)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if self.idle:
                self._tell({"do": "quit"})
                self.process.wait(timeout=3)
        for process in (*started, *_below(self.process.pid)):
            _end(*process)
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if stream:
                    stream.close()
        self.home.cleanup()

    def ask(self, job: Mapping[str, Any], seconds: float) -> Any:
        """What it answers to a job; its requests for addresses are answered on the way.

        Raises:
            Endless: no answer within so many seconds, or the browser broke down.
        """
        until, self.idle = time.monotonic() + seconds, False
        with contextlib.suppress(BrokenPipeError):
            self._tell(job)
        while True:
            heard = self._heard(until)
            if "ask" in heard:
                self._tell(self._fetched(heard["ask"]))
            elif "done" in heard:
                self.idle = True
                return heard["done"]
            else:
                raise Endless(heard.get("broken", ""))

    def _heard(self, until: float) -> dict[str, Any]:
        try:
            line = self.lines.get(timeout=max(0.01, until - time.monotonic()))
        except queue.Empty:
            raise Endless from None
        if line is None:
            raise Endless
        heard: dict[str, Any] = json.loads(line)
        return heard

    def _tell(self, what: Mapping[str, Any]) -> None:
        if self.process.stdin:
            self.process.stdin.write(json.dumps(what) + "\n")
            self.process.stdin.flush()

    def _fetched(self, url: str) -> dict[str, str]:
        try:
            answer = self.fetch(url) if self.fetch else None
        except MktlibError:
            answer = None
        if answer is None or answer.status >= 400:
            return {}
        return {"body": base64.b64encode(answer.body).decode("ascii"), "type": answer.content_type}

    def _listen(self) -> None:
        with contextlib.suppress(ValueError):
            for line in self.process.stdout or ():
                self.lines.put(line)
        self.lines.put(None)


def _surroundings(home: str) -> dict[str, str]:
    """The environment as it is, with a home of its own, and this very package first on its path."""
    paths = [str(PACKAGE), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "HOME": home, "TMPDIR": home, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _below(pid: int) -> list[tuple[int, str]]:
    """Every process below one, with the moment it began (so that another that got its number is not taken for it)."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append((int(path.parent.name), fields[19]))
    found, open_ = [], [pid]
    while open_:
        children = parents.get(open_.pop(), [])
        found += children
        open_ += [child for child, _ in children]
    return found


def _end(pid: int, began: str) -> None:
    with contextlib.suppress(OSError, IndexError):
        if Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19] == began:
            os.kill(pid, signal.SIGKILL)
