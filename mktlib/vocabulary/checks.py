"""What is wrong in one's own tables: every entry that cannot be used, said at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mktlib.errors import Finding
from mktlib.vocabulary.beliefs import SHAPES, positive, wrong_priors
from mktlib.vocabulary.layers import above
from mktlib.vocabulary.rows import KINDS
from mktlib.vocabulary.rulings import wrong_check, wrong_mark, wrong_rule
from mktlib.vocabulary.words import finding, nearest, no_row

CHOICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "kpis": {
        "unit": ("currency", "fraction", "ratio"),
        "random": ("numerator", "denominator", "both", "none"),
        "better": ("high", "low", "none"),
    },
    "metrics": {"family": ("binomial", "poisson", "money"), "better": ("high", "low")},
    "research": {"means": ("survey", "interview", "queries", "logs", "test"), "answers": ("share", "theme", "difference", "rate", "none")},
}
"""Entries that take one of a few words; another word would change what is computed, not only what is said."""

REFERENCES = {
    "content_types": {"family": "families", "stages": "stages", "channels": "channels"},
    "networks": {"channel": "channels", "formats": "content_types"},
    "lengths": {"families": "families"},
    "stages": {"main_metric": "metrics"},
    "metrics": {"chain": "metrics"},
    "quiet": {"channels": "channels", "holidays": "holidays"},
    "specs": {"channels": "channels", "content_types": "content_types", "networks": "networks"},
    "styles": {"opposite": "styles"},
    "flows": {"stage": "stages", "measure": "metrics"},
    "rules": {"styles": "styles", "not_styles": "styles", "channels": "channels", "not_channels": "channels"},
}
LISTS = (
    "stages",
    "channels",
    "formats",
    "families",
    "chain",
    "holidays",
    "content_types",
    "networks",
    "styles",
    "not_styles",
    "not_channels",
)
"""References to several rows; the others name one."""

NEEDED = {
    "content_types": ("label", "family", "stages", "channels"),
    "channels": ("label", "paid", "personal", "cost_unit", "exposure"),
    "metrics": ("label", "count", "exposure", "family", "better"),
    "lengths": ("label", "families"),
    "networks": ("label", "channel"),
    "quiet": ("label", "channels", "weekdays", "holidays", "since", "until"),
    "holidays": ("label", "fixed", "after_easter"),
    "specs": ("label", "channels", "unit"),
    "rules": ("label", "about", "level", "says", "hint"),
    "marks": ("label", "per", "half", "weights"),
    "customer_groups": ("label", "recency", "value"),
    "checks": ("label", "about", "level", "says", "hint", "source", "conf"),
    "flows": ("label", "trigger", "stage", "days", "cap", "measure"),
    "stores": ("label", "fields"),
    "kpis": ("label", "numerator", "denominator", "unit", "random", "better", "per", "of", "says", "source", "conf"),
    "research": ("label", "unknown", "means", "whom", "answers", "says"),
}
# Sections of a column map, read by intake.
ELSEWHERE = ("name", "source", "extends", "columns", "constants", "score", "brief", "labels", "priors")


def _word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _words(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_word, value.values()))


METRIC: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "count": (_word, 'count = "clicks"'),
    "exposure": (_word, 'exposure = "impressions"'),
    "exposure_by_channel": (_words, 'exposure_by_channel = { email = "delivered" }'),
    "per": (positive, "per > 0"),
    "of_sales": (lambda value: isinstance(value, bool), "true / false"),
    "note": (lambda value: isinstance(value, str), 'note = "..."'),
}
"""Entries of a metric: what each may be, and an example."""


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _each(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list | tuple) and all(map(fits, value))


def _month_day(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", value))


def _scores(value: Any) -> bool:
    """Two scores of 1 to 5, the lower one first."""
    return _each(_whole(1, 5))(value) and len(value) == 2 and value[0] <= value[1]


def _said(value: Any) -> bool:
    """Words in both languages."""
    return _words(value) and {"en", "fr"} <= set(value)


ROOMS = ("chars", "bytes", "words", "images", "videos")
"""What the room of a field of a store is counted in."""


def _fields(value: Any) -> bool:
    """Fields of a store: each a label, a unit, limits that are whole numbers, and how far they may be trusted."""
    return isinstance(value, Mapping) and all(map(_field, value.values()))


def _field(row: Any) -> bool:
    if not isinstance(row, Mapping) or row.get("unit") not in ROOMS or row.get("conf") not in tuple("VRSKJ"):
        return False
    return _said(row.get("label")) and all(_whole(0, 10**6)(row.get(k, 0)) for k in ("least", "most"))


def _flow_days(value: Any) -> bool:
    """Days after a trigger on which messages leave: one at least, in their order."""
    return _each(_whole(0, 365))(value) and len(value) > 0 and list(value) == sorted(value)


def _counted(value: Any) -> bool:
    """One and several, in both languages."""
    return isinstance(value, Mapping) and {"en", "fr"} <= set(value) and all(_each(_word)(v) and len(v) == 2 for v in value.values())


def _of_value(value: Any) -> bool:
    return _said(value) and all(text.count("{value}") == 1 and len(re.findall(r"[{}]", text)) == 2 for text in value.values())


def _yes(value: Any) -> bool:
    return isinstance(value, bool)


KPI: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "numerator": (_word, 'numerator = "spend"'),
    "denominator": (_word, 'denominator = "demos"'),
    "events": (_word, 'events = "conversions"'),
    "factor": (positive, "factor > 0"),
    "less": (lambda value: isinstance(value, int | float) and not isinstance(value, bool), "less = 1"),
    "per": (_said, 'per = { en = "per demo", fr = "par démo" }'),
    "of": (_counted, 'of = { en = ["demo", "demos"], fr = ["démo", "démos"] }'),
    "says": (_of_value, 'says = { en = "a demo cost {value}", fr = "une démo a coûté {value}" }'),
    "trap": (_said, 'trap = { en = "...", fr = "..." }'),
    "money": (_each(_word), 'money = ["spend"]'),
    "conf": (lambda value: value in tuple("VRSKJ"), 'conf = "J"'),
    "source": (_word, 'source = "..."'),
} | dict.fromkeys(("bounded", "people", "minus"), (_yes, "true / false"))
"""Entries of a figure of money or of steps (`tables/kpis.toml`): what each may be, and an example."""

SHAPED: Mapping[str, Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "kpis": KPI,
    "stores": {"fields": (_fields, '[stores.mine.fields.title] label = {...}, unit = "chars", most = 30, source = "...", conf = "J"')},
    "metrics": METRIC,
    "channels": {"hour": (_whole(0, 23), "hour = 9")},
    "quiet": {
        "since": (_whole(0, 24), "since = 20"),
        "until": (_whole(0, 24), "until = 8"),
        "weekdays": (_each(_whole(1, 7)), "weekdays = [7]"),
    },
    "flows": {
        "days": (_flow_days, "days = [0, 2, 6]"),
        "cap": (_whole(1, 100), "cap = 3"),
        "share": (lambda value: isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value <= 1, "share = 0.04"),
        "trigger": (_said, 'trigger = { en = "...", fr = "..." }'),
    },
    "customer_groups": {"recency": (_scores, "recency = [4, 5]"), "value": (_scores, "value = [1, 3]")},
    "research": {
        "says": (_said, 'says = { en = "...", fr = "..." }'),
        "margin": (lambda value: isinstance(value, float) and 0 < value < 0.5, "margin = 0.05"),
    },
    "networks": {"good_for": (_said, 'good_for = { en = "...", fr = "..." }')},
    "holidays": {"fixed": (_each(_month_day), 'fixed = ["05-01"]'), "after_easter": (_each(_whole(-120, 240)), "after_easter = [1]")},
}
"""Entries of which only some values make sense, by table."""


def sound(layer: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of a file that are rows, with a label that can be looked up, so that the rest can be judged by them."""
    out: dict[str, Any] = {kind: _labelled(layer[kind]) for kind in KINDS if isinstance(layer.get(kind), Mapping)}
    priors = layer.get("priors")
    if isinstance(priors, Mapping):
        out["priors"] = {name: said for name, said in priors.items() if name in SHAPES and isinstance(said, SHAPES[name][0])}
    return out


def _labelled(rows: Mapping[str, Any]) -> dict[str, Any]:
    real = {key: row for key, row in rows.items() if isinstance(row, Mapping)}
    return {key: row if isinstance(row.get("label"), Mapping) else {**row, "label": {}} for key, row in real.items()}


def wrong_entries(layer: Mapping[str, Any], below: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Every entry of one's own file that cannot be used."""
    everything = above(below, sound(layer))
    for table, rows in layer.items():
        if table in KINDS and isinstance(rows, Mapping):
            for key, row in rows.items():
                yield from _wrong_row(f"{table}.{key}", table, row, below.get(table, {}).get(key, {}), everything, file)
        elif table in (*KINDS, "priors") and not isinstance(rows, Mapping):
            yield finding("E_TABLE_ROW", file=file, column=table, found=repr(rows), expected=f"[{table}. ...]")
        elif table not in ELSEWHERE and isinstance(rows, Mapping) and table not in ("separator", "decimal"):
            yield finding("E_TABLE_NAME", file=file, column=table, found=table, expected=", ".join(KINDS), hint=nearest(table, KINDS))
    yield from _wrong_labels(layer.get("labels", {}), file)
    if isinstance(layer.get("priors"), Mapping):
        yield from wrong_priors(layer["priors"], below, everything, file)


def _wrong_labels(labels: Any, file: str) -> Iterator[Finding]:
    """Names of one's own levels: a table of words for each language and axis."""
    for language, kinds in labels.items() if isinstance(labels, Mapping) else [("", labels)]:
        if not isinstance(kinds, Mapping) or not all(isinstance(words, Mapping) for words in kinds.values()):
            yield finding("E_TABLE_ROW", file=file, column=f"labels.{language}", found=repr(kinds), expected="[labels.en.segment]")


def _wrong_row(path: str, table: str, own: Any, below: Mapping[str, Any], everything: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """One row, with what the row below it already says."""
    if not isinstance(own, Mapping):
        yield finding("E_TABLE_ROW", file=file, column=path, found=repr(own), expected=f"[{path}]")
        return
    row = above(below, own) if table == "stores" else {**below, **own}
    for name in NEEDED.get(table, ("label",)):
        if name not in row:
            yield finding("E_MISSING_ENTRY", file=file, column=f"{path}.{name}", expected=name)
    label = row.get("label", {})
    if "label" in row and not (_words(label) and label.get("en") and label.get("fr")):
        yield finding("E_LABEL", file=file, column=f"{path}.label", found=repr(label))
    for name, wanted in CHOICES.get(table, {}).items():
        if name in row and row[name] not in wanted:
            hint = nearest(row[name], wanted)
            yield finding("E_OPTION", file=file, column=f"{path}.{name}", found=repr(row[name]), expected=" / ".join(wanted), hint=hint)
    for name, (fits, example) in SHAPED.get(table, {}).items():
        if name in row and not fits(row[name]):
            yield finding("E_OPTION", file=file, column=f"{path}.{name}", found=repr(row[name]), expected=example)
    if table == "metrics":
        yield from _wrong_metric(path, row, everything["metrics"], file)
    if table == "rules":
        yield from wrong_rule(path, above(below, own), file)
    if table == "checks":
        yield from wrong_check(path, row, file)
    if table == "marks":
        yield from wrong_mark(path, row, everything["styles"], file)
    for name, target in REFERENCES.get(table, {}).items():
        if name in row:
            yield from _wrong_reference(f"{path}.{name}", name, row[name], target, everything[target], file)


def _wrong_reference(path: str, name: str, value: Any, target: str, rows: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Names of rows of another table: one of them, or a list."""
    several = isinstance(value, list | tuple)
    if several != (name in LISTS):
        some = next(iter(rows))
        example = f'{name} = ["{some}"]' if name in LISTS else f'{name} = "{some}"'
        yield finding("E_OPTION", file=file, column=path, found=repr(value), expected=example)
        return
    for word in value if several else [value]:
        if not isinstance(word, str) or word not in rows:
            yield no_row(path, word, target, rows, file)


def _wrong_metric(path: str, row: Mapping[str, Any], metrics: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Whether the links of a metric follow each other."""
    chain = row.get("chain", [])
    if isinstance(chain, list | tuple) and all(isinstance(link, str) for link in chain):
        yield from _wrong_chain(path, row, metrics, file)


def _wrong_chain(path: str, row: Mapping[str, Any], metrics: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Links are counted over what the one before let through, from the metric's own exposure to its own count."""
    links = [metrics.get(m, {}) for m in row.get("chain", ())]
    passed = [row.get("exposure"), *(link.get("count") for link in links)]
    over = [*(link.get("exposure") for link in links), row.get("count")]
    if all(links) and links and passed != over:
        found = " × ".join(f"{a} / {b}" for a, b in zip(passed[1:], over, strict=False))
        yield finding("E_CHAIN", file=file, column=f"{path}.chain", found=found, expected=f"{passed[0]} -> ... -> {over[-1]}")
