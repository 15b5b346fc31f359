"""That the lessons are tests: an estimator that is broken, or a figure whose data are swapped, and a lesson fails.

The rows are in `mutations.toml`; the long part runs lessons against a broken copy (`make test-slow`), the quick one holds the rows to
the code as it stands.
"""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys

import mutating
import nbformat
import numpy as np
import pixels
import pytest
from matplotlib import image
from mutating import EDITIONS, KINDS, copied, judged, mutations, run
from nbval.plugin import find_comment_markers, find_metadata_tags

ROWS = mutations()
LESSONS = sorted({(m.lesson, m.edition) for m in ROWS})
each = pytest.mark.parametrize("mutation", ROWS, ids=lambda m: m.name)


@each
def test_what_is_broken_stands_once_in_the_code(mutation):
    text = mutation.path.read_text(encoding="utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.name}: write the row of tests/mutations.toml again, the code is another"
    assert mutation.old != mutation.new
    assert mutation.kind in KINDS
    assert mutation.edition in EDITIONS
    if mutation.path.suffix == ".py":
        compile(text.replace(mutation.old, mutation.new), mutation.file, "exec")


def test_estimators_and_figures_are_broken_in_every_lesson():
    assert len(ROWS) >= 20
    assert len({m.name for m in ROWS}) == len(ROWS)
    lessons = sorted(path.name[:2] for path in (mutating.ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
    assert {m.lesson for m in ROWS} >= set(lessons)
    assert {m.edition for m in ROWS} >= {"en", "fr"}
    assert {m.kind for m in ROWS} == set(KINDS)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return copied(tmp_path_factory.mktemp("mutations"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("lesson", "edition"), LESSONS)
def test_without_a_mutation_a_lesson_finds_nothing(lesson, edition, root):
    book = next(m for m in ROWS if (m.lesson, m.edition) == (lesson, edition)).notebook(root)
    assert book, f"no lesson {lesson} in {edition}"
    seen = run(book, root)
    assert not seen.by, seen.log


@pytest.mark.slow
@each
def test_a_lesson_notices(mutation, root):
    seen = judged(mutation, root)
    assert seen.by, f"nobody noticed: {mutation.why}"
    assert seen.by != "crash", f"{mutation.name} stops the lesson instead of telling it something wrong:\n{seen.log}"


# ---------------------------------------------------------------- the comparison of pictures


def png(grey):
    out = io.BytesIO()
    image.imsave(out, np.repeat(grey[..., None], 3, axis=2), format="png")
    return out.getvalue()


def test_another_picture_is_told_from_the_same_one():
    plain = np.ones((300, 500))
    moved, hair, small = plain.copy(), plain.copy(), plain.copy()
    moved[100:180, 100:400] = 0.3
    hair[10, :] = 0.97
    small[100:110, 200:230] = 0.0  # a word in a large picture
    assert not pixels.differ(png(plain), png(plain))
    assert not pixels.differ(png(plain), png(hair))
    assert "by 7" in pixels.differ(png(plain), png(moved))
    assert "x 200" in pixels.differ(png(plain), png(small))
    assert "500 x 300" in pixels.differ(png(plain), png(plain[:200]))


@pytest.mark.parametrize(("stored", "says"), [(None, ""), ("other", "The picture differs"), ("none", "1 pictures, stored are 0")])
def test_a_cell_whose_picture_is_another_fails_though_its_words_are_the_same(stored, says, tmp_path):
    grey = np.tile(np.linspace(0, 1, 80), (60, 1))
    held = {None: png(grey), "other": png(grey[:, ::-1])}
    shown = base64.b64encode(png(grey)).decode()
    source = f"import base64\nfrom IPython.display import Image, display\ndisplay(Image(base64.b64decode('{shown}')))"
    data = {"text/plain": "<IPython.core.display.Image object>"}
    if stored in held:
        data["image/png"] = base64.b64encode(held[stored]).decode()
    cell = nbformat.v4.new_code_cell(source, execution_count=1, outputs=[nbformat.v4.new_output("display_data", data)])
    for name in ("conftest.py", "tests/pixels.py", "tests/pictures/made_with.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((mutating.ROOT / name).read_bytes())
    (tmp_path / "tests/pictures/made_with.txt").write_text(pixels.versions(), encoding="utf-8")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "one.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "--color=no", "one.ipynb"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == bool(says), done.stdout
    assert says in done.stdout


# ---------------------------------------------------------------- what is compared

COMPARED = {"text/plain", "text/html", "image/png"}
"""nbval compares text of every kind; conftest.py the pictures."""
CONTROLS = "application/vnd.jupyter.widget-view+json"
"""The only kind that nothing compares: it holds an id drawn by lot. The same output has the text and the picture of what it shows."""
BOOKS = sorted(p for p in (mutating.ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


@pytest.mark.parametrize("book", BOOKS, ids=lambda p: str(p.relative_to(mutating.ROOT / "notebooks")))
def test_every_output_of_a_notebook_is_compared(book):
    code = [cell for cell in nbformat.read(book, as_version=4).cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"stream", "execute_result", "display_data"}
    for data in (output.data for output in outputs if "data" in output):
        assert set(data) <= COMPARED | {CONTROLS}
        assert "text/plain" in data
        assert CONTROLS not in data or len(data["text/plain"]) > 80, "controls have a text twin that is compared"
        assert "image/png" not in data or len(data["text/plain"]) > 80, "a figure has a text twin that is compared"
    marks = find_comment_markers("\n".join(cell.source for cell in code)), *(find_metadata_tags(cell.metadata) for cell in code)
    assert [mark for each in marks for mark in each] == [], "an output that nothing compares needs a reason beside it"
