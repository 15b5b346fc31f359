"""A sentiment classifier as one file: a JSON header and plain arrays, never pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mktlib.errors import DataError, StoreError
from mktlib.reputation.learned import Learned
from mktlib.reputation.lexicon import own_words
from mktlib.reputation.sentiment import SentimentClassifier
from mktlib.scoring.keeping import path_of, read_scorer, write_scorer
from mktlib.vocabulary import finding

KIND = "sentiment"
ARRAYS = ("classes", "ratios", "rarity", "centre", "spread", "coef", "bias", "stack", "stack_bias")
OPTIONS = ("language", "right", "sure", "seed")


def save_sentiment(model: SentimentClassifier, path: str | Path) -> Path:
    """Write a classifier, its errors measured so far included. The words learnt stand in it (those of two texts or more).

    Raises:
        DataError: `model` is no classifier, or `path` no path.
    """
    file = path_of(path, 'save_sentiment(model, "tone.npz")')
    if not isinstance(model, SentimentClassifier):
        raise DataError(
            finding("E_OPTION", column="model", found=type(model).__name__, expected="SentimentClassifier().fit(texts, labels)")
        )
    header: dict[str, Any] = {"kind": KIND, "options": {k: getattr(model, k) for k in OPTIONS}, "own": _own(model.own)}
    arrays: dict[str, Any] = {}
    if hasattr(model, "learned_"):
        header |= {"words": model.learned_.words, "letters": model.learned_.letters}
        arrays |= {name: np.asarray(getattr(model.learned_, name)) for name in ARRAYS} | {"shares": model.prior_}
    if hasattr(model, "confusion_"):
        header |= {"accuracy": model.accuracy_, "calibration_error": model.calibration_error_}
        arrays |= {"confusion": model.confusion_, "confidence": model._judged[0], "hit": model._judged[1].astype(np.int8)}
    return write_scorer(file, header, arrays)


def load_sentiment(path: str | Path) -> SentimentClassifier:
    """A classifier as it was saved: the same answers to the last digit.

    Raises:
        DataError: `path` is no path.
        StoreError: no such file, or it is cut off, altered, or holds something else.
    """
    file = path_of(path, 'load_sentiment("tone.npz")')
    header, arrays = read_scorer(file)
    if header.get("kind") != KIND:
        raise StoreError(finding("E_MODEL_FILE", file=file.name, found=f"kind {header.get('kind')}, not {KIND}"))
    model = SentimentClassifier(own=header["own"], **header["options"])
    if "words" in header:
        counted: dict[str, Any] = {name: {str(w): int(at) for w, at in header[name].items()} for name in ("words", "letters")}
        model.learned_ = Learned(**counted | {name: arrays[name] for name in ARRAYS})
        model.prior_ = arrays["shares"]
    if "confusion" in arrays:
        model.confusion_, model._judged = arrays["confusion"], (arrays["confidence"], arrays["hit"].astype(bool))
        model.accuracy_, model.calibration_error_ = header["accuracy"], header["calibration_error"]
    return model


def _own(own: str | Path | Mapping[str, Any] | None) -> dict[str, dict[str, float]] | None:
    """The words themselves, by language, not where they stood."""
    return None if own is None else {language: dict(words) for language, words in own_words(own).items()}
