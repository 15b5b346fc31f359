"""People whose lot and effects are known, the words of a cause, and all that a section says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mktlib.reporting.sections import section
from mktlib.reporting.voice import Voice
from mktlib.vocabulary import load_tables

CAUSES = {"en": ("brought", "thanks to", "caused", "increase"), "fr": ("apporté", "grâce", "causé", "augment", "fait gagner")}


def people(n: int = 6000, seed: int = 1, **effects: float) -> pd.DataFrame:
    """A lot, a region whose effects are told, a column that means nothing, and a number."""
    rng = np.random.default_rng(seed)
    region = rng.choice(list(effects) or ["north", "south"], n)
    t = rng.integers(0, 2, n)
    chance = 0.1 + t * pd.Series(region).map(effects or {"north": 0.05, "south": 0.05}).to_numpy()
    frame = pd.DataFrame({"sent": t, "region": region, "shoe": rng.integers(36, 46, n), "bought": (rng.random(n) < chance).astype(int)})
    return frame.assign(letter=rng.choice(list("abcd"), n))


def said(result: Any, language: str, reader: str = "employer") -> str:
    s = section(Voice(language=language, tables=load_tables(), reader=reader), result)
    return "\n".join([s.title, s.headline, *s.sentences, *(x for part in s.brief.values() for x in part)])
