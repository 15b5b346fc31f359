"""An export in, a canonical log out, and every row accounted for: kept, rejected with a reason, or excluded.

A file that cannot be read for certain is refused with what to type; a row that cannot be used is set aside with its line and its
own text. Nothing is guessed and nothing is dropped: rows read = kept + rejected + excluded.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from mktlib.errors import ConservationError, DataError, Finding, Level
from mktlib.intake.checks import (
    KEYS,
    above_exposure,
    converted,
    mixed_percent,
    oddities,
    one_currency,
    one_spelling,
    said_twice,
    spoiled_ids,
    unknown_words,
)  # fmt: skip
from mktlib.intake.columns import COUNTS, MISSING, MONEY, Wrong, decide, kind_of, number, typed, votes
from mktlib.intake.dates import day_format, far_apart, in_order, open_order, serials, two_kinds, zones_mixed
from mktlib.intake.headers import CODES
from mktlib.intake.maps import canonical_map, check_columns, extended, option, read_map, vocabulary_with
from mktlib.intake.naming import AXES, misnamed, read_rules, tagged, untagged
from mktlib.intake.periods import period_of, spans, with_ends, within
from mktlib.intake.platforms import chosen, plan_of, recognised, table_named
from mktlib.intake.privacy import key, key_id, without_addresses
from mktlib.intake.rows import Export, control_characters, first_row, from_file, from_frame, sort_rows, under_header, unlabelled_totals
from mktlib.intake.tags import with_tags
from mktlib.results import Intake
from mktlib.vocabulary import Tables, finding, masked, platforms, progress

NAMES = (
    "date", "date_end", "brand", "network", "channel", "placement", "objective", "campaign", "ad_group", "content_id", "content_name",
    "content_type", "style", "length",
)  # fmt: skip
CANONICAL = (*NAMES, "segment", "stage", *COUNTS, *MONEY, "currency")
SHOWN = 50
MOST_NAMES = 500  # pieces that are scored by name where nothing says what they are
APOSTROPHE = re.compile(r"^'(?=[=+\-@\d\t])")  # put there so that no spreadsheet takes the cell for a formula or a number
ADDED = ("impressions", "clicks", "clicks_all", "engagements", "views", "delivered", "sent", "sessions", "conversions", *MONEY)
"""Columns whose rows add up (people reached do not): by these a total gives itself away."""
LOCALE = ("decimal", "separator", "encoding", "date_format", "zone", "sheet", "table")


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


def read_one(
    source: Any,
    platform: str | Path,
    *,
    tags: Any,
    tables: Tables | None,
    asked: Mapping[str, str | None],
    rates: Mapping[str, float] | None,
    multi_click: bool,
) -> Intake:
    """One file or frame: see `read_export`."""
    plan = extended(read_map(platform)) if str(platform).lower().endswith(".toml") else None
    words = vocabulary_with(plan, platform, tables)
    options = {k: asked.get(k) or option(plan, k) for k in LOCALE}
    if options["decimal"] not in (None, ".", ","):
        raise DataError(finding("E_OPTION", column="decimal", found=options["decimal"], expected='"." / ","'))
    _check_clock(options)
    with progress(total=4, unit="step") as bar:
        export = from_file(Path(source), options) if isinstance(source, str | Path) else from_frame(source, options)
        bar.update()
        plan = _placed(export, plan, str(platform), words, options["table"])
        options = {k: v or plan.get(k) for k, v in options.items()}
        fit, excluded, ragged = sort_rows(export, plan.get("totals", ()), plan.get("footer", ()))
        damaged = control_characters(export, fit)
        bar.update()
        text, wrong = _words(export, fit, plan, tags, words)
        bar.update()
        log, bad = _typed_columns(text, export, plan, words, options, rates)
        log = with_ends(log, plan.get("unit"), export.facts.get("period"))
        bar.update()
    named = [c for c in map(str, text) if pd.api.types.is_string_dtype(log[c]) and _names_rows(c, text, plan)]
    totals, doubtful = unlabelled_totals(log, named, [c for c in ADDED if c in log], {w.row for w in bad})
    if doubtful:
        line = export.lines[int(doubtful[0])]
        export.findings.append(finding("E_PERHAPS_TOTAL", level="warning", file=export.name, line=line, found=str(len(doubtful))))
    excluded += [(int(i), "E_TOTAL_ROW") for i in totals]
    wrong += [*bad, *damaged]
    above = above_exposure(log, words, (plan["score"] or {}).get("metric"))
    export.findings += [finding("E_MULTI_CLICK", level="warning", file=export.name, found=str(len(above)))] if multi_click and above else []
    wrong += [] if multi_click else above
    return _assemble(export, log, fit, [w for w in wrong if w.row not in totals], ragged, sorted(excluded), plan, words)


def _names_rows(column: str, text: pd.DataFrame, plan: Mapping[str, Any]) -> bool:
    """Whether a column says what a row is, rather than what a platform works out for it (its results, its status, its budget)."""
    if column not in plan["columns"] or column == "currency" or column in plan.get("reported", ()):
        return False
    return column not in plan.get("extra", ()) or not text[column].str.fullmatch(r"[^A-Za-zÀ-ÿ]*").all()


def _check_clock(options: Mapping[str, str | None]) -> None:
    """Refuse zones that do not exist and formats of days without a year."""
    found, zone, form = [], options["zone"], options["date_format"]
    try:
        ZoneInfo(zone) if zone is not None else None
    except (ValueError, TypeError, OSError, KeyError, AttributeError):
        found.append(finding("E_OPTION", column="zone", found=zone, expected='zone="Europe/Paris"'))
    if form is not None and not (isinstance(form, str) and re.search("%[YyG]", form)):
        found.append(finding("E_OPTION", column="date_format", found=form, expected='date_format="%d/%m/%Y"'))
    if found:
        raise DataError(found)


def _placed(export: Export, plan: dict[str, Any] | None, platform: str, words: Tables, table: str | None) -> dict[str, Any]:
    """The map of this export, with its rows under their header: the caller's, the canonical log's, or a platform's."""
    if plan is None and (platform in platforms() or not _canonical(export, platform)):
        match = recognised(export.rows, export.name) if platform == "auto" else chosen(export.rows, platform, export.name)
        row = platforms()[match.platform]
        blocks = bool(row.get("file", {}).get("blocks"))
        if blocks and table and "member" not in export.facts:
            match = table_named(match, export.rows, table, export.name)
        under_header(export, match.row, blocks=blocks)
        plan = plan_of(row, export.header, match.platform)
        known = f"{match.known} / {sum(map(bool, export.header))}"
        export.findings.append(finding("E_PLATFORM_FOUND", level="note", file=export.name, found=match.platform, known=known))
        if not match.confirmed:
            export.findings.append(finding("E_UNCONFIRMED", level="warning", file=export.name, found=match.platform))
        if plan["second"]:
            second = ", ".join(plan["second"])
            export.findings.append(finding("E_SECOND_COLUMN", level="warning", file=export.name, found=second))
        if plan["extra"]:
            more = ", ".join(plan["extra"])
            export.findings.append(finding("E_EXTRA_COLUMN", level="note", file=export.name, found=more, platform=match.platform))
    elif plan is not None and plan.get("extends"):
        match = chosen(export.rows, plan["name"], export.name, plan["platform"])
        under_header(export, match.row, blocks=bool(plan["platform"].get("file", {}).get("blocks")))
        plan = {**plan_of(plan["platform"], export.header, plan["name"]), "score": plan["score"]}
    else:
        under_header(export, first_row(export))
        plan = plan or canonical_map(export.name, export.header, platform)
        check_columns(plan, export.name, export.header, words)
    return plan


def _canonical(export: Export, platform: str) -> bool:
    """Whether the first row is the canonical header (or the caller says so)."""
    if platform == "mktlib":
        return True
    header = export.rows[first_row(export)] if export.rows else []
    return platform == "auto" and len({"content_id", "content_type", "channel", "clicks", "clics"} & set(header)) >= 2


# ---------------------------------------------------------------- columns


def _words(export: Export, fit: Sequence[int], plan: Mapping[str, Any], tags: Any, tables: Tables) -> tuple[pd.DataFrame, list[Wrong]]:
    """The canonical columns as text, tagged, in one spelling, without anybody's address; and rows that stand twice."""
    text = _mapped(export, fit, plan)
    lines = dict(zip(fit, (export.lines[i] for i in fit), strict=True))
    spoiled_ids(text, lines, export.name)
    _hide(export, plan.get("private", ()))
    rules = read_rules(tags) if isinstance(tags, str | Path) and str(tags).lower().endswith(".toml") else {}
    text = tagged(text, {"columns": plan.get("tags", {})}, tables)
    if "table" in rules or (tags is not None and not rules):
        beside = Path(tags).parent / rules["table"] if rules else tags
        text, lost = with_tags(text, beside, export.name)
        export.findings += lost
    export.findings += misnamed(text, rules, export.name)
    text = tagged(text, rules, tables)
    text = _without_people(text, export)
    text, respelt = one_spelling(text, export.name)
    export.findings += respelt
    names = [c for c in map(str, text) if kind_of(c, tables) in ("text", "date")]
    twice, equal = said_twice(text, names, export.name)
    export.findings += equal
    return text, twice


def _without_people(text: pd.DataFrame, export: Export) -> pd.DataFrame:
    """The log with pseudonyms for addresses; everything beside it with none."""
    if any("@" in words or "＠" in words or "%40" in words for words in export.raw):
        export.raw = [masked(words) for words in export.raw]
        export.rows = [[masked(cell) for cell in row] for row in export.rows]
    export.aside = [(line, code, masked(words)) for line, code, words in export.aside]
    export.facts["preamble"] = [masked(line) for line in export.facts.get("preamble", ())]
    if not any((text[c] != text[c].map(masked)).any() for c in text):
        return text
    secret, lasting = key()
    out, found = without_addresses(text, secret)
    for column, number_of in found.items():
        level: Level = "note" if lasting else "warning"
        code = "E_PSEUDONYMS" if lasting else "E_PASSING_KEY"
        export.findings.append(finding(code, level=level, file=export.name, column=column, found=str(number_of)))
    export.facts["key_id"] = key_id(secret)
    return out


def _mapped(export: Export, fit: Sequence[int], plan: Mapping[str, Any]) -> pd.DataFrame:
    """The canonical columns, still text: named, translated word by word, constants filled in. The index is the row's position."""
    position = {h: i for i, h in enumerate(export.header)}
    rows, out = [export.rows[i] for i in fit], {}
    for name, rule in plan["columns"].items():
        how = rule if isinstance(rule, Mapping) else {"from": rule}
        at, values, default = position[how["from"]], how.get("values", {}), how.get("default")
        column = [APOSTROPHE.sub("", row[at]) for row in rows]
        for header, allowed in how.get("where", {}).items():  # only rows where another column says one of these words
            if header in position:
                column = [cell if row[position[header]] in allowed else "" for cell, row in zip(column, rows, strict=True)]
        if "unless" in how:  # some words of this column say nothing: another column is asked then
            other = next((position[h] for h in how["else"] if h in position), at)
            column = [row[other] if cell in how["unless"] else cell for cell, row in zip(column, rows, strict=True)]
        if "bins" in how:
            column = [band(cell, how["bins"]) for cell in column]
        if values or default is not None:
            given = sum(cell not in values for cell in column) if default is not None else 0
            column = [str(values.get(cell, cell if default is None else default)) for cell in column]
            if given and not how.get("quiet"):
                note = finding("E_DEFAULT_USED", level="note", file=export.name, column=how["from"], found=str(given), value=default)
                export.findings.append(note)
        out[name] = column
    for name, value in plan["constants"].items():
        if plan.get("per_row") and name in out:
            out[name] = [cell or str(value) for cell in out[name]]
        else:
            out[name] = [str(value)] * len(rows)
    if plan.get("one_row") == "content" and "content_id" not in out:
        out["content_id"] = [f"row-{export.lines[i]}" for i in fit]
    if "currency" not in out:
        codes = next(
            (c for c, cells in out.items() if c in plan.get("extra", ()) and any(cells) and CODES.issuperset({*cells} - {""})), None
        )
        out |= {"currency": out.pop(codes)} if codes else {}
    out |= spans(out, plan.get("unit"))
    out |= period_of(export.facts, {**out, "_daily": plan.get("daily"), "_unit": plan.get("unit")}, len(rows), plan.get("order"))
    if plan.get("fill"):
        out |= _filled(out, plan["fill"]["by"], plan["fill"]["columns"])
    order = {name: i for i, name in enumerate(CANONICAL)}
    names = sorted(out, key=lambda name: order.get(name, len(order)))
    return pd.DataFrame({name: pd.Series(out[name], dtype="str") for name in names}).set_axis(list(fit))


def _filled(there: Mapping[str, list[str]], by: str, columns: Sequence[str]) -> dict[str, list[str]]:
    """What stands only on the first line of an order, said on all of its lines (never money, which would count again)."""
    out = {}
    for column in (c for c in columns if c in there and by in there):
        first: dict[str, str] = {}
        for key_of_row, cell in zip(there[by], there[column], strict=True):
            first.setdefault(key_of_row, cell)
        out[column] = [cell or first[key_of_row] for key_of_row, cell in zip(there[by], there[column], strict=True)]
    return out


def _hide(export: Export, private: Sequence[str]) -> None:
    """Columns about people that nothing here needs (names, streets, telephones) are not kept, in the log or beside it."""
    at = [export.header.index(h) for h in private]
    if at:
        export.rows = [["***" if i in at and cell else cell for i, cell in enumerate(row)] for row in export.rows]
        export.raw = [",".join(row) for row in export.rows]
        export.findings.append(finding("E_LEFT_OUT", level="note", file=export.name, found=", ".join(private)))


def _typed_columns(
    text: pd.DataFrame,
    export: Export,
    plan: Mapping[str, Any],
    tables: Tables,
    options: Mapping[str, str | None],
    rates: Mapping[str, float] | None,
) -> tuple[pd.DataFrame, list[Wrong]]:
    rules = {name: rule for name, rule in plan["columns"].items() if isinstance(rule, Mapping)}
    kinds = {name: rules.get(name, {}).get("kind") or kind_of(name, tables) for name in text.columns}
    mark = options["decimal"] or _decimal(text, kinds, export.name)
    export.facts["decimal"] = mark
    currency = one_currency(text, kinds, plan.get("currencies", ()), export.name, rates)
    columns, wrong = {}, []
    for name, kind in kinds.items():
        form = None
        if kind == "percent":
            mixed_percent(text[name], export.name)
        if kind == "date":
            form = rules.get(name, {}).get("date_format") or options["date_format"] or _days_as(text[name], export, plan, options["zone"])
        column, bad = typed(text[name], kind, mark=mark, date_format=form, zone=options["zone"], missing=plan.get("missing", ()))
        columns[name] = column
        wrong += [replace(w, row=int(text.index[w.row])) for w in bad]
    log = pd.DataFrame(columns, index=text.index)
    if currency:
        log["currency"] = log["currency"].fillna(currency) if "currency" in log else currency
    money = [name for name, kind in kinds.items() if kind in ("money", "micros")]
    return (converted(log, money, rates, export.name) if rates else log), wrong


def _decimal(text: pd.DataFrame, kinds: Mapping[str, str], name: str) -> str:
    """The decimal mark of a file: every number may tell it, only money and shares of a count may leave it open."""
    counts = [cell for n, kind in kinds.items() if kind == "count" for cell in text[n].unique() if votes([cell])[1] is None]
    others = [cell for n, kind in kinds.items() if kind not in ("count", "text", "date") for cell in text[n].unique()]
    mark, unsure = decide([*others, *counts])
    if mark is None:
        raise DataError(finding("E_AMBIGUOUS_NUMBER", file=name, found=unsure))
    return mark


def _days_as(text: pd.Series, export: Export, plan: Mapping[str, Any], zone: str | None) -> str | None:
    """The format of a column of days, where they are neither ISO nor named by month.

    Raises:
        DataError: every day could be read in two orders, or some times have a zone and others none.
    """
    said = [x for x in map(str, text.unique()) if x not in (*MISSING, *plan.get("missing", ())) and (not x or any(map(str.isdigit, x)))]
    texts, name, column = said, export.name, str(text.name)
    mixed = None if zone else zones_mixed(texts)
    if mixed:
        raise DataError(finding("E_MIXED_TZ", file=name, column=column, found=" / ".join(mixed)))
    if serials(texts):
        export.findings.append(finding("E_DATE_SERIAL", level="note", file=name, column=column, found=next(t for t in texts if t)))
        return "serial"
    if unsure := open_order(texts):
        if form := within(texts, export.facts.get("period")):
            export.findings.append(finding("E_DATES_READ", level="note", file=name, column=column, found=form))
            return form
        form = in_order(texts, plan["order"]) if plan.get("order") and "." not in unsure else None  # points: saved again elsewhere
        if form is None or far_apart(texts, form):
            raise DataError(finding("E_AMBIGUOUS_DATE", file=name, column=column, found=unsure))
        export.findings.append(finding("E_DATES_AS_USUAL", level="note", file=name, column=column, found=form, platform=plan["name"]))
        return form
    if export.facts.get("encoding") == "xlsx" and (both := two_kinds(texts)):
        raise DataError(finding("E_AMBIGUOUS_DATE", file=name, column=column, found=" / ".join(both)))
    form = day_format(texts)
    if form:
        export.findings.append(finding("E_DATES_READ", level="note", file=name, column=column, found=form))
    return form


# ---------------------------------------------------------------- what came of each row


def _assemble(
    export: Export,
    log: pd.DataFrame,
    fit: Sequence[int],
    wrong: Sequence[Wrong],
    ragged: Iterable[int],
    excluded: Sequence[tuple[int, str]],
    plan: Mapping[str, Any],
    tables: Tables,
) -> Intake:
    bounds = [w for w in wrong if w.code == "E_CENSORED_VALUE"]
    ragged_cells = [Wrong(i, "", "E_FIELD_COUNT", str(len(export.rows[i]))) for i in ragged]
    cells = sorted([*(w for w in wrong if w.code != "E_CENSORED_VALUE"), *ragged_cells], key=lambda w: w.row)
    said = [_said(export, w) for w in cells]
    rejected = _rejected(export, cells, said)
    out_rows = {w.row for w in cells} | {i for i, _ in excluded}
    kept = log.loc[[i not in out_rows for i in fit]]
    left = pd.DataFrame(
        sorted([*export.aside, *((export.lines[i], code, export.raw[i]) for i, code in excluded)]), columns=["line", "reason", "text"]
    )
    findings = [*export.findings, *said[:SHOWN], *_counted(export, left, len(said)), *_censored(export, bounds)]
    lines = {i: export.lines[i] for i in fit}
    axes = [a for a in AXES if a in kept]
    lacking = untagged(kept[[*axes, *(k for k in KEYS if k in kept)]].fillna("").astype(str), axes, KEYS)
    findings += unknown_words(kept, lines, export.name, tables) + _lacking(export, kept, plan) + oddities(kept, lines, export.name)
    read = len(export.rows) + len(export.aside)
    facts = {"source": export.name, "platform": plan["name"], "rows_read": read, "kept": len(kept), "rejected": len(rejected)}
    facts |= {"excluded": len(left), **export.facts} | ({"score": dict(plan["score"])} if plan["score"] else {})
    if plan.get("per_row") and not plan["score"]:
        facts["score"] = suggested(kept, tables)
        findings += _empty_counts(export, kept, facts["score"], plan, tables)  # of a platform: a log of one's own says what it means
    facts["identity"] = [c for c in kept if c in plan["columns"] and c not in (*plan.get("others", ()), "currency") and c not in ADDED]
    facts["censored"] = [(export.lines[w.row], w.column, w.found) for w in bounds]
    if plan.get("source"):
        facts["citation"] = plan["source"]
    _check_nothing_lost(export, log, kept, log.loc[[i in out_rows for i in fit]], facts)
    return Intake(
        table=kept.reset_index(drop=True),
        facts=facts,
        findings=tuple(findings),
        rejected=rejected,
        excluded=left,
        untagged=lacking,
        lines=tuple(lines[i] for i in kept.index),
    )


NAMING = ("content_name", "ad_group", "campaign", "url", "page", "query", "keyword", "content_id", "source_medium", "source")
"""Columns that may name a piece, the most telling first."""


def suggested(log: pd.DataFrame, tables: Tables) -> dict[str, Any]:
    """What a scorer may be asked of this log: the first metric whose columns are there, by the axes it has and by its pieces' names."""
    for metric in ("click_rate", "engagement_rate", "conversion_rate", "open_rate", "all_click_rate", "engaged_session_rate"):
        row = tables.metrics[metric]
        exposures = {row["exposure"], *row.get("exposure_by_channel", {}).values()}
        if row["count"] in log and exposures & set(log) and log[row["count"]].notna().any():
            break
    else:
        return {}
    axes = [a for a in AXES if a in log and log[a].notna().any()]
    named = next((c for c in NAMING if c in log and 1 < len(log[c].dropna().unique()) <= MOST_NAMES), None)
    return {"metric": metric, "by": [*axes, *([named] if named and "content_type" not in axes else [])]}


def _empty_counts(export: Export, kept: pd.DataFrame, score: Mapping[str, Any], plan: Mapping[str, Any], tables: Tables) -> list[Finding]:
    """Rows that were shown and say nothing of their count, among others that do: left out of rates, though some platforms mean 0 by it."""
    row = tables.metrics[score["metric"]] if score else {}
    exposures = [e for e in (row.get("exposure"), *row.get("exposure_by_channel", {}).values()) if e in kept]
    if not exposures:
        return []
    seen = (kept[exposures].fillna(0).max(axis=1) > 0) & kept[row["count"]].isna()
    rule = plan["columns"].get(row["count"], row["count"])
    header = rule["from"] if isinstance(rule, Mapping) else rule
    words = {
        "column": row["count"],
        "found": f"{seen.sum()} / {len(kept)}",
        "metric": score["metric"],
        "header": header,
        "platform": plan["name"],
    }
    return [finding("E_EMPTY_COUNT", level="warning", file=export.name, **words)] if seen.any() else []


def _counted(export: Export, left: pd.DataFrame, wrong: int) -> list[Finding]:
    """How many rows stayed out, by reason."""
    out = [finding("E_MORE_REJECTED", level="warning", file=export.name, found=str(wrong - SHOWN))] if wrong > SHOWN else []
    for code in ("E_BLANK_ROW", "E_TOTAL_ROW", "E_FOOTER", "E_PREAMBLE", "E_OTHER_TABLE"):
        some = left[left["reason"] == code]
        level: Level = "warning" if code == "E_OTHER_TABLE" else "note"
        first = next((text for text in some["text"] if not text.startswith("#")), "")
        word = re.split("[,;\t]", first, maxsplit=1)[0].strip('" ')
        line = int(some["line"].iloc[0]) if len(some) else None
        out += [finding(code, level=level, file=export.name, line=line, found=str(len(some)), example=word)] if len(some) else []
    return out


def _censored(export: Export, bounds: Sequence[Wrong]) -> list[Finding]:
    """Bounds in place of numbers, a column at a time."""
    out = []
    for column in dict.fromkeys(w.column for w in bounds):
        some = [w for w in bounds if w.column == column]
        words = f"{some[0].found} ({len(some)})"
        out.append(finding("E_CENSORED_VALUE", level="note", file=export.name, line=export.lines[some[0].row], column=column, found=words))
    return out


def _lacking(export: Export, kept: pd.DataFrame, plan: Mapping[str, Any]) -> list[Finding]:
    """What a platform's log does not say of its pieces, and how to say it."""
    lost = [a for a in ("content_type", "style", "segment", "stage") if a not in kept]
    return [finding("E_NO_TAGS", level="note", file=export.name, found=", ".join(lost))] if lost and plan.get("per_row") else []


def _check_nothing_lost(export: Export, log: pd.DataFrame, kept: pd.DataFrame, out: pd.DataFrame, facts: Mapping[str, Any]) -> None:
    """Every row read is kept, rejected or excluded, and each number adds up to what was read."""
    came: list[tuple[Any, Any, Any]] = [("rows", facts["rows_read"], facts["kept"] + facts["rejected"] + facts["excluded"])]
    came += [(c, log[c].sum(), kept[c].sum() + out[c].sum()) for c in log.select_dtypes("number")]
    far = [c for c in log.select_dtypes("integer") if float(log[c].astype(float).abs().sum()) >= 2**63]
    if far:
        raise DataError([finding("E_TOO_LARGE", file=export.name, column=str(c), found="2**63", expected="2**63 - 1") for c in far])
    wrong = [(name, read, left) for name, read, left in came if abs(read - left) > 1e-9 * abs(log[name].abs().sum() if name in log else 0)]
    if wrong:
        raise ConservationError([finding("E_CONSERVATION", file=export.name, column=c, found=str(a), expected=str(b)) for c, a, b in wrong])


def _said(export: Export, cell: Wrong) -> Finding:
    width = None if cell.column else str(len(export.header))
    return finding(
        cell.code, file=export.name, line=export.lines[cell.row], column=cell.column or None, found=masked(cell.found), expected=width
    )


def _rejected(export: Export, cells: Sequence[Wrong], said: Sequence[Finding]) -> pd.DataFrame:
    """One row a rejected row: its first wrong cell, and everything that is wrong with it in `reason`."""
    rows: dict[int, list[Any]] = {}
    for cell, why in zip(cells, said, strict=True):
        if cell.row in rows:
            rows[cell.row][4] += " " + why.text
        else:
            rows[cell.row] = [export.lines[cell.row], cell.code, cell.column or None, masked(cell.found), why.text, export.raw[cell.row]]
    return pd.DataFrame(list(rows.values()), columns=["line", "code", "column", "found", "reason", "text"])
