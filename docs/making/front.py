"""The picture of the first page and of README, in both languages: contents for one segment, with ranges and verdicts.

`python docs/build.py --front` draws them again, into docs/pictures.
"""

from __future__ import annotations

from pathlib import Path

import mktlib as mk
from making.page import write

AXES = ("segment", "content_type")


def front(out: Path) -> None:
    """Write front.en.png and front.fr.png."""
    scores = (
        mk.ContentScorer("click_rate", by=AXES)
        .fit(mk.load_sample("content_log"))
        .score_cells(within=("segment",), segment="city_trendsetters")
    )
    for language in ("en", "fr"):
        write(out / f"front.{language}.png", mk.show(scores, kind="ranked", language=language).png(dpi=110))
