"""Do the lessons notice? Each row of `mutations.toml` breaks a copy of the library in one place and runs a lesson against it.

    python tests/mutating.py                  every mutation: the table of benchmarks/README.md
    python tests/mutating.py tally fr-label   those whose names begin so

The working tree is never touched: package, notebooks and what nbval needs are copied, and the kernel imports the copy. Data are read only.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROWS = ROOT / "tests" / "mutations.toml"
COPIED = ("mktlib", "notebooks", "conftest.py", "pyproject.toml", "tests/pixels.py", "tests/pictures/made_with.txt")
KINDS = ("estimator", "data", "figure", "words")
EDITIONS = {"en": "", "fr": "fr", "solutions": "solutions", "fr/solutions": "fr/solutions"}


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One wrong thing: in `file`, `old` (it stands there once) becomes `new`, which means `why`; `lesson` in its `edition` must notice."""

    name: str
    kind: str
    file: str
    old: str
    new: str
    lesson: str
    why: str
    edition: str = "en"

    @property
    def path(self) -> Path:
        return ROOT / "mktlib" / self.file

    def notebook(self, root: Path = ROOT) -> Path | None:
        return next((root / "notebooks" / EDITIONS[self.edition]).glob(f"{self.lesson}_*.ipynb"), None)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How a lesson fared: by "" (it noticed nothing), words, picture, assertion or crash; in which of its code cells, counted from 1."""

    by: str
    cell: int
    seconds: float
    log: str


def mutations() -> list[Mutation]:
    return [Mutation(name=name, **row) for name, row in tomllib.loads(ROWS.read_text(encoding="utf-8")).items()]


def copied(to: Path) -> Path:
    """Everything that a lesson and its comparison need, in a folder of its own; the samples by a link."""
    for name in COPIED:
        source, target = ROOT / name, to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        else:
            shutil.copy2(source, target)
    if not (to / "data").exists():
        (to / "data").symlink_to(ROOT / "data", target_is_directory=True)
    return to


@contextlib.contextmanager
def broken(mutation: Mutation, root: Path) -> Iterator[None]:
    """The copy with one thing wrong in it, and afterwards as it was."""
    path = root / "mktlib" / mutation.file
    text = path.read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.name}: its text stands {text.count(mutation.old)} times in {mutation.file}"
    path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")


def run(book: Path, root: Path) -> Seen:
    """A notebook of the copy compared with itself as stored, to its first difference."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--nbval", "--nbval-current-env", "--nbval-cell-timeout=120", "--color=no"]
    command += ["-p", "no:cacheprovider", "-p", "no:randomly", str(book.relative_to(root))]
    env = os.environ | {"PYTHONPATH": str(root), "OPENBLAS_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    env = {key: value for key, value in env.items() if not key.startswith("PYTEST_")}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, encoding="utf-8", timeout=600)
    seconds = time.perf_counter() - start
    said = done.stdout + done.stderr
    if done.returncode == 0:
        return Seen(by="", cell=0, seconds=seconds, log=said)
    assert done.returncode == 1, said  # no comparison took place
    cell = re.search(r"::Cell (\d+)", said)
    assert cell, said
    by = next((name for mark, name in MARKS.items() if mark in said), "crash")
    return Seen(by=by, cell=int(cell.group(1)) + 1, seconds=seconds, log=said)


MARKS = {"The picture differs": "picture", "Cell outputs differ": "words", "AssertionError": "assertion"}


def judged(mutation: Mutation, root: Path) -> Seen:
    """How the lesson fares while the copy is broken."""
    book = mutation.notebook(root)
    assert book, f"{mutation.name}: no lesson {mutation.lesson} in {mutation.edition}"
    with broken(mutation, root):
        return run(book, root)


def main(names: list[str]) -> int:
    chosen = [m for m in mutations() if not names or any(m.name.startswith(name) for name in names)]
    missed = 0
    print("| mutation | what is broken | lesson | noticed in cell | by | s |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="mktlib-mutations-") as folder:
        root = copied(Path(folder))
        whole = {m.notebook(root): f"{m.lesson} {m.edition}" for m in chosen}
        for book, lesson in sorted(whole.items(), key=lambda pair: pair[1]):
            missed += _told("none", "nothing: the lesson as it stands", lesson, run(book, root) if book else None, wanted=False)
        for m in chosen:
            seen = judged(m, root) if m.notebook(root) else None
            missed += _told(m.name, m.why, f"{m.lesson} {m.edition}", seen, wanted=True)
    print(f"\n{len(chosen)} mutations in {len(whole)} notebooks; {missed} rows are not as they should be.")
    return int(bool(missed))


def _told(name: str, why: str, lesson: str, seen: Seen | None, *, wanted: bool) -> bool:
    """Print a row; whether it is not as it should be."""
    wrong = seen is None or (not seen.by) == wanted or seen.by == "crash"
    said = " | no such notebook" if seen is None else f"{seen.cell} | {seen.by}" if seen.by else " | survived" if wanted else " | nothing"
    print(f"| {name} | {why} | {lesson} | {said}{' **!**' if wrong else ''} | {seen.seconds if seen else 0:.0f} |", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
