"""Numbers, money, dates and lists as a reader of each language writes them; and the way files leave.

One formatter serves figures, tables and reports, so that 3.45 % is never rounded two ways. Everything stands on babel; the marks
that it leaves open (French narrow no-break spaces, how chances are said) are settled here.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mktlib.errors import DataError, Finding, StoreError
from mktlib.vocabulary import (
    AXIS_TABLE,
    Tables,
    app_launch,
    default_language,
    finding,
    load_tables,
    local_rules,
    phrase,
    retell,
)

KINDS_OF = {"group": "segment", "preferred_format": "content_type", "preferred_length": "length"}
KINDS_OF |= {"about": "scope", "value": "scope", "best_format": "content_type", "best_verdict": "verdict"}
KINDS_OF |= {"outcome": "column", "formats": "content_type", "by": "column", "axis": "column", "to": "channel"}
KINDS_OF |= {"verdict_before": "verdict", **dict.fromkeys(("method", "least_method", "most_method"), "credit_rule")}
KINDS_OF |= {"unusual": "out_of_line", "kpi_group": "of", "moved": "term"}
"""Columns whose words are those of another."""
MORE_KINDS = {
    "verdict": ("sends_verdict", "cover", "audience", "pays", "credit_verdict", "stop_verdict"),
    "rule": ("sends_rule", "launch"), "about": ("page_about",),
    "part": ("page_place", "page_part"),
    "block": ("page_block",), "field": ("listing_field", "page_field"), "check": ("page_need",),
    "step": ("app_step", "gap_step"), "of": ("app_step",),
    "quantity": ("app_step",), "metric": ("assumption",), "measure": ("local_measure", "metric", "landing"), "arm": ("geo_arm",),
    "status": ("kpi_status",), "per": ("column",), "unit": ("money_unit",), "level": ("scope", *AXIS_TABLE),
    "kpi_group": ("channel", *AXIS_TABLE), "moved": ("column",),
}  # fmt: skip
"""Columns whose words are of several kinds, by what a row is about."""
JOINED = {"kpi_group": " · ", "moved": " × ", "level": " × "}
"""What joins the codes of several columns in one cell."""
ENDS = {"low", "high"}
MONEY_UNITS = {"currency", "fraction", "ratio"}
"""Units that a row of a figure of money names."""
NARROW = "\u202f"  # narrow no-break space, as French sets before % and between thousands
RATES = frozenset(
    {
        "rate", "p_best", "opinion", "share", "predicted", "actual", "mean", "lift", "negative", "negative_usual", "share_now",
        "share_before", "gain", "gain_raw", "gain_beta_binomial", "gain_pairs", "coverage", "explained", "loss", "growth",
        "engagement_per_reach", "clicks_per_reach", "detects", "power", "false_alarm", "detectable", "raw", "fewer_loses", "more_loses",
        "on_list", "overlap", "moves", "zeros", "top1", "top10", "uncertain", "net_sentiment", "share_of_voice",
        "rate_held", "difference", "relative", "rate_before", "low_before", "high_before", "opinion_before", "skill", "learning", "fit",
    }
)  # fmt: skip
"""Columns that are fractions, besides those that end in _rate or _share, and the ends of any of them."""
MONEY = {"cost", "spend", "planned_spend", "actual_spend", "revenue", "revenue_per_person", "value", "price", "money", "amount", "spent"}
MONEY |= {"projected", "per_day", "recent", "spend_plan", "spend_other", "reported_value", "incremental_value", "bid", "daily"}
MONEY |= {"ad_revenue", "gross_sales", "item_price", "item_discount", "discount", "refund", "shipping", "subtotal", "taxes"}
COUNTED = {"expected", "ratio"}
"""Figures that are counts or multiples, and so are their ends, whatever rates stand beside them."""
OF_DESK = {"gain", "yours", "yours_gain"}
"""Columns that are money where ad sets stand beside them."""


def _locale(language: str | None) -> Locale:
    code = str(_mark("locale", language))
    try:
        return Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        raise DataError(finding("E_OPTION", "en", column="marks.locale", found=code, expected="en_GB / fr_FR / de_DE ...")) from error


def _mark(name: str, language: str | None) -> Any:
    """What the language's file says of how it writes."""
    return load_tables().languages[language or default_language()]["marks"][name]


def _spaces(text: str, language: str | None) -> str:
    return text.replace("\u00a0", NARROW) if _mark("narrow_spaces", language) else text


def number(x: float, language: str | None = None, *, digits: int | None = None) -> str:
    """
    >>> number(1234567.5, "en", digits=1), number(1234567.5, "fr", digits=1)
    ('1,234,567.5', '1\\u202f234\\u202f567,5')
    """
    if not math.isfinite(x):
        return "–"
    digits = digits if digits is not None else 0 if abs(x) >= 100 or float(x).is_integer() else 2
    exact = Decimal(repr(float(x))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return _spaces(format_decimal(exact if exact else abs(exact), format=pattern, locale=_locale(language)), language)


def percent(x: float, language: str | None = None, *, digits: int | None = None) -> str:
    """A fraction as a percentage with the figures that matter.

    >>> percent(0.0345, "en"), percent(0.0345, "fr"), percent(0.42, "en")
    ('3.5%', '3,5\\u202f%', '42%')
    """
    if not math.isfinite(x):
        return "–"
    digits = _digits(x) if digits is None else digits
    shown = number(float(Decimal(repr(float(x))) * 100), language, digits=digits)
    end = _locale(language).percent_formats[None].pattern.rpartition("0")[2]  # "%", or a space before it
    return f"{shown}{_spaces(end, language)}"


def _digits(x: float) -> int:
    """Decimals of a percentage that matter."""
    size = abs(x) * 100
    return 0 if size >= 10 or size == 0 else 1 if size >= 1 else 2 if size >= 0.1 else 3


def floored(x: float) -> float:
    """A fraction rounded down to the figures that `percent` shows: what is said of "at least" so much stays true.

    >>> floored(0.7278), floored(0.29), floored(0.0278)
    (0.72, 0.29, 0.027)
    """
    return float(Decimal(repr(float(x))).quantize(Decimal(1).scaleb(-2 - _digits(x)), rounding=ROUND_FLOOR))


def money(x: float, currency: str, language: str | None = None, *, digits: int | None = None) -> str:
    """
    >>> money(40000, "EUR", "en"), money(40000, "EUR", "fr"), money(2.5, "EUR", "fr")
    ('€40,000', '40\\u202f000\\u202f€', '2,50\\u202f€')
    """
    if not math.isfinite(x):
        return "–"
    digits = digits if digits is not None else 0 if abs(x) >= 100 or float(x).is_integer() else 2
    usual = _locale(language).currency_formats["standard"].pattern
    pattern = "¤#,##0" if usual.startswith("¤") else "#,##0\u00a0¤"
    pattern = pattern.replace("#,##0", "#,##0" + ("." + "0" * digits if digits else ""))
    value = Decimal(repr(float(x))).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return _spaces(format_currency(value, currency, format=pattern, locale=_locale(language), currency_digits=False), language)


@dataclass(frozen=True)
class Amount:
    """Money, or a count where no currency is told, in a finding: written as each language writes it, also when it is told again in another.

    >>> Amount(9773, "EUR").said("en"), Amount(9773, "EUR").said("fr")
    ('€9,773', '9\\u202f773\\u202f€')
    """

    value: float
    currency: str | None = None

    def said(self, language: str | None = None) -> str:
        return number(self.value, language) if self.currency is None else money(self.value, self.currency, language)


@dataclass(frozen=True)
class Share:
    """A fraction in a finding, as a percentage of each language; see `Amount`.

    >>> Share(0.0321, 1).said("en"), Share(0.0321, 1).said("fr")
    ('3.2%', '3,2\\u202f%')
    """

    value: float
    digits: int | None = None

    def said(self, language: str | None = None) -> str:
        return percent(self.value, language, digits=self.digits)


def day(date: Any, language: str | None = None, *, short: bool = False) -> str:
    """
    >>> day("2026-10-05", "en"), day("2026-10-01", "fr"), day("2026-10-05", "fr", short=True)
    ('5 October 2026', '1er octobre 2026', '5 oct.')
    """
    value = date if isinstance(date, dt.date) else pd.Timestamp(date).date()
    locale = _locale(language)
    text = format_skeleton("MMMd", value, locale=locale) if short else format_date(value, format="long", locale=locale)
    return text.replace("1 ", f"{_mark('first_of_month', language)} ", 1) if value.day == 1 and text.startswith("1 ") else text


def moment(when: Any, language: str | None = None) -> str:
    """A day and an hour.

    >>> moment("2026-10-05 09:00", "en"), moment("2026-10-05 09:00", "fr")
    ('5 October 2026, 09:00', '5 octobre 2026, 09:00')
    """
    value = pd.Timestamp(when)
    return f"{day(value.date(), language)}, {format_time(value.time(), format='HH:mm', locale=_locale(language))}"


def chances(p: float, language: str | None = None) -> str:
    """A probability as people say it.

    >>> chances(0.91, "en"), chances(0.91, "fr"), chances(0.01, "en")
    ('9 chances in 10', '9 chances sur 10', 'less than 1 chance in 20')
    >>> chances(0.95, "en"), chances(0.96, "fr")
    ('19 chances in 20', 'plus de 19 chances sur 20')
    """
    if p < 0.05:
        return phrase("words.chance_rare", language)
    if math.isclose(p, 0.95):
        return phrase("words.chance_level", language)
    if p > 0.95:
        return phrase("words.chance_sure", language)
    return phrase("words.chances", language, count=max(1, min(9, round(p * 10))))


def between(low: float, high: float, language: str | None = None, *, kind: str = "number", currency: str = "EUR") -> str:
    """
    >>> between(8, 15, "en"), between(0.02, 0.031, "fr", kind="percent")
    ('8 to 15', '2,0\\u202f% à 3,1\\u202f%')
    """
    say_one = {"number": number, "percent": percent}.get(kind)
    ends = [say_one(x, language) if say_one else money(x, currency, language) for x in (low, high)]
    return phrase("words.range", language, low=ends[0], high=ends[1])


def is_tongue(code: str) -> bool:
    """Whether a code of two letters is one of a language; longer ones are taken at their word.

    >>> is_tongue("co"), is_tongue("xx"), is_tongue("gsw")
    (True, False, True)
    """
    return len(code) != 2 or code.lower() in Locale.parse("en").languages


def tongue(code: str, language: str | None = None) -> str:
    """The name of a language.

    >>> tongue("fr", "en"), tongue("en", "fr"), tongue("xx", "en")
    ('French', 'anglais', 'xx')
    """
    try:
        return str(Locale.parse(code).get_display_name(_locale(language)) or code)
    except (UnknownLocaleError, ValueError):
        return code


def list_of(items: Iterable[str], language: str | None = None) -> str:
    """
    >>> list_of(["a", "b", "c"], "fr")
    'a, b et c'
    """
    return str(format_list(list(items), locale=_locale(language)))


def say(key: str, language: str | None = None, /, **values: Any) -> str:
    """A phrase of the language file, its plural chosen by `count` under the language's own rule."""
    return phrase(key, language, **values)


def table(content: Any, *, language: str | None = None, tables: Tables | None = None, currency: str | None = None) -> pd.DataFrame:
    """A table as a reader sees it: heads, levels and numbers in the reader's words. Takes a frame, a result, or findings (of a check:
    how grave, where, what is said, and its source).

    Money is in `currency`; by default in the one that the result (or the frame's attrs) names, else in euros.

    >>> table(pd.DataFrame({"style": ["playful"], "rate": [0.031]}), language="fr").to_dict("list")
    {'Style': ['Ludique / humoristique'], 'Taux': ['3,1\\u202f%']}
    """
    language, tables = language or default_language(), tables or load_tables()
    if isinstance(content, list | tuple):
        content = _findings_frame([f for f in content if isinstance(f, Finding)], language)
    frame = content if isinstance(content, pd.DataFrame) else content.table
    named = {} if isinstance(content, pd.DataFrame) else content.facts
    currency = currency or str(named.get("currency") or frame.attrs.get("currency") or "EUR")
    heads: dict[str, Any] = {}
    rates = {str(name) for name in frame.columns if _is_rate(str(name))}
    loose = ENDS | {"difference"}  # of a rate only where a rate stands beside them: hours have ends too, sums have differences
    rates -= loose if "median" in frame or not rates - loose else set()
    rates -= ENDS if _of_effect(frame) else set()
    rates -= {end for end in ENDS & rates if _middle(end, frame) in COUNTED}
    paid = _of_money(frame)
    rates -= paid
    for name in frame.columns:
        head = _head(_meant(str(name), frame), language, tables)
        while head in heads:  # two columns may share a word; a reader still sees both
            head += " "
        units, coded = _units(str(name), frame, tables), _coded(str(name), frame, tables)
        spent = currency if str(name) in paid else None
        heads[head] = [
            _shown(coded, x, language, tables, spent, rates) if unit is None else _of_unit(float(x), unit, currency, language)
            for x, unit in zip(frame[name], units, strict=True)
        ]
    return pd.DataFrame(heads)


OF_UNIT = ("value", "low", "high", "break_even")
"""Columns of figures that each have a unit of their own."""
OF_OUTCOME = ("mean", "low", "high", "difference", "naive")
"""Columns of figures whose unit is that of the outcome of the row."""
OUTCOMES = dict.fromkeys(("clicks", "conversions", "complaints"), "count") | dict.fromkeys(("revenue", "value", "life"), "currency")
OUTCOMES |= {"leave": "fraction"}
"""The unit of each outcome of a rhythm: so many a customer and month, money, or the chance of it."""
BESIDE = {"net": ({"gained", "lost", "followers", "unusual"}, "net_gain"), "unusual": ({"week"}, "out_of_line")}
BESIDE |= {"change": ({"per_week"}, "change_of_level"), "per_week": ({"reach", "total"}, "posts_a_week")}
BESIDE |= {"step": ({"entry"}, "step_size"), "break_even": ({"kpi"}, "kpi_even"), "ratio": ({"came"}, "review_ratio")}
BESIDE |= {"of": ({"kpi"}, "kpi_of"), "age": ({"share"}, "post_age"), "false_alarm": ({"detectable", "windows"}, "geo_false_alarm")}
"""Columns that mean another thing where one of these stands beside them."""
CODED = {"verdict": [({"kpi", "break_even"}, "pays")], "term": [({"effect"}, "moved")]}
CODED |= {"group": [({"kpi"}, "kpi_group"), ({"buyers"}, "lot")]}
"""Columns whose codes are those of another kind where one of these stands beside them."""
LOGITS = {"term", "effect", "times", "low", "high"}
"""Columns of what moved a cell: its ends are those of the effect, on the logarithm of the odds."""
WEEK = range(1, 8)


def _meant(column: str, frame: pd.DataFrame) -> str:
    """The column whose word heads this one."""
    base = column.removesuffix("_low").removesuffix("_high")
    if base in ENDS and _of_effect(frame):
        return f"effect_{base}"
    beside, other = BESIDE.get(base, (set(), base))
    return other + column.removeprefix(base) if beside & set(map(str, frame.columns)) else column


def _of_money(frame: pd.DataFrame) -> set[str]:
    """The columns that are money: by their name; and the ends of a range whose middle, the figure before them, is money."""
    here = [str(name) for name in frame.columns]
    paid = {name for name in here if name.removesuffix("_low").removesuffix("_high") in MONEY}
    paid |= OF_DESK & set(here) if "ad_set" in here else set()
    mixed = "unit" in here or {"code", "money"} <= set(here)  # a value that names its own unit, or that is now a factor, now a sum
    paid -= {"value"} if mixed else set()
    return paid | {end for end in ENDS & set(here) if _middle(end, frame) in paid}


def _middle(end: str, frame: pd.DataFrame) -> str | None:
    """The figure whose range ends here: the last number before it."""
    here = [str(name) for name in frame.columns]
    before = [name for name in here[: here.index(end)] if name not in ENDS and pd.api.types.is_numeric_dtype(frame[name])]
    return before[-1] if before else None


def _of_figures(frame: pd.DataFrame, tables: Tables) -> pd.Series | None:
    """The unit of each row where rows are figures of money (a row of `kpis.toml`, or a value with such a unit); None where they are not."""
    if "unit" not in frame:
        return frame["kpi"].map(lambda key: tables.kpis[key]["unit"] if key in tables.kpis else None) if "kpi" in frame else None
    return frame["unit"] if "kpi" in frame or ("value" in frame and frame["unit"].isin(MONEY_UNITS).all()) else None


def _of_effect(frame: pd.DataFrame) -> bool:
    """Whether low and high are the ends of the effect, not of its multiple."""
    if not set(frame.columns) >= LOGITS:
        return False
    return bool((frame["low"].le(frame["effect"] + 1e-9) & frame["effect"].le(frame["high"] + 1e-9)).all())


def _coded(column: str, frame: pd.DataFrame, tables: Tables) -> str:
    """The column whose words its codes are said in."""
    here = set(map(str, frame.columns)) | ({"kpi"} if _of_figures(frame, tables) is not None else set())
    return next((other for beside, other in CODED.get(column, ()) if beside & here), column)


def _units(column: str, frame: pd.DataFrame, tables: Tables) -> list[str | None]:
    """The unit of each row's figure; None where the column says it for all."""
    if column in OF_UNIT and (own := _of_figures(frame, tables)) is not None:
        return list(own)
    if column in OF_OUTCOME and "outcome" in frame:
        return [OUTCOMES.get(str(outcome)) for outcome in frame["outcome"]]
    return ["weekday" if column == "weekday" and frame[column].isin(WEEK).all() else None] * len(frame)


def _of_unit(x: float, unit: str, currency: str, language: str) -> str:
    """A figure of money, a share, a count, a ratio, or a day of the week (1: Monday)."""
    small = 4 if 0 < abs(x) < 0.1 else None
    if unit == "currency":
        return money(x, currency, language, digits=small)
    if unit == "weekday":
        return phrase(f"report.weekday.{x:.0f}", language)
    return percent(x, language) if unit == "fraction" else number(x, language, digits=small if unit == "count" else None)


def _findings_frame(findings: list[Finding], language: str) -> pd.DataFrame:
    """One row a finding, in the reader's language: how grave, where, its code, what is said, and where a rule's threshold comes from."""
    rows = [retell(f, language) for f in findings]
    wheres = [_where(f, language) for f in rows]
    columns: dict[str, list[Any]] = {
        "level": [f.level for f in rows],
        "where": wheres,
        "code": [f.code for f in rows],
        "text": [f.text.removeprefix(where).lstrip(" \u00a0:") if where else f.text for f, where in zip(rows, wheres, strict=True)],
        "source": [str(f.values.get("source") or "") for f in rows],
    }
    return pd.DataFrame({name: told for name, told in columns.items() if name in ("level", "code", "text") or any(told)})


def _where(found: Finding, language: str) -> str:
    line = None if found.line is None else f"{phrase('words.line', language)} {found.line}"
    return ", ".join(str(part) for part in (found.file, line, found.column) if part)


def _head(column: str, language: str, tables: Tables) -> str:
    """The word for a column; an end of a range says of what it is the end."""
    known = tables.languages[language]["labels"]["column"]
    for end in ("low", "high"):
        base = column.removesuffix(f"_{end}")
        if base != column and column not in known:
            return phrase(f"words.{end}_of", language, name=tables.label("column", base, language))
    return tables.label("column", column, language)


def _is_rate(column: str) -> bool:
    base = column.removesuffix("_low").removesuffix("_high")
    return column in ENDS or base in RATES or base.endswith(("_rate", "_share"))


def _shown(column: str, x: Any, language: str, tables: Tables, currency: str | None, rates: set[str]) -> str:
    if x is None or (not isinstance(x, list | tuple | dict) and pd.isna(x)):
        return "–"
    if isinstance(x, bool) or type(x).__name__ == "bool":
        return phrase("words.yes" if x else "words.no", language)
    if isinstance(x, dt.date):
        return moment(x, language) if isinstance(x, dt.datetime) and (x.hour or x.minute) else day(x, language)
    if isinstance(x, str):
        return _word(column, x, language, tables)
    if isinstance(x, list | tuple):
        return ", ".join(_shown(column, part, language, tables, currency, rates) for part in x)
    if isinstance(x, int | float) or hasattr(x, "dtype"):
        value = float(x)
        if column in rates and abs(value) <= 1:
            return percent(value, language)
        if column == "year":
            return f"{value:.0f}"
        return money(value, currency, language) if currency else number(value, language)
    return str(x)


def _word(column: str, x: str, language: str, tables: Tables) -> str:
    """The word for a code; other text as it is."""
    if column == "locale":
        return tongue(x, language)
    if column == "channels":
        return ", ".join(tables.label("channel", part, language) for part in x.split(", "))
    if row := _labelled(column, tables).get(x):
        return str(row["label"].get(language) or row["label"]["en"])
    if column in JOINED and (mark := JOINED[column]) in x:
        return mark.join(_word(column, part, language, tables) for part in x.split(mark))
    if column == "kpi_group" and x == "(missing)":
        return phrase("words.missing", language)
    kinds, labels = (KINDS_OF.get(column, column), *MORE_KINDS.get(column, ())), tables.languages[language]["labels"]
    for kind in kinds:
        if x in labels.get(kind, {}) or (kind in AXIS_TABLE and x in getattr(tables, AXIS_TABLE[kind])):
            return tables.label(kind, x, language)
    coded = (*AXIS_TABLE, "verdict", "status", "event", "reason", "step", "limit", "unit", "scope")
    return tables.label(kinds[0], x, language) if kinds[0] in coded or x == "(missing)" else x


def _labelled(column: str, tables: Tables) -> Mapping[str, Any]:
    """Rows of the tables, with labels of their own, that a column of codes names."""
    if column == "spec":
        return tables.specs
    local, launch = local_rules(), app_launch()
    both = {
        "rule": (local["local"], launch["reviews"]),
        "task": (launch["tasks"],),
        "test": (launch["tests"],),
        "about": (launch["tests"],),
    }
    both |= {"key": (local["local_channels"],), "daypart": (local["dayparts"],)}
    return {key: row for rows in both.get(column, ()) for key, row in rows.items()}


# ---------------------------------------------------------------- files that leave


def visible(text: str) -> str:
    """The text with every character that hides or turns text round spelt out; line ends stay.

    >>> visible("safe\\u202etxt")
    'safe[U+202E]txt'
    """
    hidden = ("Cc", "Cf", "Cs")
    return "".join(f"[U+{ord(c):04X}]" if unicodedata.category(c) in hidden and c not in "\n\u200d\u00ad" else c for c in text)


def templates() -> Environment:
    """The one environment of the pages: everything from data is escaped, and what is missing is an error."""
    here = Path(__file__).resolve().parent / "templates"
    pages = Environment(loader=FileSystemLoader(here, encoding="utf-8"), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    pages.globals["say"] = say
    return pages


def write_text(text: str, path: Path) -> Path:
    """Write a whole text file (UTF-8) or nothing; see `write_bytes`."""
    return write_bytes(text.encode("utf-8"), path)


def write_bytes(content: bytes, path: Path) -> Path:
    """Write a whole file or nothing: a temporary file, flushed to disk, then renamed.

    Raises:
        StoreError: the folder cannot be written to, or the disk is full.
    """
    make_folder(path.parent)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except (OSError, UnicodeEncodeError) as error:  # the latter of a name that no file can have
        raise StoreError(finding("E_CANNOT_WRITE", file=str(path), found=getattr(error, "strerror", None) or str(error))) from error
    return path


def make_folder(path: Path) -> Path:
    """A folder to write to, made where there is none.

    Raises:
        StoreError: something else has its name, or it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:  # the latter of a name that no folder can have
        raise StoreError(finding("E_CANNOT_WRITE", file=str(path), found=getattr(error, "strerror", None) or str(error))) from error
    return path


def safe_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Write a CSV that no spreadsheet will run: text that begins like a formula gets a leading quote (numbers never do)."""
    return write_text(inert_csv(frame), path)


def inert_csv(frame: pd.DataFrame) -> str:
    """The text of a CSV that no spreadsheet will run; see `safe_csv`.

    >>> inert_csv(pd.DataFrame({"name": ["=1+1"], "change": [-5]}))
    "name,change\\n'=1+1,-5\\n"
    """
    text = frame.copy()
    for name in text.columns:
        if not pd.api.types.is_numeric_dtype(text[name].dtype) and not pd.api.types.is_datetime64_any_dtype(text[name].dtype):
            text[name] = text[name].map(lambda x: f"'{x}" if isinstance(x, str) and x[:1] in FORMULA else x)
    return text.to_csv(index=False, lineterminator="\n")


FORMULA = tuple("=+-@\t\r\n\0＝＋－＠")
