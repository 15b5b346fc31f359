"""What a burst is about: the terms that more mentions hold now than before, and no others.

The unit is the mention, not the word: a text that says "hinge" four times is one mention with "hinge". How far shares lie apart is told by
the log-odds with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008, Political Analysis 16). Whether they differ at all is an
exact test given how often the term was said altogether (Fisher's, its binomial widened to a beta-binomial by how alike the mentions of one
day are); the many terms looked at are paid for by Holm's rule (1979), those that could never stand left out (Tarone 1990, Biometrics 46).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.stats import betabinom, norm

from mktlib.vocabulary import load_tables

TERMS: tuple[str, ...] = ("term", "now", "before", "share_now", "share_before", "times", "low", "high")
FEWEST_MENTIONS = 5
"""Mentions that hold a term, now and before together, below which it is not looked at."""
PRIOR_MENTIONS = 10.0
"""Mentions that the shared share is worth: a term of one mention is not a discovery."""
LONGEST = 2_000
"""Characters of a mention that are read; a longer text is an article, not a mention."""
SHARED_MENTIONS = 50.0
"""Mentions of a term from which its own likeness within a day counts as much as that of all terms."""
EVERYWHERE = 0.5
"""A word in more than this share of the mentions before says nothing: it is the brand's own name, or "glasses"."""
SAME = 0.8
Spread = tuple[np.ndarray, np.ndarray]
_DROPPED = re.compile(r"https?://\S+|www\.\S+|[@＠]\S+|\S+@\S+")
_WORD = re.compile(r"[.!?;:]|#?[^\W\d_]+(?:[’'-][^\W\d_]+)*|\d+ ?%")
_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’]", re.IGNORECASE)


def words_of(text: str, stopped: frozenset[str]) -> list[str]:
    """The telling words of a text in their order; an empty word stands for a stop word, a name or a stop, so that no pair spans it.

    >>> words_of("The hinge of @ana broke, l'été !", stop_words(("en", "fr")))
    ['', 'hinge', '', '', 'broke', 'été', '']
    """
    plain = _DROPPED.sub(" . ", unicodedata.normalize("NFC", text[:LONGEST]).replace("'", "’")).casefold()
    words = (_ELIDED.sub("", word.lstrip("#")) for word in _WORD.findall(plain))
    return ["" if word in stopped or len(word) < 2 else word for word in words]


def stop_words(spoken: Iterable[str]) -> frozenset[str]:
    """Words that say nothing by themselves, of the languages of the tables.

    >>> "the" in stop_words(["en"])
    True
    """
    said = (load_tables().languages.get(code, {}).get("text", {}).get("stop_words", ()) for code in spoken)
    return frozenset(word.replace("'", "’") for words in said for word in words)


@lru_cache(maxsize=100_000)
def terms_of(text: str, stopped: frozenset[str]) -> frozenset[str]:
    """The words and the pairs of neighbouring words of one mention, each once."""
    words = words_of(text, stopped)
    pairs = {f"{a} {b}" for a, b in pairwise(words) if a and b}
    return frozenset(word for word in words if word) | pairs


def over_represented(
    now: Sequence[str],
    before: Sequence[str],
    *,
    days: tuple[Sequence[object], Sequence[object]] | None = None,
    level: float = 0.95,
    most: int = 12,
) -> pd.DataFrame:
    """The terms that a larger share of mentions hold now than before.

    Args:
        now, before: the texts of the two times, a mention each.
        days: the day of each text of `now` and of `before`: what is said on one day is alike, and how alike is learnt from the days
            before. None: as if each mention stood for itself.
        level: 1 - the chance that any term is named though nothing changed.
        most: terms that are handed back, the strongest first.

    Returns:
        term, now and before (mentions that hold it), share_now, share_before (of the mentions), times (the ratio of odds, drawn to 1),
        low, high (of times, each at `level`). Empty where nothing stands out, and where either side is empty.

    >>> over_represented(["hinge broke"] * 30, ["nice colour", "ships late"] * 40)["term"].tolist()
    ['hinge broke']
    """
    if not len(now) or not len(before):
        return pd.DataFrame(columns=list(TERMS))
    stopped = stop_words(load_tables().languages)
    everywhere = Counter(word for text in before for word in set(words_of(str(text), stopped)))
    stopped |= {word for word, count in everywhere.items() if count > EVERYWHERE * len(before)}
    said = [[terms_of(str(text), stopped) for text in texts] for texts in (now, before)]
    counts = [Counter(term for terms in side for term in terms) for side in said]
    kept = sorted(term for term in counts[0].keys() | counts[1].keys() if counts[0][term] + counts[1][term] >= FEWEST_MENTIONS)
    y1, y0 = (np.array([count[term] for term in kept], dtype=float) for count in counts)
    n1, n0 = (float(len(side)) for side in said)
    spread = _spread(said[1], days, kept) if days is not None else (np.ones(len(kept)), np.ones(len(kept)))
    stands = _stands(y1, n1, y0, n0, spread, 1 - level)
    effect, error = _log_odds(y1, n1, y0, n0, spread)
    z = float(norm.ppf(0.5 + level / 2))
    table = pd.DataFrame(
        {
            "term": kept, "now": y1.astype(int), "before": y0.astype(int), "share_now": y1 / n1, "share_before": y0 / n0,
            "times": np.exp(effect), "low": np.exp(effect - z * error), "high": np.exp(effect + z * error), "_z": effect / error,
        }
    )  # fmt: skip
    table = table[stands].assign(_long=[-term.count(" ") for term in np.array(kept, dtype=object)[stands]])
    table = table.sort_values(["_z", "_long", "term"], ascending=[False, True, True], kind="stable").drop(columns=["_z", "_long"])
    return table[_told_once(list(table["term"]), said[0])].head(most).reset_index(drop=True)


def _stands(y1: np.ndarray, n1: float, y0: np.ndarray, n0: float, spread: Spread, alpha: float) -> np.ndarray:
    """Which terms are said more now, at most `alpha` of the runs naming any wrongly."""
    y, part = y1 + y0, n1 / (n1 + n0)
    wider = (1 - y / (n1 + n0)) * ((1 - part) * spread[0] + part * spread[1])
    alike = np.clip((wider - 1) / np.maximum(y - 1, 1), 1e-9, 0.999)
    a, b = part * (1 / alike - 1), (1 - part) * (1 / alike - 1)
    best = betabinom.sf(y - 1, y.astype(int), a, b)
    order = np.sort(best)
    k = next((k for k in range(1, len(y) + 1) if np.searchsorted(order, alpha / k, side="right") <= k), len(y))
    tried = best <= alpha / max(k, 1)
    stands = np.zeros(len(y), dtype=bool)
    stands[tried] = _holm(betabinom.sf(y1[tried] - 1, y[tried].astype(int), a[tried], b[tried]), alpha)
    return stands


def _log_odds(y1: np.ndarray, n1: float, y0: np.ndarray, n0: float, spread: Spread) -> tuple[np.ndarray, np.ndarray]:
    """(log odds ratio, its standard error) of each term, both sides holding PRIOR_MENTIONS mentions of the share they have together."""
    prior = PRIOR_MENTIONS * np.minimum((y1 + y0) / (n1 + n0), 1 - 0.5 / (n1 + n0))
    sides = [(y + prior, n + PRIOR_MENTIONS - y - prior) for y, n in ((y1, n1), (y0, n0))]
    error = np.sqrt(sum(wide * (1 / has + 1 / lacks) for wide, (has, lacks) in zip(spread, sides, strict=True)))
    return np.log(sides[0][0] / sides[0][1]) - np.log(sides[1][0] / sides[1][1]), error


def _spread(said: list[frozenset[str]], days: tuple[Sequence[object], Sequence[object]], kept: list[str]) -> Spread:
    """How many times more than chance each term's share moves, now and before: 1 + (mentions a day - 1) x likeness within a day.

    The likeness is the moment estimate of a clustered proportion, drawn to what all terms show together, and never below none.
    """
    code, day = np.unique(np.asarray(days[1], dtype=str), return_inverse=True)
    size, place = np.bincount(day, minlength=len(code)).astype(float), {term: k for k, term in enumerate(kept)}
    hits = np.zeros((len(kept), len(code)))
    for d, terms in zip(day, said, strict=True):
        for term in terms & place.keys():
            hits[place[term], d] += 1
    share = hits.sum(axis=1) / size.sum()
    excess = ((hits - size * share[:, None]) ** 2).sum(axis=1) - size.sum() * share * (1 - share)
    pairs = (size * (size - 1)).sum() * share * (1 - share)
    together = excess.sum() / pairs.sum() if pairs.sum() > 0 else 0.0
    weight = hits.sum(axis=1)
    own = np.divide(excess, pairs, out=np.zeros(len(kept)), where=pairs > 0)
    alike = np.clip((weight * own + SHARED_MENTIONS * together) / (weight + SHARED_MENTIONS), 0.0, 1.0)
    return 1 + (_crowd(days[0]) - 1) * alike, 1 + (_crowd(days[1]) - 1) * alike


def _crowd(days: Sequence[object]) -> float:
    """Mentions on the day of a mention, on average."""
    size = np.unique(np.asarray(days, dtype=str), return_counts=True)[1].astype(float)
    return float((size**2).sum() / size.sum())


def _holm(p: np.ndarray, alpha: float) -> np.ndarray:
    """Which of the tests stand when at most `alpha` of the runs may name any wrongly."""
    order = np.argsort(p, kind="stable")
    passed = np.minimum.accumulate(p[order] <= alpha / np.arange(len(p), 0, -1))
    stands = np.zeros(len(p), dtype=bool)
    stands[order] = passed
    return stands


def _told_once(terms: list[str], said: list[frozenset[str]]) -> np.ndarray:
    """Which terms say something new: not those of whose mentions eight in ten hold a stronger term already told."""
    where = {term: {k for k, held in enumerate(said) if term in held} for term in terms}
    told: list[str] = []
    for term in terms:
        if all(len(where[term] & where[other]) < SAME * len(where[term]) for other in told):
            told.append(term)
    return np.array([term in told for term in terms], dtype=bool)
