"""The documentation site, without a network: pages from the code, Sphinx with every warning an error, then a check of every link.

python docs/build.py                    # build/docs, from build/docs-source
python docs/build.py --front --panels   # the pictures of docs/pictures again, first
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
os.environ["MKTLIB_DOCS"] = str(HERE)
sys.path[:0] = [str(HERE), str(ROOT / "tests")]

from making import api, command, front, gallery, lessons, links, panels, rows  # noqa: E402
from making.page import KEPT, toctree, write  # noqa: E402
from sphinx.cmd.build import build_main  # noqa: E402

WRITTEN = (".md", ".png", ".css", ".html", ".py", ".svg")


def stage(source: Path) -> None:
    """Everything that Sphinx reads, in one folder: pages written by hand, and those made from the code."""
    source.mkdir(parents=True, exist_ok=True)
    for path in HERE.rglob("*"):
        inner = path.relative_to(HERE)
        if path.suffix in WRITTEN and inner.parts[0] not in ("making", "build.py") and "__pycache__" not in inner.parts:
            write(source / inner, path.read_bytes())
    books = lessons.lessons(ROOT, source)
    append(source / "tutorial/index.md", toctree(f"lessons/{name}" for name in books["en"]))
    append(source / "fr/index.md", toctree(f"lecons/{name}" for name in books["fr"]))
    append(source / "reference/index.md", toctree((f"api/{name}" for name in api.api(source / "reference/api")), "Python"))
    append(source / "reference/tables/index.md", toctree(rows.tables(source / "reference/tables"), "Tables"))
    rows.findings(source / "reference/findings.md")
    command.command(source / "reference/command-line.md")
    gallery.galleries(source)
    for stale in [path for path in source.rglob("*") if path.is_file() and path not in KEPT]:
        stale.unlink()


def append(path: Path, text: str) -> None:
    write(path, path.read_text(encoding="utf-8") + text)


def build(source: Path, out: Path) -> int:
    """Build the site; every warning is an error, all of them are printed."""
    doctrees = source.parent / f"{source.name}-doctrees"
    return int(build_main(["-b", "html", "-E", "-n", "-W", "-q", "-d", str(doctrees), str(source), str(out)]))


def main() -> int:
    told = argparse.ArgumentParser(description="Build the documentation site, without a network, and check every link.")
    told.add_argument("--out", type=Path, default=ROOT / "build" / "docs")
    told.add_argument("--front", action="store_true", help="first draw docs/pictures again, which README shows too")
    told.add_argument("--panels", action="store_true", help="first take the pictures of the panels again, in a JupyterLab in Chromium")
    args = told.parse_args()
    if args.front:
        front.front(HERE / "pictures")
    if args.panels:
        panels.panels(HERE / "pictures")
    began, out = time.monotonic(), args.out.resolve()
    stage(source := out.parent / f"{out.name}-source")
    staged = time.monotonic()
    shutil.rmtree(out, ignore_errors=True)
    if wrong := build(source, out):
        return wrong
    faults = links.faults(out, ROOT)
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    spent = time.monotonic()
    pages = len(list(out.rglob("*.html")))
    sys.stdout.write(f"{pages} pages in {spent - began:.0f} s, figures and generated pages {staged - began:.0f} s of them")
    sys.stdout.write(f" ({time.process_time():.0f} s of the processor)\n{out / 'index.html'}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
