"""Rows of TOML: what a table is, how a file is read, how one file is laid above another."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from mktlib.errors import DataError
from mktlib.vocabulary.words import finding

KINDS = (
    "stages", "families", "content_types", "styles", "lengths", "channels", "networks", "segments", "metrics", "quiet", "holidays", "specs",
    "rules", "marks", "customer_groups", "research", "checks", "flows",
    "stores", "kpis",
)  # fmt: skip
AXIS_TABLE = {
    "stage": "stages",
    "content_type": "content_types",
    "style": "styles",
    "length": "lengths",
    "channel": "channels",
    "network": "networks",
    "segment": "segments",
    "metric": "metrics",
    "family": "families",
    "customer_group": "customer_groups",
    "research": "research",
    "check": "checks",
    "flow": "flows",
    "store": "stores",
    "kpi": "kpis",
}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rows:
    """The rows of every table: each attribute maps a key to its row."""

    stages: Mapping[str, Row]
    families: Mapping[str, Row]
    content_types: Mapping[str, Row]
    styles: Mapping[str, Row]
    lengths: Mapping[str, Row]
    channels: Mapping[str, Row]
    networks: Mapping[str, Row]
    segments: Mapping[str, Row]
    metrics: Mapping[str, Row]
    quiet: Mapping[str, Row]
    holidays: Mapping[str, Row]
    specs: Mapping[str, Row]
    rules: Mapping[str, Row]
    marks: Mapping[str, Row]
    customer_groups: Mapping[str, Row]
    research: Mapping[str, Row]
    checks: Mapping[str, Row]
    flows: Mapping[str, Row]
    stores: Mapping[str, Row]
    kpis: Mapping[str, Row]
    priors: Mapping[str, Any]
    languages: Mapping[str, Row] = field(repr=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # nothing in here can change, so that a copied estimator may share it


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says."""
    return toml_of(text_of(path), path.name)


def text_of(path: Path) -> str:
    """The text of a file, or a finding with its name."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeEncodeError) as error:  # the latter of a name that no file can have
        raise DataError(finding("E_NO_FILE", file=path.name, found=getattr(error, "strerror", None) or str(error))) from error
    except UnicodeDecodeError as error:
        raise DataError(finding("E_TOML", file=path.name, found=str(error))) from error


def toml_of(text: str, name: str) -> dict[str, Any]:
    """What a text in TOML says; `name` is the file that a finding names."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(finding("E_TOML", file=name, found=str(error))) from error


def frozen(value: Any) -> Any:
    """The same value, such that nobody can change it."""
    if isinstance(value, Mapping):
        return MappingProxyType({k: frozen(v) for k, v in value.items()})
    return tuple(frozen(v) for v in value) if isinstance(value, list) else value
