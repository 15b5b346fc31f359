"""What labelled texts teach: linear models over two weightings of the n-grams, stacked on the lexicon, with calibrated chances.

Every chance that is judged (calibration, confusion, threshold) comes from a model that did not see the text: the folds' models give
cross-fitted scores, and the calibration that turns scores into chances is itself cross-fitted over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from mktlib.reputation.features import Read, counters, idf, log_count_ratio, weighted

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
STRENGTH_RATIO, STRENGTH_IDF, STRENGTH_STACK = 1.0, 2.0, 1.0
FOLDS = 5
STEEP, CUT = 5.0, 0.25
"""How fast the lexicon's chances change with tone, and where a tone leaves neutral."""


def tone_scores(tones: Array) -> Array:
    """(n, 3) log-chances, up to a constant, of negative, neutral and positive by tone alone."""
    return np.column_stack([-STEEP * (tones + CUT), np.zeros_like(tones), STEEP * (tones - CUT)])


def softmax(scores: Array) -> Array:
    up = np.exp(scores - scores.max(axis=1, keepdims=True))
    return up / up.sum(axis=1, keepdims=True)


@dataclass
class Learned:
    """Linear models of the classes that the labels name. `coef` (2 weightings, classes, columns), `bias` (2, classes); `ratios` (classes,
    columns of the n-grams); `centre`, `spread` of the numbers; `stack` and `stack_bias`: from scores to chances."""

    classes: Labels
    words: dict[str, int]
    letters: dict[str, int]
    ratios: Array
    rarity: Array
    centre: Array
    spread: Array
    coef: Array
    bias: Array
    stack: Array
    stack_bias: Array

    def scores(self, texts: Sequence[Read]) -> Array:
        """(n, classes) mean log-odds of the two weightings."""
        counts = [counter.transform(part) for counter, part in zip(self._counters(), _parts(texts), strict=True)]
        numbers = (_numbers(texts) - self.centre) / self.spread
        cut = len(self.words)
        rare = weighted(counts, [self.rarity[:cut], self.rarity[cut:]], numbers)
        out = rare @ self.coef[1].T + self.bias[1]
        for k, ratio in enumerate(self.ratios):
            out[:, k] += weighted(counts, [ratio[:cut], ratio[cut:]], numbers) @ self.coef[0, k] + self.bias[0, k]
        return np.asarray(out) / 2

    def chances(self, texts: Sequence[Read]) -> Array:
        """(n, 3) calibrated; a class that no label named has none."""
        if not texts:
            return np.empty((0, 3))
        inputs = stacked(self.scores(texts), texts)
        mine = softmax(inputs @ self.stack.T + self.stack_bias)
        out = np.zeros((len(texts), 3))
        out[:, self.classes] = mine
        return out

    def _counters(self) -> tuple[CountVectorizer, CountVectorizer]:
        words, letters = counters(0)
        words.vocabulary, letters.vocabulary = self.words, self.letters
        return words, letters


def stacked(scores: Array, texts: Sequence[Read]) -> Array:
    """Inputs of the last layer: what was learnt, and what the lexicon says."""
    return np.column_stack([scores, tone_scores(np.array([t.tone for t in texts]))[:, [0, 2]] / STEEP])


def _parts(texts: Sequence[Read]) -> tuple[list[str], list[str]]:
    return [t.words for t in texts], [t.letters for t in texts]


def _numbers(texts: Sequence[Read]) -> Array:
    return np.array([t.numbers for t in texts], dtype=float)


def learn(texts: Sequence[Read], labels: Labels) -> Learned:
    """The linear models alone; the last layer passes their scores through."""
    classes = np.unique(labels)
    vectors = counters(len(texts))
    counts = [v.fit_transform(part) for v, part in zip(vectors, _parts(texts), strict=True)]
    raw = _numbers(texts)
    centre, spread = raw.mean(axis=0), np.where(raw.std(axis=0) > 1e-9, raw.std(axis=0), 1.0)
    numbers = (raw - centre) / spread
    rarity = [idf(c) for c in counts]
    rare = weighted(counts, rarity, numbers)
    ratios, coef, bias = [], [], []
    for k in classes:
        mine = labels == k
        ratio = [log_count_ratio(c, mine) for c in counts]
        pair = [_line(weighted(counts, ratio, numbers), mine, STRENGTH_RATIO), _line(rare, mine, STRENGTH_IDF)]
        ratios.append(np.concatenate(ratio))
        coef.append([line.coef_[0] for line in pair])
        bias.append([line.intercept_[0] for line in pair])
    found = [{str(word): int(at) for word, at in v.vocabulary_.items()} for v in vectors]
    return Learned(
        classes=classes,
        words=found[0],
        letters=found[1],
        ratios=np.array(ratios),
        rarity=np.concatenate(rarity),
        centre=centre,
        spread=spread,
        coef=np.array(coef).swapaxes(0, 1),
        bias=np.array(bias).T,
        stack=np.eye(len(classes), len(classes) + 2),
        stack_bias=np.zeros(len(classes)),
    )


def _line(inputs: sparse.csr_matrix, mine: NDArray[np.bool_], strength: float) -> LogisticRegression:
    return LogisticRegression(C=strength, solver="liblinear", max_iter=300).fit(inputs, mine)


def folds(labels: Labels, seed: int) -> StratifiedKFold:
    return StratifiedKFold(min(FOLDS, int(np.bincount(labels)[np.unique(labels)].min())), shuffle=True, random_state=seed)


def last_layer(inputs: Array, labels: Labels, seed: int) -> tuple[Array, Array, Array]:
    """(weights, biases, cross-fitted chances) of the stack: multinomial logistic regression, shrunk."""
    layer = LogisticRegression(C=STRENGTH_STACK, max_iter=500)
    held = cross_val_predict(layer, inputs, labels, cv=folds(labels, seed + 1), method="predict_proba")
    layer.fit(inputs, labels)
    if layer.coef_.shape[0] == 1:  # two classes
        return np.vstack([-layer.coef_, layer.coef_]) / 2, np.r_[-layer.intercept_, layer.intercept_] / 2, held
    return layer.coef_, layer.intercept_, held
