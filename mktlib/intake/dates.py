"""Days as exports write them. What can be read in two ways is asked, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from mktlib.intake.headers import plain
from mktlib.vocabulary import calendars

TIME = r"(?:[ T,]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AaPp]\.?[Mm]\.?)?)?(?:\|\d{1,2})?"  # the last: an hour of its own
SLASHED = re.compile(rf"(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}){TIME}")
ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:$|\||[T ]\d{2}:)")
TYPED = re.compile(  # a day whose format is told to its owner
    r"\d{1,2}(?P<mark>[/.-])(?P<b>\d{1,2})(?P=mark)(?P<y>\d{4}|\d{2})"
    r"(?:(?P<between>[ T,]+)(?P<hour>\d{1,2}):\d{2}(?P<s>:\d{2}(?P<f>\.\d+)?)?(?:(?P<gap>\s?)(?P<half>[AaPp][Mm]))?)?"
)
COMPACT = re.compile(r"(?:19|20)\d{6}")
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
NAMED = re.compile(
    r"(?:\w+\.?,? )?(?:(?P<d>\d{1,2})(?:er|st|nd|rd|th|\.)? (?P<m>[^\W\d]+)\.?|(?P<m2>[^\W\d]+)\.? (?P<d2>\d{1,2})),? (?P<y>\d{4})" + TIME
)
MONTH = re.compile(r"(?P<m>[^\W\d]{3,})\.? (?P<y>(?:19|20)\d{2})")
INNER = re.compile(  # two days of one month
    r"(?P<m>[^\W\d]{3,}\.?) (?P<a>\d{1,2})\s*[-–]\s*(?P<b>\d{1,2}),? (?P<y>\d{4})"
    r"|(?P<a2>\d{1,2})\s*[-–]\s*(?P<b2>\d{1,2}) (?P<m2>[^\W\d]{3,}\.?) (?P<y2>\d{4})"
)
YEARLESS = re.compile(r"\d{1,2}(?:er|\.)? [^\W\d]{3,}\.?|[^\W\d]{3,}\.? \d{1,2}")
EARLIEST = 1900
SERIALS = (36526, 73050)  # spreadsheet days of the years 2000 to 2099
EPOCH = date(1899, 12, 30)  # of a spreadsheet's day numbers
OFFSET = r"(?:Z|UTC|[+-]\d{2}:?\d{2}|[T:]\d{2}(?:\.\d+)?[+-]\d{2})$"  # the zone at the end of a moment; the last as PostgreSQL has it


def typed_days(column: str, cell: object = "") -> str:
    """What to type where the days of a frame are not read, in the format of a cell of it.

    >>> typed_days("at")
    'frame["at"] = pd.to_datetime(frame["at"], format="%d/%m/%Y")'
    >>> typed_days("at", "08-31-2026 6:05:00 PM")
    'frame["at"] = pd.to_datetime(frame["at"], format="%m-%d-%Y %I:%M:%S %p")'
    """
    return f'frame["{column}"] = pd.to_datetime(frame["{column}"], format="{_typed_format(str(cell).strip())}")'


def _typed_format(text: str) -> str:
    """The format of a slashed day, with its time; of a day that could be read in two orders the one with the day first."""
    found = TYPED.fullmatch(text)
    if not found:
        return "%d/%m/%Y"
    order = "mdy" if int(found["b"]) > 12 else "dmy"
    form = _ordered(order, found["mark"]) if len(found["y"]) == 4 else _ordered(order, found["mark"]).replace("%Y", "%y")
    if not found["hour"]:
        return form
    seconds = (":%S" if found["s"] else "") + (".%f" if found["f"] else "")
    half = f"{found['gap']}%p" if found["half"] else ""
    return f"{form}{found['between']}{'%I' if half else '%H'}:%M{seconds}{half}"


@cache
def _months() -> dict[str, int]:
    """Every beginning of a month's name, in any language of the tables, that means one month only."""
    out: dict[str, set[int]] = {}
    for names in calendars():
        for number, name in enumerate(names, start=1):
            for end in range(3, len(name) + 1):
                out.setdefault(plain(name)[:end], set()).add(number)
    return {word: next(iter(numbers)) for word, numbers in out.items() if len(numbers) == 1}


def day(text: str, date_format: str | None, zone: str | None = None) -> date | str:
    """The day a text says, or the code of what is wrong: ISO, 20260928, a month by name, or the format given; a time may follow.

    zone: times with an offset are told in it first, and times without one must exist in it, once.

    >>> day("2026-02-28", None), day("2026-02-30", None), day("28/02/2026", "%d/%m/%Y")
    (datetime.date(2026, 2, 28), 'E_BAD_DATE', datetime.date(2026, 2, 28))
    >>> day("Fri, Jun 5, 2026", None), day("28 sept. 2026", None), day("20260928", None)
    (datetime.date(2026, 6, 5), datetime.date(2026, 9, 28), datetime.date(2026, 9, 28))
    >>> day("2026-09-28 11:05 PM", None), day("2026-09-28 13:05 PM", None)
    (datetime.date(2026, 9, 28), 'E_BAD_DATE')
    >>> day("2026-03-29 02:30", None, "Europe/Paris")
    'E_DST_GAP'
    """
    try:
        found = _read(text, date_format, zone)
    except (ValueError, OverflowError):
        return "E_BAD_DATE"
    return found if isinstance(found, str) or found.year >= EARLIEST else "E_BAD_DATE"


def _read(text: str, date_format: str | None, zone: str | None) -> date | str:
    if date_format == "serial":
        return EPOCH + timedelta(days=int(float(text)))
    if date_format:
        timed = "%H" in date_format or "%I" in date_format
        found = datetime.strptime(text if timed or " " in date_format else re.split(r"[ T,|]", text, maxsplit=1)[0], date_format)
        return _in_zone(found, zone) if timed else found.date()
    if COMPACT.fullmatch(text):
        return datetime.strptime(text, "%Y%m%d").date()
    if ISO.match(text):
        if text[-2:].lower() in ("am", "pm"):
            return _in_zone(datetime.strptime(*_twelve(text)), zone)
        return _in_zone(datetime.fromisoformat(re.sub(r" (?=[+-]\d)| UTC$|\|\d+$", "", text)), zone)
    named = NAMED.fullmatch(text)
    month = _months().get(plain(named["m"] or named["m2"])) if named else None
    return date(int(named["y"]), month, int(named["d"] or named["d2"])) if named and month else "E_BAD_DATE"


def _twelve(text: str) -> tuple[str, str]:
    """A time of twelve hours behind an ISO day, and its format."""
    said = re.sub(r"[\sT]+", " ", text[:-2]).strip() + " " + text[-2:]
    return said, "%Y-%m-%d %I:%M:%S %p" if said.count(":") > 1 else "%Y-%m-%d %I:%M %p"


def _in_zone(moment: datetime, zone: str | None) -> date | str:
    if zone is None:
        return moment.date()
    if moment.tzinfo is not None:
        return moment.astimezone(ZoneInfo(zone)).date()
    first, second = (moment.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset() or (moment.hour, moment.minute) == (0, 0):
        return moment.date()
    exists = first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment
    return "E_DST_AMBIGUOUS" if exists else "E_DST_GAP"


def day_format(texts: Iterable[str]) -> str | None:
    """The one format that a column of days such as 31/08/2026 can have; None where day and month could be exchanged.

    >>> day_format(["31/08/2026", "01/02/2026"]), day_format(["08-31-2026"]), day_format(["03/04/2026"])
    ('%d/%m/%Y', '%m-%d-%Y', None)
    """
    found = [SLASHED.fullmatch(text) for text in texts if text]
    if not found or not all(found) or len({m[2] for m in found if m}) != 1:
        return None
    mark = found[0][2] if found[0] else ""
    first, second = (any(int(m[k]) > 12 for m in found if m) for k in (1, 3))
    return None if first == second else _ordered("dmy" if first else "mdy", mark)


def _ordered(order: str, mark: str) -> str:
    return mark.join("%" + {"y": "Y"}.get(part, part) for part in order)


def open_order(texts: Sequence[str]) -> str | None:
    """The first day of a column in which every day could be read in two orders; None where nothing is open.

    >>> open_order(["03/04/2026", "05/06/2026"]), open_order(["31/04/2026"]), open_order(["2026-04-03"])
    ('03/04/2026', None, None)
    """
    said = [text for text in texts if text]
    found = [SLASHED.fullmatch(text) for text in said]
    whole = said and all(m and int(m[1]) <= 12 and int(m[3]) <= 12 for m in found)
    return next((t for t, m in zip(said, found, strict=True) if m and m[1] != m[3]), said[0]) if whole else None


def in_order(texts: Sequence[str], order: str) -> str:
    """The format of slashed days whose order a platform is known to keep ("mdy", "dmy")."""
    found = next(m for text in texts if text and (m := SLASHED.fullmatch(text)))
    return _ordered(order, found[2])


def in_both(text: str) -> list[str]:
    """The two formats that a slashed day can have, the day first and the month first; none of any other text."""
    return [in_order([text], order) for order in ("dmy", "mdy")] if SLASHED.fullmatch(text) else []


def far_apart(texts: Sequence[str], form: str) -> bool:
    """Whether days read in this order lie months apart that would be one month in the other: then nobody can be sure of the order.

    >>> far_apart(["03/09/2026", "04/09/2026"], "%m/%d/%Y"), far_apart(["09/03/2026", "09/04/2026"], "%m/%d/%Y")
    (True, False)
    """
    other = form.replace("%m", "@").replace("%d", "%m").replace("@", "%d")
    spans = []
    for order in (form, other):
        days = [d for t in texts if t and isinstance(d := day(t, order), date)]
        spans.append((max(days) - min(days)).days if days else 0)
    return len([t for t in texts if t]) > 1 and spans[1] <= 31 and spans[0] > 2 * spans[1] + 14


def two_kinds(texts: Sequence[str]) -> tuple[str, str] | None:
    """(a day that a spreadsheet knew as one, one that it left as text) where a column has both: it read some in another order.

    >>> two_kinds(["2026-04-03", "25/03/2026"]), two_kinds(["2026-04-03"])
    (('2026-04-03', '25/03/2026'), None)
    """
    known, left = (next((t for t in texts if p.match(t)), None) for p in (ISO, SLASHED))
    return (known, left) if known and left else None


def serials(texts: Sequence[str]) -> bool:
    """Whether a column holds a spreadsheet's day numbers.

    >>> serials(["46027", "46028"]), serials(["46027", "2026-01-05"])
    (True, False)
    """
    said = [text for text in texts if text]
    return bool(said) and all(SERIAL.fullmatch(t) and SERIALS[0] <= float(t) <= SERIALS[1] for t in said)


def zones_mixed(texts: Sequence[str]) -> tuple[str, str] | None:
    """(a time with an offset, one without) where a column has both; bare days count as neither."""
    timed = [text for text in texts if re.search(r"\d:\d{2}", text)]
    known = [text for text in timed if re.search(OFFSET, text.strip())]
    return (known[0], next(t for t in timed if t not in known)) if known and len(known) < len(timed) else None


def period(text: str, order: str | None = None) -> tuple[date, date] | None:
    """The range of days that a line above a table tells; slashed days are read in the platform's `order`.

    >>> period("September 1, 2026 - September 30, 2026"), period("20260901-20260930")
    ((datetime.date(2026, 9, 1), datetime.date(2026, 9, 30)), (datetime.date(2026, 9, 1), datetime.date(2026, 9, 30)))
    >>> period("Report Time: 9/1/2026,9/7/2026", "mdy")
    (datetime.date(2026, 9, 1), datetime.date(2026, 9, 7))
    """
    days = days_in(text, order)
    return (min(days), max(days)) if len(days) == 2 else None


FOUND = re.compile(
    r"(?<!\d)(?:\d{4}-\d{2}-\d{2}|(?:19|20)\d{6}|\d{1,2}/\d{1,2}/\d{4}"
    r"|\d{1,2}(?:er|\.)? [^\W\d]{3,}\.? \d{4}|[^\W\d]{3,}\.? \d{1,2}, \d{4})(?!\d)"
)


def days_in(text: str, order: str | None = None) -> list[date]:
    """Every day that a line of text names.

    >>> days_in("# Start date: 20260901"), days_in("Report Start: September 1, 2026, 12:00 AM")
    ([datetime.date(2026, 9, 1)], [datetime.date(2026, 9, 1)])
    """
    said = [day(word, in_order([word], order) if "/" in word and order else None) for word in FOUND.findall(text)]
    return [d for d in said if isinstance(d, date)]


def span(text: str) -> tuple[str, str] | None:
    """A cell that stands for several days, as its first and last (ISO): a month, "a,b", "From a to b".

    >>> span("2026-09"), span("2026-08-31,2026-09-06"), span("2026-09-01")
    (('2026-09-01', '2026-09-30'), ('2026-08-31', '2026-09-06'), None)
    >>> span("Sep 1 - Sep 30, 2026"), span("28 déc. - 3 janv. 2027"), span("1 - 7 janv. 2026"), span("sept. 2026")
    (('2026-09-01', '2026-09-30'), ('2026-12-28', '2027-01-03'), ('2026-01-01', '2026-01-07'), ('2026-09-01', '2026-09-30'))
    """
    named = MONTH.fullmatch(text)
    month = _months().get(plain(named["m"])) if named else None
    if month or re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", text):
        first = date(int(named["y"]), month, 1) if named and month else date.fromisoformat(f"{text}-01")
        return str(first), str((first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    inner = INNER.fullmatch(text)
    if inner:
        text = " ".join(inner[k] or inner[f"{k}2"] for k in "amy") + " - " + " ".join(inner[k] or inner[f"{k}2"] for k in "bmy")
    days = days_in(text) if len(text) > 12 else []
    if len(days) == 1:
        days = _first_without_year(text, days[0])
    return (str(days[0]), str(days[1])) if len(days) == 2 and days[0] <= days[1] else None


def _first_without_year(text: str, last: date) -> list[date]:
    """Both days of a range whose first has no year of its own ("Dec 28 - Jan 3, 2027"): it is the last such day before the other."""
    parts = re.split(r"\s*[-–—]\s*|\s+to\s+|\s+au\s+", text, maxsplit=1)
    if len(parts) != 2 or not YEARLESS.fullmatch(parts[0]):
        return []
    found = [day(f"{parts[0]} {year}", None) for year in (last.year, last.year - 1)]
    return next(([first, last] for first in found if isinstance(first, date) and first <= last), [])
