"""An export in, a canonical log out, and every row accounted for: kept, rejected with a reason, or excluded.

A file that cannot be read for certain is refused with what to type; a row that cannot be used is set aside with its line and its
own text. Nothing is guessed and nothing is dropped: rows read = kept + rejected + excluded.
"""

from __future__ import annotations

import hashlib
import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.columns import COUNTS, MONEY, Wrong, day_format, decide, kind_of, number, typed
from mktlib.intake.counts import to_pandas
from mktlib.intake.files import decoded, quoted, separator_of
from mktlib.intake.maps import canonical_map, check_columns, option, read_map, vocabulary_with
from mktlib.intake.tags import with_tags
from mktlib.results import Intake
from mktlib.vocabulary import AXIS_TABLE, Tables, finding, nearest

NAMES = ("date", "brand", "network", "channel", "placement", "objective", "campaign", "content_id", "content_type", "style", "length")
CANONICAL = (*NAMES, "segment", "stage", *COUNTS, *MONEY, "currency")
CLOSED = ("stage", "content_type", "style", "length", "channel")
SHOWN = 50
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # the last: bytes that are no UTF-8, halves of a character
TOTAL = re.compile(r"(?:grand\s+|sub-?|sous-?\s*)?(?:total|totals|totaux)(?:\s*[:\-–].*|\s+g[ée]n[ée]ral)?", re.IGNORECASE)


@dataclass
class _Export:
    """The rows of an export as text, each with its line and its own words."""

    name: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    raw: list[str]
    facts: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def band(text: str, bins: list[float]) -> str:
    """The band of a number between the cut points of a map (`bins = [3000, 10000]`); text that is no number stays as it is.

    >>> band("2500", [3000, 10000]), band("3000", [3000, 10000]), band("12 000", [3000, 10000])
    ('under 3000', '3000-10000', '10000 or more')
    """
    value = number(text, ".")
    if not isinstance(value, float | int):
        return text
    at = bisect_right(bins, value)
    if at == 0:
        return f"under {bins[0]}"
    return f"{bins[-1]} or more" if at == len(bins) else f"{bins[at - 1]}-{bins[at]}"


def read_export(
    source: Any,
    platform: str | Path = "auto",
    *,
    tags: Any = None,
    tables: Tables | None = None,
    decimal: str | None = None,
    separator: str | None = None,
    encoding: str | None = None,
    date_format: str | None = None,
) -> Intake:
    """A log from a file (or a frame of any engine), in the canonical columns.

    Args:
        source: path of a delimited text file, or a frame of pandas, polars, pyarrow, DuckDB.
        platform: "mktlib" (canonical header), "auto" (canonical if the header says so), or the path of a column map (see data/maps).
        tags: what each piece is (a frame or a CSV: content_id, then content_type, style ...), laid beside the log.
        tables: the vocabulary; the rows of the map are laid below it.
        decimal: "." or ","; found from the numbers otherwise, and asked for where they leave it open.
        separator, encoding, date_format: as in the file; found otherwise (dates must then be ISO, or leave only one reading:
            31/08/2026 settles a whole column, 03/04/2026 does not).

    Returns:
        Intake: .log (text, Int64 counts, float64 money, dates; an empty cell is null, never 0), .rejected (one row a rejected row:
        line, code, column, found, reason, text), .excluded (blank and total rows: line, reason, text), .findings (each wrong cell, at
        most 50, then how many more) and .facts (source, platform, rows_read, kept, rejected, excluded, sha256, separator, encoding,
        decimal, and score where the map has one).

    Raises:
        DataError: the file is no delimited text, lacks columns, or can be read in two ways; one finding for each reason.

    >>> log = pd.DataFrame({"content_id": ["a", "b"], "content_type": "blog_post", "channel": "email", "clicks": [3, -1], "delivered": 90})
    >>> intake = read_export(log)
    >>> intake.facts["kept"], intake.rejected["code"].tolist()
    (1, ['E_NEGATIVE_COUNT'])
    """
    plan = read_map(platform) if str(platform).lower().endswith(".toml") else None
    words = vocabulary_with(plan, platform, tables)
    asked = {"decimal": decimal, "separator": separator, "encoding": encoding, "date_format": date_format}
    options = {k: v or option(plan, k) for k, v in asked.items()}
    if options["decimal"] not in (None, ".", ","):
        raise DataError(finding("E_OPTION", column="decimal", found=options["decimal"], expected='"." / ","'))
    export = _from_file(Path(source), options) if isinstance(source, str | Path) else _from_frame(source, options)
    plan = plan or canonical_map(export.name, export.header, str(platform))
    check_columns(plan, export.name, export.header, words)
    fit, excluded, ragged = _sort_rows(export)
    damaged = _control_characters(export, fit)
    text = _mapped(export, fit, plan)
    if tags is not None:
        text, untagged = with_tags(text, tags, export.name)
        export.findings += untagged
    log, wrong = _typed_columns(text, export, words, options)
    wrong += [*_above_exposure(log, words, plan), *damaged]
    return _assemble(export, log, fit, wrong, ragged, excluded, plan, words)


# ---------------------------------------------------------------- text and rows


def _from_file(path: Path, options: Mapping[str, str | None]) -> _Export:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(finding("E_NO_FILE", file=path.name, found=error.strerror or str(error))) from error
    text, encoding = decoded(data, path.name, options["encoding"])
    separator = options["separator"] or separator_of(text)
    export = _parsed(text, separator, path.name)
    export.facts = {"sha256": hashlib.sha256(data).hexdigest(), "separator": separator, "encoding": encoding}
    if encoding == "cp1252" and not options["encoding"]:
        export.findings.append(finding("E_ENCODING_GUESSED", level="note", file=path.name, found=encoding))
    return export


def _from_frame(source: Any, options: dict[str, str | None]) -> _Export:
    """A frame goes the way of a file, so that the same checks hold; its numbers have a point."""
    table = to_pandas(source)
    header = [str(c).strip() for c in table.columns]
    _check_header(header, "frame", 1)
    if table.empty:
        raise DataError(finding("E_NO_ROWS", file="frame"))
    rows = [list(row) for row in zip(*[_as_text(table.iloc[:, i]) for i in range(len(header))], strict=True)]
    raw = [",".join(row) for row in rows]
    options["decimal"] = options["decimal"] or "."
    export = _Export("frame", header, rows, list(range(2, len(rows) + 2)), raw)
    sha = hashlib.sha256("\n".join([",".join(header), *raw]).encode("utf-8", "replace")).hexdigest()
    export.facts = {"sha256": sha, "separator": None, "encoding": None}
    return export


def _as_text(column: pd.Series) -> list[str]:
    """Each distinct value said once; a null is an empty cell."""
    codes, words = pd.factorize(column, use_na_sentinel=True)
    said = np.array([*(str(word).strip() for word in words), ""], dtype=object)
    return list(said[codes])


def _parsed(text: str, separator: str, name: str) -> _Export:
    """Header, rows, and the physical line each begins on. Spaces around a cell are no part of it."""
    physical = list(io.StringIO(text, newline=""))
    if '"' in text or len(separator) != 1:
        rows, lines, raw = quoted(physical, separator, name)
    else:  # without a quote a line is a row, and a long log is read in a third of the time
        raw = [line.rstrip("\r\n") for line in physical]
        rows, lines = [[*map(str.strip, line.split(separator))] for line in raw], list(range(1, len(raw) + 1))
    first = next((i for i, row in enumerate(rows) if any(row)), 0)
    header = [_whole_text(cell.lstrip("\ufeff").strip()) for cell in rows[first]]
    _check_header(header, name, lines[first])
    if not any(any(row) for row in rows[first + 1 :]):
        raise DataError(finding("E_NO_ROWS", file=name))
    return _Export(name, header, rows[first + 1 :], lines[first + 1 :], raw[first + 1 :])


def _check_header(header: list[str], name: str, line: int) -> None:
    twice = [h for h in dict.fromkeys(header) if header.count(h) > 1]
    if twice == [""]:
        raise DataError(finding("E_NO_HEADER", file=name, line=line, found=", ".join(h for h in header if h)))
    if twice:
        raise DataError([finding("E_DUPLICATE_COLUMN", file=name, line=line, column=h, found=h) for h in twice])


def _sort_rows(export: _Export) -> tuple[list[int], list[tuple[int, str]], list[int]]:
    """Positions of the rows to use, of the excluded with their reason, of those with the wrong number of cells."""
    fit: list[int] = []
    ragged: list[int] = []
    excluded, width = [], len(export.header)
    for i, row in enumerate(export.rows):
        first = next((cell for cell in row if cell), None)
        if first is None:
            excluded.append((i, "E_BLANK_ROW"))
        elif first[0] in "GgSsTt" and TOTAL.fullmatch(first):
            excluded.append((i, "E_TOTAL_ROW"))
        else:
            (fit if len(row) == width else ragged).append(i)
    return fit, excluded, ragged


# ---------------------------------------------------------------- columns


def _mapped(export: _Export, fit: Sequence[int], plan: Mapping[str, Any]) -> pd.DataFrame:
    """The canonical columns, still text: named, translated word by word, constants filled in. The index is the row's position."""
    position = {h: i for i, h in enumerate(export.header)}
    rows, out = [export.rows[i] for i in fit], {}
    for name, rule in plan["columns"].items():
        how = rule if isinstance(rule, dict) else {"from": rule}
        at, values, default = position[how["from"]], how.get("values", {}), how.get("default")
        column = [row[at] for row in rows]
        if "bins" in how:
            column = [band(cell, how["bins"]) for cell in column]
        if values or default is not None:
            given = sum(cell not in values for cell in column) if default is not None else 0
            column = [str(values.get(cell, cell if default is None else default)) for cell in column]
            if given:
                note = finding("E_DEFAULT_USED", level="note", file=export.name, column=how["from"], found=str(given), value=default)
                export.findings.append(note)
        out[name] = column
    out |= {name: [str(value)] * len(rows) for name, value in plan["constants"].items()}
    if plan.get("one_row") == "content" and "content_id" not in out:
        out["content_id"] = [f"row-{export.lines[i]}" for i in fit]
    order = {name: i for i, name in enumerate(CANONICAL)}
    names = sorted(out, key=lambda name: order.get(name, len(order)))
    return pd.DataFrame({name: pd.Series(out[name], dtype="str") for name in names}).set_axis(list(fit))


def _typed_columns(
    text: pd.DataFrame, export: _Export, tables: Tables, options: Mapping[str, str | None]
) -> tuple[pd.DataFrame, list[Wrong]]:
    kinds = {name: kind_of(name, tables) for name in text.columns}
    numbers = [cell for name, kind in kinds.items() if kind in ("count", "money") for cell in text[name].unique()]
    mark, unsure = (options["decimal"], None) if options["decimal"] else decide(numbers)
    if mark is None:
        raise DataError(finding("E_AMBIGUOUS_NUMBER", file=export.name, found=unsure))
    export.facts["decimal"] = mark
    columns, wrong = {}, []
    for name, kind in kinds.items():
        form = options["date_format"]
        if kind == "date" and not form and (form := day_format(text[name].unique())):
            export.findings.append(finding("E_DATES_READ", level="note", file=export.name, column=name, found=form))
        columns[name], bad = typed(text[name], kind, mark=mark, date_format=form)
        wrong += [replace(w, row=int(text.index[w.row])) for w in bad]
    return pd.DataFrame(columns, index=text.index), wrong


def _control_characters(export: _Export, fit: Sequence[int]) -> list[Wrong]:
    """Rows with a character that no one types, or a byte that is none: the sign of a damaged export, and invisible in every report."""
    found, used = [], set(fit)
    for i, raw in enumerate(export.raw):
        bad = CONTROL.search(raw)
        if bad and i in used:
            column = next((h for h, cell in zip(export.header, export.rows[i], strict=True) if bad[0] in cell), export.header[0])
            code, sign = "E_CONTROL_CHAR", f"U+{ord(bad[0]):04X}"
            if "\udc80" <= bad[0] <= "\udcff":
                code, sign = "E_BAD_BYTES", f"0x{ord(bad[0]) - 0xDC00:02X}"
            found.append(Wrong(i, column, code, sign))
        if bad:
            export.raw[i] = _whole_text(raw)
            export.rows[i] = [_whole_text(cell) for cell in export.rows[i]]
    return found


def _whole_text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _above_exposure(log: pd.DataFrame, tables: Tables, plan: Mapping[str, Any]) -> list[Wrong]:
    """Rows that count more than they had chances to: a rate above 1 is a mistake in the export, not a success."""
    scored = (plan["score"] or {}).get("metric")
    found: list[Wrong] = []
    for metric in dict.fromkeys(m for m in ("click_rate", "open_rate", scored) if m):
        row = tables.metrics[metric]
        if row["family"] != "binomial" or row["count"] not in log:
            continue
        channels = log["channel"] if "channel" in log else pd.Series(None, index=log.index, dtype="str")
        for exposure in dict.fromkeys([row["exposure"], *row.get("exposure_by_channel", {}).values()]):
            named = {c: tables.exposure(metric, c) for c in channels.dropna().unique()}
            counted = {c: e if e in log else row["exposure"] for c, e in named.items()}  # as `tally` counts them
            mine = channels.map(counted).fillna(row["exposure"]) == exposure
            if exposure in log:
                above = (mine & (log[row["count"]] > log[exposure]).fillna(False).astype(bool)).to_numpy()
                pairs = log.loc[above, [row["count"], exposure]].itertuples()
                found += [Wrong(int(i), row["count"], "E_CLICKS_GT_IMPRESSIONS", f"{n} > {of} ({exposure})") for i, n, of in pairs]
    return found


# ---------------------------------------------------------------- what came of each row


def _assemble(
    export: _Export,
    log: pd.DataFrame,
    fit: Sequence[int],
    wrong: Sequence[Wrong],
    ragged: Iterable[int],
    excluded: Sequence[tuple[int, str]],
    plan: Mapping[str, Any],
    tables: Tables,
) -> Intake:
    ragged_cells = [Wrong(i, "", "E_FIELD_COUNT", str(len(export.rows[i]))) for i in ragged]
    cells = sorted([*wrong, *ragged_cells], key=lambda w: w.row)
    said = [_said(export, w) for w in cells]
    rejected = _rejected(export, cells, said)
    out_rows = {w.row for w in cells}
    kept = log.loc[[i not in out_rows for i in fit]]
    findings = [*export.findings, *said[:SHOWN]]
    if len(said) > SHOWN:
        findings.append(finding("E_MORE_REJECTED", level="warning", file=export.name, found=str(len(said) - SHOWN)))
    for code in ("E_BLANK_ROW", "E_TOTAL_ROW"):
        number = sum(reason == code for _, reason in excluded)
        findings += [finding(code, level="note", file=export.name, found=str(number))] if number else []
    findings += _unknown_words(kept, export, tables)
    left = pd.DataFrame([(export.lines[i], code, export.raw[i]) for i, code in excluded], columns=["line", "reason", "text"])
    facts = {"source": export.name, "platform": plan["name"], "rows_read": len(export.rows), "kept": len(kept), "rejected": len(rejected)}
    facts |= {"excluded": len(left), **export.facts} | ({"score": dict(plan["score"])} if plan["score"] else {})
    if plan.get("source"):
        facts["citation"] = plan["source"]
    _check_nothing_lost(export, log, kept, log.loc[[i in out_rows for i in fit]], facts)
    return Intake(table=kept.reset_index(drop=True), facts=facts, findings=tuple(findings), rejected=rejected, excluded=left)


def _check_nothing_lost(export: _Export, log: pd.DataFrame, kept: pd.DataFrame, out: pd.DataFrame, facts: Mapping[str, Any]) -> None:
    """Every row read is kept, rejected or excluded, and each number adds up to what was read."""
    came: list[tuple[Any, Any, Any]] = [("rows", len(export.rows), facts["kept"] + facts["rejected"] + facts["excluded"])]
    came += [(c, log[c].sum(), kept[c].sum() + out[c].sum()) for c in log.select_dtypes("number")]
    wrong = [(name, read, left) for name, read, left in came if abs(read - left) > 1e-9 * abs(log[name].abs().sum() if name in log else 0)]
    if wrong:
        raise DataError([finding("E_CONSERVATION", file=export.name, column=c, found=str(a), expected=str(b)) for c, a, b in wrong])


def _said(export: _Export, cell: Wrong) -> Finding:
    width = None if cell.column else str(len(export.header))
    return finding(cell.code, file=export.name, line=export.lines[cell.row], column=cell.column or None, found=cell.found, expected=width)


def _rejected(export: _Export, cells: Sequence[Wrong], said: Sequence[Finding]) -> pd.DataFrame:
    """One row a rejected row: its first wrong cell, and everything that is wrong with it in `reason`."""
    rows: dict[int, list[Any]] = {}
    for cell, why in zip(cells, said, strict=True):
        if cell.row in rows:
            rows[cell.row][4] += " " + why.text
        else:
            rows[cell.row] = [export.lines[cell.row], cell.code, cell.column or None, cell.found, why.text, export.raw[cell.row]]
    return pd.DataFrame(list(rows.values()), columns=["line", "code", "column", "found", "reason", "text"])


def _unknown_words(kept: pd.DataFrame, export: _Export, tables: Tables) -> list[Finding]:
    """A word that the vocabulary lacks is kept, for it may be one's own; it is said once, with the nearest known word."""
    found = []
    for axis in [a for a in CLOSED if a in kept]:
        known = getattr(tables, AXIS_TABLE[axis])
        first = kept[axis].dropna().drop_duplicates()
        strange = first[~first.isin(list(known))]
        found += [
            finding("E_UNKNOWN_LEVEL", level="warning", file=export.name, line=line, column=axis, found=word, hint=nearest(word, known))
            for line, word in zip([export.lines[i] for i in strange.index], strange, strict=True)
        ]
    return found
