"""Which columns segments are made of, and how a column of any kind becomes a few levels.

Behaviour and answers make segments; who people are (age, place), what they like and what came of it (orders, money) only describes them
("bases" and "descriptors", Wedel and Kamakura 2000, "Market Segmentation"), so that what is said of them is found and not put in. What
names a person is never used. A number is cut at its own quantiles: no unit, no skew, no single huge value can make a segment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mktlib.audience.assigning import Ints
from mktlib.audience.groups import FEWEST
from mktlib.errors import DataError, Finding
from mktlib.intake.engines import as_floats
from mktlib.intake.inputs import said_days
from mktlib.vocabulary import ADDRESS, finding, nearest

MOST_LEVELS, MOST_WORDS, BINS, FEW_NUMBERS = 12, 40, 6, 10
OTHER = "(other)"
NEVER = "(never)"
DAYPARTS = ("night", "morning", "afternoon", "evening")
TWIN = 0.95
KINDS: tuple[tuple[str, str], ...] = (
    ("consent", r"consent|opt_?in|opt_?out|unsubscrib|d[ée]sabonn|gdpr|rgpd"),
    ("id", r"(^|_)(id|ids|uuid|guid|key|hash|handle|login|pseudo|username|name|nom|prenom|pr[ée]nom|first_?name|last_?name|phone|tel"
           r"|t[ée]l[ée]phone|phone|mobile_number|address|adresse|ip)($|_)|e_?mail$|e_?mail_address|courriel$|member_?id|customer_?id"),
    ("outcome", r"^(follows|engaged|engagements?|orders?|commandes?|revenue|ca|chiffre_d?_?affaires|sales|ventes|conversions?|converted|"
                r"clicks?|clics?|clicked|purchases?|purchased|achats?|bought|leads?|value|valeur|margin|marge|ltv|clv|churned|y|target)$"),
    ("segment", r"^(segment|cluster|class|persona|group|groupe)s?$"),
    ("describes", r"^(age|[âa]ge|gender|sexe|genre|sex|country|pays|city|ville|region|r[ée]gion|language|langue|income|revenus?_foyer|job)"
                  r"|(^|_)(age|birth|naissance|postal|zip)($|_)|^preferred_|^pr[ée]f[ée]r|question|"
                  r"^(joined|created|signup|signed_up|registered|inscrit|cr[ée][ée])"),
)  # fmt: skip
"""What a column's name says that it is, where it is not behaviour or an answer (English and French)."""
DATE = re.compile(r"(_at|_on|_date|^date|_le)$|^date_|^last_|^derni", re.IGNORECASE)
HOUR = re.compile(r"(^|_)(hour|heure)s?($|_)", re.IGNORECASE)


@dataclass(frozen=True)
class Column:
    """How one column is cut. kind: number | ordered | choice | date | hour. levels: the words of a choice, or of an hour's parts of the
    day. edges: where numbers (or days since, for a date) are cut. never: whether a blank date is a level of its own."""

    name: str
    kind: str
    levels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    never: bool = False

    @property
    def size(self) -> int:
        return (len(self.levels) if self.kind in ("choice", "hour") else len(self.edges) + 1) + self.never

    @property
    def ordered(self) -> bool:
        return self.kind in ("number", "ordered", "date")


@dataclass(frozen=True)
class Chosen:
    """The columns that make segments, those that only describe them, and what was said about all others."""

    bases: tuple[Column, ...]
    describes: tuple[Column, ...]
    findings: tuple[Finding, ...]


def blank(values: pd.Series) -> NDArray[np.bool_]:
    """Cells that say nothing."""
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip()
    return np.asarray(text.eq("") | values.isna(), dtype=bool)


def as_numbers(values: pd.Series) -> NDArray[np.float64] | None:
    """The column as floats (NaN: blank), or None where it holds words. True and false are words."""
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return None
    number = as_floats(values.astype(object).where(~blank(values))).to_numpy()
    return None if (np.isnan(number) & ~blank(values)).any() else np.asarray(number, dtype=float)


def as_days(values: pd.Series) -> pd.Series | None:
    """The column as days without a zone (NaT: blank), or None where it is no column of days."""
    if not pd.api.types.is_datetime64_any_dtype(values.dtype) and (as_numbers(values) is not None or not DATE.search(str(values.name))):
        return None
    said = said_days(values).where(~blank(values))
    when = pd.to_datetime(said, errors="coerce", utc=True, format=None if values.dtype.kind == "M" else "ISO8601")
    return None if (when.isna().to_numpy() & ~blank(values)).any() else when.dt.tz_localize(None)


def words(values: pd.Series) -> pd.Series:
    """The column as words, "" where blank; 1.0 and 1 are one word."""
    number = as_numbers(values)
    if number is not None:
        return pd.Series([("" if np.isnan(x) else f"{x:g}") for x in number], index=values.index, dtype=object)
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip()
    return text.str.lower() if pd.api.types.is_bool_dtype(values.dtype) else text


def meaning(name: str, values: pd.Series) -> str:
    """id, consent, outcome, segment, describes or base: what a column may be used for."""
    said = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace(" ", "_").replace("-", "_")
    kind = next((kind for kind, pattern in KINDS if re.search(pattern, said)), "base")
    return "id" if kind not in ("consent",) and names_people(values) else kind


def names_people(values: pd.Series) -> bool:
    """Whether the cells are addresses, or nearly all different words, or a count of rows."""
    number = as_numbers(values)
    filled = values[~blank(values)]
    if number is not None:
        known = number[np.isfinite(number)]
        whole = len(known) > 20 and (known == np.rint(known)).all() and len(np.unique(known)) == len(known)
        return bool(whole and (np.ptp(known) + 1 == len(known) or np.abs(known).min() > 1e6))
    if as_days(values) is not None or filled.empty:
        return False
    text = filled.astype(str)
    addresses = text.head(200).map(lambda x: bool(ADDRESS.search(x))).mean() > 0.1
    return bool(addresses or (len(text) > 20 and text.nunique() > 0.5 * len(text)))


def choose(people: pd.DataFrame, features: Sequence[str] | None, day: pd.Timestamp | None) -> Chosen:
    """The columns to use, cut into levels.

    Raises:
        DataError: a named column is missing, names people or is an outcome; a number has no end; fewer than three columns are left.
    """
    names = [str(c) for c in people.columns]
    wrong = _refused(people, features, names)
    if wrong:
        raise DataError(wrong)
    wanted = set(names if features is None else features)
    what = {name: meaning(name, people[name]) for name in names}
    base = [n for n in names if n in wanted and (what[n] == "base" or (features is not None and what[n] in ("describes", "segment")))]
    told = [n for n in names if n not in base and what[n] in ("describes", "outcome", "base")]
    cut, left = {}, {kind: [n for n in names if n in wanted and what[n] == kind] for kind in ("id", "consent", "outcome", "segment")}
    left["describes"] = [n for n in told if n in wanted and what[n] == "describes"]
    left |= {"segment": [n for n in left["segment"] if n not in base], "empty": [], "one_level": [], "words": [], "twin": []}
    for name in sorted([*base, *told]):
        column, reason = cut_column(people[name], day)
        if column is not None:
            cut[name] = column
        elif name in base:
            left[reason].append(name)
    bases = _without_twins(people, [cut[n] for n in sorted(base) if n in cut], day, left["twin"])
    found = [finding(f"E_LEFT_{kind.upper()}", level="note", found=", ".join(of), count=len(of)) for kind, of in left.items() if of]
    if len(bases) < 3:
        lacking = finding("E_SEGMENT_FEATURES", found=", ".join(c.name for c in bases) or "0", expected=">= 3")
        raise DataError([lacking, *found])
    return Chosen(tuple(bases), tuple(cut[n] for n in sorted(told) if n in cut), tuple(found))


def _refused(people: pd.DataFrame, features: Sequence[str] | None, names: list[str]) -> list[Finding]:
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        return [finding("E_DUPLICATE_COLUMN", column=n, found=n) for n in twice]
    found = []
    for name in [] if features is None else features:
        if name not in names:
            found.append(
                finding("E_MISSING_COLUMN", column=str(name), expected=str(name), found=", ".join(names), hint=nearest(name, names))
            )
        elif (kind := meaning(name, people[name])) in ("id", "consent", "outcome"):
            found.append(finding(f"E_NEVER_{kind.upper()}", column=name))
    for name in names:
        number = as_numbers(people[name])
        if number is not None and np.isinf(number).any():
            at = int(np.isinf(number).argmax())
            found.append(finding("E_NOT_FINITE", column=name, line=at + 2, found=people[name].iloc[at]))
    return found


def cut_column(values: pd.Series, day: pd.Timestamp | None) -> tuple[Column | None, str]:
    """(how the column is cut, ""), or (None, why it cannot be)."""
    name, known = str(values.name), ~blank(values)
    if known.sum() < FEWEST:
        return None, "empty"
    days = as_days(values)
    if days is not None and day is not None:
        since = (day - days[known]).dt.total_seconds().to_numpy(float) / 86_400
        never = int((~known).sum()) >= FEWEST
        edges = _edges(since)
        return (Column(name, "date", (), edges, never), "") if edges or never else (None, "one_level")
    number = as_numbers(values)
    if number is not None and HOUR.search(name) and _hours(number[known]):
        return Column(name, "hour", DAYPARTS), ""
    if number is not None and len(set(number[known])) > 2:
        few = np.unique(number[known])
        if len(few) <= FEW_NUMBERS and (few == np.rint(few)).all() and np.ptp(few) <= 2 * FEW_NUMBERS:
            return _cut_few(name, number[known])
        return (Column(name, "number", (), edges), "") if (edges := _edges(number[known])) else (None, "one_level")
    return _cut_words(name, words(values)[known])


def _hours(number: NDArray[np.float64]) -> bool:
    return bool(((number >= 0) & (number < 24)).all() and len(np.unique(number)) > 2)


def _cut_few(name: str, number: NDArray[np.float64]) -> tuple[Column | None, str]:
    """A few whole numbers (marks from 1 to 5, small counts): each a level, those of too few people joined to their neighbour."""
    value, count = np.unique(number, return_counts=True)
    edges, held = [], 0
    for k in range(len(value) - 1):
        held += int(count[k])
        if held >= FEWEST and count[k + 1 :].sum() >= FEWEST:
            edges.append(float(value[k] + value[k + 1]) / 2)
            held = 0
    return (Column(name, "ordered", (), tuple(edges)), "") if edges else (None, "one_level")


def _edges(number: NDArray[np.float64]) -> tuple[float, ...]:
    """Cuts at quantiles, in the middle between two values that occur; a value that many share (none at all) is a level of its own."""
    bins = int(np.clip(len(number) // 100, 3, BINS))
    value, count = np.unique(number, return_counts=True)
    if len(value) < 2:
        return ()
    first = count[0] >= len(number) / bins
    rest = number[number > value[0]] if first else number
    cuts = (
        np.quantile(rest, np.arange(1, bins - first) / (bins - first), method="inverted_cdf") if len(rest) >= 2 * FEWEST else np.array([])
    )
    at = np.unique(np.searchsorted(value, cuts))
    at = np.unique(np.r_[[0] if first else [], at]).astype(int)
    edges = [(value[i] + value[i + 1]) / 2 for i in at if i + 1 < len(value)]
    while edges and (number > edges[-1]).sum() < FEWEST:
        edges.pop()
    return tuple(float(e) for e in edges)


def _cut_words(name: str, text: pd.Series) -> tuple[Column | None, str]:
    """The commonest words; those of fewer than FEWEST people and those beyond MOST_LEVELS are one level."""
    count = text.value_counts()
    if len(count) > MOST_WORDS:
        return None, "words"
    kept = [str(w) for w in count.index if count[w] >= FEWEST]
    kept = sorted(sorted(kept, key=lambda w: (-count[w], w))[:MOST_LEVELS])
    rest = int(count.sum() - count[kept].sum()) if kept else len(text)
    if len(kept) + (rest >= FEWEST) < 2:
        return None, "one_level"
    return Column(name, "choice", (*kept, OTHER) if rest >= FEWEST else tuple(kept)), ""


def codes_of(values: pd.Series, column: Column, day: pd.Timestamp | None) -> tuple[Ints, list[str]]:
    """(level of each person, -1 where the cell is blank or unknown; words that no level knows)."""
    out, known, unknown = np.full(len(values), -1), ~blank(values), list[str]()
    if column.kind == "choice":
        text = words(values)
        place = {w: i for i, w in enumerate(column.levels)}
        rest = place.get(OTHER, -1)
        out[known] = [place.get(w, rest) for w in text[known]]
        unknown = sorted({w for w in text[known] if w not in place}) if rest < 0 else []
    elif column.kind == "date":
        days = as_days(values)
        if days is None or day is None:
            return out, ["?"] if known.any() else []
        out[known] = np.searchsorted(column.edges, (day - days[known]).dt.total_seconds().to_numpy(float) / 86_400)
        out[~known] = len(column.edges) + 1 if column.never else -1
    else:
        number = as_numbers(values)
        if number is None:
            return out, ["?"] if known.any() else []
        value = number[known]
        hour = np.where((value >= 0) & (value < 24), np.floor(np.clip(value, 0, 24) / 6), -1)
        out[known] = hour if column.kind == "hour" else np.searchsorted(column.edges, value)
        unknown = [f"{x:g}" for x in np.unique(value[hour < 0])] if column.kind == "hour" else []
    return np.asarray(out, dtype=np.int64), unknown


def coded(people: pd.DataFrame, columns: Iterable[Column], day: pd.Timestamp | None) -> Ints:
    """(people, columns): the level of each answer, -1 for none; a column that is not there is one of blanks."""
    parts = [codes_of(people[c.name], c, day)[0] if c.name in people else np.full(len(people), -1) for c in columns]
    return np.column_stack(parts).astype(np.int64) if parts else np.zeros((len(people), 0), np.int64)


def last_day(people: pd.DataFrame, names: Iterable[str]) -> pd.Timestamp | None:
    """The latest day of any column of days: "days since" are counted from it, never from today."""
    days = [when.max() for name in names if (when := as_days(people[name])) is not None]
    known = [d for d in days if not pd.isna(d)]
    return pd.Timestamp(max(known)) if known else None


def _without_twins(people: pd.DataFrame, columns: list[Column], day: pd.Timestamp | None, twins: list[str]) -> list[Column]:
    """Of two columns that say the same (Cramer's V of TWIN or more), the first: said twice, a thing would make a segment by itself."""
    codes, kept = coded(people, columns, day), list[int]()
    for j in range(len(columns)):
        if any(cramers_v(codes[:, i], codes[:, j]) >= TWIN for i in kept):
            twins.append(columns[j].name)
        else:
            kept.append(j)
    return [columns[j] for j in kept]


def cramers_v(one: Ints, other: Ints) -> float:
    """How closely two columns of levels go together, from 0 to 1 (Cramer 1946).

    >>> cramers_v(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    both = (one >= 0) & (other >= 0)
    if both.sum() < 2:
        return 0.0
    table = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(table, (one[both], other[both]), 1)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / table.sum() / (min(table.shape) - 1)))
