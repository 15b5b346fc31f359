"""What every test runs with.

A progress bar comes after two seconds, in other cells of a notebook on a slow machine than on a fast one: the lessons are compared
without bars, and the tests of bars ask for them.

nbval compares every output of a cell with the stored one except pictures. Here their pixels are compared as well, with the tolerance of the
charts' own tests: a figure that changes while its text twin does not is noticed too.
"""

import base64
import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("TQDM_DISABLE", "1")
sys.path.insert(0, str(Path(__file__).parent / "tests"))

import pixels


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """After nbval has run a cell and found its words the same: are its pictures?"""
    answer = yield
    if hasattr(item, "test_outputs") and item.options["check"]:
        compare_pictures(item)
    return answer


def compare_pictures(cell):
    from nbval.plugin import NbCellError

    seen, stored = pictures(cell.test_outputs), pictures(cell.cell.outputs)
    if not seen and not stored:
        return
    if len(seen) != len(stored):
        raise NbCellError(cell.cell_num, f"{len(seen)} pictures, stored are {len(stored)}", cell.cell.source)
    if not pixels.comparable():
        cell.user_properties.append(("pictures_not_compared", len(seen)))
        return
    for one, other in zip(seen, stored, strict=True):
        if found := pixels.differ(one, other):
            raise NbCellError(cell.cell_num, f"The picture differs: {found}", cell.cell.source)


def pictures(outputs):
    """Every PNG that a cell shows, in its order."""
    held = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    return [base64.b64decode("".join(text)) for text in held]


def pytest_terminal_summary(terminalreporter):
    """Pictures that another Matplotlib drew are counted, not passed over in silence."""
    passed = terminalreporter.getreports("passed")
    left = sum(count for report in passed for name, count in report.user_properties if name == "pictures_not_compared")
    if left:
        made, here = pixels.MADE_WITH.read_text(encoding="utf-8").strip(), pixels.versions().strip()
        terminalreporter.write_line(f"{left} pictures in notebooks not compared: drawn with {made}, here is {here}")
