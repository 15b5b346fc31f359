"""A log that lies in files, added up by DuckDB where it lies.

A path is read exactly as it is written: no mark in it is a pattern, and the connection may open nothing else. A cell of text that is
no number never becomes a silent null: it is kept as text beside the number, and counted in the same pass.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd

from mktlib.errors import DataError, EncodingError, Finding, SchemaError
from mktlib.intake.engines import BETWEEN, UNREAD, Source, as_pandas, half_text, sliced
from mktlib.intake.files import decoded, separator_of
from mktlib.vocabulary import finding, nearest, progress

HEAD = 65536  # bytes, enough for any header
MEMORY = 80  # MB for each thread of DuckDB; Python with pandas takes about twice as much
SETTINGS = ("enable_progress_bar = true", "enable_progress_bar_print = false", "preserve_insertion_order = false")
SAID = {  # what DuckDB says of a file, and the finding that it is
    r"Expected Number of Columns: (?P<expected>\d+) Found: (?P<found>\d+)": "E_FIELD_COUNT",
    r"Original Line: (?P<found>.*)\n(?s:.*)unterminated quote": "E_QUOTE",
    r"Original Line: (?P<found>.*)\n(?s:.*)Invalid unicode": "E_BAD_BYTES",
    r"^(?:[\w ]+ Error: )?(?:CSV Error on Line: \d+\n)?(?:Original Line: .*\n)?(?P<found>.+)": "E_UNREADABLE",
}


@contextmanager
def opened(log: Any, numbers: Collection[str], asked: Collection[str], *, whole: bool = False) -> Iterator[Source]:
    """A log of any engine, or in files, ready to be added up.

    Args:
        log: a frame, a path, or a list of paths.
        numbers: columns that hold numbers; where a file holds them as text they are read as floats, or as 64-bit integers if `whole`.
        asked: further columns that are wanted; one that is in some of the files must be in all.

    Raises:
        DataError: no frame and no readable file, or a file that lacks what the others have.

    >>> with opened(pd.DataFrame({"clicks": [1]}), ["clicks"], []) as source:
    ...     source.collect(source.parts[0])["clicks"].tolist()
    [1]
    """
    paths = paths_of(log)
    if not paths:
        yield Source(sliced(log), as_pandas, halves=half_text(log))
        return
    files = [_there(p) for p in paths]
    with tempfile.TemporaryDirectory(prefix="mktlib-") as spill, duckdb.connect() as con, _told(files):
        _confine(con, files, spill)
        tables = [_table(con, path) for path in files]
        _same_columns(tables, {*numbers, *asked})
        lazy = nw.from_native(con.sql(" UNION ALL BY NAME ".join(t.selected(numbers, whole) for t in tables)))
        text = any(t.texts(numbers) for t in tables)
        yield Source([lazy], lambda frame: _with_bar(con, frame, files), files[0].name if len(files) == 1 else None, text)


def paths_of(log: Any) -> list[Path]:
    """The paths that are given instead of a frame: one, or a list of nothing else."""
    some = [log] if isinstance(log, str | Path) else list(log) if isinstance(log, list | tuple) else []
    return [Path(p) for p in some] if all(isinstance(p, str | Path) for p in some) else []


def _there(path: Path) -> Path:
    """The whole path of a file that can be opened; a folder, a pipe or a device is none."""
    found = "" if path.is_file() or not path.exists() else str(path)
    try:
        if not found:
            path.open("rb").close()
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
    if found:
        raise DataError(finding("E_NO_FILE", file=path.name, found=found))
    return path.absolute()


def _confine(con: duckdb.DuckDBPyConnection, files: Sequence[Path], spill: str) -> None:
    """The connection may read these files and nothing else, in little memory; what does not fit goes to a folder that is removed."""
    own = (f"memory_limit = {_memory(con, 1)}", f"temp_directory = {_literal(spill)}")
    there = f"allowed_paths = [{', '.join(p for path in files for p in (_literal(path.as_posix()), _exactly(path)))}]"
    for setting in (*SETTINGS, *own, there, "enable_external_access = false"):
        con.execute(f"SET {setting}")


# ---------------------------------------------------------------- each file


@dataclass(frozen=True)
class _Table:
    """One file as DuckDB reads it: its name, where from, and its columns with their types."""

    file: str
    source: str
    columns: dict[str, str]

    def texts(self, numbers: Collection[str]) -> list[str]:
        return [c for c in self.columns if c in numbers and self.columns[c] == "VARCHAR"]

    def selected(self, numbers: Collection[str], whole: bool) -> str:
        """SQL of all its rows: text where a number belongs is read as one, and kept with the file's name where it is none."""
        texts = self.texts(numbers)
        read = ", ".join(f"{_number(c, whole)} AS {_name(c)}" for c in texts)
        kept = [f"{_no_number(c, whole, self.file)} AS {_name(c + UNREAD)}" for c in texts]
        return f"SELECT {', '.join([f'* REPLACE ({read})' if read else '*', *kept])} FROM {self.source}"


def _table(con: duckdb.DuckDBPyConnection, path: Path) -> _Table:
    with path.open("rb") as file:
        head = file.read(HEAD)
    source = _parquet(path) if head.startswith(b"PAR1") else _csv(path, head)
    shape = con.sql(f"FROM {source}")
    return _Table(path.name, source, dict(zip(shape.columns, map(str, shape.types), strict=True)))


def _parquet(path: Path) -> str:
    return f"read_parquet({_exactly(path)}, hive_partitioning = false)"


def _csv(path: Path, head: bytes) -> str:
    """Every column as text: which one is a number is known by its name, and a segment called NA or 1e5 is a word."""
    text, code = decoded(head[: head.rfind(b"\n") + 1] or head, path.name, None)
    if not code.startswith("utf-8"):
        raise EncodingError(finding("E_ENCODING", file=path.name, found="utf-8"))
    mark = separator_of(text)
    columns = ", ".join(f"{_literal(c)}: 'VARCHAR'" for c in _header(text, mark, path.name))
    marks = f"delim = {_literal(mark)}, quote = '\"', escape = '\"', header = true, strict_mode = true, auto_detect = false"
    return f"read_csv({_exactly(path)}, columns = {{{columns}}}, {marks}, hive_partitioning = false)"


def _header(text: str, mark: str, file: str) -> list[str]:
    names = [c.strip("\ufeff ") for c in next(csv.reader(io.StringIO(text, newline=""), delimiter=mark), [])]
    folded = [n.casefold() for n in names]
    twice = [n for i, n in enumerate(names) if n and folded[i] in folded[:i]]
    if twice:
        raise SchemaError([finding("E_DUPLICATE_COLUMN", file=file, line=1, column=n, found=n) for n in twice])
    if not names or not all(names):
        raise SchemaError(finding("E_NO_HEADER", file=file, line=1, found=", ".join(filter(None, names))))
    return names


def _same_columns(tables: Sequence[_Table], asked: Collection[str]) -> None:
    """Several files are one log: what is read from some of them must be in all, or rows would lose it without a word."""
    wanted = sorted({c for t in tables for c in t.columns if c in asked})
    lacking = [(t, c) for t in tables for c in wanted if c not in t.columns]
    if lacking:
        raise SchemaError([_missing(t, c) for t, c in lacking])


def _missing(table: _Table, column: str) -> Finding:
    found, near = ", ".join(table.columns), nearest(column, [*table.columns])
    return finding("E_MISSING_COLUMN", file=table.file, column=column, expected=column, found=found, hint=near)


# ---------------------------------------------------------------- SQL


def _number(column: str, whole: bool) -> str:
    """The number in a cell of text; 1_000 is none, though DuckDB takes it for a thousand."""
    return f"CASE WHEN NOT contains({_name(column)}, '_') THEN TRY_CAST({_name(column)} AS {'BIGINT' if whole else 'DOUBLE'}) END"


def _no_number(column: str, whole: bool, file: str) -> str:
    """The text of a cell that is neither a number nor empty, and the name of the file."""
    name = _name(column)
    return f"CASE WHEN {_number(column, whole)} IS NULL AND trim({name}) <> '' THEN {name} || {_literal(BETWEEN + file)} END"


def _exactly(path: Path) -> str:
    """A path in which no mark is a pattern.

    >>> _exactly(Path("it's r[1]*.csv"))
    "'it''s r[[]1][*].csv'"
    """
    return _literal(re.sub(r"([\[*?{])", r"[\1]", path.as_posix()))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


# ---------------------------------------------------------------- the answer


def _with_bar(con: duckdb.DuckDBPyConnection, frame: Any, files: Sequence[Path]) -> pd.DataFrame:
    """The answer to a query; a bar where it takes over two seconds, and no query left behind when one loses patience."""
    with _told(files), ThreadPoolExecutor(1) as pool, progress(total=100, unit="%", miniters=0) as bar:
        job = pool.submit(_in_memory, con, frame)
        try:
            while not wait([job], timeout=0.2).done:
                bar.update(max(round(con.query_progress()) - bar.n, 0))
        except BaseException:
            while not wait([job], timeout=0.1).done:
                con.interrupt()
            raise
        return job.result()


def _in_memory(con: duckdb.DuckDBPyConnection, frame: Any) -> pd.DataFrame:
    """Little memory first; a file of very wide rows or pages has more."""
    try:
        return as_pandas(frame)
    except duckdb.OutOfMemoryException:
        con.execute(f"SET memory_limit = {_memory(con, 20)}")
        return as_pandas(frame)


def _memory(con: duckdb.DuckDBPyConnection, times: int) -> str:
    threads = con.execute("SELECT current_setting('threads')").fetchall()[0][0]
    return f"'{times * threads * MEMORY}MB'"


@contextmanager
def _told(files: Sequence[Path]) -> Iterator[None]:
    """What DuckDB refuses, as a finding with the file, and the line if it says one."""
    try:
        yield
    except duckdb.ConversionException:  # a sum without room, which every engine has its own word for
        raise
    except duckdb.Error as error:
        said = str(error)
        file = next((p.name for p in files if str(p) in said), files[0].name if len(files) == 1 else None)
        line = re.search(r"on Line: (\d+)", said)
        code, match = next((code, match) for what, code in SAID.items() if (match := re.search(what, said)))
        values: dict[str, Any] = match.groupdict()
        kind = EncodingError if code == "E_BAD_BYTES" else DataError
        raise kind(finding(code, file=file, line=int(line[1]) if line else None, **values)) from error
