"""A plan on disk: plan.json (schema, brief, facts, checksums) and one CSV a table. Written whole or not at all, read back or refused."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mktlib.errors import Finding, StoreError, finding_entries
from mktlib.planning.brief import Brief
from mktlib.vocabulary import finding
from mktlib.wording import write_bytes, write_text

SCHEMA = 2
PARTS = ("items", "schedule", "limits", "tests", "margins")
TEXT = (
    "item", "content_type", "style", "length", "stage", "status", "segment", "channel", "verdict", "limit", "scope", "unit", "reason",
    "entry",
)  # fmt: skip


def write_plan(
    folder: Path, brief: Brief, facts: Mapping[str, Any], tables: Mapping[str, pd.DataFrame], findings: Iterable[Finding]
) -> Path:
    """Write the parts, then plan.json that vouches for them."""
    parts = {name: tables[name].to_csv(index=False, lineterminator="\n").encode() for name in PARTS}
    said = json.loads(json.dumps([finding_entries(f) for f in findings], default=str))
    body = {"brief": brief.model_dump(mode="json"), "facts": dict(facts), "findings": said}
    body["parts"] = {f"{k}.csv": _digest(v) for k, v in parts.items()}
    header = {"schema": SCHEMA, "sha256": _digest(_canonical(body)), **body}
    for name, content in parts.items():
        write_bytes(content, folder / f"{name}.csv")
    write_text(json.dumps(header, indent=1, ensure_ascii=False) + "\n", folder / "plan.json")
    return folder


def read_plan(folder: Path) -> tuple[Brief, dict[str, Any], dict[str, pd.DataFrame], tuple[Finding, ...]]:
    """(brief, facts, tables, findings), each proved to be what was written."""
    try:
        header = json.loads((folder / "plan.json").read_bytes())
        raw = {name: (folder / f"{name}.csv").read_bytes() for name in PARTS}
    except OSError as error:
        raise StoreError(finding("E_PLAN_READ", file=folder.name, found=str(error))) from error
    except (ValueError, RecursionError) as error:
        raise StoreError(finding("E_PLAN_BROKEN", file="plan.json", found=type(error).__name__)) from error
    header = header if isinstance(header, dict) else {}
    if header.get("schema") != SCHEMA:
        raise StoreError(finding("E_PLAN_SCHEMA", file="plan.json", found=header.get("schema"), expected=str(SCHEMA)))
    body = {key: header.get(key) for key in ("brief", "facts", "findings", "parts")}
    sums = body["parts"] if isinstance(body["parts"], dict) else {}
    bad = [f"{name}.csv" for name in PARTS if sums.get(f"{name}.csv") != _digest(raw[name])]
    bad += ["plan.json"] if header.get("sha256") != _digest(_canonical(body)) else []
    if bad:
        raise StoreError([finding("E_PLAN_BROKEN", file=name, found="sha256") for name in bad])
    try:
        brief = Brief.model_validate_json(json.dumps(body["brief"]))
        facts, said = dict(body["facts"] or {}), tuple(Finding(**entries) for entries in body["findings"] or ())
        tables = {name: _table(raw[name]) for name in PARTS}
    except (ValueError, TypeError) as error:
        raise StoreError(finding("E_PLAN_BROKEN", file="plan.json", found=type(error).__name__)) from error
    return brief, facts, tables, said


def _table(raw: bytes) -> pd.DataFrame:
    """Read as text first: every number is then parsed to the last bit."""
    table = pd.read_csv(io.BytesIO(raw), dtype="str", keep_default_na=False)
    kinds: dict[str, Any] = {c: "int64" if c == "week" else "float64" for c in table.columns if c not in TEXT}
    return table.astype(kinds)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, ensure_ascii=False).encode()
