"""The house: who may import whom, which third party lives where, and that every list of dependencies is the one in pyproject.

Run as a script, it prints environment.yml.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = {
    "errors": 0,
    "vocabulary": 1,
    "results": 1,
    "wording": 2,
    "intake": 2,
    "glmm": 2,
    "rules": 2,
    "markup": 2,  # HTML and its styles taken apart, for pages and e-mails
    "scoring": 3,
    "contacts": 3,  # how often one person is written to, for mailing and planning
    "simulate": 3,
    "lessons": 3,  # answers of exercises
    "datasets": 3,  # it writes whole files with wording
    "audience": 4,
    "reputation": 4,
    "planning": 4,
    "measurement": 4,
    "mailing": 4,
    "mobile": 4,
    "places": 4,
    "charts": 5,
    "reporting": 6,  # it draws its figures with charts
    "command": 7,  # the jobs of the command line
    "interact": 7,  # sliders and buttons of a notebook over everything below
    "__init__": 8,
    "__main__": 9,
}
AT_HOME = {
    "babel": {"wording"},
    "narwhals": {"intake", "scoring"},
    "duckdb": {"intake"},
    "scipy": {"glmm", "scoring", "planning", "measurement", "audience", "reputation", "simulate", "mailing", "places", "mobile"},
    "sklearn": {"scoring", "audience", "reputation", "measurement", "mailing", "places"},
    "highspy": {"planning"},
    "openpyxl": {"intake"},
    "pooch": {"datasets"},
    "icalendar": {"planning"},
    "dateutil": {"vocabulary"},
    "pydantic": {"planning"},
    "pydantic_core": {"planning"},
    "xlsxwriter": {"planning", "reporting"},
    "matplotlib": {"charts"},
    "jinja2": {"wording"},
    "bs4": {"markup"},
    "tinycss2": {"markup"},
    "playwright": {"mobile"},
    "pptx": {"reporting"},
    "tea_tasting": {"measurement"},
    "tomllib": {"vocabulary", "intake", "planning", "command"},
    "papermill": {"command"},
    "ipywidgets": {"interact"},
    "tqdm": {"command", "vocabulary"},
}
MODULES = sorted((ROOT / "mktlib").rglob("*.py"))


def house(path: Path) -> str:
    """The module of floor level a file belongs to: a package counts as one."""
    return path.relative_to(ROOT / "mktlib").parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[str, bool]]:
    """(dotted name, at the top of the file) of everything that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {id(n) for i in ast.walk(tree) if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.unparse(i.test) for n in ast.walk(i)}
    top = set(map(id, tree.body))
    found = []
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [(a.name, id(node) in top) for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"mktlib.{a.name}" for a in node.names] if node.module == "mktlib" else [node.module]
            found += [(n, id(node) in top) for n in names]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_from_floors_below(path):
    me = house(path)
    for name, _ in imports(path):
        parts = name.split(".")
        if parts[0] == "mktlib" and len(parts) > 1 and parts[1] != me and FLOORS[me] < 8:
            assert FLOORS[parts[1]] < FLOORS[me], f"{me} (floor {FLOORS[me]}) imports {parts[1]}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_third_parties_stay_at_home_and_nothing_hides_in_a_function(path):
    optional = {"duckdb", "papermill", "nbformat", "IPython", "jupyterlab", "playwright", "pptx", "ipywidgets"}
    for name, top in imports(path):
        party = name.split(".")[0]
        assert house(path) in AT_HOME.get(party, {house(path)}), f"{party} does not live in {house(path)}"
        assert top or party in optional, f"{name} is imported inside a function"


def test_no_module_is_over_600_lines_and_the_median_is_under_250():
    lines = sorted(len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES)
    assert lines[-1] <= 600
    assert lines[len(lines) // 2] < 250


def test_the_public_names_are_these():
    import mktlib

    assert sorted(mktlib.__all__) == sorted(PUBLIC.split())
    assert dir(mktlib) == sorted(mktlib.__all__)
    assert all(getattr(mktlib, name) is not None for name in mktlib.__all__)


PUBLIC = """
AdDesk CELL ChainScorer ContentScorer MktlibError SentimentClassifier __version__ app_brief attribute backtest best_times catchments
check_answer check_email check_listing check_page check_sends check_text compare compare_policies describe_audience describe_customers
describe_followers describe_influence describe_reputation design_geo_test difference_in_differences distance_effect email_programme
email_rhythm explore fetch_dataset half_life incremental_roas kpis launch_sheet learn_from lifetime_value listing_keywords load_plan
load_sample load_scorer load_segmentation load_sentiment load_tables load_truth network_cards page_brief people_near place_sheet
plan_campaign plot posting_cadence practise progress_card read_addresses read_brief read_export read_geo_test replay_alarm report
research_sheet review_campaign sample_path sample_size save_sentiment segment_audience send_time shortlist show style_fit style_guide
table tally track_campaign uplift watch_mentions
"""


def environment() -> str:
    """environment.yml from pyproject: conda's name for each requirement (only where it differs from pip's)."""
    conda = {"highspy": "highspy", "build": "python-build", "ibis-framework": "ibis-duckdb"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = sorted({*project["dependencies"], *extras["lab"], *extras["engines"], *extras["test"], *extras["docs"]})
    lines = ["name: mktlib", "channels: [conda-forge]", "dependencies:", f"  - python{project['requires-python']}", "  - pip"]
    for requirement in wanted:
        name, version = re.fullmatch(r"([\w-]+)(?:\[.*\])?(.*)", requirement).groups()
        lines.append(f"  - {conda.get(name, name)}{version}")
    return "\n".join([*lines, "  - pip:", "      - --no-deps -e .", ""])


def test_environment_is_what_pyproject_says():
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == environment()


def test_the_lock_has_hashes_no_address_and_every_requirement():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "file:" not in lock
    pins = re.split(r"\n(?=\S)", lock.strip())
    assert all("--hash=sha256:" in pin for pin in pins)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = {re.match(r"[\w.-]+", pin).group().lower() for pin in pins}
    extras = project["optional-dependencies"]
    for requirement in [*project["dependencies"], *extras["lab"], *extras["engines"], *extras["test"], *extras["docs"]]:
        assert re.match(r"[\w.-]+", requirement).group().lower() in locked


def test_samples_maps_and_lessons_travel_in_the_wheel(tmp_path):
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    for folder in ("data/samples", "data/maps", "notebooks"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and ".ipynb_checkpoints" not in path.parts:
                assert f"mktlib/_{path.relative_to(ROOT)}" in names
    assert {"mktlib/py.typed", "mktlib/templates/report.html.jinja", "mktlib/tables/languages/fr.toml"} <= names


if __name__ == "__main__":
    sys.stdout.write(environment())
