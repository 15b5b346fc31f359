"""What leaves a plan: a calendar for any diary, a workbook, plain CSV, tracked links, and one page a piece for those who make it.

Everything is made before anything is written; nothing that is there already is touched unless it is said; the same plan gives the same
bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from icalendar import Calendar, Event, vText

from mktlib.errors import DataError, StoreError
from mktlib.planning.asked import read_questions
from mktlib.planning.brief import Brief
from mktlib.planning.links import inside, slugs
from mktlib.planning.pages import Words, pages
from mktlib.planning.workbook import workbook
from mktlib.vocabulary import Tables, default_language, finding, load_tables
from mktlib.wording import inert_csv, write_bytes

MINUTES = 30  # how long a publication stands in a diary


def export(
    folder: str | Path, brief: Brief, tables_of: Mapping[str, pd.DataFrame], *,
    language: str | None = None, overwrite: bool = False, site: str | None = None, questions: Any = None,
    tables: Tables | None = None,
) -> Path:  # fmt: skip
    """Write calendar.ics, plan.xlsx, links.csv, csv/<table>.csv and pieces/<piece>.html into a folder; returns the folder.

    tables_of: items, schedule, calendar, limits, tests and links. site: what `links` was made with. questions: the audience's own, for the
    pages of the pieces shown to those who ask them (see `asked.read_questions`).

    Raises
    ------
    DataError
        E_OPTION: the language; questions without their columns.
    StoreError
        E_FILE_EXISTS: something is there already and `overwrite` is not said. E_PATH: a link leads outside the folder.
        E_CANNOT_WRITE.
    """
    words = Words(brief, tables or load_tables(), _spoken(language))
    asked = read_questions(questions)
    named = slugs((f"{item}" for item in tables_of["items"]["item"]), changed=True)
    files = {
        "calendar.ics": diary(words, tables_of["calendar"]),
        "plan.xlsx": workbook(words, tables_of),
        "links.csv": _bytes(inert_csv(tables_of["links"])),
        **{f"csv/{name}.csv": _bytes(inert_csv(tables_of[name])) for name in ("items", "schedule", "calendar", "limits", "tests")},
        **{f"pieces/{named[item]}.html": _bytes(page) for item, page in pages(words, tables_of, questions=asked, site=site).items()},
    }
    return _written(Path(folder), files, overwrite=overwrite, language=words.language)


def _bytes(text: str) -> bytes:
    """UTF-8; half a character that no file can hold becomes a question mark."""
    return text.encode("utf-8", "replace")


def _spoken(language: str | None) -> str:
    language = language or default_language()
    if language not in (known := load_tables().languages):
        raise DataError(finding("E_OPTION", column="language", found=language, expected=", ".join(known)))
    return language


def _written(folder: Path, files: Mapping[str, bytes], *, overwrite: bool, language: str) -> Path:
    paths = {name: inside(folder, name) for name in files}
    there = [name for name, path in paths.items() if path.exists() or (folder / name).is_symlink()]
    if there and not overwrite:
        raise StoreError([finding("E_FILE_EXISTS", language, file=str(folder / name)) for name in there])
    for name, content in files.items():
        write_bytes(content, paths[name])
    return folder


# ---------------------------------------------------------------- a calendar for any diary


def diary(words: Words, calendar: pd.DataFrame) -> bytes:
    """The calendar as iCalendar (RFC 5545): a whole day on which a piece must be ready; an event for each piece, channel and hour.

    What is bought on a paid channel runs at no hour: a whole day too.
    Hours float: they are those of the people addressed, wherever the diary is opened. Stamps are the campaign's first day.
    """
    brief, whole = words.brief, Calendar()
    whole.add("prodid", "-//mktlib//campaign plan//EN")
    whole.add("version", "2.0")
    whole.add("x-wr-calname", vText(words.text(brief.name)))
    for row in calendar[calendar["task"] == "make"].to_dict("records"):
        due = row["due"].date()
        event = _event(words, row, words.say("made", name=words.name(row)), [str(row["item"]), "make"])
        event.add("dtstart", due)
        event.add("dtend", due + dt.timedelta(days=1))
        event.add("description", "\n".join([*words.about(row), words.money(row["money"])]))
        whole.add_component(event)
    out = calendar[calendar["task"] == "publish"]
    for (item, channel, at), rows in _groups(out):
        row = rows.iloc[0].to_dict()
        week = (at.date() - brief.first_day).days // 7
        name = words.say("shown", channel=words.label("channel", channel), name=words.name(row))
        event = _event(words, row, name, [item, "publish", channel, f"{week}", *sorted(rows["segment"].astype(str))])
        bought = bool(words.tables.channels.get(str(channel), {}).get("paid"))
        since: Any = at.date() if bought else at.to_pydatetime()
        event.add("dtstart", since)
        event.add("dtend", since + (dt.timedelta(days=1) if bought else dt.timedelta(minutes=MINUTES)))
        event.add("description", "\n".join([*words.about(row), *(words.to_segment(r) for r in rows.to_dict("records"))]))
        for part in rows.to_dict("records"):
            event.add("x-mktlib-to", vText(f"{part['quantity']:.10g} {words.text(part['segment'])}"))
        event.add("x-mktlib-channel", vText(words.text(channel)))
        whole.add_component(event)
    return _numbered(whole).to_ical()


def _groups(out: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    return sorted(out.groupby(["item", "channel", "at"], sort=True), key=lambda pair: (pair[0][2], pair[0][0], pair[0][1]))


def _event(words: Words, row: Mapping[Any, Any], title: str, key: list[str]) -> Event:
    """An event whose UID stays when its day moves inside its week, so that a diary that is filled again moves it too."""
    event, brief = Event(), words.brief
    digest = hashlib.sha256("\x1f".join([brief.name, brief.first_day.isoformat(), *key]).encode("utf-8", "surrogatepass")).hexdigest()
    event.add("uid", digest[:32])
    event.add("dtstamp", dt.datetime.combine(brief.first_day, dt.time(), dt.UTC))
    event.add("summary", title)
    event.add("categories", [words.label("task", row["task"])])
    event.add("x-mktlib-item", vText(words.text(row["item"])))
    if row["owner"]:
        event.add("contact", words.text(row["owner"]))
    return event


def _numbered(whole: Calendar) -> Calendar:
    """The same calendar, every UID closed; a send that takes several days has the same key for each of them and is numbered."""
    seen: dict[str, int] = {}
    for event in whole.walk("VEVENT"):
        uid = str(event["uid"])
        seen[uid] = seen.get(uid, 0) + 1
        event["uid"] = f"{uid}-{seen[uid]}@mktlib"
    return whole
