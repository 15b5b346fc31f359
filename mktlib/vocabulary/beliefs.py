"""What is wrong in one's own priors: base rates, how well a type suits a stage, opinions."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from mktlib.errors import DataError, Finding
from mktlib.vocabulary.layers import above
from mktlib.vocabulary.opinions import SURENESS, read_opinion
from mktlib.vocabulary.rows import AXIS_TABLE, KINDS, Rows
from mktlib.vocabulary.words import finding, nearest, no_row

SHAPES: Mapping[str, tuple[Any, str]] = {
    "rates": (Mapping, "[priors.rates. ...]"),
    "stage_fit": (Mapping, "[priors.stage_fit]"),
    "statement": (list, "[[priors.statement]]"),
}
"""Sections of the priors: a table or a list of them, and how one begins."""

AXES = tuple(axis for axis in AXIS_TABLE if axis != "metric")
"""What an opinion may be about; its metric stands beside `when`, not inside."""


def number(value: Any) -> TypeGuard[float]:
    """Whether a value is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def positive(value: Any) -> TypeGuard[float]:
    """Whether a value is a finite number above 0."""
    return number(value) and value > 0


def wrong_priors(priors: Mapping[str, Any], below: Mapping[str, Any], everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Every entry of one's own priors that cannot be used."""
    for name, said in priors.items():
        path = f"priors.{name}"
        if name not in SHAPES:
            yield finding("E_TABLE_NAME", file=file, column=path, found=name, expected=", ".join(SHAPES), hint=nearest(name, SHAPES))
        elif not isinstance(said, SHAPES[name][0]):
            yield finding("E_TABLE_ROW", file=file, column=path, found=repr(said), expected=SHAPES[name][1])
        elif name == "rates":
            for key, row in said.items():
                whole = above(below["priors"]["rates"], {key: row})[key]
                yield from _wrong_rate(f"{path}.{key}", whole, everything, file)
        elif name == "stage_fit":
            yield from _wrong_fit(path, said, everything, file)
        else:
            for i, row in enumerate(said, start=1):
                yield from _wrong_statement(f"{path}[{i}]", row, everything, file)


def _unknown(path: str, word: Any, table: str, everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """A word that is no row of its table, with the nearest that is one."""
    if not isinstance(word, str) or word not in everything[table]:
        yield no_row(path, word, table, everything[table], file)


def _wrong_rate(path: str, row: Any, everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """A base rate: a share, or above 0 where the metric is money or may pass its exposure."""
    if not isinstance(row, Mapping):
        yield finding("E_TABLE_ROW", file=file, column=path, found=repr(row), expected="[priors.rates. ...]")
        return
    yield from _unknown(f"{path}.metric", row.get("metric"), "metrics", everything, file)
    channel = row.get("channel", "")
    if not isinstance(channel, str):
        yield finding("E_OPTION", file=file, column=f"{path}.channel", found=repr(channel), expected='channel = "email"')
    share = everything["metrics"].get(str(row.get("metric")), {}).get("family") == "binomial"
    for key, end in (("mean", 1.0 if share else sys.float_info.max), ("logit_sd", sys.float_info.max)):
        if not positive(row.get(key)) or not row[key] < end:
            most = "1" if end == 1 else "inf"
            yield finding("E_OPTION", file=file, column=f"{path}.{key}", found=repr(row.get(key)), expected=f"0 < {key} < {most}")


def _wrong_fit(path: str, fit: Mapping[str, Any], everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """How surely, and the effect of each content type at each stage."""
    if "sd" in fit and not positive(fit["sd"]):
        yield finding("E_OPTION", file=file, column=f"{path}.sd", found=repr(fit["sd"]), expected="0 < sd < inf")
    effects = fit.get("effects", {})
    if not isinstance(effects, Mapping):
        yield finding("E_TABLE_ROW", file=file, column=f"{path}.effects", found=repr(effects), expected="[priors.stage_fit.effects]")
        return
    for kind, row in effects.items():
        here = f"{path}.effects.{kind}"
        yield from _unknown(here, kind, "content_types", everything, file)
        if not isinstance(row, Mapping):
            yield finding("E_TABLE_ROW", file=file, column=here, found=repr(row), expected=f"{kind} = {{ awareness = 0.5 }}")
            continue
        for stage, effect in row.items():
            yield from _unknown(f"{here}.{stage}", stage, "stages", everything, file)
            if not number(effect):
                yield finding("E_OPTION", file=file, column=f"{here}.{stage}", found=repr(effect), expected=f"{stage} = 0.5")


def _wrong_statement(path: str, row: Any, everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """An opinion: a sentence, or what it is about and how many times."""
    if not isinstance(row, Mapping):
        yield finding("E_TABLE_ROW", file=file, column=path, found=repr(row), expected="[[priors.statement]]")
        return
    if "metric" in row:
        yield from _unknown(f"{path}.metric", row["metric"], "metrics", everything, file)
    if "says" in row:
        yield from _wrong_sentence(row, everything, file)
        return
    yield from _wrong_when(f"{path}.when", row.get("when"), everything, file)
    yield from _wrong_strength(path, row, file)


def _wrong_sentence(row: Mapping[str, Any], everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    try:
        said = read_opinion(str(row["says"]), Rows(**{name: everything[name] for name in (*KINDS, "priors", "languages")}))
    except DataError as error:
        yield from (finding(f.code, file=file, column=f.column, found=f.found, hint=f.hint) for f in error.findings)
        return
    yield from _wrong_strength("priors.statement", {**row, "times": said.times}, file)


def _wrong_when(path: str, when: Any, everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """What an opinion is about: axes and their levels. Only segments may be words that no table knows: people name their own."""
    if when is None:
        yield finding("E_MISSING_ENTRY", file=file, column=path, expected="when")
    elif not isinstance(when, Mapping) or not when:
        yield finding("E_OPTION", file=file, column=path, found=repr(when), expected='when = { stage = "decision" }')
    else:
        for axis, level in when.items():
            yield from _wrong_level(f"{path}.{axis}", axis, level, everything, file)


def _wrong_level(path: str, axis: str, level: Any, everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    if axis not in AXES and (axis == "metric" or nearest(axis, AXES)):  # a slip; else an axis of one's own
        yield finding("E_OPINION_AXIS", file=file, column=path, found=axis, expected=", ".join(AXES), hint=nearest(axis, AXES))
    elif axis not in AXES and isinstance(level, str):
        return
    elif not isinstance(level, str) or not level.strip():
        some = next(iter(everything.get(AXIS_TABLE.get(axis, ""), {})), "...")
        yield finding("E_OPTION", file=file, column=path, found=repr(level), expected=f'{axis} = "{some}"')
    elif axis != "segment":
        yield from _unknown(path, level, AXIS_TABLE[axis], everything, file)


def _wrong_strength(path: str, row: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """How many times, and how surely: beyond a thousandfold it is a slip."""
    times = row.get("times")
    if not number(times) or not 1e-3 <= times <= 1e3:
        yield finding("E_TIMES", file=file, column=f"{path}.times", found=repr(times))
    sure = row.get("sure", "fairly")
    if not (sure in SURENESS if isinstance(sure, str) else positive(sure)):
        yield finding(
            "E_SURE", file=file, column=f"{path}.sure", found=repr(sure), expected=", ".join(SURENESS), hint=nearest(sure, SURENESS)
        )
