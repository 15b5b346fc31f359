"""What the tables say before any data: how far each cell lies from the average, and how surely."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mktlib.glmm import Held, Term, pairs
from mktlib.vocabulary import Tables

Array = NDArray[Any]


def base_of(cells: pd.DataFrame, metric: str, tables: Tables, link: Callable[[float], float]) -> Array:
    """The channel's base rate against the metric's, on the scale of eta (n,)."""
    if "channel" not in cells:
        return np.zeros(len(cells))
    general = link(tables.base_rate(metric)[0])
    of = {c: link(tables.base_rate(metric, str(c))[0]) - general for c in cells["channel"].unique()}
    return cells["channel"].map(of).to_numpy(float)


def opinions_of(cells: pd.DataFrame, tables: Tables, opinions: Sequence[Mapping[str, Any]]) -> Array:
    """What every opinion on a cell adds to eta (n,)."""
    out = np.zeros(len(cells))
    family = {k: r["family"] for k, r in tables.content_types.items()}
    known = cells if "content_type" not in cells else cells.assign(family=cells["content_type"].map(family))
    for axes, said in _by_axes(opinions).items():
        if all(a in known for a in axes):
            keys = pd.MultiIndex.from_frame(known[list(axes)].astype(str))
            effects = pd.Series([effect for effect, _ in said.values()], pd.MultiIndex.from_tuples(list(said)))
            out += effects.reindex(keys).fillna(0.0).to_numpy()
    return out


def spreads(
    by: Sequence[str],
    levels: Mapping[str, Array],
    opinions: Sequence[Mapping[str, Any]],
    *,
    doubted: Sequence[Mapping[str, str]] = (),
) -> tuple[dict[Term, float], Held]:
    """(scale, held) for `glmm.fit`. A term's sd begins where its least sure opinion is; a surer one holds its own level closer.

    What a surer opinion brings beside the term's sd is evidence of precision 1 / sd^2 - 1 / scale^2: before any data its level varies by
    what the opinion says. How good opinions are on the whole is left to the data, which move the term's sd. Those `doubted` hold nothing.
    """
    scale: dict[Term, float] = {}
    held: dict[Term, tuple[Array, Array]] = {}
    said = {frozenset(axes): (axes, rows) for axes, rows in _by_axes(opinions).items()}
    for term in pairs(len(by)):
        names = tuple(by[a] for a in term)
        if frozenset(names) not in said:
            continue
        axes, rows = said[frozenset(names)]
        sds = np.array([sd for _, sd in rows.values()])
        scale[term] = float(sds.max())
        doubts = {tuple(str(when[a]) for a in axes) for when in doubted if set(when) == set(axes)}
        surer = (sds < 0.99 * scale[term]) & [key not in doubts for key in rows]
        if surer.any():
            keys = pd.DataFrame(list(rows), columns=list(axes))[surer]
            codes = np.column_stack([pd.Index(levels[a]).get_indexer(pd.Index(keys[a])) for a in names])
            held[term] = (codes, (sds[surer] ** -2 - scale[term] ** -2) ** -0.5)
    return scale, held


def _by_axes(opinions: Sequence[Mapping[str, Any]]) -> dict[tuple[str, ...], dict[tuple[str, ...], tuple[float, float]]]:
    """{axes: {levels: (effect, sd)}}; several opinions on the same levels add up, their doubts too."""
    out: dict[tuple[str, ...], dict[tuple[str, ...], tuple[float, float]]] = {}
    for row in opinions:
        axes = tuple(sorted(row["when"]))
        rows = out.setdefault(axes, {})
        key = tuple(str(row["when"][a]) for a in axes)
        effect, sd = rows.get(key, (0.0, 0.0))
        rows[key] = (effect + row["effect"], float(np.hypot(sd, row["sd"])))
    return out
