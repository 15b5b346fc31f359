"""What went wrong, said so that the reader can mend it.

One shape, `Finding`, serves what is refused (inside a `MktlibError`), what is set aside (`Intake.rejected`) and what is only
worth knowing (`.findings` of a result). A finding keeps its code and its values, so that a test compares those and never the
prose, and so that `mktlib.vocabulary.retell` can say it again in another language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing found: where, what, what was expected, what to type.

    `text` is the whole sentence in the language it was made in; `values` are the numbers and names inside it.

    >>> Finding(code="E_NEGATIVE_COUNT", text="line 3: impressions is -5", line=3, column="impressions", found="-5").line
    3
    """

    code: str
    text: str
    level: Level = "error"
    file: str | None = None
    line: int | None = None
    column: str | None = None
    found: str | None = None
    expected: str | None = None
    hint: str | None = None
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (finding_entries(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> Finding:
        return self  # frozen through and through; pandas copies the attrs of a frame it returns


def finding_entries(finding: Finding) -> dict[str, Any]:
    """The entries of a finding as plain values, so that `Finding(**entries)` is it again.

    >>> finding_entries(Finding(code="E_X", text="x"))["code"]
    'E_X'
    """
    return {f.name: getattr(finding, f.name) for f in fields(finding)} | {"values": _plain(finding.values)}


def _plain(values: Any) -> Any:
    return {k: _plain(v) for k, v in values.items()} if isinstance(values, Mapping) else values


def _again(entries: dict[str, Any]) -> Finding:
    return Finding(**entries)


class MktlibError(Exception):
    """Everything this library refuses to do is one of these; `.findings` lists every problem, not only the first."""

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = (findings,) if isinstance(findings, Finding) else tuple(findings)
        super().__init__("\n".join(f.text for f in self.findings))

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(f.code for f in self.findings)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.findings,)

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback: the findings and nothing else."""
        return [f"{type(self).__name__}:", *(f"  {f.text}" for f in self.findings)]


class DataError(MktlibError, ValueError):
    """The input (a file, a frame, a brief, a table) cannot be used as it is."""


class SchemaError(DataError):
    """The columns are not those that are needed, or that were named: one is missing, there twice, or there is no header."""


class EncodingError(DataError):
    """Bytes that are no text in the encoding that was named or found."""


class LimitError(DataError):
    """Larger than may be opened: the file, a field, a workbook, or what a zip unpacks to."""


class ConservationError(DataError):
    """The sums of the rows kept, rejected and excluded are not those of the rows read: a fault of mktlib, never of the file."""


class ModelError(MktlibError, ValueError):
    """A model was asked for something it cannot answer."""


class PlanError(MktlibError, ValueError):
    """The limits of a brief cannot all hold together."""


class StoreError(MktlibError, OSError):
    """A file could not be written, or what was read back is not what was written."""


class SecurityError(MktlibError, PermissionError):
    """Something was asked for that could lead where nobody meant to go: a private address, a file outside its folder."""
