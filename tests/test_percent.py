"""A percentage is set by the language: 12% in English, 12 with a narrow no-break space and % in French."""

from __future__ import annotations

import ast
import datetime as dt
import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import mktlib as mk
from mktlib.errors import Finding
from mktlib.intake import read_export
from mktlib.vocabulary import TABLES, finding, retell
from mktlib.wording import Share

ROOT = Path(__file__).resolve().parents[1]
BARE = re.compile(r"\d%")
CSS = re.compile(r"(width[:=] ?\"?|style=\"max-width:)100%|width: 100%")
"""What is to be typed into a style sheet: there a percentage has no space."""
WRITES_CODE = {"mktlib/reporting/native.py", "mktlib/vocabulary/words.py"}
"""Number formats of a workbook; the sentence that sets the space itself."""


def french_rows() -> Iterator[tuple[str, str]]:
    """Every sentence of a finding in French: (where it stands, its text)."""
    words = tomllib.loads((TABLES / "languages" / "fr.toml").read_text(encoding="utf-8"))["findings"]
    yield from ((f"{code}.{part}", text) for code, row in words.items() for part, text in row.items() if isinstance(text, str))
    for path in sorted((TABLES / "checks").glob("*.toml")):
        rows = tomllib.loads(path.read_text(encoding="utf-8")).get("checks", {})
        for code, row in rows.items():
            yield from (
                (f"{code}.{part}", said["fr"]) for part, said in row.items() if isinstance(said, dict) and isinstance(said.get("fr"), str)
            )


def test_no_french_finding_has_a_percentage_without_its_space():
    rows = dict(french_rows())
    filled = {where: string.Formatter().vformat(text, (), Numbers()) for where, text in rows.items()}
    assert len(filled) > 900
    assert {where: text for where, text in filled.items() if BARE.search(CSS.sub("", text))} == {}


class Numbers(dict):  # type: ignore[type-arg]
    def __missing__(self, key: str) -> str:
        return "12"


def written_in_python(path: Path) -> Iterator[int]:
    """Lines of a file where Python itself writes a percentage: `f"{x:.0%}"`, or a sign behind a field."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = "".join(str(part.value) for part in ast.walk(node.format_spec) if isinstance(part, ast.Constant))
            if spec.endswith("%"):
                yield node.lineno
        if isinstance(node, ast.JoinedStr):
            for one, after in zip(node.values, node.values[1:], strict=False):
                if isinstance(one, ast.FormattedValue) and isinstance(after, ast.Constant) and re.match(r"\s?%(?!\w)", str(after.value)):
                    yield node.lineno


def test_no_percentage_is_written_by_python(tmp_path):
    found = {str(p.relative_to(ROOT)): list(written_in_python(p)) for p in sorted((ROOT / "mktlib").rglob("*.py"))}
    assert {name: lines for name, lines in found.items() if lines and name not in WRITES_CODE} == {}
    (tmp_path / "x.py").write_text('a = f"{x:.0%} of"\nb = f"{x:.1f} %"\nc = f"{x}% so"\nd = f"{x:.1f}%d"\n', encoding="utf-8")
    assert sorted(written_in_python(tmp_path / "x.py")) == [1, 2, 3]


def cut_off() -> list[Finding]:
    return list(read_export(ROOT / "tests/cases/B50_noon.csv", "mktlib").findings)


def alike() -> list[Finding]:
    log = pd.DataFrame({"style": list("abcdef"), "clicks": [1, 0, 2, 1, 0, 1], "impressions": 90})
    return list(mk.ContentScorer("click_rate", by=("style",), priors="flat").fit(log).findings_)


MADE = {
    "E_PARTIAL_DAY": (cut_off, r"\(2026-01-14: 41% of the usual\)", r"\(14 janvier 2026\u00a0: 41\u202f% de l’habituel\)"),
    "E_ALIKE": (alike, r"^clicks?\w*: 5 events .*\(probability \d\d%\)", r"5 événements .*\(probabilité \d\d\u202f%\)"),
    "N_LAUNCH_BLIND": (
        lambda: list(mk.launch_sheet(dt.date(2026, 10, 14), visitors=500).findings),
        r"to see \d\.\d\d% of users crash: [\d, ]+% of users \(at",
        r"chez \d,\d\d\u202f% des utilisateurs\u00a0: [\d, ]+\u202f% des utilisateurs \(à",
    ),
    "E_TRACK_NOTHING": (
        lambda: [finding("E_TRACK_NOTHING", found="2026-10-05", never=4, late=12)],
        r"\(4% of pieces .*, 12% come",
        r"\(4\u202f% des contenus .*, 12\u202f% sortent",
    ),
    "E_SEGMENT_UNCERTAIN": (lambda: [finding("E_SEGMENT_UNCERTAIN", found=31)], "^for 31% of", "^pour 31\u202f% des"),
    "N_PLAN_STOPPED": (lambda: [finding("N_PLAN_STOPPED", gap=Share(0.0321, 1))], r"at most 3\.2% below", "au plus 3,2\u202f% sous"),
}


@pytest.mark.parametrize("code", MADE)
def test_a_finding_sets_its_percentages_as_its_language_does(code):
    make, english, french = MADE[code]
    (found,) = (f for f in make() if f.code == code)
    assert re.search(english, retell(found, "en").text)
    assert re.search(french, retell(found, "fr").text)
