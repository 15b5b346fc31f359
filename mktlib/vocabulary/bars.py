"""The one bar that says how far a long job is: shown after two seconds, gone when done, and silent where TQDM_DISABLE=1 says so."""

from __future__ import annotations

import os
from typing import Any

from tqdm.auto import tqdm


class _Bar(tqdm):
    """A notebook paints a bar red that ends early; a search that needs fewer steps than it may take has not failed."""

    def close(self) -> None:
        if not getattr(self, "leave", True):
            self.total = self.n
        super().close()


def progress(iterable: Any = None, **how: Any) -> Any:
    """A bar over an iterable, or of a total, with tqdm's own options. In notebooks too it is nothing at all where it is switched off.

    >>> list(progress([1, 2, 3], desc="steps"))
    [1, 2, 3]
    """
    off = os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    return _Bar(iterable, **({"delay": 2, "leave": False} | how | {"disable": off or bool(how.get("disable"))}))
