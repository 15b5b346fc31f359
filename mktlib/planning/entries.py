"""The entries of a brief, read off its schema: what the template and the form both show, so that neither can fall behind it.

What an entry is called, what it says and in which unit stands in the language files (`brief.<section>.<entry>`); its default and
its kind are the schema's.
"""

from __future__ import annotations

import datetime as dt
import inspect
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from mktlib.planning.brief import (
    Brand,
    Brief,
    Channel,
    FixedDate,
    Mute,
    Objective,
    Place,
    Production,
    Segment,
    Sending,
    Team,
    Want,
    _Where,
)  # fmt: skip
from mktlib.vocabulary import lookup

Kind = Literal["text", "word", "choice", "day", "flag", "whole", "number", "list"]
Shape = Literal["single", "model", "models", "numbers", "rows"]

SECTIONS: dict[type[BaseModel], str] = {
    Brief: "general", Objective: "objective", Brand: "brand", Segment: "segments", Channel: "channels", Sending: "sending",
    Place: "places", Production: "production", Team: "team", _Where: "where", Want: "must_have", FixedDate: "fixed_dates", Mute: "mutes",
}  # fmt: skip
WORDS = {
    "metric": "metrics", "allowed": "styles", "forbidden": "styles", "lengths": "lengths", "stage": "stages", "style": "styles",
    "content_type": "content_types", "length": "lengths", "channel": "channels", "channels": "channels", "segment": "segments",
}  # fmt: skip
"""Entries whose words are rows of a table; `segment` is one of the brief's own."""
KEYS = {
    "stages": "stages", "channels": "channels", "production": "content_types", "presence": "networks", "consent": "channels",
    "hours": "channels", "flows": "flows",
    "value": "stages", "share": "segments",
}  # fmt: skip
"""Tables of the brief whose keys are words."""


@dataclass(frozen=True)
class Entry:
    """One entry. section and name find its words; shape: a single value, a table, a table of tables, of numbers, or a list of tables;
    keyed: it may be one number or a table of them; model: that of its tables; default: None where there is none."""

    section: str
    name: str
    shape: Shape
    kind: Kind
    keyed: bool
    required: bool
    default: Any
    model: type[BaseModel] | None

    def said(self, what: str, language: str) -> str:
        """Its `label`, what it `says`, or its `unit`.

        >>> next(entries(Brief)).said("label", "fr")
        'Nom'
        """
        found = lookup(f"brief.{self.section}.{self.name}.{what}", language)
        return str(found if found is not None else self.name)  # a test lists what the language files lack


def entries(model: type[BaseModel]) -> Iterator[Entry]:
    """Every entry of a table of the schema, in its order.

    >>> [e.name for e in entries(Team)]
    ['days_per_week', 'days_before', 'owner']
    """
    for name, field in model.model_fields.items():
        owner = next(c for c in model.__mro__ if name in inspect.get_annotations(c))
        shape, inner, keyed = _shape(_kinds(field.annotation))
        default = field.get_default(call_default_factory=True)
        yield Entry(
            section=SECTIONS[owner], name=name, shape=shape, kind=_kind(name, inner), keyed=keyed, required=field.is_required(),
            default=None if default is PydanticUndefined else default, model=inner if shape in ("model", "models", "rows") else None,
        )  # fmt: skip


def _bare(kind: Any) -> Any:
    """A type without its bounds."""
    return _bare(typing.get_args(kind)[0]) if typing.get_origin(kind) is typing.Annotated else kind


def _kinds(kind: Any) -> list[Any]:
    """The types that an entry may have; None is left out."""
    kind = _bare(kind)
    whole = typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else (kind,)
    return [_bare(k) for k in whole if k is not type(None)]


def _shape(kinds: list[Any]) -> tuple[Shape, Any, bool]:
    first, args = kinds[0], tuple(_bare(a) for a in typing.get_args(kinds[0]))
    if isinstance(first, type) and issubclass(first, BaseModel):
        return "model", first, False
    if typing.get_origin(first) is dict:
        model = isinstance(args[1], type) and issubclass(args[1], BaseModel)
        return ("models" if model else "numbers"), args[1], False
    if typing.get_origin(first) is list and isinstance(args[0], type) and issubclass(args[0], BaseModel):
        return "rows", args[0], False
    return "single", first, any(typing.get_origin(k) is dict for k in kinds)


def _kind(name: str, kind: Any) -> Kind:
    if typing.get_origin(kind) is list:
        return "list"
    if typing.get_origin(kind) is Literal or name == "language":
        return "choice"
    plain: dict[Any, Kind] = {bool: "flag", int: "whole", float: "number", dt.date: "day"}
    return plain.get(kind, "word" if name in WORDS else "text")


__all__ = ["KEYS", "SECTIONS", "WORDS", "Entry", "entries"]
