"""Pictures of the panels that a notebook shows, for their how-to pages: taken in a real JupyterLab, as `tests/labbing.py` drives it.

`python docs/build.py --panels` takes them again, into docs/pictures; it needs JupyterLab, Playwright and Chromium.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import nbformat
from labbing import Lab, lab

from mktlib.vocabulary import phrase

AREA = ".jp-OutputArea-output"
WIDE, HIGH = 1250, 4000
EXPLORE = """import mktlib as mk
scores = mk.ContentScorer("click_rate").fit(mk.load_sample("content_log")).score_cells()
brief = mk.read_brief(mk.sample_path("briefs/sunglasses.toml"))
mk.explore(scores, brief, language="{language}")"""
PRACTISE = """import mktlib as mk
desk = mk.AdDesk("search", budget=12_000, seed=3, weeks=4, language="{language}")
days = ["mon", "tue", "wed", "thu", "fri"]
_ = desk.spend(generic=dict(bid=0.9, budget=60, days=days), past_visitors=dict(bid=0.8, budget=60, holdout=0.5))
mk.practise(desk)"""


def panels(out: Path) -> None:
    """Write explore-scores, explore-plan and practise, each as .en.png and .fr.png."""
    for language in ("en", "fr"):
        spoken(out, language)


def spoken(out: Path, language: str) -> None:
    """The three pictures in one language."""
    with tempfile.TemporaryDirectory(prefix="mktlib-panels-") as home, lab(Path(home)) as opened:
        shown(opened, "explore", EXPLORE.format(language=language))
        heads = opened.page.locator(f"{AREA} h3")
        taken(opened.page, out / f"explore-scores.{language}.png", heads.nth(0), opened.page.locator(f"{AREA} img").nth(0))
        changed(opened, language)
        taken(opened.page, out / f"explore-plan.{language}.png", heads.nth(1), opened.page.locator(f"{AREA} img").nth(1))
        opened.close()
        shown(opened, "practise", PRACTISE.format(language=language))
        opened.page.locator(f"{AREA} input[type=checkbox]").nth(0).click()
        opened.page.locator(f"{AREA} input[type=number]").nth(0).wait_for()
        taken(
            opened.page,
            out / f"practise.{language}.png",
            opened.page.locator(f"{AREA} p").nth(0),
            opened.page.locator(f"{AREA} table").nth(-1),
        )
        opened.close()


def shown(opened: Lab, name: str, source: str) -> None:
    """A notebook of one cell, run, in a window that is tall enough for all of it."""
    kernel = {"name": "python3", "display_name": "Python 3"}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata={"kernelspec": kernel})
    nbformat.write(book, opened.home / "root" / f"{name}.ipynb")
    opened.open(f"{name}.ipynb")
    opened.run_all()
    opened.page.set_viewport_size({"width": WIDE, "height": HIGH})
    opened.page.locator(f"{AREA} button").nth(0).wait_for()


def changed(opened: Lab, language: str) -> None:
    """Half the budget, and the plan by week."""
    page = opened.page
    said = heard(page)
    page.locator(f"{AREA} input[type=number]").nth(0).fill("20000")
    page.keyboard.press("Tab")
    opened.until(lambda: heard(page) != said)
    drawn = picture(page)
    page.get_by_role("button", name=phrase("interact.view.spend", language)).click()
    opened.until(lambda: picture(page) != drawn)


def heard(page: Any) -> str:
    return " ".join(page.locator(f"{AREA} [role=status]").all_inner_texts())


def picture(page: Any) -> str:
    return str(page.locator(f"{AREA} img").nth(1).get_attribute("src"))


def taken(page: Any, path: Path, first: Any, last: Any, margin: int = 4) -> None:
    """What lies between two elements of the panel, across its width."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    top, bottom, whole = first.bounding_box(), last.bounding_box(), page.locator(AREA).nth(0).bounding_box()
    high = bottom["y"] + bottom["height"] - top["y"] + 2 * margin
    page.screenshot(path=str(path), clip={"x": whole["x"], "y": top["y"] - margin, "width": whole["width"], "height": high})
