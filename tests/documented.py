"""The code on the pages of `docs/`: files that a page shows, Python with its answers, commands."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SHOWN = re.compile(r"^```\{code-block\} \w+\n:caption: ([\w./-]+)\n\n(.*?)^```", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md"))


def files(text: str) -> dict[str, str]:
    """The files that a page shows, by name."""
    return dict(SHOWN.findall(text))


def session(text: str) -> str:
    """All Python of a page, as one session."""
    return "\n".join(PYTHON.findall(text))


def lines(text: str) -> list[str]:
    """The command lines of a page, with their comments."""
    shown = "\n".join(SHELL.findall(text)).replace("\\\n", " ").splitlines()
    return [line.strip() for line in shown if line.strip() and not line.startswith("#")]


def settle(text: str, folder: Path) -> None:
    """A folder as the reader has it: the data of a checkout, and the files that the page shows."""
    (folder / "data").symlink_to(ROOT / "data")
    for name, content in files(text).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
