"""The tone of what people write, in French and English, offline: from words alone or learnt from labels; shares corrected for error.

Without labels it reads by the lexicon of `tables/sentiment` and says that its shares are uncorrected. `audit` with a few hundred labelled
texts measures its errors; `fit` also learns from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from threadpoolctl import threadpool_limits

from mktlib.errors import DataError, Finding, ModelError
from mktlib.reputation.answers import CLASSES, UNCERTAIN, a_share, coded, plain_texts, same_length
from mktlib.reputation.features import Read, read_tone, read_whole, readable
from mktlib.reputation.learned import Labels, Learned, folds, last_layer, learn, softmax, stacked, tone_scores
from mktlib.reputation.lexicon import SPOKEN, cleaned, own_words
from mktlib.reputation.prevalence import corrected_shares, shifted_prior
from mktlib.reputation.tongue import NOTHING, OTHER
from mktlib.reputation.trust import calibration_error, trusted_threshold
from mktlib.results import SentimentShare
from mktlib.vocabulary import finding, not_level, progress

Array = NDArray[np.float64]
FEWEST_A_CLASS, FEWEST_LABELS = 5, 30


class SentimentClassifier(ClassifierMixin, BaseEstimator):
    """Negative, neutral or positive.

    Args:
        language: "fr", "en", or "auto" to tell text by text.
        own: words of one's own above the packaged ones: a TOML file (`[fr.fixed]`, `"-2" = "rayable"`) or {word or phrase: weight -3..3}.
        right: the share of answers that must be right, such as 0.85; below the confidence that keeps it the answer is "uncertain". None
            answers every text that can be read. It needs labels: from `fit` or `audit`.
        sure: with which probability that promise holds.
        seed: of the folds and draws; two runs of one seed are equal to the last digit.

    Attributes:
        classes_: ("negative", "neutral", "positive"), the columns of `predict_proba`.
        confusion_: labelled texts by true class (rows) and class given, cross-fitted; None without labels.
        accuracy_, calibration_error_: of the labelled texts, cross-fitted. threshold_, answered_: of `right`.
        findings_: what the last call had to say of its texts.

    >>> SentimentClassifier(language="en").predict(["Not bad at all!", "Never received my parcel", "Where are you?"]).tolist()
    ['positive', 'negative', 'neutral']
    """

    def __init__(
        self,
        language: str = "auto",
        *,
        own: str | Path | Mapping[str, Any] | None = None,
        right: float | None = None,
        sure: float = 0.9,
        seed: int = 0,
    ) -> None:
        self.language, self.own, self.right, self.sure, self.seed = language, own, right, sure, seed

    @property
    def classes_(self) -> NDArray[np.str_]:
        return np.array(CLASSES)

    def fit(self, texts: Any, labels: Any) -> Self:
        """Learn from labelled texts.

        Args:
            texts: a list, array or series of strings.
            labels: as many: negative/neutral/positive (French or English), 0/1/2, -1/0/1, or stars from 1 to 5 (1-2, 3, 4-5).

        Raises:
            DataError: every problem at once: other labels, other lengths, fewer than 30 readable texts or 5 of a class.
        """
        texts, y = self._labelled(texts, labels)
        read = self._read(texts, whole=True)
        usable = np.array([readable(r.language) for r in read], dtype=bool)
        read, y = [r for r, u in zip(read, usable, strict=True) if u], y[usable]
        _enough(y)
        again = {code: n for code, n in Counter(y.tolist()).items() if n}
        self.learned_, held = self._crossfitted(read, y)
        self._judge(held, y)
        self.prior_ = np.array([again.get(k, 0) for k in range(3)]) / len(y)
        return self

    def _crossfitted(self, read: list[Read], y: Labels) -> tuple[Learned, Array]:
        """The model of all texts, and chances of each from models that did not see it."""
        classes = np.unique(y)
        scores = np.zeros((len(y), len(classes)))
        parts = list(folds(y, self.seed).split(y, y))
        with threadpool_limits(1):  # small matrices: threads wait for each other longer than they work
            for train, test in progress(parts, desc="fit"):
                scores[test] = learn([read[i] for i in train], y[train]).scores([read[i] for i in test])
            learned = learn(read, y)
        learned.stack, learned.stack_bias, some = last_layer(stacked(scores, read), y, self.seed)
        held = np.zeros((len(y), 3))
        held[:, classes] = some
        return learned, held

    def audit(self, texts: Any, labels: Any) -> Self:
        """Measure the errors on labelled texts that it has not learnt from, without learning from them: a random two hundred of one's own
        mentions make the shares of the rest honest. Labels as in `fit`."""
        texts, y = self._labelled(texts, labels)
        read = self._read(texts)
        usable = np.array([readable(r.language) for r in read], dtype=bool)
        if usable.sum() < FEWEST_LABELS:
            raise DataError(finding("E_SENTIMENT_FEW", column="labels", found=str(int(usable.sum())), expected=f">= {FEWEST_LABELS}"))
        self._judge(self._chances([r for r, u in zip(read, usable, strict=True) if u]), y[usable])
        return self

    def _judge(self, held: Array, y: Labels) -> None:
        answer, confidence = held.argmax(axis=1), held.max(axis=1)
        self.confusion_ = np.array([[int(((y == a) & (answer == b)).sum()) for b in range(3)] for a in range(3)])
        self.accuracy_, self.calibration_error_ = float((answer == y).mean()), calibration_error(held, y)
        self._judged = confidence, answer == y

    @property
    def threshold_(self) -> float:
        """The confidence from which it answers."""
        return self._promise()[0]

    @property
    def answered_(self) -> float:
        """The share of the labelled texts that it would answer."""
        return self._promise()[1]

    def _promise(self) -> tuple[float, float]:
        if self.right is None:
            return 0.0, 1.0
        if not a_share(self.right) or not a_share(self.sure):
            raise DataError(finding("E_OPTION", column="right", found=f"{self.right}, {self.sure}", expected="0 < right < 1, 0 < sure < 1"))
        if not hasattr(self, "_judged"):
            raise ModelError(finding("E_SENTIMENT_NO_LABELS", column="right", found=str(self.right)))
        return trusted_threshold(*self._judged, right=self.right, sure=self.sure)

    def predict(self, texts: Any) -> NDArray[np.object_]:
        """One of negative, neutral, positive or uncertain a text. Uncertain are texts below the promised confidence, in another language,
        or with nothing to read; `findings_` counts them."""
        return self._answers(self._read(plain_texts(texts)))

    def _answers(self, read: list[Read]) -> NDArray[np.object_]:
        chances, threshold = self._chances(read), self.threshold_
        out = np.array([CLASSES[k] for k in chances.argmax(axis=1)], dtype=object)
        seen = np.array([readable(r.language) for r in read], dtype=bool)
        low = seen & (chances.max(axis=1) < threshold)
        out[~seen | low] = UNCERTAIN
        self.findings_ = (*_unread(read), *_unsure(int(low.sum()), len(read), self.right))
        return out

    def predict_proba(self, texts: Any) -> Array:
        """(n, 3) chances of negative, neutral and positive; a third each where nothing can be read; nominal by the lexicon alone."""
        return self._chances(self._read(plain_texts(texts)))

    def score(self, texts: Any, labels: Any, sample_weight: Any = None) -> float:
        """Share of labels met, "uncertain" counting as missed."""
        texts, y = self._labelled(texts, labels)
        hit = self.predict(texts) == np.array(CLASSES, dtype=object)[y]
        return float(np.average(hit, weights=sample_weight))

    def tone(self, texts: Any) -> Array:
        """From -1 to 1 by the lexicon: praise less blame, of all that was said."""
        return np.array([r.tone for r in self._read(plain_texts(texts))])

    def explain(self, text: str) -> pd.DataFrame:
        """Which words moved it: `word`, `effect` = P(positive) - P(negative) with it less the same without it; strongest first."""
        whole = self._read(plain_texts([text]))[0]
        tokens, spans = whole.reading.tokens[:200], {at: len(w.split(" ")) for w, _, at in whole.reading.hits}
        units, i = [], 0
        while i < len(tokens):
            units.append((i, i + spans.get(i, 1)))
            i += spans.get(i, 1)
        language = whole.language if whole.language in SPOKEN else self._language()
        variants = [" ".join(tokens), *(" ".join(tokens[:a] + tokens[b:]) for a, b in units)]
        chances = self._chances(self._read(variants, [language] * len(variants)))
        pull = chances[:, 2] - chances[:, 0]
        table = pd.DataFrame({"word": [" ".join(tokens[a:b]) for a, b in units], "effect": pull[0] - pull[1:]})
        table = table[table["effect"].abs() > 1e-6]
        return table.loc[table["effect"].abs().sort_values(ascending=False, kind="stable").index].reset_index(drop=True)

    def share(self, texts: Any, *, level: float = 0.9) -> SentimentShare:
        """The share of each class among the texts that can be read, corrected for the errors measured by `fit` or `audit`.

        Args:
            texts: a list, array or series of strings, such as a week of mentions.
            level: of the intervals.

        Returns:
            SentimentShare. Without labels it holds the shares found, no interval, and says so.

        Raises:
            DataError: no text can be read, or `level` is none.
        """
        if wrong := not_level(level):
            raise DataError(wrong)
        shown = plain_texts(texts)
        kept = self._read(shown)
        read = [r for r in kept if readable(r.language)]
        if not read:
            raise DataError(finding("E_NO_ROWS", column="texts", found="0"))
        chances = self._chances(read)
        found = np.bincount(chances.argmax(axis=1), minlength=3).astype(float)
        table = pd.DataFrame({"sentiment": CLASSES, "found": found / found.sum(), "texts": found.astype(int)})
        lost = Counter(r.language for r in kept if not readable(r.language))
        facts: dict[str, Any] = {
            "texts": len(kept),
            "read": len(read),
            "other_language": lost[OTHER],
            "empty": lost[NOTHING],
            "level": level,
        }
        facts["copies"] = copies_of([t for t, r in zip(shown, kept, strict=True) if readable(r.language)])
        remarks = list(_unread(kept))
        if facts["copies"] > 0.1 * len(read):
            remarks.append(finding("E_SENTIMENT_COPIES", level="warning", found=str(facts["copies"])))
        return self._corrected(table, facts, remarks, found, chances, level)

    def _corrected(
        self, table: pd.DataFrame, facts: dict[str, Any], remarks: list[Finding], found: Array, chances: Array, level: float
    ) -> SentimentShare:
        table = table.assign(share=table["found"], low=np.nan, high=np.nan)
        facts |= {
            "corrected": hasattr(self, "confusion_"),
            "labelled": 0,
            "method": "lexicon" if not hasattr(self, "learned_") else "learned",
        }
        if facts["corrected"]:
            seen = np.flatnonzero(self.confusion_.sum(axis=1))  # a class that no label names cannot be told apart from the others
            part = corrected_shares(found[seen], self.confusion_[np.ix_(seen, seen)].astype(float), level=level, seed=self.seed)
            table.loc[seen, ["share", "low", "high"]] = np.column_stack([part.mean, part.low, part.high])
            table.loc[[k for k in range(3) if k not in seen], ["share", "low", "high"]] = np.nan
            facts |= {"labelled": int(self.confusion_.sum()), "accuracy": self.accuracy_, "fits": part.fits}
            remarks += [] if part.fits else [finding("E_SENTIMENT_SHIFT", level="warning")]
        else:
            remarks.append(finding("E_SENTIMENT_UNCORRECTED", level="warning"))
        if hasattr(self, "learned_") and (self.prior_ > 0).all():
            facts["em"] = dict(zip(CLASSES, shifted_prior(np.maximum(chances, 1e-9), self.prior_).tolist(), strict=True))
        order = ["sentiment", "share", "low", "high", "found", "texts"]
        return SentimentShare(table=table[order], facts=facts, findings=tuple(remarks))

    def _language(self) -> str:
        if self.language not in ("auto", *SPOKEN):
            raise DataError(finding("E_OPTION", column="language", found=str(self.language), expected="auto, fr, en"))
        return self.language

    def _labelled(self, texts: Any, labels: Any) -> tuple[list[str], Labels]:
        if not isinstance(self.seed, int | np.integer) or self.seed < 0:
            raise DataError(finding("E_OPTION", column="seed", found=repr(self.seed), expected="0, 1, 2, ..."))
        shown = plain_texts(texts)
        same_length(shown, labels)
        return shown, coded(labels)

    def _read(self, texts: Sequence[str], languages: Iterable[str] | None = None, *, whole: bool | None = None) -> list[Read]:
        own, asked = own_words(self.own), self._language()
        one = read_whole if whole or hasattr(self, "learned_") else read_tone
        each = [asked] * len(texts) if languages is None else [x if x in SPOKEN else "auto" for x in languages]
        bar = progress(zip(texts, each, strict=True), total=len(texts), disable=len(texts) < 5000)
        return [one(text, language, own) for text, language in bar]

    def _chances(self, read: list[Read]) -> Array:
        if hasattr(self, "learned_"):
            out = self.learned_.chances(read)
        else:
            out = softmax(tone_scores(np.array([r.tone for r in read], dtype=float)))
        out[[i for i, r in enumerate(read) if not readable(r.language)]] = 1 / 3
        return out


def tone(texts: Any, languages: Any = None, *, own: str | Path | Mapping[str, Any] | None = None) -> NDArray[np.object_]:
    """negative, neutral, positive or uncertain for each text, by the lexicon alone.

    Args:
        texts: strings. languages: "fr" or "en" for each, or None to tell text by text; any other code is told by the text too.
        own: words of one's own, as in `SentimentClassifier`.

    >>> tone(["Très déçu, jamais livré", "Love it!"]).tolist()
    ['negative', 'positive']
    """
    model, shown = SentimentClassifier(own=own), plain_texts(texts)
    if languages is not None and (isinstance(languages, str) or not hasattr(languages, "__iter__")):
        raise DataError(finding("E_OPTION", column="languages", found=repr(languages), expected='["fr", "en", ...]'))
    each = None if languages is None else [str(x).lower()[:2] for x in languages]
    if each is not None and len(each) != len(shown):
        raise DataError(finding("E_OPTION", column="languages", found=str(len(each)), expected=str(len(shown))))
    return model._answers(model._read(shown, each))


def copies_of(texts: Sequence[str]) -> int:
    """Texts that say the same as an earlier one, addresses and people apart."""
    return len(texts) - len({" ".join(cleaned(t).lower().removeprefix("rt ").split()) for t in texts})


def _enough(y: Labels) -> None:
    counts = np.bincount(y, minlength=3)
    few = [f"{CLASSES[k]}: {counts[k]}" for k in range(3) if 0 < counts[k] < FEWEST_A_CLASS]
    if len(y) < FEWEST_LABELS or (counts > 0).sum() < 2 or few:
        said = ", ".join(few) or f"{len(y)} ({', '.join(f'{c}: {n}' for c, n in zip(CLASSES, counts, strict=True))})"
        expected = f">= {FEWEST_LABELS}, 2 classes, >= {FEWEST_A_CLASS} / class"
        raise DataError(finding("E_SENTIMENT_FEW", column="labels", found=said, expected=expected))


def _unread(read: list[Read]) -> tuple[Finding, ...]:
    lost = Counter(r.language for r in read)
    out = [finding("E_SENTIMENT_LANGUAGE", level="warning", found=str(lost[OTHER]), of=len(read))] if lost[OTHER] else []
    out += [finding("E_SENTIMENT_EMPTY", level="note", found=str(lost[NOTHING]), of=len(read))] if lost[NOTHING] else []
    return tuple(out)


def _unsure(count: int, of: int, right: float | None) -> tuple[Finding, ...]:
    return (finding("E_SENTIMENT_UNSURE", level="note", found=str(count), of=of, right=right),) if count else ()
