"""What is wrong in rules and marks of one's own: lists, patterns, sentences and examples that cannot be used, or not be trusted."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from typing import Any

from mktlib.errors import Finding
from mktlib.vocabulary.words import finding, nearest, no_row

LEVELS = ("error", "warning", "note")
SPOKEN = ("en", "fr")
MOST_REPEATS, LONGEST_PATTERN = 4, 1_000
REPEAT = re.compile(r"\{(\d{0,4})(,?)(\d{0,4})\}")


ABOUT = ("email", "page", "listing", "sends", "geo", "lift")


def wrong_check(path: str, row: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Every entry of a check of e-mails, pages or listings that cannot be used."""
    for name, wanted in (("level", LEVELS), ("about", ABOUT)):
        if row.get(name) not in wanted:
            found = repr(row.get(name))
            yield finding(
                "E_OPTION", file=file, column=f"{path}.{name}", found=found, expected=" / ".join(wanted), hint=nearest(found, wanted)
            )
    for name in ("says", "hint"):
        yield from _wrong_sentences(f"{path}.{name}", row.get(name), file)
    if row.get("about") == "listing" and "stores" in row:
        yield from _wrong_policy(path, row, file)
    values = row.get("values", {})
    if not isinstance(values, Mapping) or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in values.values()):
        yield finding("E_OPTION", file=file, column=f"{path}.values", found=repr(values), expected="values = { least = 24 }")


def _wrong_policy(path: str, row: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Words that a store refuses: in which fields of which stores, by language."""
    for name in ("stores", "fields"):
        if not isinstance(row.get(name), list | tuple) or not all(isinstance(x, str) for x in row[name]):
            yield finding("E_OPTION", file=file, column=f"{path}.{name}", found=repr(row.get(name)), expected=f'{name} = ["..."]')
    words = row.get("words", {})
    if not isinstance(words, Mapping):
        yield finding("E_OPTION", file=file, column=f"{path}.words", found=repr(words), expected='words = { en = ["..."], fr = ["..."] }')
        return
    for code, listed in words.items():
        yield from _wrong_words(f"{path}.words.{code}", listed, file)


def wrong_rule(path: str, row: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Every entry of a rule that cannot be used."""
    if row.get("level") not in LEVELS:
        found = repr(row.get("level"))
        yield finding("E_OPTION", file=file, column=f"{path}.level", found=found, expected=" / ".join(LEVELS), hint=nearest(found, LEVELS))
    for name in ("says", "hint"):
        yield from _wrong_sentences(f"{path}.{name}", row.get(name), file)
    formality = row.get("formality")
    if formality is not None and not (
        isinstance(formality, list | tuple) and len(formality) == 2 and all(isinstance(x, int) for x in formality)
    ):
        yield finding("E_OPTION", file=file, column=f"{path}.formality", found=repr(formality), expected="formality = [3, 5]")
    yield from _wrong_pattern(f"{path}.pattern", row.get("pattern"), file)
    if not any(isinstance(row.get(code), Mapping) for code in SPOKEN):
        yield finding("E_MISSING_ENTRY", file=file, column=f"{path}.en", expected='en = { words = [...], bad = "...", good = "..." }')
    for code in SPOKEN:
        if code in row:
            yield from _wrong_language(f"{path}.{code}", row[code], file)


def _wrong_language(path: str, own: Any, file: str) -> Iterator[Finding]:
    """The words and examples of one language."""
    if not isinstance(own, Mapping):
        yield finding("E_TABLE_ROW", file=file, column=path, found=repr(own), expected=f"[{path}]")
        return
    for name in ("bad", "good"):
        if not isinstance(own.get(name), str) or not own[name].strip():
            yield finding("E_MISSING_ENTRY", file=file, column=f"{path}.{name}", expected=f'{name} = "..."')
    if "words" in own:
        yield from _wrong_words(f"{path}.words", own["words"], file)
    yield from _wrong_pattern(f"{path}.pattern", own.get("pattern"), file)


def _wrong_words(path: str, words: Any, file: str) -> Iterator[Finding]:
    entries = (
        words.items() if isinstance(words, Mapping) else [(w, "") for w in words] if isinstance(words, list | tuple) else [(words, "")]
    )
    good = isinstance(words, Mapping | list | tuple) and all(isinstance(w, str) and isinstance(x, str) for w, x in entries)
    if not good:
        yield finding("E_OPTION", file=file, column=path, found=repr(words), expected='words = ["one", "two words", "begin*"]')
        return
    for word, _ in entries:
        if not re.search(r"[^\W_]", word) or (word.rstrip().endswith("*") and len(word.strip(" *")) < 3):
            yield finding("E_OPTION", file=file, column=path, found=repr(word), expected='words = ["begin*"]')


def _wrong_sentences(path: str, said: Any, file: str) -> Iterator[Finding]:
    """Sentences in both languages, whose fields are plain names."""
    if not isinstance(said, Mapping) or not all(isinstance(said.get(code), str) and said[code].strip() for code in SPOKEN):
        yield finding("E_MISSING_ENTRY", file=file, column=path, expected='{ en = "...", fr = "..." }')
        return
    for code in SPOKEN:
        if not fillable(said[code]):
            yield finding("E_RULE_SENTENCE", file=file, column=f"{path}.{code}", found=said[code])


def fillable(sentence: str) -> bool:
    """Whether a sentence has only plain fields in braces.

    >>> fillable("{found} is slang"), fillable("{found.__class__}"), fillable("100 {")
    (True, False, False)
    """
    try:
        parts = list(string.Formatter().parse(sentence))
    except ValueError:
        return False
    return all(name is None or (name.isidentifier() and not spec and not conversion) for _, name, spec, conversion in parts)


def _wrong_pattern(path: str, pattern: Any, file: str) -> Iterator[Finding]:
    if pattern is not None and (why := unsafe(pattern)):
        yield finding("E_RULE_PATTERN", file=file, column=path, found=why)


def unsafe(pattern: Any) -> str | None:
    """Why a pattern cannot be used; None where it can. Nothing in it may repeat without end, or repeat what already repeats.

    >>> unsafe(r"#\\\\w{1,30}"), unsafe("(a{1,9}){1,9}"), unsafe("a+")
    (None, '(a{1,9}){1,9}', 'a+')
    """
    if not isinstance(pattern, str) or not pattern or len(pattern) > LONGEST_PATTERN:
        return repr(pattern)[:80]
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as error:
        return f"{pattern} ({error})"
    return pattern if _repeats_badly(pattern) or re.compile(pattern).match("") else None


def _repeats_badly(pattern: str) -> bool:
    """Whether a repetition has no end or stands on a group that repeats, or whether there are too many in one alternative."""
    bare = re.sub(r"\[(?:\\.|[^\]\\])*\]", "x", re.sub(r"\\.", "x", pattern))  # signs in classes and escapes repeat nothing
    if re.search(r"[*+]", bare):
        return True
    repeats = [(m.start(), int(m[3] or (m[1] if not m[2] else 10**4) or 0)) for m in REPEAT.finditer(bare)]
    long = [at for at, most in repeats if most > 4]
    return any(most > 400 or bare[at - 1 : at] == ")" for at, most in repeats) or len(long) > MOST_REPEATS * (1 + bare.count("|"))


def wrong_mark(path: str, row: Mapping[str, Any], styles: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Every entry of a mark that cannot be used."""
    if row.get("per") not in ("words", "sentences", "mean"):
        yield finding("E_OPTION", file=file, column=f"{path}.per", found=repr(row.get("per")), expected="words / sentences / mean")
    half = row.get("half")
    if not isinstance(half, int | float) or isinstance(half, bool) or not 0 < half < 10**6 or (row.get("per") == "mean" and half <= 8):
        yield finding("E_OPTION", file=file, column=f"{path}.half", found=repr(half), expected="half = 2.0")
    weights = row.get("weights")
    if not isinstance(weights, Mapping):
        yield finding("E_OPTION", file=file, column=f"{path}.weights", found=repr(weights), expected="weights = { playful = 2.0 }")
        return
    for style, value in weights.items():
        if style not in styles:
            yield no_row(f"{path}.weights", style, "styles", styles, file)
        if not isinstance(value, int | float) or isinstance(value, bool) or not -20 <= value <= 20:
            yield finding("E_OPTION", file=file, column=f"{path}.weights.{style}", found=repr(value), expected="-20 ... 20")
    for code in SPOKEN:
        if code in row:
            yield from _wrong_words(f"{path}.{code}", row[code], file)
