"""What every result is: a table, the facts that a sentence needs, and the findings that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from mktlib.errors import Finding


@dataclass(frozen=True, kw_only=True, repr=False)
class Result:
    """A table, the facts a sentence needs, and the findings that go with them."""

    table: pd.DataFrame
    facts: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def __repr__(self) -> str:
        """One line: what it is, and where to look; the fields themselves would fill a screen."""
        return f"<{type(self).__name__}: {len(self.table):,} rows of {', '.join(map(str, self.table.columns[:6]))} ... in .table>"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, max_rows=20, escape=True)


@dataclass(frozen=True, kw_only=True, repr=False)
class Intake(Result):
    """What `read_export` brought in. `table` is the canonical log; `rejected` and `excluded` hold the rest, so that nothing is lost.

    facts: source (file name), platform, rows_read, kept, rejected, excluded, sha256, separator, encoding, decimal.
    rejected: line, code, column, found, reason + the raw text of the row. excluded: line, reason, text. untagged: one row a piece and
    axis (segment, stage, content_type ...) that the log does not say: axis, piece, rows. lines: where each row of the log stood.
    """

    rejected: pd.DataFrame
    excluded: pd.DataFrame
    untagged: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["axis", "piece", "rows"]))
    lines: tuple[int, ...] = ()

    @property
    def log(self) -> pd.DataFrame:
        return self.table
