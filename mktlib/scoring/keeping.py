"""A fitted scorer as one file: a JSON header and plain arrays, never pickle; what was cut off or altered is found out."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mktlib.errors import DataError, Finding, StoreError
from mktlib.vocabulary import finding
from mktlib.wording import write_bytes

Array = NDArray[Any]
SCHEMA = 6
POSITIVE = ("square", "first", "used", "tau", "center_sd", "held", "own_var", "own_kept", "heard", "level_var", "tau_spread")


def path_of(path: Any, typed: str) -> Path:
    """The path that was given; what to type where it is none."""
    if not isinstance(path, str | Path):
        raise DataError(finding("E_OPTION", column="path", found=str(path), expected=typed))
    return Path(path)


def write_scorer(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Array], *, schema: int | str = SCHEMA) -> Path:
    """Whole or not at all; `schema` says what the file holds (a number: a scorer)."""
    said = {"schema": schema, **header}
    said["sha256"] = _digest(arrays, said)
    return _write_npz(path, {"header": np.frombuffer(json.dumps(said, ensure_ascii=False).encode(), np.uint8), **arrays})


def read_scorer(file: Path, *, schema: int | str = SCHEMA) -> tuple[dict[str, Any], dict[str, Array]]:
    """(header, arrays).

    Raises:
        StoreError: the file is cut off, altered, of another schema, or holds numbers that are not finite.
    """
    if not file.exists():
        raise StoreError(finding("E_NO_FILE", file=file.name, found=str(file)))
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as stored:
            arrays = {k: stored[k] for k in stored.files}
        header = json.loads(bytes(arrays.pop("header")).decode())
        wrong = _wrong(header, arrays, schema)
    except Exception as error:  # whatever a damaged archive raises is one thing to its owner
        raise StoreError(finding("E_MODEL_FILE", file=file.name, found=f"{type(error).__name__}: {error}")) from error
    if wrong:
        raise StoreError(finding("E_MODEL_FILE", file=file.name, found=wrong))
    return header, arrays


def _digest(arrays: Mapping[str, Array], header: Mapping[str, Any]) -> str:
    """Of the arrays and of everything that the header says beside it."""
    said = {k: v for k, v in header.items() if k != "sha256"}
    total = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode())
    for name in sorted(arrays):
        total.update(name.encode())
        total.update(np.ascontiguousarray(arrays[name]).tobytes())
    return total.hexdigest()


def _wrong(header: Mapping[str, Any], arrays: Mapping[str, Array], schema: int | str) -> str | None:
    """The first check that a stored scorer fails."""
    if header.get("schema") != schema:
        return f"schema {header.get('schema')}, not {schema}"
    if header.get("sha256") != _digest(arrays, header):
        return "sha256"
    bad = [k for k, v in arrays.items() if v.dtype.kind == "f" and not np.isfinite(v).all()]
    if bad:
        return f"not finite: {bad[0]}"
    below = [k for k, v in arrays.items() if k.rsplit("_posterior_", 1)[-1].removeprefix("posterior_") in POSITIVE and (v < 0).any()]
    above = [k for k, v in arrays.items() if k.endswith("posterior_heard") and (v > 1).any()]
    return f"out of range: {(below + above)[0]}" if below + above else None


def plain_finding(found: Finding) -> dict[str, Any]:
    """A finding as JSON can say it."""
    return {f.name: _plain(getattr(found, f.name)) for f in fields(found)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return value if isinstance(value, str | int | float | type(None)) else str(value)


def _write_npz(path: Path, arrays: Mapping[str, Array]) -> Path:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return write_bytes(buffer.getvalue(), path)
