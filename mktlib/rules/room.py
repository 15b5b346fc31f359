"""The room that a place gives a text: characters, parts of a text message, seconds of attention, the length asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from mktlib.rules.draft import Draft, Span
from mktlib.rules.found import Case, Found
from mktlib.rules.readability import SPEED, reading
from mktlib.vocabulary import Row

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ!\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE = frozenset("^{}\\[~]|€\f")
PLAIN_LETTERS = {
    "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "…": "...", "–": "-", "—": "-", "\u00a0": " ", "\u202f": " ",
    "ê": "e", "ë": "e", "â": "a", "î": "i", "ï": "i", "ô": "o", "û": "u", "ç": "c", "œ": "oe",
    "À": "A", "Ê": "E", "È": "E", "Â": "A", "Î": "I", "Ô": "O", "Œ": "OE",
}  # fmt: skip
FIELDS: Mapping[str, tuple[str, ...]] = {
    "subject": ("subject", "objet", "subject line"),
    "preheader": ("preheader", "preview", "aperçu", "texte d'aperçu", "pré-en-tête"),
    "headline": ("headline", "titre", "title", "accroche"),
    "description": ("description",),
    "long_headline": ("long headline", "titre long"),
    "path": ("path", "chemin"),
    "callout": ("callout",),
    "sitelink_text": ("sitelink", "lien annexe"),
    "text": ("text", "texte", "sms", "post", "body", "message"),
}
"""How authors name the parts of a draft, at the beginning of a line."""
NAMED = re.compile(r"^[ ]{0,8}([^\W\d_][\w' -]{1,18}?)[ ]?\d{0,2}[ ]?:[ ]?(?=\S)", re.M)
STOP = re.compile(r"\bstop\b|\bunsubscribe\b|\bopt[ -]out\b|désinscri|désabonn", re.I)


def parts(draft: Draft) -> dict[str, list[Span]]:
    """The named parts of a draft, and its body: what has no name."""
    found: dict[str, list[Span]] = {}
    inside: list[Span] = []
    for match in NAMED.finditer(draft.plain):
        name = next((key for key, words in FIELDS.items() if match[1].lower().strip() in words), None)
        if name:
            end = draft.read.find("\n", match.end())
            end = len(draft.read) if end < 0 or name == "text" else end
            found.setdefault(name, []).append(Span(match.end(), end))
            inside.append(Span(match.start(), end))
    start = max((s.end for s in inside), default=0)
    body = draft.read[start:]
    if body.strip():
        found.setdefault("body", []).append(Span(start + len(body) - len(body.lstrip()), start + len(body.rstrip())))
    return found


def field_of(spec: str) -> str:
    """The part that a limit measures, by the end of its name; empty where it measures none that authors name.

    >>> field_of("google_rsa_headline"), field_of("google_rsa_sitelink_text"), field_of("seo_title")
    ('headline', 'sitelink_text', 'headline')
    """
    names = sorted(FIELDS, key=len, reverse=True)
    return next((n for n in names if spec.endswith(("_" + n, "_" + n.replace("headline", "title")))), "")


LONGEST_HEADLINE, LONGEST_LINE = 30, 90


def lines_of_an_ad(draft: Draft) -> dict[str, list[Span]]:
    """An ad whose parts have no names: its first line is a headline, and so is any other short one; the rest are descriptions."""
    lines = [Span(m.start(), m.end()) for m in re.finditer(r"\S[^\n]{0,20000}", draft.read)]
    found: dict[str, list[Span]] = {"headline": [], "description": []}
    for k, line in enumerate(lines):
        size = line.end - line.start
        first = k == 0 and (len(lines) > 1 or size <= LONGEST_LINE)
        found["headline" if first or size <= LONGEST_HEADLINE else "description"].append(line)
    return found


def specs_here(case: Case) -> dict[str, Row]:
    """The limits of characters that hold for the place: one that was named, or those of the channel and type."""
    place, specs = case.place, case.tables.specs
    if place.spec:
        return {place.spec: specs[place.spec]}
    here = {key: row for key, row in specs.items() if row["unit"] == "characters" and place.channel in row["channels"]}
    return {
        key: row
        for key, row in here.items()
        if not row.get("content_types")
        or place.content_type in row["content_types"]
        or (place.content_type is None and place.channel == "paid_search")
    }


def _judged(case: Case) -> Iterator[tuple[str, Row, Span]]:
    """Each limit beside the parts that it measures."""
    named = parts(case.draft)
    rows = specs_here(case)
    kinds = {field_of(key) for key in rows}
    if set(named) <= {"body"} and "headline" in kinds and "text" not in kinds:
        named = lines_of_an_ad(case.draft)
    if case.place.spec:
        whole = case.draft.read
        yield case.place.spec, rows[case.place.spec], Span(len(whole) - len(whole.lstrip()), len(whole.rstrip()))
        return
    for key, row in rows.items():
        name = field_of(key)
        for span in named.get(name, []) if name != "text" else [*named.get("text", []), *named.get("body", [])]:
            yield key, row, span


def _end(draft: Draft, span: Span) -> Span:
    text = draft.read[span.start : span.end]
    return Span(span.start, span.start + len(text.rstrip()))


def most(case: Case, row: Row) -> Iterator[Found]:
    """Parts longer than the platform takes; the widest limit of a part decides where several networks share a channel."""
    worst: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for key, spec, span in _judged(case):
        limit = spec.get("most")
        if isinstance(limit, int) and not key.startswith("sms_"):
            part = _end(case.draft, span)
            worst.setdefault((part.start, part.end), []).append((limit, key))
    for (start, end), limits in worst.items():
        widest, key = max(limits)
        if end - start > widest:
            shared = not case.place.spec and sum(row["channel"] == case.place.channel for row in case.tables.networks.values()) > 1
            yield replace(_long(case, key, Span(start, end), widest), level="note" if shared else None)  # another network may take it


def advised(case: Case, row: Row) -> Iterator[Found]:
    """Parts of which readers see only the beginning."""
    for key, spec, span in _judged(case):
        limit = int(str(spec.get("advised", "0")).split("-")[-1])
        part = _end(case.draft, span)
        if 0 < limit < part.end - part.start <= int(spec.get("most", 10**9)):
            yield _long(case, key, part, limit)


def _long(case: Case, key: str, part: Span, limit: int) -> Found:
    kept = case.draft.read[part.start : part.start + limit]
    last = kept.rsplit(None, 1)[0].split()[-2:] if len(kept.split()) > 1 else [kept[-12:]]
    names = {code: {"place": case.tables.specs[key]["label"].get(code, key), "cut": " ".join(last)} for code in case.tables.languages}
    over = Span(part.start + limit, part.end)
    return Found(start=over.start, end=over.end, words=names, values={"amount": part.end - part.start, "most": limit, "spec": key})


def _sms_text(draft: Draft) -> Span:
    span = (parts(draft).get("text") or [Span(0, len(draft.read))])[0]
    return _end(draft, span)


def sms_size(text: str) -> tuple[str, int, int, int]:
    """(alphabet, characters as they are counted, characters a part, parts) of a text message.

    >>> sms_size("a" * 161), sms_size("déjà vu ê")[0]
    (('GSM-7', 161, 153, 2), 'UCS-2')
    """
    if all(c in GSM or c in GSM_DOUBLE for c in text):
        size, one, several, alphabet = sum(2 if c in GSM_DOUBLE else 1 for c in text), 160, 153, "GSM-7"
    else:
        size, one, several, alphabet = len(text.encode("utf-16-le", "surrogatepass")) // 2, 70, 67, "UCS-2"
    each = one if size <= one else several
    return alphabet, size, each, max(1, math.ceil(size / each))


def sms_parts(case: Case, row: Row) -> Iterator[Found]:
    span = _sms_text(case.draft)
    alphabet, size, each, needed = sms_size(case.draft.read[span.start : span.end])
    if needed > 1 and case.place.channel == "sms":
        kept = case.draft.read[span.start : span.start + (160 if alphabet == "GSM-7" else 70)].split()[-3:-1]
        names = {code: {"cut": " ".join(kept)} for code in case.tables.languages}
        values = {"amount": needed, "letters": size, "alphabet": alphabet, "most": each}
        yield Found(start=span.start, end=span.end, quote=False, words=names, values=values)


def sms_letters(case: Case, row: Row) -> Iterator[Found]:
    if case.place.channel != "sms":
        return
    span = _sms_text(case.draft)
    seen: set[str] = set()
    for at in range(span.start, span.end):
        letter = case.draft.read[at]
        if letter not in GSM and letter not in GSM_DOUBLE and letter not in seen and len(seen) < 12:
            seen.add(letter)
            yield Found(start=at, end=at + 1, instead=(PLAIN_LETTERS.get(letter) or "").strip() or None)


def sms_stop(case: Case, row: Row) -> Iterator[Found]:
    if case.place.channel == "sms" and case.draft.words and not STOP.search(case.draft.plain):
        yield Found(start=len(case.draft.read), end=len(case.draft.read), quote=False)


def seconds(case: Case, row: Row) -> Iterator[Found]:
    """Longer to read than people look at such a place (with a quarter to spare)."""
    least = row["seconds"].get(case.place.channel)
    read = reading(case.draft)
    if least and read.seconds > 1.25 * float(least):
        names = {code: {"place": case.tables.label("channel", case.place.channel, code)} for code in case.tables.languages}
        words = int(float(least) * SPEED[case.draft.language] / 60)
        values = {"amount": round(read.seconds), "most": int(least), "words": words}
        yield Found(start=0, end=len(case.draft.read), quote=False, words=names, values=values)


def length(case: Case, row: Row) -> Iterator[Found]:
    """More or fewer words than the length of the brief."""
    asked = case.tables.lengths.get(case.place.length or "", {})
    for bound in asked.get("bounds", ()):
        least, top = int(bound["least"]), int(bound.get("most", 10**9))
        if bound["unit"] == "words" and case.draft.words and not least <= case.draft.words <= top:
            names = {code: {"place": case.tables.label("length", case.place.length, code)} for code in case.tables.languages}
            values = {"amount": case.draft.words, "least": least, "most": top if top < 10**9 else "…"}
            yield Found(start=0, end=len(case.draft.read), quote=False, words=names, values=values)


ROOM: Mapping[str, Callable[[Case, Row], Iterator[Found]]] = {
    "most": most,
    "advised": advised,
    "sms_parts": sms_parts,
    "sms_letters": sms_letters,
    "sms_stop": sms_stop,
    "seconds": seconds,
    "length": length,
}
