"""The lessons from their one source: `NN_name.py` (prose in English, code, solutions) and `NN_name.fr.toml` (its prose in French).

    python notebooks/source/build.py              every edition of every lesson, executed
    python notebooks/source/build.py 03 08        two lessons only
    python notebooks/source/build.py --check      say which stored editions are not what their source says; execute nothing

Four editions of each lesson: `notebooks/` and `notebooks/fr/`, and the teacher's `solutions/` in both. Code is the same in all of them; only
`language` differs. A cell has a key, by which its French row is found; tags say where it goes:
  parameters   what papermill may set
  exercise     the cell a learner fills in; in the solutions its place is taken by the cell tagged solution that follows
  solution     for the teacher alone (code, or prose)
  setup        code that the solutions need as well
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

SOURCE = Path(__file__).resolve().parent
ROOT = SOURCE.parent
EDITIONS = {"en": ROOT, "fr": ROOT / "fr"}
SOLUTIONS = {"en": "Solutions: ", "fr": "Corrigés\u00a0: "}
TAGS = {"parameters", "exercise", "solution", "setup"}
LANGUAGE = 'language = "en"'  # what each edition puts its own language in place of
WIDGETS, VIEW = "application/vnd.jupyter.widget-state+json", "application/vnd.jupyter.widget-view+json"
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class LessonError(ValueError):
    """A source that no edition can be made of; says the file, the cell and what to write."""


def lessons(only: list[str] | None = None) -> list[Path]:
    paths = sorted(SOURCE.glob("[0-9][0-9]_*.py"))
    found = [p for p in paths if not only or any(p.stem.startswith(name) for name in only)]
    if not found:
        raise LessonError(f"no lesson is called {', '.join(only or [])}; there are {', '.join(p.stem for p in paths)}")
    return found


def french(path: Path) -> dict[str, str]:
    file = path.with_suffix(".fr.toml")
    try:
        rows = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # absent, no UTF-8, no TOML, a key twice
        raise LessonError(f"{file.name}: {error}; write one row a cell of prose, each key once: key = '''text'''") from error
    if odd := [key for key, text in rows.items() if not isinstance(text, str)]:
        raise LessonError(f"{file.name}: rows that are no text: {odd}; write key = '''text'''")
    return {key: text.strip() for key, text in rows.items()}


def editions(path: Path) -> dict[Path, Any]:
    """Every edition of a lesson without outputs, by the file that it goes to."""
    cells = read(path)
    rows = french(path)
    missing = [c.id for c in cells if c.cell_type == "markdown" and not rows.get(c.id)]
    unknown = sorted(rows.keys() - {c.id for c in cells if c.cell_type == "markdown"})
    if missing or unknown:
        raise LessonError(f"{path.with_suffix('.fr.toml').name}: rows that are missing: {missing}; rows of no cell: {unknown}")
    made = {}
    for language, folder in EDITIONS.items():
        said = [translated(cell, language, rows) for cell in cells]
        made[folder / f"{path.stem}.ipynb"] = notebook([c for c in said if "solution" not in tags(c)])
        made[folder / "solutions" / f"{path.stem}.ipynb"] = notebook(solved(said, language))
    return made


def read(path: Path) -> list[Any]:
    """The cells of a source, each named by its key."""
    try:
        cells = jupytext.read(path, fmt="py:percent").cells
    except (OSError, ValueError) as error:
        raise LessonError(f"{path.name}: {error}; write a text in UTF-8, cells beginning with # %%") from error
    for number, cell in enumerate(cells, 1):
        key = cell.metadata.pop("key", None)
        if key is None:
            raise LessonError(f'{path.name}, cell {number} ("{cell.source[:40]}"): no key; write # %% key="a-name"')
        cell.id = key
    keys = [c.id for c in cells]
    if wrong := faults(cells, keys):
        raise LessonError("\n".join(f"{path.name}: {fault}" for fault in wrong))
    return cells


def faults(cells: list[Any], keys: list[str]) -> list[str]:
    """What is wrong with a source, each with what to write."""
    found = [f"key {k!r} stands twice; give each cell its own" for k in sorted({k for k in keys if keys.count(k) > 1})]
    found += [f"key {k!r}: write letters, digits, - and _ only" for k in keys if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", k)]
    found += [f"cell {c.id!r}: tags that mean nothing: {odd}; known: {sorted(TAGS)}" for c in cells if (odd := sorted({*tags(c)} - TAGS))]
    if not cells or not cells[0].source.startswith("# "):
        found.append("the first cell is no title; begin with a cell of prose that begins with # ")
    if [LANGUAGE in c.source for c in cells if "parameters" in tags(c)] != [True]:
        found.append(f"write one cell tagged parameters, with {LANGUAGE}")
    for cell, after in pairwise([*cells, None]):
        if "exercise" in tags(cell) and (after is None or "solution" not in tags(after)):
            found.append(f"cell {cell.id!r} is an exercise; its answer must follow in a cell tagged solution")
    return found


def tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", []))


def translated(cell: Any, language: str, rows: dict[str, str]) -> Any:
    said = nbformat.from_dict(dict(cell))
    if language != "en" and cell.cell_type == "markdown":
        said.source = rows[cell.id]
    if "parameters" in tags(cell):
        said.source = cell.source.replace(LANGUAGE, f'language = "{language}"')
    return said


def solved(cells: list[Any], language: str) -> list[Any]:
    """What a teacher needs: the title, what the answers stand on, each question with its answer."""
    title = nbformat.from_dict(dict(cells[0]))
    title.source = "# " + SOLUTIONS[language] + cells[0].source.splitlines()[0].removeprefix("# ")
    kept = [title]
    for before, cell in pairwise(cells):
        if "exercise" in tags(cell):
            kept.append(before)
        elif {"parameters", "setup", "solution"} & set(tags(cell)):
            kept.append(cell)
    return kept


def notebook(cells: list[Any]) -> Any:
    fresh = []
    for cell in cells:
        made = nbformat.from_dict({"id": cell.id, "cell_type": cell.cell_type, "metadata": {}, "source": cell.source})
        if tags(cell):
            made.metadata["tags"] = tags(cell)
        if cell.cell_type == "code":
            made |= {"outputs": [], "execution_count": None}
        fresh.append(made)
    return nbformat.from_dict({"nbformat": 4, "nbformat_minor": 5, "metadata": KERNEL, "cells": fresh})


def stale(path: Path) -> list[Path]:
    """Editions whose words or code are not those of the source."""
    return [file for file, made in editions(path).items() if stored(file) != plain(made)]


def stored(file: Path) -> list[tuple[str, str, str, tuple[str, ...]]] | None:
    try:
        return plain(nbformat.read(file, as_version=4))
    except (OSError, ValueError, AttributeError, nbformat.ValidationError):  # absent, or no notebook
        return None


def plain(book: Any) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(c.get("id", ""), c.cell_type, c.source, tuple(tags(c))) for c in book.cells]


def execute(file: Path, book: Any) -> None:
    """Run top to bottom in the folder that a reader would run it in, and keep what came out: all of it, or the file as it was."""
    file.parent.mkdir(parents=True, exist_ok=True)
    place = {"metadata": {"path": str(file.parent)}}
    try:
        NotebookClient(book, timeout=300, kernel_name="python3", record_timing=False, resources=place).execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise LessonError(f"{file.relative_to(ROOT)}, cell {broken(book)!r}: mend it in its source\n{error}") from error
    for cell in book.cells:
        cell.metadata.pop("execution", None)
    half = file.with_suffix(".half")
    try:
        nbformat.write(steady(book), half)
        os.replace(half, file)
    finally:
        half.unlink(missing_ok=True)


def steady(book: Any) -> Any:
    """The same names of widgets in each build (a live notebook draws them by chance): counted from what is shown, inwards."""
    state = book.metadata.get("widgets", {}).get(WIDGETS, {}).get("state", {})
    views = [out.get("data", {}).get(VIEW, {}).get("model_id") for c in book.cells for out in c.get("outputs", [])]
    seen, ahead = {}, [view for view in views if view]
    while ahead:
        name = ahead.pop(0)
        if name in state and name not in seen:
            seen[name] = f"{len(seen):032x}"
            ahead += re.findall(r"IPY_MODEL_(\w+)", json.dumps(state[name], sort_keys=True))
    named = nbformat.reads(re.sub("|".join(seen) or "$^", lambda found: seen[found[0]], nbformat.writes(book)), as_version=4)
    if seen:
        kept = named.metadata.widgets[WIDGETS]["state"]
        named.metadata.widgets[WIDGETS]["state"] = nbformat.from_dict(
            {new: kept[new] for new in seen.values()}
        )  # what nothing shows is left out
    return named


def broken(book: Any) -> str:
    """The cell that stopped a run: the one with an error, or the last that was begun."""
    begun = [c for c in book.cells if c.cell_type == "code" and (c.outputs or c.execution_count)]
    failed = [c for c in begun if any(out.output_type == "error" for out in c.outputs)]
    return str([*begun, *failed][-1].id) if begun else "?"


def told(old: list[Path]) -> int:
    """Say which editions are not what their source says; 1 where there are any."""
    for file in old:
        print(f"not what its source says: {file.relative_to(ROOT)}")
    if not old:
        print("every edition is what its source says")
    return int(bool(old))


def build(paths: list[Path], *, only_stale: bool) -> None:
    """Execute every edition of these lessons, or those alone that are not what their source says."""
    books = {}
    for path in paths:
        old = stale(path) if only_stale else []
        books |= {file: book for file, book in editions(path).items() if not only_stale or file in old}
    bar = tqdm(books.items(), unit="notebook", disable=False)
    for file, book in bar:
        bar.set_description(str(file.relative_to(ROOT)))
        execute(file, book)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="*", help="beginnings of names, such as 03; all of them by default")
    parser.add_argument("--check", action="store_true", help="execute nothing; name the editions that are not what their source says")
    parser.add_argument("--stale", action="store_true", help="execute only the editions that are not what their source says")
    wanted = parser.parse_args(arguments)
    try:
        paths = lessons(wanted.lessons)
        if wanted.check:
            return told(old=[file for path in paths for file in stale(path)])
        build(paths, only_stale=wanted.stale)
    except LessonError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    os.environ["TQDM_DISABLE"] = "1"  # lessons are stored without bars
    sys.exit(main(sys.argv[1:]))
