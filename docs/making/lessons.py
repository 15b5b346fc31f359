"""The lessons as they are stored, executed: every notebook that exists is a page, and its figures have their text beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from making.page import write

EDITIONS = {"en": ("notebooks", "tutorial/lessons"), "fr": ("notebooks/fr", "fr/lecons")}
"""Language: (where the notebooks lie, where their pages go)."""


def lessons(root: Path, out: Path) -> dict[str, list[str]]:
    """Copy each notebook to the site; answer with the names of the lessons by language."""
    found: dict[str, list[str]] = {}
    for language, (source, target) in EDITIONS.items():
        paths = sorted((root / source).glob("[0-9]*.ipynb"))
        for path in paths:
            write(out / target / path.name, told(json.loads(path.read_text(encoding="utf-8"))))
        found[language] = [path.stem for path in paths]
    return found


def told(book: dict[str, Any]) -> str:
    """A notebook whose figures carry their text as alternative text, and whose widgets are left to a notebook: a page runs no script."""
    book["metadata"].pop("widgets", None)
    for cell in (cell for cell in book["cells"] if cell["cell_type"] == "code"):
        cell["outputs"] = [output for output in cell["outputs"] if not progress_bar(output)]
        for output in cell["outputs"]:
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
        texts = [output["data"].get("text/plain", "") for output in cell["outputs"] if "image/png" in output.get("data", {})]
        if texts:
            said = " ".join("".join(texts[0]).split()).replace("`", "'")
            cell["metadata"].setdefault("mystnb", {}).setdefault("image", {})["alt"] = said
    return json.dumps(book, ensure_ascii=False, indent=1)


def progress_bar(output: dict[str, Any]) -> bool:
    return output["output_type"] == "stream" and output.get("name") == "stderr"
