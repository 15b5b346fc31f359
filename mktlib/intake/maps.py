"""What a column map says, checked before a row is read: each header it names, each column its metric needs.

A map is data, so a new platform is a TOML file and no code. The canonical log has a map too: each column is itself.
"""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mktlib.errors import DataError, Finding, SchemaError
from mktlib.intake.columns import COUNTS, DATES, MONEY
from mktlib.intake.columns import KINDS as COLUMN_KINDS
from mktlib.intake.headers import spellings
from mktlib.vocabulary import KINDS, Tables, finding, load_tables, nearest, no_row, platforms

RULES = ("from", "values", "default", "bins", "date_format", "kind", "unless", "else", "quiet", "where")
ENTRIES: Mapping[str, type] = {
    "name": str, "source": str, "separator": str, "decimal": str, "encoding": str, "date_format": str, "one_row": str,
    "zone": str, "constants": dict, "score": dict, "extends": str,
}  # fmt: skip
SCORE: Mapping[str, tuple[Any, str]] = {
    "metric": (str, 'metric = "click_rate"'), "by": (list, 'by = ["content_type", "style"]'), "within": (list, 'within = ["segment"]'),
    "fixed": (dict, 'fixed = { stage = "decision" }'), "target": (dict, 'target = { arm = "style" }'), "level": (float, "level = 0.9"),
    "pairs": (bool | str, 'pairs = "auto"'), "priors": (str, 'priors = "flat"'), "half_life_days": (float | int, "half_life_days = 90"),
    "random_state": (int, "random_state = 0"),
}  # fmt: skip
EXPECTED: Mapping[Any, str] = {str: 'decimal = ","', dict: '[score] / metric = "click_rate"'}
REQUIRED = ("content_id", "content_type", "channel", "clicks")


def read_map(path: str | Path) -> dict[str, Any]:
    """A column map as a dictionary, or every wrong entry of it."""
    load_tables(path)  # says every wrong entry of the vocabulary's sections, and that the file is there
    plan = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    name, columns = Path(path).name, plan.get("columns")
    if "extends" in plan:
        columns = plan.setdefault("columns", {})
    if not isinstance(columns, dict) or not (columns or "extends" in plan):
        raise DataError(finding("E_MISSING_ENTRY", file=name, column="columns", expected="columns"))
    one = (str, list) if "extends" in plan else str
    wrong = [k for k, v in columns.items() if not isinstance(v.get("from") if isinstance(v, dict) else v, one)]
    found = [finding("E_MAP_COLUMN", file=name, column=f"columns.{k}", found=repr(columns[k])) for k in wrong]
    found += [f for k, v in columns.items() if isinstance(v, dict) for f in _wrong_rule(name, k, v)]
    for key, kinds in ENTRIES.items():
        if key in plan and not isinstance(plan[key], kinds):
            found.append(finding("E_OPTION", file=name, column=key, found=repr(plan[key]), expected=EXPECTED[kinds]))
    known = (*ENTRIES, "columns", "labels", "priors", *KINDS)
    found += [
        finding("E_BRIEF_UNKNOWN", file=name, column=k, found=k, expected=", ".join(known), hint=nearest(k, known))
        for k in plan
        if k not in known
    ]
    constants = plan.get("constants", {})
    for key, value in constants.items() if isinstance(constants, dict) else ():
        if isinstance(value, dict | list):
            found.append(finding("E_OPTION", file=name, column=f"constants.{key}", found=repr(value), expected=f'{key} = "..."'))
    score = plan.get("score", {})
    for key, value in score.items() if isinstance(score, dict) else ():
        if key not in SCORE:
            hint = nearest(key, SCORE)
            found.append(finding("E_BRIEF_UNKNOWN", file=name, column=f"score.{key}", found=key, expected=", ".join(SCORE), hint=hint))
        elif not isinstance(value, SCORE[key][0]) or value == []:
            found.append(finding("E_OPTION", file=name, column=f"score.{key}", found=repr(value), expected=SCORE[key][1]))
    if found:
        raise DataError(found)
    said = next((v["date_format"] for v in columns.values() if isinstance(v, dict) and "date_format" in v), None)
    plan = plan if said is None else {"date_format": said} | plan
    return {"constants": {}, "score": None, "name": Path(path).stem} | plan | {"file": name}


def _wrong_rule(name: str, column: str, rule: Mapping[str, Any]) -> list[Finding]:
    """What a column's table says that nobody can follow."""
    found = [
        finding("E_BRIEF_UNKNOWN", file=name, column=f"columns.{column}", found=k, expected=", ".join(RULES), hint=nearest(k, RULES))
        for k in rule
        if k not in RULES
    ]
    if rule.get("kind", "text") not in COLUMN_KINDS:
        kind, hint = rule["kind"], nearest(str(rule["kind"]), COLUMN_KINDS)
        words = " / ".join(COLUMN_KINDS)
        found.append(finding("E_OPTION", file=name, column=f"columns.{column}.kind", found=repr(kind), expected=words, hint=hint))
    bins, values = rule.get("bins", [0]), rule.get("values", {})
    numbers = isinstance(bins, list) and all(isinstance(b, int | float) and not isinstance(b, bool) and math.isfinite(b) for b in bins)
    if not numbers or not bins or any(b <= a for a, b in itertools.pairwise(bins)):
        found.append(finding("E_OPTION", file=name, column=f"columns.{column}.bins", found=repr(bins), expected="[1000, 5000, 20000]"))
    if not isinstance(values, dict):
        found.append(
            finding("E_OPTION", file=name, column=f"columns.{column}.values", found=repr(values), expected='{ Photo = "social_image" }')
        )
    return found


def extended(plan: dict[str, Any]) -> dict[str, Any]:
    """A map that adds spellings and columns to a platform (`extends = "meta_ads"`): the caller's come first.

    Raises:
        DataError: there is no such platform.
    """
    if "extends" not in plan:
        return plan
    base = platforms().get(plan["extends"])
    if base is None:
        hint, known = nearest(plan["extends"], platforms()), ", ".join(platforms())
        raise DataError(finding("E_NO_PLATFORM", file=plan["file"], column="extends", found=plan["extends"], expected=known, hint=hint))
    columns = dict(base["columns"])
    usual = [*{*columns, *COUNTS, *MONEY, *DATES}]
    slips = {c: nearest(c, usual) for c in plan["columns"] if c not in usual and nearest(c, usual)}
    if slips:
        words = ", ".join(columns)
        found = [
            finding("E_BRIEF_UNKNOWN", file=plan["file"], column=f"columns.{c}", found=c, expected=words, hint=h) for c, h in slips.items()
        ]
        raise DataError(found)
    for column, rule in plan["columns"].items():
        below = columns.get(column, ())
        both = (*spellings(rule), *spellings(below))
        columns[column] = {**(below if isinstance(below, Mapping) else {}), **(rule if isinstance(rule, Mapping) else {}), "from": both}
    constants = {**base.get("constants", {}), **plan["constants"]}
    return {**plan, "platform": {**base, "columns": columns, "constants": constants, "score": plan["score"]}}


def vocabulary_with(plan: Mapping[str, Any] | None, platform: str | Path, tables: Tables | None) -> Tables:
    """The caller's tables over the rows of the map, and those over the packaged ones."""
    if plan is None or tables is None:
        return tables or (load_tables(platform) if plan else load_tables())
    return replace(tables, **{k: {**getattr(load_tables(platform), k), **getattr(tables, k)} for k in KINDS if k in plan})


def option(plan: Mapping[str, Any] | None, name: str) -> str | None:
    """What the map says about the file; "auto" says nothing.

    >>> option({"decimal": ","}, "decimal"), option({"decimal": "auto"}, "decimal")
    (',', None)
    """
    value = (plan or {}).get(name)
    return None if value in (None, "auto") else str(value)


def canonical_map(name: str, header: Sequence[str], platform: str) -> dict[str, Any]:
    """The map of a log that already has the canonical header: each column is itself."""
    known = sum(c in header for c in REQUIRED)
    if platform != "mktlib" and (platform != "auto" or known < 2):
        raise DataError(finding("E_PLATFORM", file=name, found=platform if platform != "auto" else ", ".join(header)))
    columns = {h: h for h in header} | {c: c for c in REQUIRED if c not in header}
    if "delivered" not in header:
        columns["impressions"] = "impressions"
    return {"name": "mktlib", "columns": columns, "constants": {}, "score": None}


def check_columns(plan: Mapping[str, Any], name: str, header: Sequence[str], tables: Tables) -> None:
    """Every column that the map names, and every one that its metric needs, or all that is missing at once."""
    wanted = [v["from"] if isinstance(v, dict) else v for v in plan["columns"].values()]
    there = {h.lower(): h for h in header if h not in REQUIRED}
    lost = [
        finding("E_MISSING_COLUMN", file=name, column=w, expected=w, found=", ".join(header), hint=there.get(nearest(w, there) or ""))
        for w in wanted
        if w not in header
    ]
    score = plan["score"] or {}
    made = {*plan["columns"], *plan["constants"]}
    if "metric" in score and score["metric"] not in tables.metrics:
        lost.append(no_row("score.metric", score["metric"], "metrics", tables.metrics, plan["file"]))
    elif "metric" in score:
        row = tables.metrics[score["metric"]]
        needs = [row["count"], *score.get("by", []), *([] if "exposure_by_channel" in row else [row["exposure"]])]
        absent = [n for n in needs if n not in made]
        lost += [finding("E_MISSING_ENTRY", file=plan["file"], column=f"columns.{n}", expected=n, hint=nearest(n, [*made])) for n in absent]
    if lost:
        raise SchemaError(lost)
