"""One page a piece, for those who make it: what, in which manner, for which question, with how much room, where, when, by when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mktlib.planning.asked import asked_by
from mktlib.planning.brief import Brief
from mktlib.vocabulary import Row, Tables, phrase
from mktlib.wording import day, list_of, moment, money, number, templates, visible

LONGEST = 140
DOUBTFUL = ("S", "K")  # confidence of a number that is marked where it is shown


@dataclass(frozen=True)
class Words:
    """The words of one language for a plan's outputs; what comes from people shows what hides in it and is not too long."""

    brief: Brief
    tables: Tables
    language: str

    def say(self, key: str, /, **values: Any) -> str:
        return phrase(f"outputs.{key}", self.language, **values)

    def text(self, value: Any) -> str:
        shown = " ".join(visible(str(value)).splitlines())
        return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"

    def label(self, kind: str, key: Any) -> str:
        return self.text(self.tables.label(kind, str(key), self.language))

    def column(self, name: str) -> str:
        return self.tables.label("column", name, self.language)

    def money(self, value: float) -> str:
        return money(float(value), self.brief.currency, self.language)

    def number(self, value: float) -> str:
        return number(float(value), self.language)

    def name(self, row: Mapping[Any, Any]) -> str:
        """A piece in words: what it is, and its id."""
        return f"{self.label('content_type', row['content_type'])} ({self.text(row['item'])})"

    def about(self, row: Mapping[Any, Any]) -> list[str]:
        """Manner, length, stage and owner, a line each."""
        axes = [axis for axis in ("style", "length", "stage") if row[axis] not in ("", "none")]
        lines = [f"{self.column(axis)}{self.colon}{self.label(axis, row[axis])}" for axis in axes]
        return [*lines, self.say("owner", name=self.text(row["owner"]) if row["owner"] else self.say("nobody"))]

    @property
    def colon(self) -> str:
        return phrase("outputs.colon", self.language)

    def to_segment(self, row: Mapping[Any, Any]) -> str:
        values = {"quantity": self.number(row["quantity"]), "money": self.money(row["money"])}
        return self.say("segment_line", segment=self.label("segment", row["segment"]), **values)

    def scope(self, limit: str, scope: str) -> str:
        """What a limit applies to; "parents / 3" is the parents in week 3."""
        name, _, week = f" / {scope}".partition(" / ") if limit == "days" else str(scope).partition(" / ")
        known = phrase("words.all", self.language) if name == "all" else self.text(self.tables.label("scope", name, self.language))
        said = [known] if name.strip() else []
        return ", ".join([*said, *([self.say("week", week=self.text(week))] if week else [])])


def pages(words: Words, tables_of: Mapping[str, pd.DataFrame], *, questions: pd.DataFrame, site: str | None = None) -> dict[str, str]:
    """{piece: its HTML page} for the pieces to make; questions as `asked.read_questions` gives them."""
    template = templates().get_template("piece.html.jinja")
    todo, links = (dict(list(tables_of[name].groupby("item"))) for name in ("calendar", "links"))
    items, found = tables_of["items"], {}
    for piece in items[items["status"] == "make"].to_dict("records"):
        item = str(piece["item"])
        if item in todo:
            found[item] = template.render(
                language=words.language, **_page(words, piece, todo[item], links[item], site), asked=_asked(words, questions, todo[item])
            )
    return found


def _page(words: Words, piece: Mapping[Any, Any], todo: pd.DataFrame, links: pd.DataFrame, site: str | None) -> dict[str, Any]:
    out = todo[todo["task"] == "publish"]
    channels, stage = sorted(out["channel"].astype(str).unique()), words.tables.stages.get(str(piece["stage"]), {})
    style = words.tables.styles.get(str(piece["style"]), {})
    question = (
        words.say("question_of", stage=words.label("stage", piece["stage"]), question=_in(stage["question"], words))
        if stage.get("question")
        else ""
    )
    heads = {key: words.say(f"head.{key}") for key in ("spec", "most", "advised", "pieces", "kilobytes")}
    names = ("what", "how", "do", "dont", "question", "asked", "room", "where", "links", "links_add", "links_none", "opinion")
    return {
        "title": words.say("title", item=words.text(piece["item"]), name=words.label("content_type", piece["content_type"])),
        "heading": words.say("heading", campaign=words.text(words.brief.name)), "facts": _facts(words, piece, todo),
        "do": _in(style.get("do", {}), words) or (), "dont": _in(style.get("dont", {}), words) or (), "question": question,
        "style": words.label("style", piece["style"]), "rooms": [_room(words, c, str(piece["content_type"])) for c in channels],
        "shown": list(_shown(words, out)), "links": list(_links(words, links)), "site": site, "heads": heads,
        "words": {name: words.say(name, channels="") if name == "no_room" else words.say(name) for name in names},
        "columns": {name: words.column(name) for name in ("at", "channel", "segment", "quantity", "link")},
    }  # fmt: skip


def _asked(words: Words, questions: pd.DataFrame, todo: pd.DataFrame) -> list[str]:
    """What the people whom a piece is shown to ask, in their own words."""
    segments = sorted(todo.loc[todo["task"] == "publish", "segment"].astype(str).unique())
    return [words.say(f"asked_{unit}", question=words.text(q), many=words.number(n)) for q, n, unit in asked_by(questions, segments)]


def _in(said: Mapping[str, Any], words: Words) -> Any:
    return said.get(words.language, said.get("en"))


def _facts(words: Words, piece: Mapping[Any, Any], todo: pd.DataFrame) -> list[tuple[str, str]]:
    """What the piece is, by when and by whom."""
    owner, due = next(iter(todo["owner"]), ""), next(iter(todo["due"].dropna()), None)
    rows = [(words.column(axis), words.label(axis, piece[axis])) for axis in ("content_type", "style", "stage")]
    rows.insert(1, (words.column("length"), _length(words, str(piece["content_type"]), str(piece["length"]))))
    rows.append((words.column("owner"), words.text(owner) if owner else words.say("nobody")))
    rows += [(words.say("due_by"), day(due, words.language))] if due is not None else []
    return [*rows, (words.say("days"), words.number(piece["days"])), (words.say("cost"), words.money(piece["cost"]))]


def _length(words: Words, content_type: str, length: str) -> str:
    """A length with its bounds, in the units that a content type is measured in."""
    kind = words.tables.content_types.get(content_type, {})
    units = kind.get("units", words.tables.families.get(str(kind.get("family")), {}).get("units", ()))
    bounds = [b for b in words.tables.lengths.get(length, {}).get("bounds", ()) if b["unit"] in units]
    said = [_bound(words, bound) for bound in bounds]
    name = words.label("length", length)
    return words.say("length_of", name=name, bounds=" / ".join(said)) if said else name


def _bound(words: Words, bound: Row) -> str:
    values = {key: words.number(bound[key]) for key in ("least", "most") if bound.get(key)}
    key = "bound_between" if len(values) == 2 else "bound_least" if "least" in values else "bound_most"
    return words.say(key, unit=words.say(f"unit.{bound['unit']}"), **values)


def _room(words: Words, channel: str, content_type: str) -> dict[str, Any]:
    """The limits of a channel for a content type, row by row; what is doubtful carries a star."""
    rows = []
    for spec in words.tables.specs.values():
        if channel in spec["channels"] and content_type in spec.get("content_types", (content_type,)):
            star = " *" if spec.get("conf") in DOUBTFUL else ""
            unit = str(spec["unit"])
            unit = words.say(f"unit.{unit}") if unit in ("characters", "pixels") else words.text(unit)
            said = [f"{_plain(words, spec[key])} {unit}" if spec.get(key) else "–" for key in ("most", "advised")]
            more = [_plain(words, spec[key]) if spec.get(key) else "–" for key in ("pieces", "kilobytes")]
            rows.append([words.text(_in(spec["label"], words)) + star, *said, *more])
    name = words.label("channel", channel)
    used = [k for k in range(5) if any(row[k] != "–" for row in rows)]
    return {"name": name, "rows": [[row[k] for k in used] for row in rows], "used": used, "none": words.say("no_room", channels=name)}


def _plain(words: Words, value: Any) -> str:
    if not isinstance(value, int | float):
        return words.text(value).replace("x", " × ") if "x" in str(value) and str(value)[:1].isdigit() else words.text(value)
    return words.number(value)


def _shown(words: Words, out: pd.DataFrame) -> Iterator[tuple[str, str, str, str]]:
    """When, where, to whom, how often; the segments of one hour together."""
    for (at, channel), rows in out.groupby(["at", "channel"], sort=True):
        people = list_of([words.label("segment", s) for s in rows["segment"]], words.language)
        yield moment(at, words.language), words.label("channel", channel), people, words.number(rows["quantity"].sum())


def _links(words: Words, links: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for row in links.to_dict("records"):
        yield words.label("channel", row["channel"]), words.label("segment", row["segment"]), str(row["link"]) or words.say("links_none")
