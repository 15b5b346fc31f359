"""Every case of bad input by other ways in: as a frame of pandas, polars or DuckDB, and its log added up by each engine."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from mktlib.errors import DataError
from mktlib.intake import read_export, tally
from mktlib.intake.rows import from_file
from mktlib.results import CELL, Intake

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pl = pytest.importorskip("polars")

HOME = Path(__file__).parent / "cases"
CASES = {name: case for name, case in tomllib.loads((HOME / "expected.toml").read_text(encoding="utf-8")).items() if "file" in case}
OPTIONS = ("decimal", "separator", "encoding", "date_format", "zone", "sheet", "table")
OF_TEXT = {"E_TRUNCATED_TAIL", "E_ENCODING_GUESSED", "E_BAD_BYTES", "E_DECIMAL_FOUND", "E_SEPARATOR_FOUND"}
"""What only the bytes of a file can show; a frame has none."""


def rectangle(case: dict[str, Any]) -> pd.DataFrame | None:
    """The text of the file's rows; None where the file itself cannot be taken apart, or its rows are no rectangle with unlike names."""
    given = case.get("options", {})
    try:
        rows = from_file(HOME / case["file"], {k: given.get(k) for k in OPTIONS}).rows
    except DataError:
        return None
    header = rows[0]
    folded = {name.casefold() for name in header}  # DuckDB knows no capitals in a name
    if any("\ud800" <= mark <= "\udfff" for row in rows for cell in row for mark in cell):  # a byte that is no text
        return None
    if len(rows) < 2 or any(len(row) != len(header) for row in rows) or len(folded) < len(header) or "" in folded:
        return None
    return pd.DataFrame(rows[1:], columns=header, dtype="str")


def ways(frame: pd.DataFrame) -> dict[str, Any]:
    table = pa.table({name: pa.array(frame[name].tolist(), pa.string()) for name in frame})
    return {"pandas": frame, "polars": pl.from_arrow(table), "DuckDB": duckdb.connect().from_arrow(table)}


def outcome(source: Any, case: dict[str, Any]) -> list[Any]:
    """All that reading says, but for the name of the source."""
    try:
        intake: Intake = read_export(source, **case.get("options", {}))
    except DataError as error:
        return [(f.code, f.line, f.column, f.found, f.expected, f.hint) for f in error.findings if f.code not in OF_TEXT]
    told = sorted((f.code, str(f.line), str(f.column), str(f.found)) for f in intake.findings if f.code not in OF_TEXT)
    tables = [intake.log.astype(str), intake.rejected[["line", "code", "column"]].fillna(""), intake.excluded[["line", "reason"]]]
    return [told, *(t.to_numpy().tolist() for t in tables)]


FRAMES = {name: frame for name, case in CASES.items() if (frame := rectangle(case)) is not None}


def test_most_cases_can_be_held_by_a_frame() -> None:
    assert len(FRAMES) > 0.8 * len(CASES)


@pytest.mark.parametrize("name", FRAMES)
def test_a_case_ends_alike_as_a_frame_of_any_engine(name: str) -> None:
    frame = FRAMES[name]
    said = {way: outcome(source, CASES[name]) for way, source in ways(frame).items()}
    assert said["polars"] == said["pandas"]
    assert said["DuckDB"] == said["pandas"]


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if "refused" not in case])
def test_the_log_of_a_case_comes_to_the_same_cells_in_every_engine(name: str, tmp_path: Path) -> None:
    log = read_export(HOME / CASES[name]["file"], **CASES[name].get("options", {})).log
    by = [axis for axis in CELL if axis in log]
    table = pa.Table.from_pandas(log, preserve_index=False)
    parquet.write_table(table, tmp_path / "log.parquet")
    sources = {
        "pandas": log, "polars": pl.from_arrow(table), "lazy": pl.from_arrow(table).lazy(), "DuckDB": duckdb.connect().from_arrow(table),
        "file": tmp_path / "log.parquet",
    }  # fmt: skip
    said = {way: added(source, by) for way, source in sources.items()}
    assert all(cells == said["pandas"] for cells in said.values())


def added(log: Any, by: list[str]) -> Any:
    try:
        counts = tally(log, by)
    except DataError as error:
        return [(f.code, f.column, f.found) for f in error.findings]
    return counts.to_numpy().tolist(), [(f.code, f.found) for f in counts.attrs["findings"]]
