"""Sentiment in French and English: the lexicon beside others', what labels add, and whether intervals and promises hold.

`python benchmarks/sentiment.py [folder with french_tweets]` prints Markdown. Other lexicons are measured where they are installed
(vaderSentiment, vaderSentiment-fr, textblob, textblob-fr, afinn) and left out, saying so, where not.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline

from mktlib.reputation.prevalence import corrected_shares
from mktlib.reputation.sentiment import SentimentClassifier
from mktlib.reputation.trust import trusted_threshold

HERE = Path(__file__).resolve().parents[1]
TWEETS = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "shared" / "data" / "french_tweets"
CODES = {"negative": 0, "neutral": 1, "positive": 2}


def tweets(part: str) -> tuple[list[str], np.ndarray]:
    labels = np.array((TWEETS / f"{part}_labels.txt").read_text().split(), dtype=int)
    return (TWEETS / f"{part}_text.txt").read_text(encoding="utf-8").split("\n")[: len(labels)], labels


def written(name: str) -> tuple[list[str], np.ndarray]:
    rows = [x.split("\t") for x in (HERE / "tests" / "sentiment" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]
    return [r[2] for r in rows], np.array([CODES[r[0]] for r in rows])


def banded(values: list[float], band: float) -> np.ndarray:
    return np.digitize(values, [-band, band]).astype(int)


def peers(language: str) -> Iterator[tuple[str, Callable[[list[str]], np.ndarray]]]:
    """Other lexicons with the bands that their authors give (0.05 for VADER, 0 for the others)."""

    def vader(module: str) -> Callable[[list[str]], np.ndarray]:
        known = importlib.import_module(module).SentimentIntensityAnalyzer()
        return lambda texts: banded([known.polarity_scores(t)["compound"] for t in texts], 0.05)

    def blob() -> Callable[[list[str]], np.ndarray]:
        cls = importlib.import_module("textblob").TextBlob
        how = {} if language == "en" else {"analyzer": importlib.import_module("textblob_fr").PatternAnalyzer()}
        if language == "en":
            return lambda texts: banded([cls(t).sentiment.polarity for t in texts], 1e-9)
        return lambda texts: banded([cls(t, **how).sentiment[0] for t in texts], 1e-9)

    def afinn() -> Callable[[list[str]], np.ndarray]:
        known = importlib.import_module("afinn").Afinn(language=language)
        return lambda texts: banded([known.score(t) for t in texts], 1e-9)

    vaders = {"fr": "vaderSentiment_fr.vaderSentiment", "en": "vaderSentiment.vaderSentiment"}
    for name, make in (("VADER", lambda: vader(vaders[language])), ("TextBlob", blob), ("AFINN", afinn)):
        try:
            yield name, make()
        except Exception as error:
            sys.stderr.write(f"{name} {language}: left out ({type(error).__name__}: {error})\n")


def zero_shot() -> None:
    """Accuracy of lexicons alone: texts written before ours, after its first, second and last version; tweets."""
    sets = {f"{kind}{lang}": (lang, *written(f"{kind}{lang}")) for lang in ("fr", "en") for kind in ("", "blind_", "last_", "fresh_")}
    if TWEETS.exists():
        (a, y), (b, z) = tweets("train"), tweets("val")
        sets["tweets fr"] = ("fr", a + b, np.r_[y, z])
    print("| texts | n | ours | negative / neutral / positive recall | others |\n| --- | --- | --- | --- | --- |")
    for name, (language, texts, labels) in sets.items():
        ours = SentimentClassifier(language=language).predict_proba(texts).argmax(axis=1)
        recall = " / ".join(f"{(ours[labels == k] == k).mean():.2f}" for k in range(3))
        others = ", ".join(f"{peer} {(judge(texts) == labels).mean():.3f}" for peer, judge in peers(language))
        print(f"| {name} | {len(texts)} | {(ours == labels).mean():.3f} | {recall} | {others or 'none installed'} |")


def baseline(folds: int = 5) -> GridSearchCV:
    """TF-IDF of one and two words, logistic regression, strength by cross-validation."""
    line = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000))
    return GridSearchCV(line, {"logisticregression__C": [0.3, 1, 3, 10, 30]}, cv=StratifiedKFold(folds, shuffle=True, random_state=0))


def paired(ours: np.ndarray, theirs: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """Difference of accuracy with a 95 % interval: bootstrap over texts."""
    gap = ours.astype(float) - theirs
    draws = np.random.default_rng(seed).integers(0, len(gap), (4000, len(gap)))
    return float(gap.mean()), *np.quantile(gap[draws].mean(axis=1), [0.025, 0.975]).tolist()


def learned() -> None:
    """Cross-validated on train; then validation, fitted on train alone."""
    texts, y = tweets("train")
    held, z = tweets("val")
    ours, theirs, chances = np.zeros(len(y), int), np.zeros(len(y), int), np.zeros((len(y), 3))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=7).split(texts, y):
        part, rest = [texts[i] for i in train], [texts[i] for i in test]
        chances[test] = SentimentClassifier(language="fr").fit(part, y[train]).predict_proba(rest)
        theirs[test] = baseline(3).fit(part, y[train]).predict(rest)
    ours = chances.argmax(axis=1)
    print("\n| figure | ours | TF-IDF + logistic regression | difference, 95 % |\n| --- | --- | --- | --- |")
    _row("train, 5 folds", ours == y, theirs == y)
    model = SentimentClassifier(language="fr", right=0.8).fit(texts, y)
    sure = model.predict_proba(held)
    _row("train to validation", sure.argmax(axis=1) == z, baseline().fit(texts, y).predict(held) == z)
    names, answers = np.array(list(CODES)), model.predict(held)
    given = answers != "uncertain"
    confident = sure.max(axis=1).mean()
    kept = (answers == names[z])[given].mean()
    print(f"\nvalidation: mean confidence {confident:.3f}; of right=0.8: answered {given.mean():.3f}, right {kept:.3f}")
    print(f"calibration error, cross-fitted on train: {model.calibration_error_:.3f}")
    for label, rows in (("all", np.arange(len(z))), ("half the negatives", np.r_[np.flatnonzero(z == 0)[:54], np.flatnonzero(z > 0)])):
        table = model.share([held[i] for i in rows]).table.set_index("sentiment").loc["negative"]
        said = f"found {table.found:.3f}, corrected {table.share:.3f} [{table.low:.3f}, {table.high:.3f}]"
        print(f"{label}: true negative share {(z[rows] == 0).mean():.3f}, {said}")


def _row(name: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    gap, low, high = paired(ours, theirs)
    print(f"| {name} (n = {len(ours)}) | {ours.mean():.3f} | {theirs.mean():.3f} | {gap:+.3f} [{low:+.3f}, {high:+.3f}] |")


def coverage(runs: int = 300) -> None:
    """How often the 90 % interval of each corrected share holds the truth, by true shares and labelled texts."""
    rng, errors = np.random.default_rng(3), np.array([[0.72, 0.2, 0.08], [0.16, 0.64, 0.2], [0.08, 0.22, 0.7]])
    print("\n| labelled | true shares | texts | coverage of 0.90: negative, neutral, positive | width | uncorrected is off by |")
    print("| --- | --- | --- | --- | --- | --- |")
    for labelled in ([67, 66, 67], [600, 600, 600]):
        for truth in ([0.33, 0.33, 0.34], [0.05, 0.6, 0.35], [0.7, 0.2, 0.1], [0.0, 0.5, 0.5], [0.02, 0.9, 0.08]):
            inside, wide = [], []
            for seed in range(runs):
                confusion = np.array([rng.multinomial(n, row) for n, row in zip(labelled, errors, strict=True)], dtype=float)
                s = corrected_shares(rng.multinomial(500, np.array(truth) @ errors).astype(float), confusion, seed=seed)
                inside.append((s.low <= truth) & (truth <= s.high))
                wide.append(s.high - s.low)
            said = ", ".join(f"{x:.2f}" for x in np.mean(inside, axis=0))
            off = np.abs(np.array(truth) @ errors - truth)[0]
            print(f"| {sum(labelled)} | {truth} | 500 | {said} | {np.mean(wide):.2f} | {off:.2f} |")


def promise(runs: int = 2000) -> None:
    """How often the accuracy of the answers given falls below the promise of 0.8 (told to hold in 90 % of samples)."""
    rng = np.random.default_rng(5)
    for n in (100, 400, 1800):
        broken = answered = 0.0
        for _ in range(runs):
            c = rng.beta(4, 2, n) * 0.66 + 0.34
            t, share = trusted_threshold(c, rng.random(n) < c * 0.95, right=0.8)
            fresh = rng.beta(4, 2, 4000) * 0.66 + 0.34
            broken += bool(np.isfinite(t) and (fresh[fresh >= t] * 0.95).mean() < 0.8)
            answered += share
        print(
            f"promise of 0.8, {n} labelled: broken in {broken / runs:.3f} of samples (allowed 0.10), answers {answered / runs:.2f} of texts"
        )


def speed() -> None:
    texts = (written("fr")[0] + written("en")[0]) * 10
    clock = {}
    for name, run in (
        ("auto", lambda: SentimentClassifier().predict(texts)),
        ("baseline", lambda: TfidfVectorizer(ngram_range=(1, 2)).fit(texts)),
    ):
        start = time.process_time()
        run()
        clock[name] = time.process_time() - start
    ratio = clock["auto"] / clock["baseline"]
    print(f"\nspeed: {len(texts) / clock['auto']:,.0f} texts/s, language told text by text; {ratio:.1f} times a TF-IDF fit")


if __name__ == "__main__":
    zero_shot()
    if TWEETS.exists():
        learned()
    coverage()
    promise()
    speed()
