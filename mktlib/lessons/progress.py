"""What was solved: kept while Python runs, and in a file where one is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from threading import Lock

from mktlib.errors import DataError, StoreError
from mktlib.vocabulary import default_language, finding, not_language, phrase
from mktlib.vocabulary.tables import exercises
from mktlib.wording import write_text

SOLVED, TRIED, OPEN = "solved", "tried", "open"
MARKS = {SOLVED: "✓", TRIED: "✗", OPEN: "·"}
_session: dict[str, str] = {}
_turn = Lock()


def note(exercise: str, verdict: str) -> None:
    """Keep the best that was reached: solved once is solved."""
    with _turn:
        if verdict != OPEN and _session.get(exercise) != SOLVED:
            _session[exercise] = SOLVED if verdict == "right" else TRIED


@dataclass(frozen=True, repr=False)
class Progress:
    """Each exercise with what became of it (solved | tried | open), drawn as a card."""

    states: Mapping[str, str]
    language: str

    @property
    def solved(self) -> int:
        return sum(state == SOLVED for state in self.states.values())

    def _lessons(self) -> dict[str, list[str]]:
        each: dict[str, list[str]] = {}
        for number, state in self.states.items():
            each.setdefault(number.partition(".")[0], []).append(state)
        return each

    def _head(self) -> str:
        return phrase("lessons.card", self.language, solved=self.solved, count=len(self.states))

    def __repr__(self) -> str:
        lines = [
            f"{lesson} {phrase(f'lessons.titles.{lesson}', self.language):<34} {' '.join(MARKS[s] for s in states)}"
            for lesson, states in self._lessons().items()
        ]
        return "\n".join([self._head(), *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{lesson}</td><td style='text-align:left'>{escape(phrase(f'lessons.titles.{lesson}', self.language))}</td>"
            + "".join(f"<td title='{escape(phrase(f'lessons.state.{s}', self.language))}'>{MARKS[s]}</td>" for s in states)
            + "</tr>"
            for lesson, states in self._lessons().items()
        )
        legend = " ".join(f"{mark} {phrase(f'lessons.state.{state}', self.language)}" for state, mark in MARKS.items())
        return f"<table><caption>{escape(self._head())}</caption><tbody>{rows}</tbody></table><p>{escape(legend)}</p>"


def progress_card(lesson: str | None = None, *, path: str | Path | None = None, language: str | None = None) -> Progress:
    """The card of the course: which exercises were solved.

    Args:
        lesson: a lesson's number ("03") for its own three alone.
        path: a file (JSON) that keeps what was solved from one day to the next: what it holds is added to this session's, and written
            back. Delete it to begin again.
        language: of the card; MKTLIB_LANGUAGE by default.

    Raises:
        DataError: no lesson has this number. StoreError: the file is not such a card.

    >>> progress_card("02", language="en").states.keys() == {"02.1", "02.2", "02.3"}
    True
    """
    if wrong := not_language(language):
        raise DataError(wrong)
    numbers = [n for n in exercises() if lesson is None or n.startswith(f"{lesson}.")]
    if not numbers:
        known = sorted({n.partition(".")[0] for n in exercises()})
        raise DataError(finding("E_EXERCISE", language, found=lesson, expected=", ".join(known)))
    if path is not None:
        _kept(path, language)
    return Progress({n: _session.get(n, OPEN) for n in numbers}, language or default_language())


def _kept(path: str | Path, language: str | None) -> None:
    """Add what the file holds to this session, and write both back."""
    try:
        file = Path(path)
        for number, state in _stored(file, language).items():
            note(number, "right" if state == SOLVED else "wrong")
        write_text(json.dumps(dict(sorted(_session.items())), indent=1) + "\n", file)
    except StoreError:
        raise
    except (TypeError, ValueError, OSError) as error:  # no path, or a name that no file can have
        raise StoreError(finding("E_PROGRESS", language, file=str(path))) from error


def _stored(path: Path, language: str | None) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        held = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        held = None
    if not isinstance(held, dict) or not all(k in exercises() and v in (SOLVED, TRIED) for k, v in held.items()):
        raise StoreError(finding("E_PROGRESS", language, file=path.name))
    return held
