"""Small helpers of generated pages: escaped HTML tables, and files that are only written when they change (Sphinx then rebuilds less)."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

KEPT: set[Path] = set()
"""Files that were written, or found to be as they should."""


def write(path: Path, text: str | bytes) -> Path:
    """The file holds this text afterwards; it is left alone where it already does."""
    KEPT.add(path)
    data = text.encode("utf-8") if isinstance(text, str) else text
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != data:
        path.write_bytes(data)
    return path


def escaped(text: object) -> str:
    return html.escape(str(text), quote=True)


def code(text: object) -> str:
    return f"<code>{escaped(text).replace('_', '_<wbr>')}</code>"


def french(text: str) -> str:
    """A piece of HTML in French, told to those who read aloud."""
    return f'<span lang="fr">{text}</span>' if text else ""


def toctree(names: Iterable[str], caption: str = "") -> str:
    """A table of contents, for the end of an index page."""
    return "\n".join(["", "```{toctree}", ":maxdepth: 1", *([f":caption: {caption}"] if caption else []), "", *names, "```", ""])


def table(head: Sequence[str], rows: Iterable[Sequence[str]], ids: Sequence[str] = (), look: str = "rows") -> str:
    """A raw HTML table in Markdown: cells are HTML already; `ids` are anchors of the rows; the first cell of a row is its header."""
    named = iter(ids)
    lines = ["```{raw} html", f'<div class="table-wrapper" tabindex="0"><table class="docutils {look}"><thead><tr>']
    lines += [*(f'<th scope="col">{escaped(h)}</th>' for h in head), "</tr></thead><tbody>"]
    for first, *rest in rows:
        anchor = next(named, "")
        opening = f'<tr id="{escaped(anchor)}">' if anchor else "<tr>"
        lines.append(f'{opening}<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>")
    return "\n".join([*lines, "</tbody></table></div>", "```", ""])
