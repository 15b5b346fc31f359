"""A saved page, or one at an address, checked for a phone: `check_page`."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mktlib.errors import DataError, Finding, SecurityError
from mktlib.markup import line_of, opening
from mktlib.mobile import page_frame, page_images, page_search, page_touch
from mktlib.mobile.fetching import Fetched, Fetcher, fresh, parts
from mktlib.mobile.page_reading import Hit, Page, read_page, selector, several
from mktlib.mobile.rendered import render_findings
from mktlib.rules import checked
from mktlib.rules.found import filled
from mktlib.vocabulary import Row, Tables, default_language, finding, load_tables, lookup, nearest, not_tables, phrase

RULES = "1"
"""Version of the rule set: it grows by one when a row comes, goes or changes its threshold."""
MOST_OF_ONE = 5
SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,20}:", re.I)
ORDER = ("error", "warning", "note")
Check = Callable[[Page], Iterator[Hit]]
CHECKS: tuple[Check, ...] = (*page_frame.CHECKS, *page_images.CHECKS, *page_touch.CHECKS, *page_search.CHECKS)


def check_page(
    page: str | bytes | Path,
    *,
    render: bool = False,
    online: bool = False,
    language: str | None = None,
    tables: Tables | None = None,
    root: str | Path | None = None,
    pictures: str | Path | None = None,
    ports: Sequence[int] = (),
    fetcher: Fetcher | None = None,
) -> list[Finding]:
    """A page checked for a phone: viewport, text, targets, images, weight, forms, reflow, names, and what search engines read.

    Args:
        page: the path of a saved .html file, its text or bytes, or an address (with online=True).
        render: see it in a headless Chromium at 320, 390 and 768 px too; without it, what is declared is judged and nothing is laid out.
        online: fetch an address: of the public web only, by http or https, within 10 MB and 30 seconds; no cookie or proxy is used.
        language: of the findings, "en" or "fr"; default MKTLIB_LANGUAGE, else English.
        tables: rules and thresholds; your own rows of `checks` by load_tables("ours.toml").
        root: the folder out of which nothing is read; default the folder of the page. "/css/a.css" is looked for in it.
        pictures: a folder for the screenshots of render=True, with the findings drawn on them.
        ports: allowed in addresses besides 80 and 443.
        fetcher: one with limits of its own (`mktlib.mobile.fetching.Fetcher`).

    Returns:
        Findings, the gravest first, in the order of the page: `code` (the row of `checks`), `level` (error: breaks on a phone or for
        who cannot see it; warning: should change; note: worth a thought, or not measured), `line`, `column` (the element), `found`
        (its tag, shortened), `hint`; `values` hold the thresholds, what was measured, `rule`, `source` and `conf`. The last say what
        was not measured and which rule set was used. No error and no warning: nothing was found by these rules, which is no proof.

    Raises:
        DataError: what is no page, a file that cannot be read, an option of another kind, an address without online=True.
        SecurityError: an address that may not be asked, or that never ends (E_URL_BLOCKED, E_URL_LIMIT, E_URL_FAILED).

    Thresholds come from WCAG 2.2, axe-core and Lighthouse where `conf` is V, from others or our judgement where it is S, K or J.

    >>> [f.code for f in check_page("<!doctype html><html lang='en'><title>x</title><h1>Hi</h1>") if f.level == "error"]
    ['PAGE_VIEWPORT']
    """
    wrong = _wrong(page, render, online, language, tables, root, pictures)
    if wrong:
        raise DataError(wrong)
    tables, language = tables or load_tables(), language or default_language()
    given = given_page(page)
    fetcher = fetcher or Fetcher(ports=ports)
    read = _read(given, tables, root, fetcher, online, language)
    static = findings_of(read, language)
    seen = _seen(given, read, tables, language, pictures, fetcher) if render else []
    merged = merge(static, seen, tables)
    return [*sorted(merged, key=lambda f: ORDER.index(f.level)), *_notes(read, seen, language)]


def given_page(page: str | bytes | Path) -> str | bytes | Path:
    """An address and a text stay text; the name of a file becomes a path.

    >>> given_page("https://example.org"), given_page("<p>"), type(given_page("a/b.html")).__name__
    ('https://example.org', '<p>', 'PosixPath')
    """
    if not isinstance(page, str) or "<" in page or is_address(page):
        return page
    return Path(page)


def is_address(page: object) -> bool:
    """Whether a text is an address: a scheme of two letters or more, or two strokes. C:\\page.html is a file."""
    return isinstance(page, str) and "<" not in page and (page.startswith("//") or bool(SCHEME.match(page)))


def _read(given: str | bytes | Path, tables: Tables, root: str | Path | None, fetcher: Fetcher, online: bool, language: str) -> Page:
    if not is_address(given):
        return read_page(given, tables, root=None if root is None else Path(root))
    url = str(given)
    if not online:
        parts(url, fetcher.ports)  # what may never be asked is said first
        raise DataError(finding("E_URL_OFFLINE", language, found=url))
    kept: dict[str, Fetched] = {}

    def fetch(address: str) -> Fetched:
        if address not in kept:
            kept[address] = fetcher.fetch(address)
        return kept[address]

    got = fetch(url)
    if got.status >= 400 or not got.body:
        raise SecurityError(finding("E_URL_FAILED", language, found=url, why=f"HTTP {got.status}", url=url, rule="failed"))
    return read_page(got.body, tables, address=got.url, fetch=fetch)


def findings_of(page: Page, language: str) -> list[Finding]:
    """What every check says of a page, at most five of a kind, in the order of the page."""
    hits = [hit for check in CHECKS for hit in check(page)]
    hits.sort(key=lambda hit: _line(hit) or 0)
    many = Counter(hit.code for hit in hits)
    shown: Counter[str] = Counter()
    out = []
    for hit in hits:
        shown[hit.code] += 1
        if shown[hit.code] <= MOST_OF_ONE:
            out.append(told(hit, page, language, many[hit.code]))
    for code, amount in many.items():
        if amount > MOST_OF_ONE:
            said = {name: {"says": _more(page, code, name)} for name in page.tables.languages}
            more = finding("N_PAGE_MORE", language, level="note", file=page.file, rule=code, more=amount - MOST_OF_ONE, _said=said)
            out.append(more)
    return out


def _more(page: Page, code: str, language: str) -> str:
    return filled(str(lookup("findings.N_PAGE_MORE.says", language)), {"name": page.tables.label("check", code, language)})


def _line(hit: Hit) -> int | None:
    return hit.line if hit.line is not None else line_of(hit.element)


def told(hit: Hit, page: Page, language: str, many: int) -> Finding:
    """A hit as a finding: where, the element as it is written, the numbers, and the rule it breaks with its source."""
    element = hit.element
    row = page.tables.checks[hit.code]
    return checked(
        hit.code,
        page.tables,
        language,
        file=page.file,
        line=_line(hit),
        column=selector(element) if element is not None else None,
        found=hit.found if hit.found is not None else opening(element) if element is not None else None,
        words={name: {**hit.words.get(name, {}), "mark": _mark(row, name)} for name in page.tables.languages},
        year=row.get("year"),
        element=opening(element) if element is not None else None,
        position=None if element is None or element.sourcepos is None else element.sourcepos + 1,
        amount_of_kind=many,
        **hit.values,
    )


def _mark(row: Row, language: str) -> str:
    """How far the number of a row may be trusted, where it was not read in a primary text."""
    return "" if row["conf"] in ("V", "R") else phrase(f"pages.mark.{row['conf']}", language)


def _seen(
    given: str | bytes | Path, page: Page, tables: Tables, language: str, pictures: str | Path | None, fetcher: Fetcher
) -> list[Finding]:
    """What a browser finds; a page given as text lies in a folder of its own for as long as that takes."""
    out = None if pictures is None else Path(pictures)
    if page.address is not None:
        return render_findings(page.address, tables=tables, language=language, pictures=out, fetch=fresh(fetcher).fetch)
    if isinstance(given, Path):
        return render_findings(given, tables=tables, language=language, pictures=out)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_bytes(given if isinstance(given, bytes) else given.encode("utf-8-sig", "replace"))
        return render_findings(path, tables=tables, language=language, pictures=out)


def merge(static: Sequence[Finding], seen: Sequence[Finding], tables: Tables) -> list[Finding]:
    """What was read and what was seen, each thing once: a measure replaces an estimate, a cause stays beside what it causes."""
    codes = {f.code for f in seen}
    if not any(f.code == "SCREEN_MEASURED" and f.values.get("characters", 1) for f in seen):  # of a blank page nothing was measured
        return [*static, *seen]
    return [*(f for f in static if _stays(str(f.values.get("rule", f.code)), codes, tables)), *seen]


def _stays(code: str, seen: set[str], tables: Tables) -> bool:
    row = tables.checks.get(code, {})
    same = bool(seen & set(row.get("measured_by", ())))
    return {"drop": False, "cause": same, "fact": not same}.get(row.get("then", ""), True)


def _notes(page: Page, seen: Sequence[Finding], language: str) -> list[Finding]:
    """What was not measured, each said once, and whose rules these are."""
    out = []
    if not seen:
        out.append(finding("N_PAGE_STATIC", language, level="note", file=page.file))
    unread = [name for name in (*page.unread, *page.sheets.imports) if name]
    if unread or page.sheets.partial:
        names = several([name[:60] for name in unread]) or "–"
        out.append(finding("N_PAGE_SHEETS", language, level="note", file=page.file, names=names, count=len(unread)))
    unweighed = [r for r in page.resources if r.size is None and r.where in ("elsewhere", "web")]
    if unweighed:
        names = several([r.url[:60] for r in unweighed], 3)
        out.append(finding("N_PAGE_WEIGHT", language, level="note", file=page.file, amount=len(unweighed), names=names))
    used = ("PAGE_", "SCREEN_") if any(f.code == "SCREEN_MEASURED" for f in seen) else ("PAGE_",)
    rules = [code for code in page.tables.checks if code.startswith(used)]
    out.append(finding("N_PAGE_RULES", language, level="note", file=page.file, amount=len(rules), version=RULES))
    return out


def _wrong(page: Any, render: Any, online: Any, language: Any, tables: Any, root: Any, pictures: Any) -> list[Finding]:
    wrong = not_tables(tables)
    if not isinstance(page, str | bytes | Path) or (not isinstance(page, Path) and not page.strip()):
        wrong.append(finding("E_OPTION", column="page", found=repr(page)[:80], hint='mk.check_page("page.html")'))
    for name, value in (("render", render), ("online", online)):
        if not isinstance(value, bool):
            wrong.append(finding("E_OPTION", column=name, found=repr(value), expected=f"{name}=True / False"))
    for name, value in (("root", root), ("pictures", pictures)):
        if value is not None and not isinstance(value, str | Path):
            wrong.append(finding("E_OPTION", column=name, found=repr(value)[:80], expected=f'{name}="folder"'))
    known = load_tables().languages
    if language is not None and (not isinstance(language, str) or language not in known):
        wrong.append(
            finding("E_OPTION", column="language", found=repr(language), expected=" / ".join(known), hint=nearest(language, known))
        )
    return list(wrong)


__all__ = ["CHECKS", "RULES", "check_page"]
