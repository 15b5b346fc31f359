"""Segments of an audience: as many as hold, each with what sets it apart; and new people given theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri
from threadpoolctl import threadpool_limits

from mktlib.audience.assigning import Classes, Floats, Ints, fit_classes, one_hot, probabilities, refit
from mktlib.audience.features import Chosen, as_numbers, choose, coded, last_day
from mktlib.audience.groups import FEWEST
from mktlib.audience.naming import names
from mktlib.audience.portraits import DRAWS, LIKES, Sayings, consents, drawn_anew, likes, log_likes, sayings, traits
from mktlib.audience.segmented import ALL, SURE, Segments, person_column
from mktlib.audience.stability import MOST_PEOPLE, REFERENCES, found_again, prediction_strength, references, sharpness
from mktlib.errors import DataError, Finding
from mktlib.intake import to_pandas
from mktlib.intake.inputs import identities, twice
from mktlib.vocabulary import finding, load_tables, not_level, phrase, progress

ALPHA = 0.05
STRONG, STABLE = 0.8, 0.75
"""Prediction strength from which a number of segments holds (Tibshirani and Walther 2005); Jaccard from which a segment is stable, below
which it is a pattern at best (Hennig 2007)."""
MOST, SPLITS, ROUNDS, PATIENCE = 8, 5, 25, 3
MOST_JUDGED, MOST_FITTED = 5_000, 50_000
FEW = 5 * FEWEST
"""People below which nothing is looked for."""


@dataclass
class _Work:
    """People in an order of their own, coded, and the streams of chance of each step."""

    people: pd.DataFrame
    chosen: Chosen
    day: pd.Timestamp | None
    codes: Ints
    said: Sayings
    seed: int
    bar: Any

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(c.size for c in self.chosen.bases)

    def rng(self, step: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, 6, step])

    def some(self, most: int, step: int) -> Ints:
        """The codes of so many people at most, drawn by chance, in order."""
        if len(self.codes) <= most:
            return self.codes
        return np.asarray(self.codes[np.sort(self.rng(step).choice(len(self.codes), most, replace=False))])


def segment_audience(
    audience: Any,
    *,
    features: Sequence[str] | None = None,
    k: int | Literal["auto"] = "auto",
    log: Any = None,
    level: float = 0.9,
    random_state: int = 0,
) -> Segments:
    """Segments of people by what they do and answer; only as many as hold.

    Latent classes of mixed columns, each cut into levels: numbers and money at their own quantiles, dates as days since, hours as parts of
    the day, words and answers as they are; a blank takes no part. Their number is the largest whose prediction strength is 0.8 or more
    (Tibshirani and Walther 2005), provided that classes fit better than they fit people of one cloud with the same columns and the same
    correlations (5 %, Hennig and Lin 2015); else there are none. Each segment's stability is Hennig's (2007) Jaccard.

    Args:
        audience: one row a person (a frame of any engine). Columns that name people, consents and outcomes (orders, revenue ...) are never
            used to make segments; age, place and preferred_... only describe them. `findings` says which, and why.
        features: the columns to use; default all of behaviour and answers. A column that only describes may be named.
        k: "auto", or a number of segments from 1 to 30. Fewer come where a segment would have less than 10 people.
        log: one row a showing, with a column that names people as in `audience`, engaged (or clicked; 0 or 1) and any of content_type,
            length, style: what segments engage with joins what they answered in `.likes`.
        level: of the intervals, between 0 and 1.
        random_state: the same number gives the same segments, whatever the order of rows or columns and the unit of numbers.

    Returns:
        `Segmentation` (see `mktlib.results`) that can also .assign(people), .label(people), .brief_segments(), .table_rows(), .save(path).

    Raises:
        DataError: every problem at once: columns missing, twice or never to be used, no numbers, too few people, wrong options.

    >>> import mktlib as mk
    >>> rng = np.random.default_rng(1)
    >>> alone = pd.DataFrame({"visits": rng.poisson(4, 200), "reads": rng.poisson(4, 200), "device": rng.choice(["phone", "desk"], 200)})
    >>> mk.segment_audience(alone).facts["segments"]
    1
    """
    people = to_pandas(audience).reset_index(drop=True)
    people.columns = [str(c) for c in people.columns]
    wrong = _wrong(people, features, k, level, random_state)
    if wrong:
        raise DataError(wrong)
    day = last_day(people, people.columns)
    chosen = choose(people, features, day)
    shown = None if log is None else _showings(to_pandas(log), people)
    work, order = _work(people, chosen, day, random_state)
    with (
        progress(total=2 * REFERENCES + 5 * MOST + 2 * ROUNDS + DRAWS, desc="segments") as work.bar,
        threadpool_limits(1),
    ):
        return _segmented(work, k, level, shown, order)


def _wrong(people: pd.DataFrame, features: Any, k: Any, level: Any, random_state: Any) -> list[Finding]:
    found = not_level(level)
    if k != "auto" and (isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= 30):
        found.append(finding("E_OPTION", column="k", found=k, expected='"auto", 1 ... 30'))
    if features is not None and not (isinstance(features, list | tuple | set | pd.Index) and all(isinstance(f, str) for f in features)):
        found.append(finding("E_OPTION", column="features", found=features, expected='["visits_90d", ...]'))
    if isinstance(random_state, bool) or not isinstance(random_state, int | np.integer) or random_state < 0:
        found.append(finding("E_OPTION", column="random_state", found=random_state, expected="0, 1, 2 ..."))
    if people.empty:
        found.append(finding("E_NO_ROWS", found="0"))
    elif len(people) < FEWEST:
        found.append(finding("E_FEW_PEOPLE", found=str(len(people)), expected=f">= {FEWEST}"))
    return found


def _showings(log: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The log as person (their row in `people`), engaged and the axes; refused where nobody in it is known."""
    key = person_column(people, log)
    event = next((c for c in ("engaged", "clicked", "clicks") if c in log), None)
    axes = [a for a in ("content_type", "length", "style") if a in log]
    lacking = [name for name, there in (("member_id", key), ("engaged", event), ("content_type", axes)) if not there]
    if lacking:
        found = ", ".join(map(str, log.columns[:20]))
        raise DataError([finding("E_MISSING_COLUMN", column=f"log.{name}", expected=name, found=found) for name in lacking])
    assert key is not None
    assert event is not None
    place = pd.Series(np.arange(len(people)), index=identities(people[key])).groupby(level=0).first().drop("", errors="ignore")
    events = as_numbers(log[event])
    if events is None or (events[~np.isnan(events)] < 0).any():
        raise DataError(finding("E_NOT_A_NUMBER", column=f"log.{event}", found="?"))
    shown = log[axes].astype(object).where(log[axes].notna(), "").astype(str)
    shown = shown.assign(person=identities(log[key]).map(place).to_numpy(), engaged=np.minimum(np.nan_to_num(events), 1.0))
    known = shown[shown["person"].notna()].reset_index(drop=True)
    if known.empty:
        raise DataError(finding("E_SEGMENT_LOG", column=f"log.{key}", found=str(len(log))))
    return known


def _work(people: pd.DataFrame, chosen: Chosen, day: pd.Timestamp | None, seed: int) -> tuple[_Work, NDArray[np.int64]]:
    """The people sorted by what they said, so that the order of rows cannot matter; and where each came from."""
    codes, said = coded(people, chosen.bases, day), sayings(people, chosen.bases, chosen.describes, day)
    order = np.lexsort([*said.value.T, *codes.T[::-1]])
    told = Sayings(said.value[order], said.known[order], said.rows)
    return _Work(people.iloc[order].reset_index(drop=True), chosen, day, codes[order], told, int(seed), None), order


def _segmented(work: _Work, k: int | str, level: float, shown: pd.DataFrame | None, order: NDArray[np.int64]) -> Segments:
    found = [*twice(work.people), *work.chosen.findings, *_thin(work)]
    p, drawn, tried = None, 0, pd.DataFrame(columns=["segments", "strength", "error", "chosen"])
    judged = work.some(MOST_JUDGED, 1)
    count = 1 if k == "auto" else int(k)
    if len(work.codes) < FEW:
        count = 1
        found.append(finding("E_SEGMENT_FEW", level="warning", found=str(len(work.codes)), expected=f">= {FEW}"))
    elif k != 1:
        p, drawn = _chance(work)
        if k == "auto" and p <= ALPHA:
            tried = _strengths(work, judged)
            strong = tried.loc[tried["strength"] >= STRONG, "segments"]
            count = int(strong.max()) if len(strong) else 1
    classes = _fitted(work, count)
    if classes.k < count:
        found.append(finding("E_SEGMENT_SMALL", level="warning", found=str(classes.k), expected=str(count), most=FEWEST))
    tried["chosen"] = tried["segments"] == classes.k
    stability = _stability(work, judged, classes)
    return _result(work, classes, stability, (p, drawn, tried), (k, level), found, shown, order)


def _thin(work: _Work) -> list[Finding]:
    """Columns that more than half of the people leave blank."""
    share = (work.codes < 0).mean(axis=0)
    thin = [c.name for c, x in zip(work.chosen.bases, share, strict=True) if x > 0.5]
    return [finding("E_SEGMENT_BLANKS", level="note", found=", ".join(thin))] if thin else []


def _chance(work: _Work) -> tuple[float, int]:
    """(chance of classes as clear as these among people of one cloud, references drawn); no further than the answer needs (Besag and
    Clifford 1991)."""
    codes, ordered = work.some(MOST_PEOPLE, 2), np.array([c.ordered for c in work.chosen.bases])
    most = max(2, len(codes) // FEW)
    rng = work.rng(3)
    mine = sharpness(codes, work.sizes, rng, most)
    above, drawn = 0, 0
    for other in references(codes, work.sizes, ordered, rng):
        above, drawn = above + int(sharpness(other, work.sizes, rng, most) >= mine), drawn + 1
        work.bar.update(2)
        if drawn == REFERENCES or (above + 1) / (REFERENCES + 1) > ALPHA:
            return float(above + 1) / (drawn + 1), drawn
    raise AssertionError("references never end")


def _strengths(work: _Work, judged: Ints) -> pd.DataFrame:
    """Prediction strength of 2, 3 ... segments, until PATIENCE numbers in a row do not hold."""
    rows, failed = [], 0
    for k in range(2, min(MOST, len(judged) // (2 * FEWEST)) + 1):
        each = prediction_strength(judged, work.sizes, k, work.rng(10 + k), SPLITS)
        rows.append((k, float(each.mean()), float(each.std(ddof=1) / np.sqrt(SPLITS))))
        failed = 0 if each.mean() >= STRONG else failed + 1
        work.bar.update(5)
        if failed == PATIENCE:
            break
    return pd.DataFrame(rows, columns=["segments", "strength", "error"])


def _fitted(work: _Work, count: int) -> Classes:
    """The classes, the largest first, none of fewer than FEWEST people."""
    some = work.some(MOST_FITTED, 4)
    answers = one_hot(some, work.sizes)
    first = one_hot(work.some(MOST_JUDGED * 2, 5), work.sizes) if len(some) > MOST_JUDGED * 2 else answers
    for k in range(count, 0, -1):
        fit = fit_classes(first, work.sizes, k, work.rng(5), starts=12)
        fit = fit if first is answers else refit(answers, fit)
        share = probabilities(work.codes, fit)
        size = np.bincount(share.argmax(axis=1), minlength=k)
        if size.min() >= FEWEST or k == 1:
            by_size = np.lexsort([np.arange(k), -share.sum(axis=0), -size])
            return Classes(fit.weight[by_size], fit.level[:, by_size], fit.sizes, fit.gain)
    raise AssertionError("one segment always holds all")


def _stability(work: _Work, judged: Ints, classes: Classes) -> Floats:
    """(k,): mean Jaccard of each segment."""
    if classes.k == 1:
        return np.array([np.nan])
    rounds = []
    for each in found_again(judged, classes, work.rng(6), ROUNDS):
        rounds.append(each)
        work.bar.update(2)
    return np.asarray(np.mean(rounds, axis=0))


def _result(
    work: _Work, classes: Classes, stability: Floats, judged: tuple[float | None, int, pd.DataFrame], asked: tuple[int | str, float],
    found: list[Finding], shown: pd.DataFrame | None, order: NDArray[np.int64],
) -> Segments:  # fmt: skip
    (p, drawn, tried), (k, level), tables = judged, asked, load_tables()
    keys = [f"segment_{j + 1}" for j in range(classes.k)] if classes.k > 1 else [ALL]
    share = probabilities(work.codes, classes)
    whose, sure = np.array(keys)[share.argmax(axis=1)], share.max(axis=1)
    table = _table(keys, share, classes.k > 1 and stability, p)
    told = pd.DataFrame()
    if classes.k > 1:
        off, error = drawn_anew(work.codes, classes, work.said, work.rng(7), lambda: work.bar.update(1))
        reach = float(ndtri(0.5 + level / 2)) * off
        table["low"], table["high"] = np.clip(table["share"] - reach, 0, 1), np.clip(table["share"] + reach, 0, 1)
        told = traits(share, work.said, error, keys, level)
    else:
        told = traits(share, Sayings(work.said.value[:, :0], work.said.known[:, :0], ()), np.zeros((1, 0)), keys, level)
    liked = likes(work.people, share, work.chosen.bases, work.chosen.describes, work.day, keys, level)
    if shown is not None:
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        segment = pd.Series(whose[back[shown["person"].to_numpy(np.int64)]], index=shown.index)
        logged = log_likes(shown, segment, keys, level)
        liked = logged if liked.empty else liked if logged.empty else pd.concat([liked, logged], ignore_index=True)[LIKES]
    unclear = float((sure < SURE).mean())
    facts = {
        "segments": classes.k, "people": len(work.codes), "k": "auto" if k == "auto" else "given", "asked": None if k == "auto" else int(k),
        "features": [c.name for c in work.chosen.bases], "level": float(level), "method": "latent_classes", "p": p, "references": drawn,
        "unstable": int((~table["stable"]).sum()) if classes.k > 1 else 0, "uncertain": unclear, "sure": SURE, "fewest": FEWEST,
        "names": names(told, keys, tables) if classes.k > 1 else {ALL: _everyone()},
    }  # fmt: skip
    found += _said(facts, table, tried)
    return Segments(
        table=table, facts=facts, findings=tuple(found), traits=told, likes=liked, consent=consents(work.people, whose, keys), choice=tried,
        classes=classes, columns=work.chosen.bases, day=work.day,
    )  # fmt: skip


def _everyone() -> dict[str, str]:
    return {language: phrase("segments.all", language) for language in load_tables().languages}


def _table(keys: list[str], share: Floats, stability: Any, p: float | None) -> pd.DataFrame:
    which, sure = share.argmax(axis=1), share.max(axis=1)
    mean = share.mean(axis=0)
    size = np.bincount(which, minlength=len(keys))
    doubt = [float((sure[which == j] < SURE).mean()) for j in range(len(keys))]
    several = len(keys) > 1
    jaccard = np.asarray(stability, dtype=float) if several else np.array([np.nan])
    holds = (jaccard >= STABLE) & (p is not None and p <= ALPHA) if several else np.array([True])
    return pd.DataFrame(
        {
            "segment": keys,
            "people": size,
            "share": mean,
            "low": mean,
            "high": mean,
            "uncertain": doubt,
            "stability": jaccard,
            "stable": holds,
        }
    )


def _said(facts: dict[str, Any], table: pd.DataFrame, tried: pd.DataFrame) -> list[Finding]:
    """What a reader must know before the segments are used."""
    found, p = [], facts["p"]
    if p is not None and p > ALPHA:
        code = "E_SEGMENTS_NONE" if facts["segments"] == 1 else "E_SEGMENTS_NOT_SHOWN"
        found.append(finding(code, level="warning", found=f"{p:.2f}"))
    elif facts["segments"] == 1 and len(tried):
        found.append(finding("E_SEGMENTS_DEGREES", level="warning", found=f"{tried['strength'].max():.2f}", expected=f">= {STRONG}"))
    shaky = table.loc[~table["stable"], "segment"].tolist()
    if shaky and p is not None and p <= ALPHA:
        found.append(finding("E_SEGMENT_UNSTABLE", level="warning", found=", ".join(shaky), count=len(shaky), expected=f">= {STABLE}"))
    if facts["uncertain"] > 0.2:
        found.append(finding("E_SEGMENT_UNCERTAIN", level="warning", found=round(100 * facts["uncertain"])))
    return found
