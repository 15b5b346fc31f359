"""Do the lessons run where people open them? Every notebook in a real JupyterLab, driven by its menu in a headless Chromium.

    python tests/labbing.py            every edition: the table of benchmarks/README.md, pictures in build/lab
    python tests/labbing.py 03 fr/06   those whose paths begin so

The server works on a copy of `notebooks/`, on 127.0.0.1, with a token drawn for this run and settings of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mktlib.mobile.browser import as_root, chromium_path

ROOT = Path(__file__).resolve().parents[1]
BOOKS = ROOT / "notebooks"
SHOTS = ROOT / "build" / "lab"
WIDE, HIGH, HIGHEST = 1400, 1000, 12_000  # pixels: of the window, and of the longest picture that is kept
SECONDS = 180
SETTINGS = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # cells that are out of sight are in the page too
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},  # nothing outside is asked
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}
HARMLESS = {  # what JupyterLab's own console says of itself: how it begins, and why that is none of ours
    "Could not restore the debugger state: Canceled future": "its debugger asks the old kernel while a new one is being started",
}
STATE = """() => {
  const panel = window.jupyterapp.shell.currentWidget;
  if (!panel || !panel.content || !panel.content.widgets) return null;
  const kernel = panel.sessionContext.session && panel.sessionContext.session.kernel;
  const code = panel.content.widgets.filter(c => c.model.type === 'code');
  return {
    status: kernel ? kernel.status : 'none',
    counts: code.map(c => c.model.executionCount),
    prompts: code.map(c => (c.node.querySelector('.jp-InputPrompt') || {}).innerText),
    errors: code.map(c => { const out = [];
      for (let i = 0; i < c.model.outputs.length; i++) { const o = c.model.outputs.get(i);
        if (o.type === 'error') out.push(String(o.toJSON().ename) + ': ' + String(o.toJSON().evalue)); }
      return out; }).flat(),
    broken: [...panel.content.node.querySelectorAll('.jp-OutputArea-output img')].filter(i => !i.complete || !i.naturalWidth).length,
    pictures: panel.content.node.querySelectorAll('.jp-RenderedImage img').length,
  };
}"""
DONE = f"""() => {{ const s = ({STATE})(); return s && s.status === 'idle' && s.counts.every(n => n !== null) }}"""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A notebook after "Restart Kernel and Run All Cells": counts, prompts as they are read, errors of cells, what the console said."""

    counts: list[int]
    prompts: list[str]
    errors: list[str]
    console: list[str]
    pictures: int
    broken: int
    seconds: float


@dataclass
class Lab:
    """A server that answers, and a page that is open on it."""

    url: str
    token: str
    home: Path
    page: Any
    said: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.said.clear()
        self.page.set_viewport_size({"width": WIDE, "height": HIGH})
        self.page.goto(f"{self.url}/lab/tree/{path}?reset&token={self.token}")
        ready = """name => { const w = window.jupyterapp && window.jupyterapp.shell.currentWidget;
            return w && w.context && w.context.path === name && w.context.isReady && w.sessionContext && w.sessionContext.isReady
              && w.sessionContext.session && w.sessionContext.session.kernel.status === 'idle' }"""
        self.page.wait_for_function(ready, arg=path, timeout=SECONDS * 1000)

    def run_all(self) -> Ran:
        """By the menu, as a person does, to the end of the last cell."""
        start = time.perf_counter()
        self.page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Kernel$")).click()
        self.page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Restart Kernel and Run All Cells")).click()
        self.page.locator(".jp-Dialog-button.jp-mod-accept, .jp-Dialog-button.jp-mod-warn").last.click()
        self.page.wait_for_function("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status !== 'idle'")
        self.page.wait_for_function(DONE, timeout=SECONDS * 1000, polling=200)
        seconds = time.perf_counter() - start
        self.page.wait_for_function(f"() => ({STATE})().broken === 0", timeout=20_000)
        state = self.page.evaluate(STATE)
        return Ran(seconds=seconds, console=self.ours(), **{k: state[k] for k in ("counts", "prompts", "errors", "pictures", "broken")})

    def ours(self) -> list[str]:
        """What the console said since the notebook was opened that JupyterLab does not say of itself."""
        return [line for line in self.said if not line.startswith(tuple(HARMLESS))]

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for the kernel to answer a control."""
        deadline = time.monotonic() + 60
        while not true():
            assert time.monotonic() < deadline, "nothing changed"
            self.page.wait_for_timeout(100)

    def shot(self, name: str) -> Path:
        """The notebook from its title to its end, in a window that is tall enough."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        outer = "document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer')"
        self.page.set_viewport_size({"width": WIDE, "height": HIGHEST})
        self.page.evaluate(f"() => {outer}.scrollTo(0, 0)")
        end = "() => Math.max(...[...document.querySelectorAll('.jp-Notebook .jp-Cell')].map(c => c.getBoundingClientRect().bottom))"
        self.page.set_viewport_size({"width": WIDE, "height": int(min(HIGHEST, max(HIGH, self.page.evaluate(end) + 60)))})
        self.page.wait_for_timeout(400)
        path = SHOTS / f"{name}.png"
        self.page.screenshot(path=str(path))
        return path

    def close(self) -> None:
        """The kernels that were started end with the notebook."""
        self.page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")


def books(names: list[str] | None = None) -> list[Path]:
    """Every notebook there is, whatever its edition."""
    found = sorted(p for p in BOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)
    return [p for p in found if not names or any(str(p.relative_to(BOOKS)).startswith(name) for name in names)]


def edition(path: Path) -> str:
    return "-".join([*path.relative_to(BOOKS).parent.parts, path.stem]) or path.stem


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def surroundings(home: Path) -> dict[str, str]:
    """Settings, runtime and history of this run alone."""
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTERLAB_SETTINGS_DIR": "settings"}
    places |= {"JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython"}
    for plugin, values in SETTINGS.items():
        file = home / "settings" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    own = {key: str(home / name) for key, name in places.items()}
    return os.environ | own | {"TQDM_DISABLE": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}


@contextlib.contextmanager
def server(home: Path) -> Iterator[tuple[str, str]]:
    """(address, token) of a JupyterLab on a copy of the notebooks, and of what else lies in `home/root`."""
    shutil.copytree(BOOKS, home / "root", dirs_exist_ok=True, ignore=shutil.ignore_patterns("source", ".ipynb_checkpoints"))
    port, token = free_port(), secrets.token_urlsafe(24)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.root_dir={home / 'root'}", "--expose-app-in-browser", "--ServerApp.open_browser=False"]
    command += ["--allow-root"] if as_root() else []
    with (home / "server.log").open("w", encoding="utf-8") as log:
        # the token goes by the environment: a command line is read by everybody on the machine
        env = surroundings(home) | {"JUPYTER_TOKEN": token}
        process = subprocess.Popen(command, env=env, cwd=home, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            _answers(f"http://127.0.0.1:{port}/api", process, home / "server.log")
            yield f"http://127.0.0.1:{port}", token
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str, process: Any, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.3)
    raise RuntimeError(f"JupyterLab does not answer:\n{log.read_text(encoding='utf-8')[-3000:]}")


@contextlib.contextmanager
def lab(home: Path) -> Iterator[Lab]:
    """JupyterLab open in a headless Chromium that is let nowhere else."""
    from playwright.sync_api import sync_playwright

    with server(home) as (url, token), sync_playwright() as hand:
        browser = hand.chromium.launch(executable_path=str(chromium_path()), chromium_sandbox=not as_root())
        page = browser.new_context(viewport={"width": WIDE, "height": HIGH}).new_page()
        page.set_default_timeout(SECONDS * 1000)
        made = Lab(url=url, token=token, home=home, page=page)
        page.route("**/*", lambda route: route.continue_() if route.request.url.startswith((url, "data:", "blob:")) else route.abort())
        page.on("console", lambda m: made.said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: made.said.append(f"page error: {error}"))
        try:
            yield made
        finally:
            browser.close()


def main(names: list[str]) -> int:
    print("| notebook | code cells | pictures | s | errors |\n|---|---|---|---|---|")
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="mktlib-lab-") as folder, lab(Path(folder)) as opened:
        for book in books(names):
            name = str(book.relative_to(BOOKS))
            opened.open(name)
            ran = opened.run_all()
            opened.shot(edition(book))
            opened.close()
            said = "; ".join([*ran.errors, *ran.console])
            wrong += bool(said) or ran.counts != list(range(1, len(ran.counts) + 1))
            print(
                f"| {name.removesuffix('.ipynb')} | {len(ran.counts)} | {ran.pictures} | {ran.seconds:.0f} | {said or 'none'} |", flush=True
            )
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
