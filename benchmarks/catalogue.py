"""The files of bad input beside this project's tests, through plain readers and through `read_export`.

    python benchmarks/catalogue.py

A case is right where the reader's sums of clicks and impressions are those of the rows that should be kept, safe where it refuses (or
`read_export` says a finding), and silently wrong where sums come out that nobody should trust, without a word: rows that were to be
refused or set aside are in them, or rows that were to be kept are not. Plain readers are called as one would: `read_csv(path)`, then the
sums of the columns called clicks and impressions.
"""

from __future__ import annotations

import math
import sys
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mktlib.errors import MktlibError  # noqa: E402
from mktlib.intake import read_export  # noqa: E402

CASES = ROOT / "tests" / "cases"
Sums = tuple[float, float]


def sums(frame: pd.DataFrame) -> Sums:
    """Of clicks and impressions; a column that is no number has none."""
    found = []
    for column in ("clicks", "impressions"):
        values = frame[column] if column in frame else pd.Series(dtype=float)
        found.append(float(values.sum()) if pd.api.types.is_numeric_dtype(values) else math.nan)
    return found[0], found[1]


def in_duckdb(path: Path) -> pd.DataFrame:
    name = str(path).replace("'", "''")
    return duckdb.sql(f"select * from read_csv('{name}')").df()


PLAIN: dict[str, Callable[[Path], pd.DataFrame]] = {
    "pandas": pd.read_csv,
    "polars": lambda path: pl.read_csv(path).to_pandas(),
    "DuckDB": in_duckdb,
}


def judged(read: Callable[[], Any], true: Sums | None) -> str:
    """right, refused, or silently wrong; true is None where the file should be refused."""
    try:
        got = sums(read())
    except (Exception, pl.exceptions.PanicException):  # any word of a reader is a word
        return "refused"
    return "right" if true is not None and all(a == b for a, b in zip(got, true, strict=True)) else "silently wrong"


def ours(path: Path, case: dict[str, Any], true: Sums | None) -> str:
    try:
        intake = read_export(path, **case.get("options", {}))
    except MktlibError:
        return "refused"
    if true is not None and sums(intake.log) == true:
        return "right"
    return "refused" if intake.findings else "silently wrong"


def main() -> None:
    cases = tomllib.loads((CASES / "expected.toml").read_text(encoding="utf-8"))
    single = {name: case for name, case in cases.items() if "file" in case}
    told: dict[str, Counter[str]] = {name: Counter() for name in ("mktlib", *PLAIN)}
    for case in single.values():
        path = CASES / case["file"]
        true = None if "refused" in case else sums(read_export(path, **case.get("options", {})).log)
        told["mktlib"][ours(path, case, true)] += 1
        for name, read in PLAIN.items():
            told[name][judged(lambda read=read, path=path: read(path), true)] += 1
    print("| reader | files | right | refused | silently wrong |\n|---|---|---|---|---|")
    for name, found in told.items():
        print(f"| {name} | {sum(found.values())} | {found['right']} | {found['refused']} | {found['silently wrong']} |")


if __name__ == "__main__":
    main()
