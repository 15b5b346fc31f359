"""Reports for every reader in both languages, to be exported."""

from __future__ import annotations

from functools import cache

from pictured import ALL, plan, review, scores

from mktlib.reporting import Report, report

LANGUAGES, READERS = ("en", "fr"), ("client", "employer", "team")


@cache
def reports() -> dict[tuple[str, str], Report]:
    single, whole = [plan(), review(), ALL["geo_lift"], scores()], [review(), scores()]
    return {(r, c): report(*(whole if r == "team" else single), language=c, reader=r) for r in READERS for c in LANGUAGES}
