"""Touches from a .parquet or .csv file, or from a relation of DuckDB, in slices of whole people that fit in memory.

The file is read once into a temporary database beside which DuckDB spills what it cannot hold; a slice is the people whose hash falls
in it. People are told apart by a 64-bit hash: of ten million, two are taken for one with a chance of three in a million.
"""

from __future__ import annotations

import glob
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.dates import typed_days
from mktlib.intake.engines import first_line
from mktlib.intake.inputs import EARLIEST, LARGEST, LATEST, YES_NO, absent, as_group
from mktlib.intake.levels import MISSING
from mktlib.intake.touches import NOWHERE, UNTOLD, Touches, TouchLog, Wanted, no_purchase, word
from mktlib.vocabulary import finding

SLICE = 2_000_000  # rows
MEMORY = "1GB"
READERS = {".parquet": "read_parquet", ".pq": "read_parquet", ".csv": "read_csv", ".tsv": "read_csv"}


def is_on_disk(source: Any) -> bool:
    """Whether touches are read slice by slice.

    >>> is_on_disk("touches.parquet"), is_on_disk(pd.DataFrame())
    (True, False)
    """
    return isinstance(source, str | Path | duckdb.DuckDBPyRelation)


def from_file(source: Any, wanted: Wanted, wrong: list[Finding]) -> TouchLog:
    """A file (or files, "touches/*.parquet") as touches; `wrong` is raised with whatever is wrong with it.

    Raises:
        DataError: every problem at once.
    """
    folder = tempfile.TemporaryDirectory(prefix="mktlib-", ignore_cleanup_errors=True)
    con = duckdb.connect(str(Path(folder.name) / "touches.duckdb"))
    try:
        for setting in (f"memory_limit='{MEMORY}'", "TimeZone='UTC'", "autoinstall_known_extensions=false", "enable_progress_bar=false"):
            con.execute(f"SET {setting}")
        name = _opened(con, source, folder.name)
        wanted = wanted.beside(str(r[0]) for r in con.execute("DESCRIBE source").fetchall())
        rows = _staged(con, name, wanted, wrong)
        return _log(con, folder, wanted, rows)
    except duckdb.Error as error:
        con.close()
        folder.cleanup()
        raise DataError([*wrong, finding("E_ENGINE", file=_name(source), found=first_line(error))]) from error
    except DataError:
        con.close()
        folder.cleanup()
        raise


def _name(source: Any) -> str | None:
    return None if isinstance(source, duckdb.DuckDBPyRelation) else Path(str(source)).name


def _opened(con: duckdb.DuckDBPyConnection, source: Any, folder: str) -> str:
    """The source as a view named "source", every cell of a csv as text; its name."""
    if isinstance(source, duckdb.DuckDBPyRelation):
        path = str(Path(folder) / "given.parquet")
        source.to_parquet(path)
        con.read_parquet(path).create_view("source")
        return "relation"
    path = str(source)
    reader = READERS.get(Path(path).suffix.lower())
    if reader is None:
        raise DataError(finding("E_WRONG_FORMAT", file=Path(path).name, found=Path(path).suffix or "-"))
    if "://" in path or not (Path(path).is_file() or any(Path(p).is_file() for p in glob.iglob(path))):
        raise DataError(finding("E_NO_FILE", file=Path(path).name, found=path if "://" in path else "-"))
    if reader == "read_csv":
        con.read_csv(path, all_varchar=True, header=True).create_view("source")
    else:
        con.read_parquet(path).create_view("source")
    return Path(path).name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(column: str) -> str:
    return f"nullif(trim(CAST({_quoted(column)} AS VARCHAR)), '')"


def _literal(words: Any) -> str:
    return ", ".join("'" + str(w).replace("'", "''") + "'" for w in words)


def _staged(con: duckdb.DuckDBPyConnection, name: str, wanted: Wanted, wrong: list[Finding]) -> int:
    """Make the table "staged" of small typed cells, what was not understood kept as text; its rows."""
    kinds = {str(r[0]): str(r[1]) for r in con.execute("DESCRIBE source").fetchall()}
    if lacking := absent(pd.DataFrame(columns=list(kinds)), wanted.columns):
        raise DataError([*wrong, *lacking])
    dated = kinds[wanted.at].startswith(("TIMESTAMP", "DATE"))
    number = not dated and kinds[wanted.at] != "VARCHAR"
    at = "NULL::TIMESTAMPTZ" if number else f"TRY_CAST({_quoted(wanted.at) if dated else _text(wanted.at)} AS TIMESTAMPTZ)"
    person = f"regexp_replace({_text(wanted.person)}, '^(-?[0-9]+)\\.0$', '\\1')"
    value = f"TRY_CAST({_text(wanted.value)} AS DOUBLE)" if wanted.value else "0.0::DOUBLE"
    given = _text(wanted.value) if wanted.value else "NULL::VARCHAR"
    held = _text(wanted.held) if wanted.held else "NULL::VARCHAR"
    yes, no = (_literal(w for w, mark in YES_NO.items() if mark == m) for m in (1, 0))
    con.execute(f"""
        CREATE TABLE staged AS
        WITH cells AS (
            SELECT {person} AS person, {_text(wanted.at)} AS at_text, {at} AS moment, {_text(wanted.channel)} AS channel, {value} AS value,
                lower({_text(wanted.event)}) AS event, {given} AS value_text, {held} AS held_text,
                coalesce(lower({_text(wanted.event)}) IN ({_literal(word(b) for b in wanted.bought)}), false) AS bought FROM source)
        SELECT hash(CASE WHEN contains(person, '@') THEN lower(person) ELSE person END) AS who, person IS NULL AS nobody,
            CASE WHEN moment BETWEEN '{EARLIEST}+00' AND '{LATEST}+00' THEN epoch_us(moment) END AS moment,
            CASE WHEN at_text IS NOT NULL
                AND NOT coalesce(moment BETWEEN '{EARLIEST}+00' AND '{LATEST}+00', false) THEN at_text END AS bad_at,
            channel, bought, CASE WHEN bought THEN value END AS value,
            CASE WHEN bought AND value_text IS NOT NULL
                AND NOT coalesce(value BETWEEN 0 AND {LARGEST}, false) THEN value_text END AS bad_value,
            CASE WHEN TRY_CAST(held_text AS DOUBLE) = 1 OR lower(held_text) IN ({yes}) THEN 1
                 WHEN TRY_CAST(held_text AS DOUBLE) = 0 OR lower(held_text) IN ({no}) THEN 0 ELSE {UNTOLD} END::TINYINT AS held,
            CASE WHEN held_text IS NOT NULL AND coalesce(TRY_CAST(held_text AS DOUBLE), -1) NOT IN (0, 1)
                AND lower(held_text) NOT IN ({yes}, {no}) THEN held_text END AS bad_held,
            event FROM cells""")
    wrong = [*wrong, *_misread(con, name, wanted)]
    if wrong:
        raise DataError(wrong)
    return int(con.execute("SELECT count(*) FROM staged").fetchone()[0])  # type: ignore[index]


def _misread(con: duckdb.DuckDBPyConnection, name: str, wanted: Wanted) -> list[Finding]:
    """The first cell of each column that says something that was not understood."""
    out = []
    for column, bad, code in ((wanted.at, "at", "E_BAD_DATE"), (wanted.value, "value", ""), (wanted.held, "held", "E_HOLDOUT_CELL")):
        found = con.execute(f"SELECT bad_{bad}, rowid + 2 FROM staged WHERE bad_{bad} IS NOT NULL ORDER BY rowid LIMIT 1").fetchone()
        if found is None or column is None:
            continue
        hint = typed_days(column, found[0]) if bad == "at" else None
        expected = "0 / 1" if bad == "held" else None
        kind = code or _value_code(found[0])
        out.append(finding(kind, file=name, column=column, line=int(found[1]), found=found[0], hint=hint, expected=expected))
    return out


def _value_code(cell: str) -> str:
    """What is wrong with the money of a purchase."""
    try:
        value = float(cell)
    except ValueError:
        return "E_NOT_A_NUMBER"
    return "E_NOT_FINITE" if not math.isfinite(value) else "E_NEGATIVE_COUNT" if value < 0 else "E_TOO_LARGE"


def _log(con: duckdb.DuckDBPyConnection, folder: tempfile.TemporaryDirectory[str], wanted: Wanted, rows: int) -> TouchLog:
    """Names of channels, counts, and the slices that are read when they are asked for."""
    told = con.execute("""
        SELECT count(*) FILTER (nobody), count(*) FILTER (NOT nobody AND moment IS NULL),
            count(*) FILTER (NOT nobody AND moment IS NULL AND bought),
            count(*) FILTER (NOT nobody AND moment IS NOT NULL AND NOT bought AND channel IS NULL),
            count(*) FILTER (NOT nobody AND moment IS NOT NULL AND bought AND value IS NULL), count(*) FILTER (bought),
            coalesce(min(moment) FILTER (NOT nobody), 0), coalesce(max(moment) FILTER (NOT nobody), 0) FROM staged""").fetchone()
    assert told is not None
    keys = ("no_person", "no_time", "no_time_bought", "blank_channel", "no_value")
    counted = {"rows": rows} | dict(zip(keys, map(int, told[:5]), strict=True))
    raw = [r[0] for r in con.execute("SELECT DISTINCT channel FROM staged WHERE channel IS NOT NULL ORDER BY channel").fetchall()]
    named = as_group(pd.Series(raw, dtype=object)).to_numpy(object)
    used = np.unique([*named, *([MISSING] if counted["blank_channel"] else [])]).astype(object)
    place = np.array([np.flatnonzero(used == n)[0] for n in named] if len(raw) < 2000 else np.searchsorted(used, named), int)
    missing = int(np.flatnonzero(used == MISSING)[0]) if MISSING in used else NOWHERE
    found = []
    if told[5] == 0:
        events = [str(r[0]) for r in con.execute("SELECT DISTINCT event FROM staged WHERE event IS NOT NULL LIMIT 9").fetchall()]
        found = no_purchase(events, wanted.bought, wanted.event)
    many = max(1, -(-rows // SLICE))
    if raw:
        con.execute("CREATE TYPE channels AS ENUM (SELECT DISTINCT channel FROM staged WHERE channel IS NOT NULL ORDER BY channel)")
    code = "coalesce(enum_code(channel::channels)::INTEGER, -1)" if raw else "-1"
    return TouchLog(
        channels=tuple(str(n) for n in used),
        slices=_slices(con, folder, many, code, (place, missing)),
        many=many,
        counted=counted,
        first=int(told[6]),
        last=int(told[7]),
        valued=wanted.value is not None,
        findings=tuple(found),
    )


def _slices(
    con: duckdb.DuckDBPyConnection, folder: tempfile.TemporaryDirectory[str], many: int, code: str, names: tuple[np.ndarray, int]
) -> Iterator[Touches]:
    """The people of one remainder of the hash after the other; then nothing of it is left on the disk."""
    place, missing = names
    try:
        for k in range(many):
            rows = con.execute(
                f"""SELECT who, moment, {code} AS code, bought, coalesce(value, 0.0) AS value, held FROM staged
                WHERE NOT nobody AND moment IS NOT NULL AND who % {many} = {k} ORDER BY rowid"""
            ).fetchnumpy()
            bought = np.asarray(rows["bought"], bool)
            raw = np.asarray(rows["code"], int)
            channel = np.where(raw >= 0, np.append(place, 0)[raw], np.where(bought, NOWHERE, missing)).astype(np.int32)
            yield Touches(
                person=np.asarray(rows["who"]).view(np.int64),
                at=np.asarray(rows["moment"], np.int64),
                channel=channel,
                bought=bought,
                value=np.asarray(rows["value"], float),
                held=np.asarray(rows["held"], np.int8),
            )
    finally:
        con.close()
        folder.cleanup()
