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


# ---------------------------------------------------------------- what is moved by hand

CONTROLS = {
    "explore": """import mktlib as mk

scores = mk.ContentScorer("click_rate").fit(mk.load_sample("content_log")).score_cells()
mk.explore(scores, mk.read_brief(mk.sample_path("briefs/sunglasses.toml")), language="en")""",
    "practise": """import mktlib as mk

mk.practise(mk.AdDesk("search", budget=8_000, seed=1, language="en"), language="en")""",
}


def opened(jupyter, name):
    cell = nbformat.v4.new_code_cell(CONTROLS[name])
    book = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    nbformat.write(book, jupyter.home / "root" / f"{name}.ipynb")
    jupyter.open(f"{name}.ipynb")
    return jupyter.run_all()


def heard(page):
    """The sentences that a screen reader would say of the panel."""
    return " ".join(page.locator(".jp-OutputArea-output [role=status]").all_inner_texts())


def focused(page):
    return page.evaluate("() => { const e = document.activeElement; return [e.tagName, e.getAttribute('role') || e.type || ''].join(' ') }")


@pytest.mark.timeout(600)
def test_scores_and_a_brief_are_explored_by_keyboard_alone(jupyter):
    ran = opened(jupyter, "explore")
    page = jupyter.page
    try:
        assert (ran.errors, ran.console) == ([], [])
        segments = page.locator(".widget-toggle-buttons").first.locator("button")
        segments.nth(1).wait_for()
        before = heard(page)
        segments.first.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # the second segment
        jupyter.until(lambda: heard(page) != before)
        assert "mod-active" in segments.nth(1).get_attribute("class")
        for _ in range(40):
            page.keyboard.press("Tab")
            if focused(page).startswith("INPUT"):  # the budget
                break
        before = heard(page)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Tab")
        jupyter.until(lambda: heard(page) != before)
        assert page.locator(".jp-OutputArea-output img").count() >= 2
        jupyter.shot("control-explore")
    finally:
        jupyter.close()
    assert jupyter.ours() == []


@pytest.mark.timeout(600)
def test_the_desk_is_played_by_keyboard_alone(jupyter):
    ran = opened(jupyter, "practise")
    page = jupyter.page
    try:
        assert (ran.errors, ran.console) == ([], [])
        page.locator(".jp-OutputArea-output button").first.wait_for()
        before = heard(page)
        runs = page.locator(".jp-OutputArea-output input[type=checkbox]").first
        runs.focus()
        page.keyboard.press("Space")
        page.locator(".jp-OutputArea-output input[type=number]").first.wait_for()  # its bid, once the kernel has heard of the tick
        assert runs.is_checked()
        for _ in range(60):  # a person without a mouse comes to the button that plays a week
            page.keyboard.press("Tab")
            if focused(page).startswith("BUTTON"):
                break
        page.keyboard.press("Enter")
        jupyter.until(lambda: heard(page) != before)
        assert "€0 spent" not in heard(page)  # the ad set that was ticked ran
        jupyter.shot("control-practise")
    finally:
        jupyter.close()
    assert jupyter.ours() == []
