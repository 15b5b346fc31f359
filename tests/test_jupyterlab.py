"""The lessons where people open them: each run from top to bottom in a real JupyterLab, by its menu (`make lab-test`)."""

from __future__ import annotations

import importlib.util

import nbformat
import pytest
from labbing import BOOKS, books, edition, lab

from mktlib.mobile.browser import chromium_path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        chromium_path() is None or any(importlib.util.find_spec(name) is None for name in ("playwright", "jupyterlab")),
        reason="needs JupyterLab, Playwright and Chromium: pip install 'mktlib[lab,pages]'; apt-get install chromium",
    ),
]


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory):
    with lab(tmp_path_factory.mktemp("lab")) as opened:
        yield opened


@pytest.mark.timeout(600)
@pytest.mark.parametrize("book", books(), ids=edition)
def test_a_notebook_runs_from_top_to_bottom(book, jupyter):
    code = [cell for cell in nbformat.read(book, as_version=4).cells if cell.cell_type == "code"]
    drawn = sum("image/png" in output.get("data", {}) for cell in code for output in cell.outputs)
    jupyter.open(str(book.relative_to(BOOKS)))
    try:
        ran = jupyter.run_all()
        jupyter.shot(edition(book))
    finally:
        jupyter.close()
    assert ran.errors == []
    assert ran.counts == list(range(1, len(code) + 1))
    assert ran.prompts == [f"[{n}]:" for n in ran.counts]
    assert (ran.pictures, ran.broken) == (drawn, 0)
    assert ran.console == []
