"""The code on the pages of `docs/`: files that a page shows, Python with its answers, commands; what a page shares with its French one."""

from __future__ import annotations

import doctest
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


# Pages in two languages: a French page names its English one, and what does not depend on the language is the same in both.

OTHER = {"en": "Cette page en français.", "fr": "This page in English."}
FENCE = re.compile(r"^```(\{?[\w-]+\}?)(.*?)^```", re.DOTALL | re.MULTILINE)
LANGUAGE = re.compile(r',? ?language="(?:en|fr)"|^language = .*\n| --language (?:en|fr)|\.(?:en|fr)(?=\.(?:toml|png))', re.MULTILINE)
NUMBER = {"en": re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?"), "fr": re.compile(r"\d+(?:\u202f\d{3})*(?:,\d+)?")}
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")


def twins() -> dict[str, str]:
    """French page: its English one, as the French page says."""
    said = {page: re.search(re.escape(f"[{OTHER['fr']}]") + r"\(([^)]+)\)", page.read_text(encoding="utf-8")) for page in pages()}
    return {inside(page): inside(page.parent / found[1]) for page, found in said.items() if found}


def inside(page: Path) -> str:
    """Its path inside of `docs/`."""
    return str(page.resolve().relative_to(DOCS))


def prose(text: str) -> str:
    """What is read: no code, no addresses, but the words below a figure."""
    read = FENCE.sub(lambda block: block[2] if block[1] == "{figure}" else "", text)
    return re.sub(r"<[^>]+>", " ", LINK.sub(r"[\1]", INLINE.sub("", read)))


def numbers(text: str, language: str) -> list[str]:
    marks = str.maketrans({"\u202f": "", ",": "." if language == "fr" else ""})
    return sorted(number.translate(marks) for number in NUMBER[language].findall(text))


def same_code(kind: str, body: str, language: str) -> str:
    """A block without its language, its comments, its answers and its sentences (of which the digits stay)."""
    if kind in ("{figure}", "{toctree}"):
        return Path(LANGUAGE.sub("", body.splitlines()[0])).name
    asked = "".join(example.source for example in doctest.DocTestParser().get_examples(body)) if kind == "python" else body
    bare = re.sub(r" *#.*", "", LANGUAGE.sub("", asked))
    return re.sub(r'"[^"\n]*"', lambda said: re.sub(r"\D", "", said[0]) if " " in said[0] else said[0], bare)


def shared(text: str, language: str) -> dict[str, list[str]]:
    """What a page has in common with its twin: its headings' levels, its code, its numbers."""
    blocks = [(block[1], block[2]) for block in FENCE.finditer(text)]
    return {
        "headings": re.findall(r"^#+(?= )", FENCE.sub("", text), re.MULTILINE),
        "code": [f"{kind} {same_code(kind, body, language)}" for kind, body in blocks],
        "numbers": numbers(prose(text), language),
    }


def inline(text: str) -> set[str]:
    """The code inside of sentences."""
    return {LANGUAGE.sub("", said) for said in INLINE.findall(FENCE.sub("", text))}


def led_to(page: str, known: dict[str, str]) -> list[str]:
    """The pages that a page's links lead to, an English page by its French twin where it has one."""
    links = LINK.findall((DOCS / page).read_text(encoding="utf-8"))
    wanted = [inside((DOCS / page).parent / address.split("#")[0]) for text, address in links if text not in OTHER.values()]
    return sorted(known.get(target, target) for target in wanted)
