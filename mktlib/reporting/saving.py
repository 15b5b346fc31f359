"""How a report leaves: as a page, on paper or as slides, by the end of the file's name; whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mktlib.errors import DataError, Finding, MktlibError
from mktlib.reporting.pdf import pdf, printer
from mktlib.reporting.slides import Said, slide_maker, slides
from mktlib.vocabulary import finding, nearest
from mktlib.wording import write_bytes

FORMS: Mapping[str, Callable[[Said], bytes]] = {
    ".html": lambda report: report.html.encode("utf-8"),
    ".htm": lambda report: report.html.encode("utf-8"),
    ".pdf": lambda report: pdf(report.html, report.language),
    ".pptx": lambda report: slides(report),
}
FORMATS = ("html", "pdf", "pptx")
"""What a command may be asked for."""


def saved(report: Said, path: Path) -> Path:
    """Write a report in the form that the file's name asks for; returns the path.

    Raises:
        DataError: E_REPORT_FORM, no form has that name. MktlibError: what makes it is not installed. StoreError: it cannot be written.
    """
    make = FORMS.get(path.suffix.lower())
    if make is None:
        known = [f".{form}" for form in FORMATS]
        near = nearest(path.suffix.lower(), known)
        hint = f'report.save("{path.name.partition(".")[0]}{near or known[0]}")'
        raise DataError(finding("E_REPORT_FORM", file=path.name, found=path.suffix or path.name, expected=", ".join(known), hint=hint))
    return write_bytes(make(report), path)


def ready(formats: Sequence[str]) -> None:
    """Whether each form can be made here, asked before hours of work.

    Raises:
        MktlibError: everything that is missing, and what to type.
    """
    wrong: list[Finding] = []
    for form in formats:
        try:
            NEEDS.get(form, lambda: None)()
        except MktlibError as error:
            wrong += error.findings
    if wrong:
        raise MktlibError(wrong)


NEEDS: Mapping[str, Callable[[], object]] = {"pdf": printer, "pptx": slide_maker}
