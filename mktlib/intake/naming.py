"""What a piece is, read from what the export already says: its name, its link, its own columns, its text.

Teams write segment, stage and style into the names of campaigns and ads, and into the links; a few lines of TOML say how:

    [naming]                        # parks_decision_video-ad_2026
    from = ["ad", "campaign"]       # the first of these columns that is there and fits
    pattern = "{segment}_{stage}_{content_type}_{*}"
    [naming.words.segment]
    parks = "park_visitors"
    [utm]
    url = "url"                     # utm_medium -> channel, utm_source -> network, utm_content -> content_id
    [columns]
    segment = ["gender", "age"]     # of the export itself, joined
    [text]
    column = "text"                 # its words give the length
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from mktlib.errors import DataError, Finding
from mktlib.intake.headers import plain
from mktlib.intake.tags import NUMBERS
from mktlib.vocabulary import AXIS_TABLE, Tables, finding, nearest

AXES = ("segment", "stage", "content_type", "style", "length", "channel")
SECTIONS: Mapping[str, type] = {"table": str, "naming": dict, "utm": dict, "columns": dict, "text": dict}
WORDS_A_MINUTE = 238  # silent reading of non-fiction, English (Brysbaert 2019, Journal of Memory and Language 109)
UTM = {"utm_source": "network", "utm_medium": "channel", "utm_campaign": "campaign", "utm_content": "content_id"}


def read_rules(path: str | Path) -> dict[str, Any]:
    """How pieces are tagged, from a TOML file.

    Raises:
        DataError: it is no TOML, or says what nobody can follow.
    """
    name = Path(path).name
    try:
        rules = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(finding("E_NO_FILE", file=name, found=error.strerror or str(error))) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(finding("E_TOML", file=name, found=str(error))) from error
    found = [
        finding("E_BRIEF_UNKNOWN", file=name, column=k, found=k, expected=", ".join(SECTIONS), hint=nearest(k, SECTIONS))
        for k in rules
        if k not in SECTIONS
    ]
    for section, value in rules.items():
        if section in SECTIONS and not isinstance(value, SECTIONS[section]):
            found.append(finding("E_OPTION", file=name, column=section, found=repr(value), expected=f"[{section}]"))
    naming = rules.get("naming")
    if isinstance(naming, dict) and not _readable(naming.get("pattern")):
        example = 'pattern = "{segment}_{stage}_{content_type}"'
        found.append(finding("E_OPTION", file=name, column="naming.pattern", found=repr(naming.get("pattern")), expected=example))
    if found:
        raise DataError(found)
    return rules


def _readable(pattern: Any) -> bool:
    """Whether a pattern has parts, each with a name of its own and a mark between it and the next."""
    names = names_of(pattern) if isinstance(pattern, str) else []
    return bool(names) and len(set(names)) == len(names) and all(n.isidentifier() for n in names) and "}{" not in str(pattern)


def names_of(pattern: str) -> list[str]:
    """The parts that a pattern names.

    >>> names_of("{segment}_{*}_{style}")
    ['segment', 'style']
    """
    return [name for name in re.findall(r"\{(\w+|\*)\}", pattern) if name != "*"]


def shape_of(pattern: str) -> re.Pattern[str]:
    """The names that follow a pattern: a part ends where the mark behind it stands.

    >>> shape_of("{segment}_{stage}").fullmatch("parks_decision").groupdict()
    {'segment': 'parks', 'stage': 'decision'}
    """
    parts = re.split(r"(\{(?:\w+|\*)\})", pattern)
    out = ""
    for i, part in enumerate(parts):
        if not part.startswith("{"):
            out += re.escape(part)
            continue
        after = parts[i + 1][:1] if i + 1 < len(parts) else ""
        inside = f"[^{re.escape(after)}]+" if after else ".+"
        out += inside if part == "{*}" else f"(?P<{part[1:-1]}>{inside})"
    return re.compile(out)


def word_of(axis: str, text: str, tables: Tables, own: Mapping[str, str]) -> str:
    """The key that a word of a name means: the team's own short word, a key or a label in any language; else the word itself.

    >>> from mktlib.vocabulary import load_tables
    >>> word_of("content_type", "Video-Ad", load_tables(), {}), word_of("segment", "parks", load_tables(), {"parks": "park_visitors"})
    ('video_ad', 'park_visitors')
    """
    if text in own:
        return own[text]
    wanted = re.sub(r"[\s_\-.+]+", " ", plain(text)).strip()
    rows = getattr(tables, AXIS_TABLE[axis], {}) if axis in AXIS_TABLE else {}
    for key, row in rows.items():
        if wanted in (key.replace("_", " "), *(plain(label) for label in row["label"].values())):
            return str(key)
    return text


def filled(text: pd.DataFrame, column: str, given: pd.Series) -> pd.DataFrame:
    """`given` where the log says nothing."""
    own = text[column] if column in text else pd.Series("", index=text.index, dtype="str")
    return text.assign(**{column: own.where(own != "", given.fillna("").astype("str"))})


NAMED = ("content_name", "ad_group", "campaign", "content_id")


def misnamed(text: pd.DataFrame, rules: Mapping[str, Any], name: str) -> list[Finding]:
    """What of the rules finds nothing: columns that the log lacks, names that do not follow the pattern, words for no part of it."""
    naming = rules.get("naming")
    if not naming:
        return []
    given = naming.get("from", NAMED)
    columns = [given] if isinstance(given, str) else [c for c in given if isinstance(c, str)]
    there, parts, out = [c for c in columns if c in text], names_of(naming["pattern"]), []
    if not there:
        known = ", ".join(map(str, text.columns))
        return [finding("E_NAMING_COLUMN", level="warning", file=name, column="naming.from", found=", ".join(columns), expected=known)]
    shape, beside = shape_of(naming["pattern"]), [c for c in (*NAMED, "date") if c in text and c not in there]
    text = text[(text[[*there, *beside]] != "").any(axis=1)] if beside else text  # a row that names nothing at all is a total
    odd = text.loc[~text[there].apply(lambda c: c.map(lambda word: bool(shape.fullmatch(word)))).any(axis=1), there[0]]
    if len(odd):
        words = f"{len(odd)} ({', '.join(repr(w) for w in odd.unique()[:3])})"
        out.append(finding("E_MISNAMED", level="warning", file=name, column=there[0], found=words, expected=naming["pattern"]))
    strange = [w for w in naming.get("words", {}) if w not in parts] + [p for p in parts if p not in AXES and nearest(p, AXES)]
    out += [
        finding("E_NAMING_PART", level="warning", file=name, column="naming", found=w, hint=nearest(w, [*parts, *AXES])) for w in strange
    ]
    return out


def by_name(text: pd.DataFrame, rules: Mapping[str, Any], tables: Tables) -> pd.DataFrame:
    """Parts of the names of campaigns or pieces, laid beside the log."""
    given = rules.get("from", NAMED)
    columns, shape = (given,) if isinstance(given, str) else given, shape_of(rules["pattern"])
    out = text
    for column in (c for c in columns if c in text):
        parts = {word: found.groupdict() for word in text[column].unique() if (found := shape.fullmatch(word))}
        for axis in names_of(rules["pattern"]) if parts else ():
            own = rules.get("words", {}).get(axis, {})
            said = {word: word_of(axis, part[axis], tables, own) for word, part in parts.items()}
            out = filled(out, axis, text[column].map(said))
    return out


def by_link(text: pd.DataFrame, rules: Mapping[str, Any], tables: Tables) -> pd.DataFrame:
    """What the utm parameters of a link say: the medium names the channel, the source the network."""
    column = rules.get("url", "url")
    if column not in text:
        return text
    said = {link: _parameters(link) for link in text[column].unique()}
    medium = {word: key for key, row in tables.channels.items() for word in row.get("utm_medium", ())}
    out = text
    for parameter, target in {**UTM, **{k: v for k, v in rules.items() if k.startswith("utm_")}}.items():
        words = {link: p[parameter] for link, p in said.items() if p.get(parameter)}
        if target == "channel":
            meant = {link: medium[word.lower()] for link, word in words.items() if word.lower() in medium}
        else:
            meant = {link: word_of(target, word, tables, {}) for link, word in words.items()}
        out = filled(out, target, text[column].map(meant)) if meant else out
    return out


def _parameters(link: str) -> dict[str, str]:
    try:
        return {k: v[0] for k, v in parse_qs(urlsplit(link).query).items()}
    except ValueError:
        return {}


def by_columns(text: pd.DataFrame, rules: Mapping[str, Sequence[str] | str]) -> pd.DataFrame:
    """Columns of the export itself (age, gender, placement) as an axis, joined where they are several."""
    out = text
    for axis, given in rules.items():
        if axis in NUMBERS or not len(text):
            continue
        columns = [c for c in ([given] if isinstance(given, str) else given) if c in text]
        if columns:
            joined = text[columns].apply(lambda row: " ".join(word for word in row if word), axis=1)
            out = filled(out, axis, joined)
    return out


def by_text(text: pd.DataFrame, rules: Mapping[str, Any], tables: Tables) -> pd.DataFrame:
    """How long a piece is, from its own text or seconds: words, seconds of reading, and the length of the tables."""
    out, column, seconds = text, rules.get("column", "text"), rules.get("seconds", "duration_s")
    if column in text:
        words = {said: len(said.split()) for said in text[column].unique()}
        out = filled(out, "words", text[column].map({said: str(n) for said, n in words.items() if n}))
        reading = {said: str(round(60 * n / WORDS_A_MINUTE)) for said, n in words.items() if n}
        out = filled(out, "reading_seconds", text[column].map(reading))
    for unit, source in (("seconds", seconds), ("words", "words")):
        if source in out:
            out = filled(out, "length", out[source].map(partial(length_of, unit=unit, tables=tables)))
    return out


def length_of(measure: str, *, unit: str, tables: Tables) -> str:
    """The length whose bounds hold a number of words or seconds; "" where none does.

    >>> from mktlib.vocabulary import load_tables
    >>> length_of("250", unit="words", tables=load_tables()), length_of("", unit="words", tables=load_tables())
    ('short', '')
    """
    try:
        size = float(measure)
    except ValueError:
        return ""
    bounds = ((key, b) for key, row in tables.lengths.items() for b in row.get("bounds", ()) if b["unit"] == unit)
    return next((key for key, b in bounds if b["least"] <= size <= b.get("most", float("inf"))), "")


def tagged(text: pd.DataFrame, rules: Mapping[str, Any], tables: Tables) -> pd.DataFrame:
    """Every rule in turn; none replaces a word that is there: the log's own columns, then names, links, and texts."""
    out = by_columns(text, rules.get("columns", {}))
    out = by_name(out, rules["naming"], tables) if "naming" in rules else out
    out = by_link(out, rules["utm"], tables) if "utm" in rules else out
    return by_text(out, rules["text"], tables) if "text" in rules else out


def untagged(text: pd.DataFrame, axes: Iterable[str], keys: Sequence[str]) -> pd.DataFrame:
    """One row a piece and axis without a word: axis, piece, rows."""
    key = next((k for k in keys if k in text), None)
    piece = text[key] if key else pd.Series("", index=text.index)
    found = [(a, word, n) for a in axes for word, n in piece[text[a] == ""].value_counts(sort=False).items()]
    return pd.DataFrame(found, columns=["axis", "piece", "rows"])
