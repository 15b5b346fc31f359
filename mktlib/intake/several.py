"""Several exports as one log: what stands in two of them counts once, and what they tell differently is asked."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from mktlib.errors import DataError, Finding, MktlibError
from mktlib.intake.reading import read_one
from mktlib.results import Intake
from mktlib.vocabulary import Tables, finding, not_tables, progress

Keep = Literal["latest", "first"]


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
    zone: str | None = None,
    sheet: str | None = None,
    table: str | None = None,
    rates: Mapping[str, float] | None = None,
    multi_click: bool = False,
    keep: Keep | None = None,
) -> Intake:
    """A log from exports (files, workbooks, zips, or frames of any engine), in the canonical columns.

    Args:
        source: path of a delimited text file, an .xlsx or a zip with one, a frame of pandas, polars, pyarrow, DuckDB, or a list of
            them: rows that stand in two files count once.
        platform: "auto" (found from the headers, and asked where two could be meant), a file of tables/platforms ("meta_ads", ...),
            "mktlib" (the canonical header), or the path of a column map (see data/maps; `extends = "meta_ads"` adds to a platform).
        tags: what each piece is: a frame or a CSV (content_id, then content_type, style ...), or a TOML that says how names, links,
            columns or texts tell it (`intake.naming`). A tag fills an empty cell and never replaces a word of the log.
        tables: the vocabulary; the rows of the map are laid below it.
        decimal: "." or ","; found from the numbers otherwise, and asked for where they leave it open.
        separator, encoding, date_format: as in the file; found otherwise (31/08/2026 settles a whole column, 03/04/2026 is asked).
        zone: where days begin and end ("Europe/Paris"); without it a day is the one that is written.
        sheet, table: which sheet of a workbook; which file of a zip, or which of several tables in a file (the first cell of its header).
        rates: {"EUR": 1, "USD": 0.92} changes several currencies into the one whose rate is 1.
        multi_click: keep rows with more clicks than impressions (channels that count every click): they are scored as counts.
        keep: "latest" or "first" where two files tell one piece and day differently; asked otherwise.

    Returns:
        Intake: .log (text, Int64 counts, float64 money and fractions, dates; an empty cell is null, never 0), .rejected (one row a
        rejected row: line, code, column, found, reason, text), .excluded (blank rows, totals, lines above the table: line, reason,
        text), .untagged, .findings (each wrong cell, at most 50, then how many more) and .facts (source, platform, rows_read, kept,
        rejected, excluded, sha256, separator, encoding, decimal, censored, and score: what the map, or the columns that a platform's
        log has, let a scorer be asked: `ContentScorer(**intake.facts["score"]).fit(intake.log)`). Several files: `file`
        in rejected and excluded, and facts["files"].

    Raises:
        DataError: the file is no export, lacks columns, or can be read in two ways; one finding for each reason.

    >>> log = pd.DataFrame({"content_id": ["a", "b"], "content_type": "blog_post", "channel": "email", "clicks": [3, -1], "delivered": 90})
    >>> intake = read_export(log)
    >>> intake.facts["kept"], intake.rejected["code"].tolist()
    (1, ['E_NEGATIVE_COUNT'])
    """
    if keep not in (None, "latest", "first"):
        raise DataError(finding("E_OPTION", column="keep", found=keep, expected='"latest" / "first"'))
    asked = {
        "decimal": decimal, "separator": separator, "encoding": encoding, "date_format": date_format, "zone": zone, "sheet": sheet,
        "table": table,
    }  # fmt: skip
    for option, value in asked.items():
        if value is not None and not isinstance(value, str):
            raise DataError(finding("E_OPTION", column=option, found=value, expected=f'{option}="..."'))
    if wrong := not_tables(tables):
        raise DataError(wrong)
    how: dict[str, Any] = {"tags": tags, "tables": tables, "asked": asked, "rates": rates, "multi_click": multi_click}
    if isinstance(source, list | tuple) and not source:
        raise DataError(finding("E_NO_FILE", file="[]", found="[]"))
    try:
        if not isinstance(source, list | tuple):
            return read_one(source, platform, **how)
        return together([read_one(one, platform, **how) for one in progress(source, unit="file")], keep)
    except MktlibError:
        raise
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError, csv.Error, re.error) as error:
        name = Path(source).name if isinstance(source, str | Path) else type(source).__name__
        raise DataError(finding("E_UNFORESEEN", file=name, found=f"{type(error).__name__}: {error}")) from error


def together(intakes: Sequence[Intake], keep: Keep | None) -> Intake:
    """One log from several, in their order.

    Raises:
        DataError: two files tell one piece and day differently and nobody said which to keep; they are of several currencies.
    """
    found: list[Finding] = [f for one in intakes for f in one.findings]
    names = [str(one.facts["source"]) for one in intakes]
    first = {str(one.facts["sha256"]): i for i, one in reversed(list(enumerate(intakes)))}
    again = [i for i, one in enumerate(intakes) if first[str(one.facts["sha256"])] != i]
    found += [finding("E_SAME_FILE", level="warning", file=names[i], found=names[first[str(intakes[i].facts["sha256"])]]) for i in again]
    logs = [one.log.assign(_file=i, _line=list(one.lines)) for i, one in enumerate(intakes)]
    whole = pd.concat(logs, ignore_index=True)
    _one_currency(whole, names)
    gone = whole["_file"].isin(again).to_numpy()
    _one_grain(whole[~gone], names)
    identity = list(dict.fromkeys(c for one in intakes for c in one.facts["identity"]))
    keys = _keys(whole[~gone], identity)
    repeated, lost, conflicts = _overlap(whole[~gone], keys, keep)
    if len(conflicts) and keep is None:
        raise DataError(_said(whole, conflicts, names, keys))
    out = gone | whole.index.isin([*repeated, *lost])
    found += _days(whole[~gone], names)
    found += [finding("E_REPEATED_ROWS", level="warning", found=str(len(repeated)))] if repeated else []
    found += [finding("E_KEPT_ONE", level="warning", found=str(len(lost)), keep=str(keep))] if lost else []
    return _joined(intakes, names, whole, out, {i: "E_OTHER_FILE" for i in lost}, found)


def _keys(whole: pd.DataFrame, identity: Sequence[str]) -> list[str]:
    """What says which row is meant in every file, rather than what it counted or how it was running."""
    files = whole["_file"].nunique()
    return [c for c in map(str, whole) if c in identity and whole.loc[whole[c].notna(), "_file"].nunique() == files]


def _numbers(whole: pd.DataFrame) -> list[str]:
    return [c for c in map(str, whole) if pd.api.types.is_numeric_dtype(whole[c]) and not c.startswith("_")]


def _overlap(whole: pd.DataFrame, keys: Sequence[str], keep: Keep | None) -> tuple[list[int], list[int], list[tuple[int, int]]]:
    """(rows that an earlier file has too, rows that give way to the file that is kept, pairs that tell one thing differently)."""
    names = _numbers(whole)
    if not keys or whole["_file"].nunique() < 2:
        return [], [], []
    times = whole.groupby([*keys, "_file"], dropna=False, sort=False).cumcount()  # equal rows of one file are several events
    marked = whole.assign(_time=times)
    several = marked[marked.groupby([*keys, "_time"], dropna=False, sort=False)["_file"].transform("nunique") > 1]
    repeated: list[int] = []
    lost: list[int] = []
    conflicts: list[tuple[int, int]] = []
    for _, rows in several.groupby([*keys, "_time"], dropna=False, sort=False):
        index, values = list(rows.index), rows[names].astype(object).where(rows[names].notna(), None).to_numpy().tolist()
        same = all(v == values[0] for v in values)
        stays = index[0] if same or keep != "latest" else index[-1]
        (repeated if same else lost).extend(i for i in index if i != stays)
        conflicts += [] if same else [(index[0], next(i for i, v in zip(index, values, strict=True) if v != values[0]))]
    return repeated, lost, conflicts


def _said(whole: pd.DataFrame, conflicts: Sequence[tuple[int, int]], names: Sequence[str], keys: Sequence[str]) -> list[Finding]:
    out = []
    for one, other in conflicts[:5]:
        rows = whole.loc[[one, other]]
        what = ", ".join(str(v.date() if isinstance(v, pd.Timestamp) else v) for v in rows.iloc[0][list(keys)] if pd.notna(v))
        numbers = [c for c in _numbers(whole) if len(rows[c].unique()) > 1]
        told = "; ".join(f"{c}: {rows[c].iloc[0]} / {rows[c].iloc[1]}" for c in numbers)
        files = " / ".join(names[int(i)] for i in rows["_file"])
        out.append(finding("E_CONFLICTING_KEY", file=files, column=what, found=told, count=str(len(conflicts))))
    return out


def _one_currency(whole: pd.DataFrame, names: Sequence[str]) -> None:
    said = whole.groupby("currency")["_file"].first() if "currency" in whole else pd.Series(dtype=int)
    money = [c for c in ("spend", "revenue") if c in whole]
    unsaid = (
        sorted({int(i) for i in whole.loc[whole[money].notna().any(axis=1) & whole["currency"].isna(), "_file"]})
        if len(said) and money
        else []
    )
    if len(said) > 1 or unsaid:
        found = ", ".join([*(f"{c} ({names[int(i)]})" for c, i in said.items()), *(f"? ({names[i]})" for i in unsaid)])
        raise DataError(finding("E_MIXED_CURRENCY", column="currency", found=found))


PIECE = ("content_id", "content_name", "ad_group", "campaign")


def _one_grain(whole: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse files that tell the same days of the same piece at two levels: a month beside its days, a total beside its segments.

    Raises:
        DataError: which files, which piece, which days.
    """
    key = next((k for k in PIECE if k in whole), None)
    if key is None or "date" not in whole or whole["_file"].nunique() < 2:
        return
    end = whole["date_end"].fillna(whole["date"]) if "date_end" in whole else whole["date"]
    rows = whole.assign(_end=end)[whole["date"].notna() & whole[key].notna()]
    for piece, some in rows.groupby(key, sort=False):
        files = some.groupby("_file")
        if files.ngroups < 2:
            continue
        for (one, a), (other, b) in itertools.combinations(files, 2):
            if a["date"].min() > b["_end"].max() or b["date"].min() > a["_end"].max():
                continue
            axis = _two_grains(a, b)
            if axis:
                found = f"{piece}: {a['date'].min().date()} - {b['_end'].max().date()}"
                both = f"{names[int(str(one))]} / {names[int(str(other))]}"
                raise DataError(finding("E_TWO_GRAINS", file=both, column=axis, found=found))


def _two_grains(a: pd.DataFrame, b: pd.DataFrame) -> str | None:
    """The column that one file breaks a piece down by on a day that they share, and the other does not; a longer span of days is one."""
    spans = [set(zip(x["date"], x["_end"], strict=True)) for x in (a, b)]
    if any(one != other and one[0] <= other[1] and other[0] <= one[1] for one, other in itertools.product(*spans)):
        return "date_end"
    shared = set(a["date"]) & set(b["date"])
    first, then = (x[x["date"].isin(shared)] for x in (a, b))
    words = [c for c in map(str, a) if not pd.api.types.is_numeric_dtype(a[c]) and not c.startswith(("_", "date"))]
    return next((c for c in words if len(first) and (_broken_down(first, then, c) or _broken_down(then, first, c))), None)


def _broken_down(one: pd.DataFrame, other: pd.DataFrame, column: str) -> bool:
    """Whether one file tells a day in several rows by this column, and the other says nothing of it."""
    return bool(other[column].isna().all() and one[column].notna().all() and one.groupby("date")[column].nunique().max() > 1)


def _days(whole: pd.DataFrame, names: Sequence[str]) -> list[Finding]:
    """Files whose days overlap."""
    if "date" not in whole:
        return []
    spans = whole.groupby("_file")["date"].agg(["min", "max"]).sort_values("min")
    out = []
    for (one, before), (other, after) in zip(spans.iloc[:-1].iterrows(), spans.iloc[1:].iterrows(), strict=True):
        if after["min"] <= before["max"]:
            days = f"{after['min'].date()} / {min(before['max'], after['max']).date()}"
            out.append(finding("E_OVERLAP", level="warning", file=f"{names[int(one)]}, {names[int(other)]}", column="date", found=days))  # type: ignore[call-overload]
    return out


def _joined(
    intakes: Sequence[Intake], names: Sequence[str], whole: pd.DataFrame, out: Any, why: Mapping[int, str], found: list[Finding]
) -> Intake:
    """The kept rows in one log; the others among the rejected, with the file that they come from."""
    left = [i for i in whole.index if out[i]]
    at = [(names[int(f)], int(line)) for f, line in whole.loc[left, ["_file", "_line"]].to_numpy()]
    texts = (
        whole.loc[left].drop(columns=["_file", "_line"]).astype(object).fillna("").astype(str).agg(",".join, axis=1).tolist()
        if left
        else []
    )
    codes = [why.get(i, "E_IN_ANOTHER_FILE") for i in left]
    said = [finding(code, file=file, line=line, found=text) for code, (file, line), text in zip(codes, at, texts, strict=True)]
    twice = pd.DataFrame(
        {
            "file": [file for file, _ in at],
            "line": [line for _, line in at],
            "code": codes,
            "column": None,
            "found": None,
            "reason": [f.text for f in said],
            "text": texts,
        }
    )
    rejected = [one.rejected.assign(file=name) for one, name in zip(intakes, names, strict=True)]
    excluded = [one.excluded.assign(file=name) for one, name in zip(intakes, names, strict=True)]
    log = whole[~out].drop(columns=["_file", "_line"]).reset_index(drop=True)
    sums = {k: sum(int(one.facts[k]) for one in intakes) for k in ("rows_read", "rejected", "excluded")}
    facts = {
        **intakes[0].facts,
        **sums,
        "source": ", ".join(dict.fromkeys(names)),
        "kept": len(log),
        "rejected": sums["rejected"] + len(twice),
    }
    facts["files"] = [dict(one.facts) for one in intakes]
    return Intake(
        table=log, facts=facts, findings=tuple({f.text: f for f in found}.values()),
        rejected=pd.concat([*rejected, twice], ignore_index=True), excluded=pd.concat(excluded, ignore_index=True),
        untagged=pd.concat([one.untagged for one in intakes], ignore_index=True),
        lines=tuple(int(line) for line in whole.loc[~out, "_line"]),
    )  # fmt: skip
