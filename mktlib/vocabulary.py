"""The words of the field, and the only reader of `tables/`.

Content types, stages, channels, metrics, priors and languages are rows of TOML files, not code. A company lays its own rows above
the packaged ones with `load_tables("ours.toml")`; what is wrong in its file is said at once, entry by entry.
"""

from __future__ import annotations

import difflib
import math
import os
import re
import string
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeGuard

from mktlib.errors import DataError, Finding, Level

TABLES = Path(__file__).parent / "tables"
KINDS = ("stages", "families", "content_types", "styles", "lengths", "channels", "networks", "segments", "metrics")
AXIS_TABLE = {
    "stage": "stages",
    "content_type": "content_types",
    "style": "styles",
    "length": "lengths",
    "channel": "channels",
    "network": "networks",
    "segment": "segments",
    "metric": "metrics",
    "family": "families",
}
SURENESS = {"slightly": 0.7, "fairly": 0.35, "very": 0.15}
"""How sure a sentence is, as the sd of its effect on the log-odds: "slightly" allows twice or half, "very" about 15 %."""

CHOICES = {"metrics": {"family": ("binomial", "poisson", "money"), "better": ("high", "low")}}
"""Entries that take one of a few words; another word would change what is computed, not only what is said."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Tables:
    """Every row of the packaged tables, with the caller's own above them. Each attribute maps a key to its row."""

    stages: Mapping[str, Row]
    families: Mapping[str, Row]
    content_types: Mapping[str, Row]
    styles: Mapping[str, Row]
    lengths: Mapping[str, Row]
    channels: Mapping[str, Row]
    networks: Mapping[str, Row]
    segments: Mapping[str, Row]
    metrics: Mapping[str, Row]
    priors: Mapping[str, Any]
    languages: Mapping[str, Row] = field(repr=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tables:
        return self  # nothing in here can change, so that a copied estimator may share it

    def label(self, kind: str, key: object, language: str | None = None) -> str:
        """The name a reader sees; a word that no table knows is shown as it is, with spaces for underscores.

        >>> load_tables().label("content_type", "short_video", "fr")
        'Vidéo courte verticale'
        >>> load_tables().label("content_type", "hologram_show", "en")
        'Hologram show'
        """
        language = language or default_language()
        if kind in ("scope", "arm"):  # what a limit applies to, or an option: any words of the tables, joined
            return " / ".join(self._anywhere(part, language) for part in str(key).split(" / "))
        row = getattr(self, AXIS_TABLE.get(kind, ""), {}).get(key) if isinstance(key, str) else None
        if row:
            return str(row["label"].get(language) or row["label"]["en"])
        if key == "any":
            return phrase("words.any", language)
        own = self.languages.get(language, {}).get("labels", {}).get(kind, {}).get(str(key))
        text = str(own if own is not None else key)
        return text if own is not None or not text.islower() else (text[:1].upper() + text[1:]).replace("_", " ")

    def _anywhere(self, key: str, language: str) -> str:
        own = self.languages.get(language, {}).get("labels", {}).get("scope", {})
        kind = next((k for k in ("segment", "channel", "stage", "content_type", "style") if key in getattr(self, AXIS_TABLE[k])), None)
        return self.label(kind, key, language) if kind and key not in own else str(own.get(key, key))

    def stage_fit(self, content_type: str, stage: str) -> float:
        """Opinion: how well a content type suits a stage, as an effect on the log-odds; 0.0 where nobody has an opinion.

        >>> load_tables().stage_fit("reminder_banner", "decision")
        0.8
        """
        return float(self.priors["stage_fit"]["effects"].get(content_type, {}).get(stage, 0.0))

    def allows(self, cell: Mapping[str, Any]) -> bool:
        """Whether a combination can exist: the type runs on the channel, the length is one its family has. Unknown words are allowed.

        >>> load_tables().allows({"content_type": "sms", "channel": "display"})
        False
        """
        row = self.content_types.get(str(cell.get("content_type")))
        if row is None:
            return True
        channel, length = cell.get("channel"), self.lengths.get(str(cell.get("length")))
        runs = channel is None or channel not in self.channels or channel in row["channels"]
        measured = any(row["family"] in other["families"] for other in self.lengths.values())
        return runs and (length is None or not measured or row["family"] in length["families"])

    def exposure(self, metric: str, channel: str | None = None) -> str:
        """The column that is this metric's denominator on a channel.

        >>> load_tables().exposure("click_rate", "email")
        'delivered'
        """
        row = self.metrics[metric]
        return str(row.get("exposure_by_channel", {}).get(channel, row["exposure"]))

    def base_rate(self, metric: str, channel: str | None = None) -> tuple[float, float]:
        """(mean, sd of the log-odds between companies) before any data, for a channel or for the metric as such."""
        rows = [r for r in self.priors["rates"].values() if r["metric"] == metric]
        for wanted in (channel, None):
            for row in rows:
                if row.get("channel") == wanted:
                    return float(row["mean"]), float(row["logit_sd"])
        return 0.02, 1.2

    def _parts(self, row: Row) -> Iterator[Mapping[str, Any]]:
        """A statement as rows of when, times and sure; a sentence that sets two things side by side is half for the one, half against."""
        if "says" not in row:
            yield row
            return
        said = read_opinion(str(row["says"]), self)
        share = 1 / len(said.subjects)
        sure = row.get("sure", said.sure)
        sd = (float(sure) if isinstance(sure, int | float) else SURENESS[sure]) * share**0.5
        for subject, side in zip(said.subjects, (1, -1), strict=False):
            yield {**row, "when": {**subject, **said.where}, "times": said.times ** (side * share), "sure": sd}

    def opinions(self, metric: str) -> list[dict[str, Any]]:
        """Every opinion on a metric: when = {axis: level}, effect and sd on the log-odds, source, conf."""
        fit = self.priors["stage_fit"]
        found = []
        if metric in ("click_rate", "engagement_rate", "lead_rate", "conversion_rate", "value_per_mille"):
            about = {"sd": float(fit["sd"]), "source": fit["source"], "conf": fit["conf"]}
            for kind, effects in fit["effects"].items():
                found += [{"when": {"content_type": kind, "stage": s}, "effect": float(x), **about} for s, x in effects.items() if x]
        for row in (part for statement in self.priors.get("statement", []) for part in self._parts(statement)):
            if row.get("metric", metric) == metric:
                sure = row.get("sure", "fairly")
                sd = float(sure) if isinstance(sure, int | float) else SURENESS[sure]
                about = {"sd": sd, "source": row.get("source", row.get("says", "own")), "conf": row.get("conf", "J")}
                found.append({"when": dict(row["when"]), "effect": math.log(float(row["times"])), **about})
        return found


@dataclass(frozen=True)
class Opinion:
    """A sentence read: one subject (against the average) or two (the first against the second), where, how many times, how sure."""

    subjects: tuple[Mapping[str, str], ...]
    where: Mapping[str, str]
    times: float
    sure: str


def read_opinion(sentence: str, tables: Tables) -> Opinion:
    """Read a plain sentence, in any language that has patterns for one.

    Raises:
        DataError: the sentence has no such shape, or names what no table knows.

    >>> read_opinion("short_video beats blog_post about 1.5 times at awareness, fairly sure", load_tables()).where
    {'stage': 'awareness'}
    >>> read_opinion("short_video bat blog_post environ 1,5 fois en awareness, très sûr", load_tables()).sure
    'very'
    """
    text = " ".join(sentence.split()).rstrip(".")
    for words in (x["opinion"] for x in tables.languages.values() if "opinion" in x):
        sure = next((key for key, said in words["sure"].items() if text.casefold().endswith(said.casefold())), None)
        core = text[: -len(words["sure"][sure])].rstrip(" ,") if sure else text
        for shape in words["shapes"]:
            found = re.fullmatch(shape, core, re.IGNORECASE)
            if found:
                places = re.split(words["places"], found["where"] or "", flags=re.IGNORECASE)
                where = [_named(x, tables) for x in places if x.strip()]
                subjects = tuple(_named(found[k], tables) for k in ("one", "other") if found.groupdict().get(k))
                if len(subjects) == 2 and (subjects[0] == subjects[1] or set(subjects[0]) != set(subjects[1])):
                    raise DataError(finding("E_OPINION_PAIR", column="priors.statement", found=sentence))
                times = float(found["times"].replace(",", "."))
                return Opinion(subjects, {k: v for x in where for k, v in x.items()}, times, sure or "fairly")
    raise DataError(finding("E_OPINION_SHAPE", column="priors.statement", found=sentence))


def _named(words: str, tables: Tables) -> dict[str, str]:
    """{axis: key} of what a sentence names, by key or by name in any language."""
    wanted = words.strip(" ,").casefold()
    known: dict[str, tuple[str, str]] = {}
    for axis in ("content_type", "style", "length", "stage", "segment", "channel"):
        for key, row in getattr(tables, AXIS_TABLE[axis]).items():
            for name in (key, key.replace("_", " "), *row["label"].values()):
                known.setdefault(str(name).casefold(), (axis, key))
    if wanted not in known:
        hint = nearest(wanted, list(known))
        raise DataError(finding("E_OPINION_WORD", column="priors.statement", found=words.strip(), hint=hint))
    return dict([known[wanted]])


def load_tables(*own: str | Path) -> Tables:
    """The packaged tables, with the rows of the caller's TOML files laid above them, the last file on top.

    A file of one's own has the shape of the packaged ones: `[content_types.hologram]`, `[[priors.statement]]`, `[labels.fr.segment]`.

    Raises:
        DataError: one finding for each wrong entry (unknown table, missing label, unknown reference).

    >>> len(load_tables().content_types)
    51
    """
    return _load(tuple((Path(path).name, _text(Path(path))) for path in own))


@lru_cache(maxsize=16)
def _load(own: tuple[tuple[str, str], ...]) -> Tables:
    """By what the files say, never by their paths: a file that was edited is read again."""
    raw = _packaged()
    problems: list[Finding] = []
    for name, text in own:
        layer = _toml(text, name)
        problems += _wrong_entries(layer, raw, name)
        raw = _above(raw, {k: v for k, v in layer.items() if k in (*KINDS, "priors")})
        if problems:
            continue
        for language, labels in layer.get("labels", {}).items():
            raw["languages"] = _above(raw["languages"], {language: {"labels": labels}})
    if problems:
        raise DataError(problems)
    return Tables(**{name: _freeze(raw[name]) for name in (*KINDS, "priors", "languages")})


@lru_cache(maxsize=1)
def _packaged() -> dict[str, Any]:
    raw: dict[str, Any] = {}
    for path in sorted(TABLES.glob("*.toml")):
        raw = _above(raw, _read_toml(path))
    raw["languages"] = _languages()
    return raw


@lru_cache(maxsize=1)
def _languages() -> dict[str, Any]:
    return {path.stem: _read_toml(path) for path in sorted((TABLES / "languages").glob("*.toml"))}


@lru_cache(maxsize=1)
def platforms() -> Mapping[str, Row]:
    """Every platform whose exports are known, by name: one file each in `tables/platforms`."""
    return MappingProxyType({path.stem: _freeze(_read_toml(path)) for path in sorted((TABLES / "platforms").glob("*.toml"))})


@lru_cache(maxsize=1)
def public_data() -> Mapping[str, Row]:
    """Every public data set that can be fetched, by name: where it is, its checksum, its source and licence."""
    return MappingProxyType({name: _freeze(row) for name, row in _packaged()["datasets"].items()})


def calendars() -> list[tuple[str, ...]]:
    """The names of the twelve months in each language."""
    return [row["calendar"]["months"] for row in load_tables().languages.values() if "calendar" in row]


def _read_toml(path: Path) -> dict[str, Any]:
    return _toml(_text(path), path.name)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(finding("E_NO_FILE", file=path.name, found=error.strerror or str(error))) from error
    except UnicodeDecodeError as error:
        raise DataError(finding("E_TOML", file=path.name, found=str(error))) from error


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(finding("E_TOML", file=name, found=str(error))) from error


def _above(base: Mapping[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
    """`layer` laid on `base`: tables are merged, lists appended, anything else replaced."""
    merged = dict(base)
    for key, value in layer.items():
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            merged[key] = _above(below, value)
        elif isinstance(value, list) and key == "statement":
            merged[key] = [*(below or []), *value]
        else:
            merged[key] = value
    return merged


def _freeze(value: Any) -> Any:
    if isinstance(value, Mapping):
        return MappingProxyType({k: _freeze(v) for k, v in value.items()})
    return tuple(_freeze(v) for v in value) if isinstance(value, list) else value


REFERENCES = {
    "content_types": {"family": "families", "stages": "stages", "channels": "channels"},
    "networks": {"channel": "channels", "formats": "content_types"},
    "lengths": {"families": "families"},
    "stages": {"main_metric": "metrics"},
    "metrics": {"chain": "metrics"},
}
NEEDED = {
    "content_types": ("label", "family", "stages", "channels"),
    "channels": ("label", "paid", "personal", "cost_unit", "exposure"),
    "metrics": ("label", "count", "exposure", "family", "better"),
    "lengths": ("label", "families"),
    "networks": ("label", "channel"),
}
# Sections of a column map, read by intake.
ELSEWHERE = ("name", "source", "extends", "columns", "constants", "score", "brief", "labels", "priors")


def _wrong_entries(layer: Mapping[str, Any], below: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Every entry of one's own file that cannot be used."""
    everything = _above(below, layer)
    for table, rows in layer.items():
        if table in KINDS and isinstance(rows, Mapping):
            for key, row in rows.items():
                known = row if key not in below.get(table, {}) else below[table][key] | row
                yield from _wrong_row(f"{table}.{key}", table, known, everything, file)
        elif table in (*KINDS, "priors") and not isinstance(rows, Mapping):
            yield finding("E_TABLE_ROW", file=file, column=table, found=repr(rows), expected=f"[{table}. ...]")
        elif table not in ELSEWHERE and isinstance(rows, Mapping) and table not in ("separator", "decimal"):
            yield finding("E_TABLE_NAME", file=file, column=table, found=table, expected=", ".join(KINDS), hint=nearest(table, KINDS))
    labels = layer.get("labels", {})
    for language, kinds in labels.items() if isinstance(labels, Mapping) else [("", labels)]:
        if not isinstance(kinds, Mapping) or not all(isinstance(words, Mapping) for words in kinds.values()):
            yield finding("E_TABLE_ROW", file=file, column=f"labels.{language}", found=repr(kinds), expected="[labels.en.segment]")
    priors = layer.get("priors", {})
    rates = priors.get("rates", {}) if isinstance(priors, Mapping) else {}
    for name in rates if isinstance(rates, Mapping) else {"": rates}:
        yield from _wrong_rate(f"priors.rates.{name}", everything["priors"]["rates"], name, everything["metrics"], file)
    for i, row in enumerate(priors.get("statement", []) if isinstance(priors, Mapping) else (), start=1):
        if not isinstance(row, Mapping):
            yield finding("E_TABLE_ROW", file=file, column=f"priors.statement[{i}]", found=repr(row), expected="[[priors.statement]]")
            continue
        if "says" in row:
            yield from _wrong_sentence(row, everything, file)
        else:
            yield from _wrong_statement(f"priors.statement[{i}]", row, file)


def _wrong_row(path: str, table: str, row: Any, everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    if not isinstance(row, Mapping):
        yield finding("E_TABLE_ROW", file=file, column=path, found=repr(row), expected="a table of entries")
        return
    for name in NEEDED.get(table, ("label",)):
        if name not in row:
            yield finding("E_MISSING_ENTRY", file=file, column=f"{path}.{name}", expected=name)
    label = row.get("label", {})
    if "label" in row and not (isinstance(label, Mapping) and label.get("en") and label.get("fr")):
        yield finding("E_LABEL", file=file, column=f"{path}.label", found=repr(label))
    for name, wanted in CHOICES.get(table, {}).items():
        if name in row and row[name] not in wanted:
            yield finding("E_OPTION", file=file, column=f"{path}.{name}", found=repr(row[name]), expected=" / ".join(wanted))
    if table == "metrics":
        if isinstance(row.get("chain", []), list | tuple):
            yield from _wrong_chain(path, row, everything["metrics"], file)
        if not _number(row.get("per", 1)) or not 0 < row.get("per", 1) < math.inf:
            yield finding("E_OPTION", file=file, column=f"{path}.per", found=repr(row["per"]), expected="per > 0")
        if not isinstance(row.get("of_sales", False), bool):
            yield finding("E_OPTION", file=file, column=f"{path}.of_sales", found=repr(row["of_sales"]), expected="true / false")
    for name, target in REFERENCES.get(table, {}).items():
        values = row.get(name, [])
        for value in values if isinstance(values, list | tuple) else [values]:
            if value not in everything.get(target, {}):
                hint = nearest(str(value), list(everything.get(target, {})))
                yield finding("E_REFERENCE", file=file, column=f"{path}.{name}", found=str(value), expected=target, hint=hint)


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong_rate(path: str, rates: Any, name: str, metrics: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """A base rate: a share, or above 0 where the metric is money or may pass its exposure."""
    row = rates.get(name) if isinstance(rates, Mapping) else None
    if not isinstance(row, Mapping):
        yield finding("E_TABLE_ROW", file=file, column=path, found=repr(row), expected="[priors.rates. ...]")
        return
    if row.get("metric") not in metrics:
        yield finding("E_REFERENCE", file=file, column=f"{path}.metric", found=str(row.get("metric")), expected="metrics")
    most = 1.0 if metrics.get(str(row.get("metric")), {}).get("family") == "binomial" else math.inf
    for key, end in (("mean", most), ("logit_sd", math.inf)):
        if not _number(row.get(key)) or not 0 < row[key] < end:
            yield finding("E_OPTION", file=file, column=f"{path}.{key}", found=repr(row.get(key)), expected=f"0 < {key} < {end:g}")


def _wrong_chain(path: str, row: Mapping[str, Any], metrics: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Links are counted over what the one before let through, from the metric's own exposure to its own count."""
    links = [metrics.get(m, {}) for m in row.get("chain", ())]
    passed = [row.get("exposure"), *(link.get("count") for link in links)]
    over = [*(link.get("exposure") for link in links), row.get("count")]
    if all(links) and links and passed != over:
        found = " × ".join(f"{a} / {b}" for a, b in zip(passed[1:], over, strict=False))
        yield finding("E_CHAIN", file=file, column=f"{path}.chain", found=found, expected=f"{passed[0]} -> ... -> {over[-1]}")


def _wrong_sentence(row: Mapping[str, Any], everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    try:
        said = read_opinion(str(row["says"]), Tables(**{name: everything[name] for name in (*KINDS, "priors", "languages")}))
    except DataError as error:
        yield from (finding(f.code, file=file, column=f.column, found=f.found, hint=f.hint) for f in error.findings)
        return
    yield from _wrong_strength("priors.statement", {**row, "times": said.times}, file)


def _wrong_statement(path: str, row: Mapping[str, Any], file: str) -> Iterator[Finding]:
    if not isinstance(row.get("when"), Mapping) or not row.get("when"):
        yield finding("E_MISSING_ENTRY", file=file, column=f"{path}.when", expected="when")
    yield from _wrong_strength(path, row, file)


def _wrong_strength(path: str, row: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """How many times, and how surely: beyond a thousandfold it is a slip."""
    times = row.get("times")
    if not _number(times) or not 1e-3 <= times <= 1e3:
        yield finding("E_TIMES", file=file, column=f"{path}.times", found=repr(times))
    sure = row.get("sure", "fairly")
    if not (sure in SURENESS if isinstance(sure, str) else _number(sure) and 0 < sure < math.inf):
        yield finding(
            "E_SURE", file=file, column=f"{path}.sure", found=repr(sure), expected=", ".join(SURENESS), hint=nearest(str(sure), SURENESS)
        )


# ---------------------------------------------------------------- words


def default_language() -> str:
    """MKTLIB_LANGUAGE where it names a language of the tables, else English."""
    wanted = os.environ.get("MKTLIB_LANGUAGE", "en")
    return wanted if wanted in _languages() else "en"


def nearest(word: str, known: Sequence[str] | Mapping[str, Any]) -> str | None:
    """The known word that looks most like this one, if any does.

    >>> nearest("awarness", ["awareness", "interest"])
    'awareness'
    """
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def lookup(key: str, language: str | None = None) -> Any:
    """The raw entry of a language file at a dotted key; English where the language lacks it; None where English does too."""
    for code in (language or default_language(), "en"):
        node: Any = _languages().get(code, {})
        for part in key.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        if node is not None:
            return node
    return None


def phrase(key: str, language: str | None = None, /, **values: Any) -> str:
    """A sentence of the language file with its {fields} filled in; `count` chooses between `one` and `other`.

    >>> phrase("labels.verdict.make", "fr")
    'à produire'
    """
    language = language or default_language()
    entry = lookup(key, language)
    if isinstance(entry, Mapping):
        count = abs(float(values.get("count", 2)))
        entry = entry["one" if count == 1 or (language == "fr" and count < 2) else "other"]
    if entry is None:
        raise KeyError(f"no phrase {key!r} in tables/languages")
    return str(entry).format(**values)


def finding(
    code: str,
    language: str | None = None,
    /,
    *,
    level: Level = "error",
    file: str | None = None,
    line: int | None = None,
    column: str | None = None,
    found: object = None,
    expected: str | None = None,
    hint: str | None = None,
    **values: Any,
) -> Finding:
    """One finding, said in a language: where, what was found, what was expected, what to type.

    >>> str(finding("E_NEGATIVE_COUNT", "en", file="log.csv", line=3, column="clicks", found="-5"))
    'log.csv, line 3, clicks: "-5" is negative. Expected: a count of 0 or more. Correct the cell, or leave it empty if it is unknown.'
    """
    shown = None if found is None else printable(str(found))
    fields = {"file": file, "line": line, "column": column, "found": shown, "expected": expected, "hint": hint, **values}
    text, wanted, advice = _sentences(code, language or default_language(), fields)
    return Finding(
        code=code,
        text=text,
        level=level,
        file=file,
        line=line,
        column=column,
        found=shown,
        expected=expected or wanted,
        hint=hint or advice,
        values=MappingProxyType({**values, "_given": MappingProxyType({"expected": expected, "hint": hint})}),
    )


def retell(found: Finding, language: str) -> Finding:
    """The same finding in another language."""
    values = dict(found.values)
    given = values.pop("_given", {})
    return finding(
        found.code,
        language,
        level=found.level,
        file=found.file,
        line=found.line,
        column=found.column,
        found=found.found,
        expected=given.get("expected"),
        hint=given.get("hint"),
        **values,
    )


def printable(text: str, most: int = 80) -> str:
    """Text that is safe to show in a message: control and direction marks made visible, long text shortened."""
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return shown if len(shown) <= most else shown[: most - 1] + "…"


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _sentences(code: str, language: str, fields: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    """(whole text, expected, hint) from the language file; the fields alone where it has no row for the code."""
    row = lookup(f"findings.{code}", language) or {}
    fill = {k: v for k, v in fields.items() if v is not None}

    def said(name: str) -> str | None:
        return string.Formatter().vformat(row[name], (), _Blank(fill)) if name in row else None

    expected, hint = fields.get("expected") or said("expected"), fields.get("hint") or said("hint")
    comma, colon = (", ", " : ") if language == "fr" else (", ", ": ")
    line = f"{phrase_or('words.line', language, 'line')} {fields['line']}" if fields.get("line") is not None else None
    where = comma.join(str(part) for part in (fields.get("file"), line, fields.get("column")) if part)
    core = said("says") or " ".join(str(x) for x in (code, fields.get("found")) if x is not None)
    parts = [core]
    if expected and "{expected}" not in row.get("says", ""):
        parts.append(f"{phrase_or('words.expected', language, 'Expected')}{colon}{expected}")
    if hint and "{hint}" not in row.get("says", ""):
        own_words = None if fields.get("hint") else said("hint")
        parts.append(own_words or f"{phrase_or('words.type', language, 'Type')}{colon}{hint}")
    text = ". ".join(str(p).rstrip(".") for p in parts) + "."
    return (f"{where}{colon}{text}" if where else text), expected, hint


def phrase_or(key: str, language: str, otherwise: str) -> str:
    found = lookup(key, language)
    return str(found) if found is not None else otherwise
