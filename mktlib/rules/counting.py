"""What is counted in a draft and is no list of words: marks of punctuation, persons, tenses, figures, the shape of sentences.

Each counter gives the places of what it counts, so that a finding or a page can show them; `COUNTERS` names them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from mktlib.rules.draft import Draft, Span, Token
from mktlib.vocabulary import grammar

EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[\U0001f300-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff\u3030\u303d\u00a9\u00ae\u2122]"
    "[\ufe0f\U0001f3fb-\U0001f3ff]{0,2}(?:\u200d[\U0001f300-\U0001faff\u2600-\u27bf][\ufe0f\U0001f3fb-\U0001f3ff]{0,2}){0,6})|[#*0-9]\ufe0f?\u20e3|"
    r"(?<!\w)[:;]-?[)(DP](?!\w)"
)
NOT_EMOJI = frozenset("©®™✓✔✕✗➔➜➤★☆●■▪►▶◆◇–—•☎✉✂")
GRAMMAR = {language: {name: frozenset(words) for name, words in row.items()} for language, row in grammar().items()}
CONTRACTED = re.compile(r"(?:n't|'re|'ve|'ll|'m|'d)$|^(?:it|that|there|here|what|who|how|where|he|she|let|everything|everyone|nobody)'s$")
IMPARFAIT = re.compile(
    r".{2,}(?:ait|aient)$|.{3,}(?:èrent|irent|urent)$|^(?:fut|furent|eut|vint|prit|mit|dit|fit|alla|avait|était|avais|étais)$"
)
FR_SIMPLE = re.compile(r".{3,}(?:a|it|ut)$")
FR_PARTICIPLE = re.compile(r".{2,}(?:é|ée|és|ées|i|is|it|u|ue|us|ert|ort)$")
TECHNICAL_UNITS = re.compile(
    r"(?<![\w])\d[\d.,]{0,10}\s?(?:°\s?C|°\s?F|mm|µm|nm|cm|kW|kWh|MW|Hz|kHz|MHz|GHz|ms|MPa|GPa|kPa|bar|dB|rpm|tr/min|Nm|N|kN|V|kV|mA|A|W|Wh|mAh|GB|TB|MB|Go|"
    r"To|Mo|Gbit/s|Mbit/s|Mbps|ppm|g/m²|kg/m³|L/min|l/min|m/s|km/h|dpi|px|fps|lm|lux|mg|µg|mL|ml|µs|s|%|percent|pour cent|points?)(?!\w)"
)
PRICE = re.compile(
    r"[€$£]\s?\d[\d.,]{0,9}|(?<!\w)\d[\d.,]{0,9}\s?(?:€|£|\$|eur\b|euros?\b|dollars?\b|pounds?\b|usd\b|quid\b|centimes?\b|cents?\b|pence\b|p\b)|"
    r"[-–−]\s?\d{1,2}\s?%|(?<!\w)\d{1,2}\s?(?:%|percent|pour cent)\s(?:off|discount|de (?:remise|réduction|rabais)|moins)",
    re.I,
)
DATES = re.compile(
    r"\b\d{1,2}(?:st|nd|rd|th|er)?\s(?:of\s)?(?:jan(?:uary|vier)?|feb(?:ruary)?|f[ée]v(?:rier)?|mar(?:ch|s)?|avr(?:il)?|apr(?:il)?|may|mai|june?|juin|july?|juillet|"
    r"aug(?:ust)?|août|sept?(?:embre|ember)?|oct(?:obre|ober)?|nov(?:embre|ember)?|d[ée]c(?:embre|ember)?)\b|"
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\s\d{1,2}\b|"
    r"\b\d{1,2}(?:[:.]\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.)|\b\d{1,2}\s?h(?:\s?\d{2})?\b|\b\d{1,2}:\d{2}\b|\b(?:19|20)\d{2}\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b",
    re.I,
)
REFERENCES = re.compile(
    r"§\s?\d|\b(?:articles?|sections?|clauses?|paragraphs?|alinéas?|art\.)\s(?:[LRD]\.?\s?)?\d[\d.-]*|\b(?:directive|regulation|règlement|loi|law|act|décret|"
    r"ordonnance)\s(?:\(?(?:ue|eu|ce)\)?\s)?(?:n[°o]\s?)?\d[\d/-]*|\bact\s(?:of\s)?(?:19|20)\d\d",
    re.I,
)
NUMBERING = re.compile(
    r"^[ ]{0,8}(?:\d{1,2}[.)]|[-•*]|(?:step|étape|tip|astuce|lesson|leçon)\s(?:\d{1,2}|one|two|three|une?|deux|trois))|"
    r"(?<!\w)(?:step|étape|tip|astuce)\s"
    r"(?:\d{1,2}|one|two|three|une?|deux|trois)\b|(?<=[.:;]\s)\d{1,2}[.)]\s",
    re.I | re.M,
)
CAPITALS = re.compile(r"(?<![\w@#/.-])[^\W\d_a-zß-öø-ÿ]{4,40}(?![\w-])")
HASHTAG = re.compile(r"(?<![\w&/])[#＃]\w{1,139}")
QUOTED = re.compile(r"«[^«»\n]{2,400}»|“[^“”\n]{2,400}”|\"[^\"\n]{2,400}\"|^[ ]{0,4}[—–-]\s(?=[^\W\d_])", re.M)


def spans(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    return (Span(m.start(), m.end()) for m in pattern.finditer(text))


def _one_of(words: frozenset[str], draft: Draft) -> Iterator[Span]:
    return (Span(t.start, t.end) for t in draft.tokens if t.text in words)


def emoji(draft: Draft) -> Iterator[Span]:
    """Emoji and the faces made of two signs; a sequence joined by hidden marks is one."""
    return (s for s in spans(EMOJI, draft.words_only) if draft.read[s.start] not in NOT_EMOJI)


def quotations(draft: Draft) -> Iterator[Span]:
    """What stands in quotation marks; the dash of a dialogue alone is none."""
    return (s for s in spans(QUOTED, draft.read) if s.end - s.start > 3)


def exclamations(draft: Draft) -> Iterator[Span]:
    return spans(re.compile("[!！]+"), draft.plain)


def questions(draft: Draft) -> Iterator[Span]:
    return spans(re.compile(r"[?？](?=\s|$|[!»”\"')])"), draft.words_only)


def person(who: str) -> Callable[[Draft], Iterator[Span]]:
    def counted(draft: Draft) -> Iterator[Span]:
        return _one_of(GRAMMAR[draft.language].get(who, frozenset()), draft)

    return counted


def third(draft: Draft) -> Iterator[Span]:
    """He and she; a French `il` only where it is no `il faut`, `il y a`, `il est possible`."""
    yield from _one_of(GRAMMAR[draft.language]["third"], draft)
    if draft.language == "fr":
        impersonal = GRAMMAR["fr"]["impersonal"]
        for token, after in zip(draft.tokens, draft.tokens[1:], strict=False):
            if token.text == "il" and after.text not in impersonal:
                yield Span(token.start, token.end)


def past(draft: Draft) -> Iterator[Span]:
    """Past tenses in which stories are told."""
    tell = _past_french if draft.language == "fr" else _past_english
    tokens = draft.tokens
    return (Span(t.start, t.end) for k, t in enumerate(tokens) if tell(tokens, k))


def _past_english(tokens: tuple[Token, ...], k: int) -> bool:
    word = tokens[k].text
    if word in GRAMMAR["en"]["irregular_past"]:
        return word not in ("could", "would", "did", "left", "lost", "made", "found") or _subject(tokens, k)
    return (
        word.endswith("ed")
        and len(word) > 4
        and k > 0
        and tokens[k - 1].text not in GRAMMAR["en"]["passive_before"]
        and _subject(tokens, k)
    )


def _subject(tokens: tuple[Token, ...], k: int) -> bool:
    return any(t.text in ("he", "she", "i", "we", "they", "it", "who") for t in tokens[max(0, k - 3) : k]) or (
        k > 0 and tokens[k - 1].text not in GRAMMAR["en"]["passive_before"] | {"a", "the", "of", "with", "have", "has", "by", "your", "our"}
    )


def _past_french(tokens: tuple[Token, ...], k: int) -> bool:
    word = tokens[k].text
    if word in GRAMMAR["fr"]["no_past"] or word.endswith(("rait", "raient")):
        return False
    if IMPARFAIT.match(word):
        return True
    before = tokens[k - 1].text if k else ""
    if (
        before in ("il", "elle", "je", "j'", "on", "qui")
        and FR_SIMPLE.match(word)
        and word not in GRAMMAR["fr"]["no_simple_past"]
        and not word.endswith("ra")
    ):
        return True
    told = (
        k > 1
        and before in GRAMMAR["fr"]["auxiliaries"] | {"ai", "avons"}
        and tokens[k - 2].text in ("il", "elle", "j'", "on", "qui", "l'", "nous", "m'", "lui")
    )
    return told and bool(FR_PARTICIPLE.match(word))


def imperatives(draft: Draft) -> Iterator[Span]:
    """Sentences, or parts after a comma, that begin with a verb as an order."""
    for tokens in draft.sentence_tokens:
        for k, token in enumerate(tokens[:40]):
            opens = k == 0 or draft.plain[tokens[k - 1].end : token.start].strip() in (",", ":", ";", "—", "–", "-")
            opens = opens or (k > 0 and tokens[k - 1].text in ("et", "and", "then", "puis", "or", "ou"))
            if opens and _order(tokens, k, draft.language):
                yield Span(token.start, token.end)
                break


def _order(tokens: tuple[Token, ...], k: int, language: str) -> bool:
    word, after = tokens[k].text, tokens[k + 1].text if k + 1 < len(tokens) else ""
    if language == "fr":
        polite = (word.endswith("ez") and word not in GRAMMAR["fr"]["no_order"] and after != "vous") or (
            word.endswith("ons") and word not in ("nous",) and k == 0
        )
        return (polite or word in GRAMMAR["fr"]["orders"]) and after not in ("tu", "je", "il", "elle", "nous")
    return (
        word in GRAMMAR["en"]["orders"]
        and (k == 0 or word not in ("never", "always", "just", "love", "have", "be", "want"))
        and after not in ("is", "was")
    )


def contractions(draft: Draft) -> Iterator[Span]:
    """English contractions; in French what speech leaves out: the ne of a negation, the il of il y a, the e of je."""
    tokens = draft.tokens
    if draft.language != "fr":
        yield from (Span(t.start, t.end) for t in tokens if CONTRACTED.search(t.text))
        return
    for k, token in enumerate(tokens):
        before = [t.text for t in tokens[max(0, k - 4) : k]]
        after = tokens[k + 1].text if k + 1 < len(tokens) else ""
        lost_ne = (
            token.text == "pas"
            and len(before) > 1
            and not {"ne", "n'", "ou", "pourquoi", "un", "le", "du", "premier", "chaque"} & set(before)
        )
        lost_ne = lost_ne and bool({"je", "j'", "tu", "t'", "il", "elle", "on", "c'", "ça", "vous", "nous", "y"} & set(before))
        lost_il = token.text == "y" and after in ("a", "aura", "avait") and (not before or before[-1] not in ("il", "n'", "t", "qu'il"))
        lost_e = token.text == "t'" and after in ("as", "es", "avais", "auras", "étais")
        if lost_ne or lost_il or lost_e or token.text in GRAMMAR["fr"]["oral"]:
            yield Span(token.start, token.end)


def figures(draft: Draft) -> Iterator[Span]:
    """Numbers written in digits that are no price, year or hour."""
    taken = [s for pattern in (PRICE, DATES, NUMBERING) for s in spans(pattern, draft.plain)]
    inside = {i for s in taken for i in range(s.start, s.end)}
    return (Span(t.start, t.end) for t in draft.tokens if t.is_number and t.start not in inside)


def long_words(draft: Draft) -> Iterator[Span]:
    return (Span(t.start, t.end) for t in draft.tokens if len(t.text) >= 9)


def fragments(draft: Draft) -> Iterator[Span]:
    """Sentences of one to four words."""
    return (Span(t[0].start, t[-1].end) for t in draft.sentence_tokens if len(t) <= 4)


def capitals(draft: Draft) -> Iterator[Span]:
    """Words in capitals that are no acronym: six letters or more, or two words of four in a row; a draft all in capitals too."""
    found = [s for s in spans(CAPITALS, draft.words_only) if draft.read[s.start : s.end].isupper()]
    for k, s in enumerate(found):
        beside = any(
            0 <= k + d < len(found) and not draft.words_only[found[min(k, k + d)].end : found[max(k, k + d)].start].strip() for d in (-1, 1)
        )
        if beside or s.end - s.start >= 6:
            yield s


def negations(draft: Draft) -> Iterator[Span]:
    words = GRAMMAR[draft.language]["negative"]
    return (Span(t.start, t.end) for t in draft.tokens if t.text in words or t.text.endswith("n't"))


def _in(pattern: re.Pattern[str]) -> Callable[[Draft], Iterator[Span]]:
    return lambda draft: spans(pattern, draft.words_only)


COUNTERS: Mapping[str, Callable[[Draft], Iterator[Span]]] = {
    "exclamation": exclamations,
    "question": questions,
    "emoji": emoji,
    "you": person("you"),
    "tu": person("tu"),
    "i": person("i"),
    "we": person("we"),
    "third": third,
    "past": past,
    "imperative": imperatives,
    "figures": figures,
    "units": _in(TECHNICAL_UNITS),
    "price": _in(PRICE),
    "dates": _in(DATES),
    "reference": _in(REFERENCES),
    "numbering": _in(NUMBERING),
    "contraction": contractions,
    "long_words": long_words,
    "fragments": fragments,
    "negation": negations,
    "caps": capitals,
    "hashtag": _in(HASHTAG),
    "quotes": _in(QUOTED),
}
