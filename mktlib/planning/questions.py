"""Ten questions for the one who has no data yet, and the brief that their answers make.

A question is a row: the key of the answer, the words (in the language files), a default, and how an answer is read.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mktlib.errors import DataError, Finding
from mktlib.planning.template import quoted
from mktlib.vocabulary import default_language, finding, load_tables, nearest, phrase


@dataclass(frozen=True)
class Question:
    """One question in words, with its default answer."""

    key: str
    text: str
    default: str


def _name(answer: Any) -> str:
    text = str(answer).strip()
    if not text:
        raise ValueError
    return text


def _amount(answer: Any) -> float:
    text = re.sub(r"[\s\u00a0\u202f€$£]|EUR|USD|GBP", "", str(answer))
    if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", text):  # 10.000 is ten thousand to those who write decimals with a comma
        text = text.replace(".", "")
    text = text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text) else text.replace(",", ".")
    value = float(text)
    if not 0 < value < 1e15:
        raise ValueError
    return value


def _day(answer: Any) -> dt.date:
    if isinstance(answer, dt.date) and not isinstance(answer, dt.datetime):
        return answer
    return dt.date.fromisoformat(str(answer).strip())


def _weeks(answer: Any) -> int:
    weeks = int(str(answer).strip())
    if not 1 <= weeks <= 53:
        raise ValueError
    return weeks


def _list(answer: Any) -> list[str]:
    parts = answer if isinstance(answer, list) else re.split(r"[,;]", str(answer))
    found = list(dict.fromkeys(str(p).strip() for p in parts if str(p).strip()))
    if not found:
        raise ValueError
    return found


def _plain(text: str) -> str:
    """Without accents and capitals.

    >>> _plain("Décision")
    'decision'
    """
    return "".join(c for c in unicodedata.normalize("NFD", str(text).lower()) if not unicodedata.combining(c)).strip()


def _known(table: str) -> Callable[[Any], list[str]]:
    """Read a list of words of one table; a label in any language is as good as the key."""

    def read(answer: Any) -> list[str]:
        rows, found = getattr(load_tables(), table), []
        names = {_plain(v): key for key, row in rows.items() for v in (key, key.replace("_", " "), *row["label"].values())}
        for word in _list(answer):
            if _plain(word) not in names:
                here = [row["label"].get(default_language(), key) for key, row in rows.items()]
                raise LookupError(word, nearest(_plain(word), names), ", ".join(here[:20]) + ("..." if len(here) > 20 else ""))
            found.append(names[_plain(word)])
        return list(dict.fromkeys(found))

    return read


PARSERS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "name": ("Campaign", _name),
    "first_day": ("2026-10-05", _day),
    "weeks": ("6", _weeks),
    "budget": ("10000", _amount),
    "segments": ("everyone", _list),
    "people": ("10000", _amount),
    "stages": ("awareness, interest, decision", _known("stages")),
    "styles": ("conversational, educational", _known("styles")),
    "channels": ("paid_social, email", _known("channels")),
    "days_per_week": ("5", _amount),
}
"""key -> (default answer, how an answer is read)"""

PRICES = {"thousand_impressions": 8.0, "click": 0.6, "delivered": 0.005, "none": 0.0}
"""Placeholder prices by cost unit (our judgement): the brief says next to each that it should be replaced."""


def questions(language: str | None = None) -> list[Question]:
    """The ten questions in a language.

    >>> len(questions("en")), questions("fr")[0].key
    (10, 'name')
    """
    return [Question(key, phrase(f"command.start.{key}", language), default) for key, (default, _) in PARSERS.items()]


def brief_from_answers(answers: Mapping[str, Any], *, language: str | None = None) -> str:
    """The text of a brief (TOML) from answers to `questions`; an answer left out takes its default.

    Raises
    ------
    DataError
        With every answer that cannot be read, at once; `column` is the question's key.

    Examples
    --------
    >>> "budget = 5000.0" in brief_from_answers({"budget": "5 000"}, language="en")
    True
    """
    language = language or default_language()
    found: list[Finding] = []
    read: dict[str, Any] = {}
    for key in answers:
        if key not in PARSERS:
            known = ", ".join(PARSERS)
            found.append(finding("E_BRIEF_UNKNOWN", language, column=key, found=key, expected=known, hint=nearest(key, list(PARSERS))))
    for key, (default, parse) in PARSERS.items():
        answer = answers.get(key, default)
        try:
            read[key] = parse(answer)
        except LookupError as error:
            word, near, known = error.args
            found.append(finding("E_BRIEF_WORD", language, column=key, found=word, expected=known, hint=near))
        except (ValueError, OverflowError):
            found.append(_unreadable(key, answer, default, language))
    if found:
        raise DataError(found)
    return _toml(read, language)


def _unreadable(key: str, answer: Any, default: str, language: str) -> Finding:
    return finding("E_ANSWER", language, column=key, found=repr(answer), example=default)


def _toml(read: Mapping[str, Any], language: str) -> str:
    tables = load_tables()
    last = read["first_day"] + dt.timedelta(days=7 * read["weeks"] - 1)
    consent = ", ".join(f"{c} = 0.2" for c in read["channels"] if tables.channels[c].get("personal"))
    lines = [
        f"# {phrase('plan.start.head', language)}", f"name = {quoted(read['name'])}", f'language = "{language}"', 'currency = "EUR"',
        f"first_day = {read['first_day']}", f"last_day = {last}", f"budget = {read['budget']}", "", "[brand]",
        f"allowed = [{', '.join(quoted(s) for s in read['styles'])}]", "", "[team]", f"days_per_week = {read['days_per_week']}", "",
        "[stages]",
        *(f"{stage} = 0.0" for stage in read["stages"]), "", f"# {phrase('plan.start.consent', language)}",
    ]  # fmt: skip
    size = max(1, round(read["people"] / len(read["segments"])))
    for segment in read["segments"]:
        lines += [f"[segments.{quoted(segment)}]", f"size = {size}", *([f"consent = {{ {consent} }}"] if consent else [])]
    lines += ["", f"# {phrase('plan.start.prices', language)}", "[channels]"]
    lines += [f"{c} = {PRICES[str(tables.channels[c]['cost_unit'])]}" for c in read["channels"]]
    lines += ["", f"# {phrase('plan.start.production', language)}", "[production.default]", f"cost = {0.01 * read['budget']:.2f}"]
    lines += ["days = 3.0", "most = 3"]
    return "\n".join(lines) + "\n"
