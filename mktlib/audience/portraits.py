"""What sets a segment apart, and what its people like.

Every number is a mean over people weighted by how likely they belong, beside the same mean over everybody else. Its range comes from
drawing the people anew and fitting the segments anew (bootstrap), so that doubt about who belongs is in it. What is said to differ does so
over the whole table of segments and columns (Holm 1979) and by more than a small effect (Cohen 1988: 0.2).

The columns that segments are made of differ by construction: their rows say what a segment is, not a discovery (`role` builds). The others
(`role` describes) took no part, and a difference there is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from mktlib.audience.assigning import Classes, Floats, Ints, one_hot, probabilities, refit
from mktlib.audience.features import DAYPARTS, NEVER, OTHER, Column, as_days, as_numbers, blank, coded
from mktlib.audience.groups import FEWEST, shrunk_rates
from mktlib.glmm.mixing import holm

ALPHA, SMALL, DRAWS, MOST_DRAWN = 0.05, 0.2, 100, 2_000
BLANK = "(blank)"
LIKED = {"preferred_format": "content_type", "preferred_length": "length", "preferred_style": "style", "preferred_tone": "style"}
TRAITS = ["segment", "column", "level", "kind", "inside", "outside", "difference", "low", "high", "effect", "p", "role", "holds"]
LIKES = ["segment", "axis", "option", "people", "share", "low", "high", "average", "source"]


@dataclass(frozen=True)
class Sayings:
    """What may be said of people. value (people, sayings): a number or 0/1; known: whether the person's cell says anything.

    rows: (column, level, kind, role) of each saying; kind is mean, days or share."""

    value: Floats
    known: Floats
    rows: tuple[tuple[str, str, str, str], ...]

    @property
    def shares(self) -> NDArray[np.bool_]:
        """Which sayings are shares."""
        return np.array([kind == "share" for _, _, kind, _ in self.rows], dtype=bool)


def sayings(people: pd.DataFrame, bases: Iterable[Column], describes: Iterable[Column], day: pd.Timestamp | None) -> Sayings:
    """A mean for a number, a share for each word, for blank cells and for days that never came."""
    value, known, rows = [], [], []
    for role, columns in (("builds", bases), ("describes", describes)):
        for column in columns:
            for level, kind, x, told in _of_column(people[column.name], column, day):
                hits = float(x[told].sum())
                if kind == "share" and min(hits, told.sum() - hits) < FEWEST:
                    continue  # few people may not be told apart
                value.append(np.where(told, x, 0.0))
                known.append(told.astype(float))
                rows.append((column.name, level, kind, role))
    shape = (len(people), 0)
    stacked = [np.column_stack(part) if part else np.zeros(shape) for part in (value, known)]
    return Sayings(stacked[0], stacked[1], tuple(rows))


def _of_column(values: pd.Series, column: Column, day: pd.Timestamp | None) -> Iterator[tuple[str, str, Floats, np.ndarray]]:
    empty = blank(values)
    if column.kind in ("number", "ordered"):
        number = as_numbers(values)
        if number is not None:
            yield "", "mean", np.nan_to_num(number), ~empty
    elif column.kind == "date":
        days = as_days(values)
        if days is not None and day is not None:
            since = ((day - days).dt.total_seconds() / 86_400).to_numpy(float)
            yield "", "days", np.nan_to_num(since), ~empty
    else:
        codes = coded(pd.DataFrame({column.name: values}), [column], day)[:, 0]
        levels = column.levels[1:] if len(column.levels) == 2 and column.levels[0] in NO else column.levels
        for level in levels:
            if level != OTHER:
                yield level, "share", (codes == column.levels.index(level)).astype(float), codes >= 0
    if empty.any():
        yield NEVER if column.kind == "date" else BLANK, "share", empty.astype(float), np.ones(len(empty), dtype=bool)


NO = ("no", "non", "0", "false", "n")
"""First of two words that need not be told: the share of the second says both."""


def unmixed(share: Floats) -> Floats:
    """(people, segments): weights whose means over people are those of the segments themselves, for columns that took no part.

    Means weighted by probabilities alone are drawn together, as some people are counted to a segment that is not theirs; the shares of
    wrong counts are known from the probabilities and taken back (Bolck, Croon and Hagenaars 2004, Political Analysis 12). Weights of a
    person add to 1; some are below 0.

    >>> unmixed(np.array([[0.9, 0.1], [0.1, 0.9]])).round(3).tolist()
    [[1.125, -0.125], [-0.125, 1.125]]
    """
    mixing = (share.T @ share) / np.maximum(share.sum(axis=0), 1e-9)[:, None]
    return np.asarray(share @ np.linalg.inv(mixing)) if np.linalg.cond(mixing) < ENTANGLED else share


ENTANGLED = 50.0
"""Segments that overlap so much cannot be told apart by weights."""


def contrast(share: Floats, said: Sayings) -> tuple[Floats, Floats, Floats]:
    """(segments, sayings) each: mean inside, mean of everybody else, people inside who said anything."""
    weight, apart = unmixed(share), np.array([role == "describes" for *_, role in said.rows], dtype=bool)
    inner = np.where(apart, weight.T @ said.value, share.T @ said.value)
    count = np.where(apart, weight.T @ said.known, share.T @ said.known)
    inner = np.where(said.shares, np.clip(inner, 0, np.maximum(count, 0)), inner)
    whole, asked = said.value.sum(axis=0), said.known.sum(axis=0)
    return inner / np.maximum(count, 1e-9), (whole - inner) / np.maximum(asked - count, 1e-9), count


def drawn_anew(
    codes: Ints, classes: Classes, said: Sayings, rng: np.random.Generator, each: Callable[[], object] = lambda: None
) -> tuple[Floats, Floats]:
    """Standard errors of the segments' shares (k,) and of inside minus outside (k, sayings), over people drawn anew and fitted anew.

    More than MOST_DRAWN people are drawn fewer at a time, and the errors shrunk to the size of the whole (m out of n bootstrap).
    """
    n, m = len(codes), min(len(codes), MOST_DRAWN)
    shares, gaps = [], []
    for _ in range(DRAWS):
        who = np.sort(rng.integers(0, n, m))
        answers = one_hot(codes[who], classes.sizes)
        again = refit(answers, classes, steps=40)
        share = probabilities(codes[who], again)
        inside, outside, _ = contrast(share, Sayings(said.value[who], said.known[who], said.rows))
        shares.append(share.mean(axis=0))
        gaps.append(inside - outside)
        each()
    shrink = np.sqrt(m / n)
    return np.std(shares, axis=0, ddof=1) * shrink, np.std(gaps, axis=0, ddof=1) * shrink


def traits(share: Floats, said: Sayings, error: Floats, names: list[str], level: float) -> pd.DataFrame:
    """One row a segment and saying, the strongest first within a segment; see TRAITS."""
    inside, outside, count = contrast(share, said)
    gap, effect = inside - outside, _effects(inside, outside, said)
    p = 2 * ndtr(-np.abs(gap) / np.maximum(error, 1e-12))
    few = _few(said, inside, count)
    p = np.where(few | (error <= 0), 1.0, p)
    holds = (holm(p.ravel()).reshape(p.shape) < ALPHA) & (np.abs(effect) >= SMALL)
    reach = float(ndtri(0.5 + level / 2)) * error
    rows = [
        (
            *(names[j], *said.rows[t][:3], inside[j, t], outside[j, t], gap[j, t], gap[j, t] - reach[j, t], gap[j, t] + reach[j, t]),
            *(effect[j, t], p[j, t], said.rows[t][3], bool(holds[j, t])),
        )
        for j in range(len(names))
        for t in np.argsort(-np.abs(effect[j]) * (holds[j] + 1e-6), kind="stable")
        if not few[j, t]
    ]
    return pd.DataFrame(rows, columns=TRAITS)


def _few(said: Sayings, inside: Floats, count: Floats) -> NDArray[np.bool_]:
    """(segments, sayings): what so few people of a segment, or of the others, said that it could point at them. Never shown."""
    hits = np.minimum(inside, 1 - inside) * count
    return np.asarray((count < FEWEST) | (said.known.sum(axis=0) - count < FEWEST) | (said.shares & (hits < FEWEST)))


def _effects(inside: Floats, outside: Floats, said: Sayings) -> Floats:
    """Cohen's h of shares, Cohen's d of numbers (in standard deviations of the audience)."""
    asked = np.maximum(said.known.sum(axis=0), 1)
    mean = said.value.sum(axis=0) / asked
    sd = np.sqrt(np.maximum((said.known * (said.value - mean) ** 2).sum(axis=0) / asked, 1e-300))
    angle = [2 * np.arcsin(np.sqrt(np.clip(x, 0, 1))) for x in (inside, outside)]
    return np.asarray(np.where(said.shares, angle[0] - angle[1], (inside - outside) / sd))


def likes(
    people: pd.DataFrame,
    share: Floats,
    bases: Sequence[Column],
    describes: Sequence[Column],
    day: pd.Timestamp | None,
    names: list[str],
    level: float,
) -> pd.DataFrame:
    """What segments answered that they like by format, length and style, and in which part of the day they are there; see LIKES.

    Shares are drawn to each other as far as the segments are alike (`groups.shrunk_rates`); `people` is who answered.
    """
    made = []
    for column in [*bases, *describes]:
        axis = "daypart" if column.kind == "hour" else LIKED.get(column.name, "") if column.kind == "choice" else ""
        if axis:
            codes = coded(people, [column], day)[:, 0]
            options = DAYPARTS if axis == "daypart" else column.levels
            weight = share if column in bases else unmixed(share)
            told = codes >= 0
            asked = np.maximum(weight[told].sum(axis=0), 1e-9)
            rate = np.column_stack([np.clip(weight.T @ (codes == i) / asked, 0, 1) for i in range(len(options))])
            heard = asked**2 / np.maximum((weight[told] ** 2).sum(axis=0), 1e-9)  # people's worth of what unequal weights leave (Kish 1965)
            made += _liked(axis, options, rate * np.minimum(heard, asked)[:, None], np.minimum(heard, asked), names, level, "answers")
    return pd.DataFrame(made, columns=LIKES)


def _liked(
    axis: str, options: Iterable[str], hits: Floats, asked: Floats, names: list[str], level: float, source: str
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for i, option in enumerate(options):
        total = float(hits[:, i].sum())
        if option == OTHER or total < FEWEST or asked.min() < FEWEST:
            continue
        rates = shrunk_rates(hits[:, i], asked, level)
        average = total / float(asked.sum())
        told = [j for j in range(len(names)) if min(hits[j, i], asked[j] - hits[j, i]) >= FEWEST]
        rows += [(names[j], axis, option, round(float(asked[j])), *map(float, rates[j]), average, source) for j in told]
    return rows


def log_likes(log: pd.DataFrame, segment: pd.Series, names: list[str], level: float) -> pd.DataFrame:
    """How often a segment's people engage with what they were shown, by format, length and style, from a log with one row a showing.

    log: `engaged` (0 or 1) and any of content_type, length, style; person (a code). segment: the segment of each row. People, not showings,
    are what varies: each option's counts are thinned by its design effect (Kish 1965).
    """
    made: list[tuple[object, ...]] = []
    for axis in [a for a in ("content_type", "length", "style") if a in log]:
        for option, part in log.groupby(axis, sort=True):
            cells = [_thinned(part[segment[part.index] == name]) for name in names]
            if str(option) and min(people for _, _, people in cells) >= FEWEST:
                hits, shown = (np.array([c[i] for c in cells], dtype=float) for i in (0, 1))
                rates, average = shrunk_rates(hits, shown, level), float(part["engaged"].mean())
                people = [c[2] for c in cells]
                made += [(names[j], axis, str(option), people[j], *map(float, rates[j]), average, "log") for j in range(len(names))]
    return pd.DataFrame(made, columns=LIKES)


def _thinned(part: pd.DataFrame) -> tuple[float, float, int]:
    """(events, showings, people), as if every showing were to another person."""
    if part.empty:
        return 0.0, 0.0, 0
    each = part.groupby("person")["engaged"].agg(["sum", "count"])
    n, rate = float(each["count"].sum()), float(each["sum"].sum() / each["count"].sum())
    spread = float(((each["sum"] - rate * each["count"]) ** 2).sum()) * len(each) / max(len(each) - 1, 1)
    design = max(spread / max(n * rate * (1 - rate), 1e-9), 1.0)
    return rate * n / design, n / design, len(each)


def consents(people: pd.DataFrame, segment: np.ndarray, names: list[str]) -> pd.DataFrame:
    """The share of each segment that agreed to messages on each channel (columns consent_<channel> of yes and no)."""
    rows = []
    for name in [str(c) for c in people.columns if str(c).startswith("consent_")]:
        number = as_numbers(people[name].astype(object).replace({"yes": 1, "no": 0, "oui": 1, "non": 0, True: 1, False: 0}))
        if number is not None and set(number[~np.isnan(number)]) <= {0.0, 1.0} and (~np.isnan(number)).any():
            agreed = np.nan_to_num(number)  # who did not say has not agreed
            share = {s: float(agreed[segment == s].mean()) for s in names if agreed[segment == s].sum() >= FEWEST}
            rows += [(s, name.removeprefix("consent_"), x) for s, x in share.items()]  # fewer who agreed are as none: unsaid is no
    return pd.DataFrame(rows, columns=["segment", "channel", "share"])
