"""The tone of one text by its words: what is praised and blamed, through negation, degree, contrast and irony.

One pass from left to right. A negator turns what follows it within its clause (in French also the verb before a lone "pas"), a word of
degree multiplies the next, "but" takes weight from what stands before it, a concession ("despite ...") from its own clause, and praise
beside a plain complaint with no "but" between them is read as irony. What is left is P (praise) and N (blame);
tone = (P - N) / (P + N + 1), from -1 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mktlib.reputation.lexicon import BREAKS, LONG_RUN, Lexicon, cleaned

SCOPE = 5
"""Words that a negation reaches."""
TURNED_PRAISE, TURNED_BLAME = -0.8, 0.7
BEFORE_BUT, AFTER_BUT, CONCEDED = 0.5, 1.2, 0.3
MORE_EN, MORE_FR = frozenset(["more", "better", "worse"]), frozenset(["plus", "mieux", "meilleur", "meilleure"])
COULD_FR = frozenset(["pourrais", "pourrait", "pourrions", "pourriez", "pourraient", "peux", "peut", "pouvait", "pouvais"])
NEUTRAL_BAND = 0.25
"""Tones nearer to 0 than this are neutral: one weak word is more, praise and blame at three to two are not."""


@dataclass(slots=True)
class Reading:
    """What was read of a text: `hits` are (word, weight as used, position); `tokens` all words and marks, lower case."""

    tokens: list[str]
    hits: list[tuple[str, float, int]] = field(default_factory=list)
    negated: set[int] = field(default_factory=set)
    praise: float = 0.0
    blame: float = 0.0
    ironic: bool = False
    contrast: bool = False
    capitals: bool = False

    @property
    def tone(self) -> float:
        return (self.praise - self.blame) / (self.praise + self.blame + 1)


def read(text: str, lexicon: Lexicon) -> Reading:
    """The tone of one text.

    >>> from mktlib.reputation.lexicon import load_lexicon
    >>> round(read("not bad at all", load_lexicon("en")).tone, 2)
    0.67
    """
    shown = cleaned(text)
    tokens = lexicon.pattern.findall(shown.lower())
    out = Reading(tokens)
    pattern_capitals = shown.upper() == shown and sum(map(str.isalpha, shown)) > 12
    out.capitals = pattern_capitals
    spans, needs = _hits(tokens, lexicon)
    if spans or needs:
        turned = _negated(tokens, lexicon, spans, needs)
        out.negated = {i for i, t in enumerate(turned) if t}
        out.hits = _weighed(tokens, lexicon, spans, needs, turned)
        out.hits, out.contrast = _contrasted(tokens, lexicon, out.hits)
    loud = 1 + 0.1 * min(tokens.count("!"), 3) + (0.2 if pattern_capitals else 0)
    out.ironic = _irony(tokens, lexicon, out)
    if out.ironic:
        out.hits = [(w, -0.7 * x if x > 0 else x, at) for w, x, at in out.hits]
    out.praise = loud * sum(x for _, x, _ in out.hits if x > 0)
    out.blame = -loud * sum(x for _, x, _ in out.hits if x < 0)
    if "?" in tokens and "!" not in tokens:
        out.praise *= 0.6  # a question praises less than it hopes
    return out


def _hits(tokens: list[str], lexicon: Lexicon) -> tuple[dict[int, tuple[int, float]], dict[int, float]]:
    """(start -> (length, weight)) of words and phrases, the longest first and none inside another; (place -> weight) of words that speak
    only where they are negated."""
    spans: dict[int, tuple[int, float]] = {}
    needs: dict[int, float] = {}
    i, n = 0, len(tokens)
    phrases, weight, only = lexicon.phrases, lexicon.weight, lexicon.needs
    while i < n:
        token, step = tokens[i], 1
        for rest, value in phrases.get(token, ()):
            if len(rest) < n - i and tokens[i + 1 : i + 1 + len(rest)] == list(rest):
                step = 1 + len(rest)
                spans[i] = (step, value)
                break
        else:
            value_of = weight.get(token)
            if value_of is None and (len(token) > 3 or not token.isascii()):
                value_of = _stretched(token, lexicon)
            if value_of:
                spans[i] = (1, value_of)
            elif token in only:
                needs[i] = only[token]
        i += step
    return spans, needs


def _stretched(token: str, lexicon: Lexicon) -> float | None:
    """The weight of "trooop" or of an emoji with a colour of skin."""
    if not token[0].isalpha():
        return lexicon.weight.get(token) or lexicon.emoji.get(token[:1])
    if LONG_RUN.search(token):
        for to in (r"\1", r"\1\1"):
            if (found := lexicon.weight.get(LONG_RUN.sub(to, token))) is not None:
                return found * 1.2
    return None


def _negated(tokens: list[str], lexicon: Lexicon, spans: dict[int, tuple[int, float]], needs: dict[int, float]) -> list[float]:
    """For every word: 0 as it stands, 1 turned round, 0.7 turned round and weakened ("hardly")."""
    turned = [0.0] * len(tokens)
    inside = {j for i, (length, _) in spans.items() if length > 1 for j in range(i, i + length)}
    for i, token in enumerate(tokens):
        if i in inside or not (token in lexicon.negators or token in lexicon.weak) or _no_negator(tokens, i, lexicon):
            continue
        strength = 1.0 if token in lexicon.negators else 0.7
        for j in range(i + 1, min(i + 1 + SCOPE, len(tokens))):
            if tokens[j] in BREAKS or tokens[j] in lexicon.contrast:
                break
            turned[j] = strength
        lone = token in lexicon.after_verb and not {"ne", "n'"} & set(tokens[max(0, i - 5) : i])
        if lone and ((i - 1 in spans and i - 1 not in inside) or i - 1 in needs):
            turned[i - 1] = strength  # "aime pas", "marche pas"
    return turned


def _no_negator(tokens: list[str], i: int, lexicon: Lexicon) -> bool:
    """A word that only looks like a negator where it stands."""
    if lexicon.language != "fr":
        could = tokens[i] in ("couldn't", "couldnt") or tokens[max(0, i - 1) : i + 1] == ["could", "not"]
        return could and tokens[i + 1 : i + 2] in (["be"], ["have"], ["ask"]) and _compared(tokens[i + 1 : i + 5], MORE_EN)
    token, before, after = tokens[i], tokens[max(0, i - 5) : i], tokens[i + 1 : i + 6]
    near = [*before, token, *after]
    if COULD_FR & {*before[-3:], *after[:1]} and "pas" in near and _compared(near, MORE_FR):
        return True  # "ne pourrais pas être plus heureux"
    if token == "plus":
        return not {"ne", "n'", "n"} & set(before)
    if token in ("ne", "n'"):
        only = next((j for j, t in enumerate(after) if t in ("que", "qu'")), None)
        return only is not None and not {"pas", "plus", "jamais", "rien"} & set(after[:only])
    if token == "peu":
        return before[-1:] == ["un"]
    return token == "manque" and after[:1] not in (["de"], ["d'"])


def _compared(words: list[str], more: frozenset[str]) -> bool:
    """Whether "could not be" goes on to a comparative, and so praises or blames to the full."""
    return any(w in more or ("y" not in w[-3:] and w.endswith("ier")) for w in words)


def _ended(tokens: list[str], i: int, lexicon: Lexicon) -> bool:
    """A trouble that is over: "the pain is gone", not "the pain is not gone"."""
    if tokens[i] not in lexicon.troubles:
        return False
    ahead = tokens[i + 1 : i + 2 + SCOPE]
    stop = next((j for j, t in enumerate(ahead) if t in BREAKS or t in lexicon.contrast or t in lexicon.negators), len(ahead))
    return bool(lexicon.relieved & set(ahead[:stop]))


def _weighed(
    tokens: list[str],
    lexicon: Lexicon,
    spans: dict[int, tuple[int, float]],
    needs: dict[int, float],
    turned: list[float],
) -> list[tuple[str, float, int]]:
    hits = []
    for i, (length, value) in spans.items():
        if not value or (length == 1 and tokens[i] in lexicon.times and i + 1 in spans):
            continue  # "pretty bad", "terribly good": a word of degree before another says how much, no more
        words = tokens[i : i + length]
        fixed = length > 1 and any(w in lexicon.negators for w in words)  # its own negation is in its weight
        weight = value * _degree(tokens, i, lexicon)
        if turned[i] and not fixed and words[0][0].isalpha():
            weight *= turned[i] * (TURNED_PRAISE if value > 0 else -TURNED_BLAME)
        elif value < 0 and length == 1 and _ended(tokens, i, lexicon):
            weight *= -TURNED_BLAME
        hits.append((" ".join(words), weight, i))
    hits += [(tokens[i], value, i) for i, value in needs.items() if turned[i]]
    return sorted(hits, key=lambda h: h[2])


def _degree(tokens: list[str], i: int, lexicon: Lexicon) -> float:
    """What the one or two words before say of degree."""
    times, back = 1.0, i - 1
    for _ in range(2):
        if back < 0 or tokens[back] not in lexicon.times:
            break
        times *= lexicon.times[tokens[back]]
        back -= 1
    if i > 1 and tokens[i - 1] in ("peu", "bit", "poil", "little") and tokens[i - 2] in ("un", "a"):
        times *= 0.6
    return min(times, 2.0)


def _contrasted(tokens: list[str], lexicon: Lexicon, hits: list[tuple[str, float, int]]) -> tuple[list[tuple[str, float, int]], bool]:
    """Weights after "but" and inside a concession; whether there was either."""
    but = [i for i, t in enumerate(tokens) if t in lexicon.contrast and t not in lexicon.concession]
    grant = [i for i, t in enumerate(tokens) if t in lexicon.concession]
    ends = {g: next((j for j in range(g + 1, len(tokens)) if tokens[j] in BREAKS), len(tokens)) for g in grant}
    if not but and not grant:
        return hits, False
    out = []
    for word, weight, at in hits:
        if but and but[-1] > 0:
            weight *= AFTER_BUT if at > but[-1] else BEFORE_BUT if _same_sentence(tokens, at, but[-1]) else 1.0
        if any(g < at < end for g, end in ends.items()):
            weight *= CONCEDED
        out.append((word, weight, at))
    return out, True


def _same_sentence(tokens: list[str], at: int, but: int) -> bool:
    """Whether no more than one full stop lies between a word and the "but" after it."""
    return sum(t in (".", "!", "?", "…") for t in tokens[at:but]) <= 1


def _irony(tokens: list[str], lexicon: Lexicon, out: Reading) -> bool:
    """Praise by words that irony likes, beside a complaint, with no "but" between them."""
    if any(_within(phrase, tokens) for phrase in lexicon.ironic):
        return True
    praise = [w for w, x, _ in out.hits if x > 0]
    if not praise or out.contrast or not any(t in lexicon.ironic_words for t in tokens[:3]):
        return False
    liked = all(w.split(" ")[0] in lexicon.ironic_words or w.split(" ")[-1] in lexicon.ironic_words or not w[0].isalpha() for w in praise)
    blamed = sum(x for _, x, _ in out.hits if x < 0) <= -1.4
    hinted = any(_within(phrase, tokens) for phrase in lexicon.hints)
    return liked and (blamed or (hinted and len(praise) <= 2 and len(tokens) > 3))


def _within(phrase: tuple[str, ...], tokens: list[str]) -> bool:
    first, length = phrase[0], len(phrase)
    return first in tokens and any(tuple(tokens[i : i + length]) == phrase for i, t in enumerate(tokens) if t == first)
