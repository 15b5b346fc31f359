"""Which cells can be asked for: the combinations that the tables allow, without slips of the pen and within what can be numbered."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mktlib.errors import DataError, ModelError
from mktlib.vocabulary import AXIS_TABLE, Tables, finding, nearest

Array = NDArray[Any]
MOST_CELLS = 2_000_000
MOST_COMBINATIONS = 2**62  # that a 64-bit integer can number
HIGHEST = 1e12  # a rate: more is a slip in the exposure


def candidates(seen: Mapping[str, Array], fixed: Mapping[str, str], tables: Tables) -> pd.DataFrame:
    """Every combination of the levels seen that the tables allow, some axes fixed to one level.

    Raises:
        DataError: an axis or a word that nobody knows, or nothing is allowed. ModelError: too many combinations.
    """
    unknown = [a for a in fixed if a not in seen]
    if unknown:
        raise DataError([finding("E_UNKNOWN_AXIS", found=a, expected=", ".join(seen), hint=nearest(a, list(seen))) for a in unknown])
    several = [a for a, v in fixed.items() if not isinstance(v, str)]
    if several:
        said = f'{several[0]}="..." / score_cells(pd.DataFrame(...))'
        raise DataError([finding("E_OPTION", column=a, found=repr(fixed[a]), expected=said) for a in several])
    no_slips(fixed, seen, tables)
    levels = {a: [fixed[a]] if a in fixed else list(known) for a, known in seen.items()}
    size = math.prod(len(v) for v in levels.values())
    if size > MOST_CELLS:
        raise ModelError(finding("E_TOO_MANY_CELLS", found=f"{size:,}", expected=f"{MOST_CELLS:,}"))
    if not levels:
        return pd.DataFrame(index=[0])
    grid = pd.MultiIndex.from_product(list(levels.values()), names=list(levels)).to_frame(index=False)
    keep = np.ones(len(grid), bool)
    for pair in (("content_type", "channel"), ("content_type", "length")):
        if set(pair) <= set(levels):
            wrong = [c for c in itertools.product(*(levels[a] for a in pair)) if not tables.allows(dict(zip(pair, c, strict=True)))]
            keep &= ~pd.MultiIndex.from_frame(grid[list(pair)]).isin(wrong) if wrong else True
    if fixed and len(grid) and not keep.any():
        raise DataError(finding("E_NOT_ALLOWED", found=", ".join(map(str, fixed.values()))))
    return grid[keep].reset_index(drop=True)


def no_slips(asked: Mapping[str, Any], seen: Mapping[str, Array], tables: Tables) -> None:
    """Refuse words that neither the log nor the tables know: slips rather than levels to come."""
    found = []
    for axis, word in asked.items():
        if axis in AXIS_TABLE and word not in seen[axis]:
            known = {**getattr(tables, AXIS_TABLE[axis]), **dict.fromkeys(seen[axis])}
            if word not in known:
                found.append(finding("E_NO_SUCH_WORD", column=axis, found=word, hint=nearest(str(word), known)))
    if found:
        raise DataError(found)


def possible(dims: Sequence[int], cells: pd.DataFrame) -> None:
    """Refuse what no number can hold: more combinations of levels than can be told apart, rates beyond all measure."""
    if math.prod(dims) > MOST_COMBINATIONS:
        raise ModelError(finding("E_TOO_MANY_CELLS", found=f"{math.prod(dims):.3g}", expected=f"{MOST_COMBINATIONS:.3g}"))
    some = cells[(cells["exposure"] > 0) & (cells["count"] > 0)]
    rates = (some["count"] / some["exposure"]).to_numpy(float)
    if ((rates > HIGHEST) | (rates < 1 / HIGHEST)).any():
        worst = rates[np.abs(np.log(np.maximum(rates, 1e-300))).argmax()]
        raise DataError(finding("E_RATE_SIZE", found=f"{worst:.3g}", expected=f"{1 / HIGHEST:g} - {HIGHEST:g}"))
