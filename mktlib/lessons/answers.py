"""Whether an answer to an exercise is right, and where it is not, what to look at again: never the answer itself.

An exercise is a row of `tables/exercises/<lesson>.toml`: its answer with a tolerance (of a name: with what else it is called, `also`), a
hint, and slips that people make with a hint of their own. That the answers are what the library computes is proved by the solutions of
each lesson, which are executed and compared.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from numbers import Real
from typing import Any, Literal

import numpy as np

from mktlib.errors import DataError
from mktlib.lessons.progress import note
from mktlib.vocabulary import AXIS_TABLE, Row, Tables, default_language, finding, load_tables, lookup, nearest, not_language, phrase
from mktlib.vocabulary.tables import exercises

Verdict = Literal["right", "wrong", "open"]
MARK = {"right": "✓", "wrong": "✗", "open": "…"}


@dataclass(frozen=True, repr=False)
class Answer:
    """What `check_answer` says: `verdict` right, wrong or open (nothing was answered yet), and the sentence for the learner."""

    exercise: str
    verdict: Verdict
    text: str

    @property
    def right(self) -> bool:
        return self.verdict == "right"

    def __repr__(self) -> str:
        return f"{MARK[self.verdict]} {self.exercise} {self.text}"


def check_answer(exercise: str, answer: Any = ..., *, language: str | None = None) -> Answer:
    """Tell whether an answer to an exercise of the lessons is right, with a hint where it is not.

    Args:
        exercise: its number, lesson first: "03.2".
        answer: a number (a share as a fraction or as the text "12 %"), a name (a key of the tables or its label in any language), several
            names in any order, or True / False, as the exercise asks. A numpy or pandas value of one element counts as that element. `...`
            (the default): not answered yet.
        language: of the sentence; MKTLIB_LANGUAGE by default.

    Returns:
        `Answer` with `.right`, `.verdict` and `.text`. It is kept for the card of `progress_card`.

    Raises:
        DataError: no exercise has this number, or the language is none.

    >>> check_answer("02.1", language="en")
    … 02.1 Not answered yet: put your answer in place of the three dots.
    """
    rows = exercises()
    if wrong := not_language(language):
        raise DataError(wrong)
    if not isinstance(exercise, str) or exercise not in rows:
        near = nearest(str(exercise), list(rows)) or ""
        raise DataError(finding("E_EXERCISE", language, found=str(exercise), expected=", ".join(rows), hint=near))
    said = language or default_language()
    verdict, text = _judged(rows[exercise], _bare(answer), said, load_tables())
    note(exercise, verdict)
    return Answer(exercise, verdict, text)


def _judged(row: Row, given: Any, language: str, tables: Tables) -> tuple[Verdict, str]:
    if given is ...:
        return "open", phrase("lessons.open", language)
    kind = str(row["kind"])
    read = READ[kind](given, row, tables)
    if read is None:
        return "wrong", phrase(f"lessons.kind.{kind}", language)
    if _same(read, row, row, tables):
        return "right", phrase("lessons.right", language)
    slip = next((s for s in row.get("slip", ()) if _same(read, row, s, tables)), None)
    advice = slip["hint"][language] if slip else _general(read, row, language) or row["hint"][language]
    return "wrong", phrase("lessons.wrong", language, hint=advice)


def _same(read: Any, row: Row, against: Row, tables: Tables) -> bool:
    """Whether what was read is the answer of `against`: the exercise itself, or one of its slips."""
    reader = READ[str(row["kind"])]
    wanted = reader(against["answer"], row, tables)
    if row["kind"] != "number":
        return read in (wanted, *(reader(name, row, tables) for name in against.get("also", ())))
    return abs(read - wanted) <= float(against.get("tolerance", row["tolerance"])) * (1 + 1e-9)


def _general(read: Any, row: Row, language: str) -> str | None:
    """Slips of any number: a percentage for a fraction, or the other sign."""
    if row["kind"] != "number":
        return None
    wanted, room = float(row["answer"]), float(row["tolerance"])
    for name, times in (("percent", 0.01), ("fraction", 100.0), ("sign", -1.0)):
        if wanted and abs(read * times - wanted) <= room:
            return phrase(f"lessons.slip.{name}", language)
    return None


# ---------------------------------------------------------------- what was given


def _bare(given: Any) -> Any:
    """A value of one element as that element; several as a list. What cannot be read is no answer of any kind."""
    if given is None or given is ... or isinstance(given, str | bool | Mapping):
        return given
    with suppress(Exception):
        given = given.to_numpy() if hasattr(given, "to_numpy") else given  # frames, series
        given = given.tolist() if hasattr(given, "tolist") else given  # numpy
        for _ in range(2):  # a frame of one cell is a list in a list
            given = given[0] if isinstance(given, list | tuple) and len(given) == 1 else given
        return given
    return None


def _number(given: Any, row: Row, tables: Tables) -> float | None:
    if isinstance(given, bool | np.bool_) or not isinstance(given, str | Real | Decimal):
        return None
    with suppress(Exception):
        read = _written(given, abs(row["answer"]) >= 1000) if isinstance(given, str) else float(given)
        return read if math.isfinite(read) else None
    return None


def _written(text: str, thousands: bool) -> float:
    """A number as people write it: "12,5 %", "−3", "35 966 €", and where the answer has `thousands`, "35,966", "35.966" and "35’966"."""
    bare = re.sub(r"[\s_€$]|EUR", "", text).replace("\u2212", "-")
    for mark, point in (",.", ".,", "'.", "\u2019."):
        if thousands and re.fullmatch(rf"[-+]?\d{{1,3}}({re.escape(mark)}\d{{3}})+({re.escape(point)}\d+)?", bare):
            bare = bare.replace(mark, "")
    bare = bare.replace(",", ".")
    return float(bare.removesuffix("%")) * (0.01 if bare.endswith("%") else 1.0)


def _name(given: Any, row: Row, tables: Tables) -> str | None:
    """The key of the tables that is meant, or the plain text where no table knows it."""
    if not isinstance(given, str) or not given.strip():
        return None
    of = str(row.get("of", ""))
    keys = getattr(tables, AXIS_TABLE.get(of, ""), {}) or lookup(f"labels.{of}", "en") or {}
    called = {_plain(name): _plain(key) for key in keys for code in ("en", "fr") for name in _spoken(tables.label(of, key, code))}
    plain = _plain(given)
    return plain if plain in map(_plain, keys) else called.get(plain, plain)


def _spoken(label: str) -> list[str]:
    """A label, and what people say of it: without its brackets, or one side of its stroke."""
    return [label, re.sub(r"\(.*?\)", "", label), *label.split(" / ")]


def _names(given: Any, row: Row, tables: Tables) -> frozenset[str] | None:
    many = [given] if isinstance(given, str) else list(islice(given, 100)) if isinstance(given, Iterable) else []
    read = [_name(one, row, tables) for one in many]
    return frozenset(filter(None, read)) if read and None not in read else None


def _yes_no(given: Any, row: Row, tables: Tables) -> bool | None:
    if isinstance(given, bool | np.bool_):
        return bool(given)
    words = {"yes": True, "oui": True, "true": True, "vrai": True, "no": False, "non": False, "false": False, "faux": False}
    return words.get(_plain(given)) if isinstance(given, str) else None


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return " ".join(re.findall(r"[a-z0-9.]+", bare))


READ = {"number": _number, "name": _name, "names": _names, "yes_no": _yes_no}
