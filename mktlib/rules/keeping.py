"""What was worked out from tables is kept for as long as someone is likely to ask again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 16


class Kept(Generic[T]):
    """Values by the rows they were made of (the very same object, which cannot change) and a word; the oldest leave first."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[object, T]] = {}

    def of(self, rows: object, word: str, make: Callable[[], T]) -> T:
        key = (id(rows), word)
        if key not in self._known:
            if len(self._known) >= MOST:
                self._known.pop(next(iter(self._known)))
            self._known[key] = (rows, make())  # the rows are held too, so that their id is nobody else's
        return self._known[key][1]
