"""One table laid above another: how a company's rows, and a further language, go over those of the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def above(base: Mapping[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
    """`layer` laid on `base`: tables are merged, statements appended, anything else replaced.

    >>> above({"a": {"x": 1}}, {"a": {"y": 2}})
    {'a': {'x': 1, 'y': 2}}
    """
    merged = dict(base)
    for key, value in layer.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = above(below, value)
        elif isinstance(value, list) and key == "statement":
            merged[key] = [*(below or []), *value]
        else:
            merged[key] = value
    return merged
