"""What the hour of a message does to its clicks: arrays in, draws of the rate of every hour of the week out.

The sender chose the hour and many got the message at once: what looks like a good hour may be a good message. So a message has luck of its
own, shared by everyone who got it (where it left at several hours it cancels), a sending has more of it, and both are as unsure as few
messages leave them. Hours are periodic waves, weekdays differ, weekdays have hours of their own; segments are drawn to what holds for all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular
from scipy.special import expit, logit
from scipy.stats import norm, qmc

from mktlib.glmm import mixing, week
from mktlib.vocabulary import progress

SIZES = np.array([0.3, 0.08, 0.06, 0.12, 0.3, 0.05, 0.04])
"""Prior scales (half-normal, logits): hours, weekdays, hours of single weekdays; that good messages left at certain times; and by how much
segments differ in the first three."""
WAVES, OF_DAYS, ROUGH = 4, 2, 0.2
"""Waves of a day and of single weekdays; share of what hours differ in that their neighbours do not have."""
NODES, EACH, DRAWS, SEED = 8, 16, 2000, 20263
MESSAGE = np.concatenate([[0.02], np.geomspace(0.06, 1.4, 13)])
SENDING = np.concatenate([[0.01], np.geomspace(0.04, 0.9, 10)])
LUCK = np.array([0.5, 0.3])
"""Prior scale (half-normal) of the luck of a message and of one sending of it."""
BEFORE = np.log(np.gradient(MESSAGE) * norm.pdf(MESSAGE / LUCK[0]))[:, None] + np.log(np.gradient(SENDING) * norm.pdf(SENDING / LUCK[1]))
"""Log of what is believed of both before the data."""
FLAT, HALF = 1e-6, 0.5
GRID_DAY, GRID_HOUR = np.repeat(np.arange(7), 24), np.tile(np.arange(24), 7)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Sendings in the order of their messages, one entry each.

    y, n: clicks and delivered; message, segment, zone: 0, 1, ...; weekday: 0 to 6, hour: 0 to 23, both the recipient's;
    taken: (sendings, columns) of what is taken out besides (zones, kinds of content, slow time), each about its mean.
    """

    y: np.ndarray
    n: np.ndarray
    message: np.ndarray
    segment: np.ndarray
    zone: np.ndarray
    weekday: np.ndarray
    hour: np.ndarray
    taken: np.ndarray

    @property
    def segments(self) -> int:
        return int(self.segment.max()) + 1


@dataclass(frozen=True, kw_only=True)
class Hours:
    """rate: (segments, 168, draws) of an average message; luck: (2,) mean sd of a message and of a sending; p_value: of "no time is
    better for anybody"."""

    rate: np.ndarray
    luck: np.ndarray
    p_value: float


@dataclass(frozen=True)
class _Design:
    """x: all columns (what is taken out, then blocks of time); fixed: how many are taken out; widths of the blocks; prior of the first."""

    x: np.ndarray
    fixed: int
    widths: tuple[int, ...]
    prior: np.ndarray

    def precision(self, sizes: np.ndarray) -> np.ndarray:
        return np.concatenate([self.prior, np.repeat(1 / np.maximum(sizes, 1e-4) ** 2, self.widths)])


def fitted(sent: Sent) -> Hours:
    """The hours of each segment, luck and the sizes of all effects averaged over."""
    design, null = _design(sent), _design(sent, times=False)
    z, own = _worked(sent, null)
    p = _tested(sent, null.x, z, own)
    z, own = _worked(sent, design)
    rate, luck = _drawn(sent, design, z, own)
    return Hours(rate=rate, luck=luck, p_value=p)


def _blocks(weekday: np.ndarray, hour: np.ndarray) -> list[np.ndarray]:
    """Hours (waves, and each by itself), weekdays, both."""
    waves, days, both = _smooth(weekday, hour)
    return [np.column_stack([waves * np.sqrt(1 - ROUGH), np.eye(24)[hour] * np.sqrt(ROUGH)]), days, both]


def _smooth(weekday: np.ndarray, hour: np.ndarray) -> list[np.ndarray]:
    return week.features(weekday, hour + 0.5, waves=WAVES, of_days=OF_DAYS)


def _design(sent: Sent, *, times: bool = True) -> _Design:
    own = np.eye(sent.segments)[sent.segment]
    fixed = np.column_stack([own, sent.taken])
    prior = np.concatenate([np.full(own.shape[1], FLAT), np.full(sent.taken.shape[1], 1 / 0.5**2)])
    if not times:
        return _Design(fixed, fixed.shape[1], (), prior)
    shared = _blocks(sent.weekday, sent.hour)
    apart = [np.column_stack([own[:, [s]] * block for s in range(sent.segments)]) for block in shared] if sent.segments > 1 else []
    blocks = [*shared, _chosen(sent, np.column_stack(shared[:2])), *apart]
    return _Design(np.column_stack([fixed, *blocks]), fixed.shape[1], tuple(b.shape[1] for b in blocks), prior)


def _chosen(sent: Sent, block: np.ndarray) -> np.ndarray:
    """The times of a whole message, on average: what they seem to do beyond what they do within messages is that good ones left then."""
    total = week.by_group(sent.n, sent.message)[:, None]
    mean = week.by_group(block * sent.n[:, None], sent.message) / total
    return np.asarray((mean - mean.mean(axis=0))[sent.message])


# ---------------------------------------------------------------- counts as numbers with luck


def _worked(sent: Sent, design: _Design, rounds: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """(working responses, their known variances): clicks about a first guess that time, messages and segments make, not their own count."""
    total = np.bincount(sent.segment, sent.y), np.bincount(sent.segment, sent.n)
    eta = logit((total[0] + 0.5) / (total[1] + 1))[sent.segment]
    sizes = SIZES[: len(design.widths)] * 0.6
    z, own = _response(sent, eta)
    for _ in range(rounds):
        message, sending = _likeliest(sent, design, z, own)
        luck = week.shared_luck(own, sent.message, sending**2, message**2)[0]
        solved = luck.solve(np.column_stack([design.x, z]))
        beta = np.linalg.solve(design.x.T @ solved[:, :-1] + np.diag(design.precision(sizes)), design.x.T @ solved[:, -1])
        fit = design.x @ beta
        shared = message**2 * week.by_group(luck.solve((z - fit)[:, None])[:, 0], sent.message)
        z, own = _response(sent, np.clip(fit + shared[sent.message], eta - 3, eta + 3))
    return z, own


def _response(sent: Sent, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = expit(eta)
    weight = sent.n * mean * (1 - mean)
    return eta + (sent.y - sent.n * mean) / weight, 1 / weight


def _luck_grid(sent: Sent, design: _Design, z: np.ndarray, own: np.ndarray, step: int = 1) -> np.ndarray:
    """(messages, sendings): log likelihood of both sds, hours and weekdays of all left as free as the priors have them."""
    some = min(design.x.shape[1], design.fixed + sum(design.widths[:2]))
    x, prior = design.x[:, :some], design.precision(SIZES[: len(design.widths)])[:some]
    both = np.column_stack([x, z])
    out = np.empty((len(MESSAGE[::step]), len(SENDING[::step])))
    for i, message in enumerate(MESSAGE[::step]):
        for j, sending in enumerate(SENDING[::step]):
            luck, logdet = week.shared_luck(own, sent.message, sending**2, message**2)
            out[i, j] = _likely(both.T @ luck.solve(both), logdet, prior)[0]
    return out


def _likeliest(sent: Sent, design: _Design, z: np.ndarray, own: np.ndarray) -> tuple[float, float]:
    """Mean sds of the luck of messages and sendings."""
    grid = _luck_grid(sent, design, z, own, 2) + BEFORE[::2, ::2]
    weight = mixing.weights(grid.ravel()).reshape(grid.shape)
    return float(weight.sum(axis=1) @ MESSAGE[::2]), float(weight.sum(axis=0) @ SENDING[::2])


def _likely(gram: np.ndarray, logdet: float, prior: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """(log likelihood with the coefficients integrated out, their means, Cholesky factor) from the gram of columns and response."""
    inner, fit = gram[:-1, :-1] + np.diag(prior), gram[:-1, -1]
    try:
        factor = cholesky(inner, lower=True, check_finite=False)
    except LinAlgError:
        factor = cholesky(inner + 1e-8 * np.trace(inner) * np.eye(len(inner)), lower=True)
    beta = cho_solve((factor, True), fit, check_finite=False)
    quad = gram[-1, -1] - fit @ beta
    return float(-0.5 * (logdet + quad) - np.log(np.diag(factor)).sum() + 0.5 * np.log(prior).sum()), beta, factor


# ---------------------------------------------------------------- whether time matters


def _tested(sent: Sent, taken: np.ndarray, z: np.ndarray, own: np.ndarray) -> float:
    """The p value of "no time is better for anybody": how well time fits, beside how well it fits the same luck in any other order.

    Where most e-mails were of messages that left at several hours, only what those hours did within a message counts.
    """
    message, sending = _likeliest(sent, _design(sent, times=False), z, own)
    hour, day, _ = _smooth(sent.weekday, sent.hour)
    if split(sent) >= HALF:
        taken = np.column_stack([taken, _chosen(sent, hour)])

    luck = week.shared_luck(own, sent.message, sending**2, message**2)[0]
    apart = [hour * (sent.segment == s)[:, None] for s in range(sent.segments)]
    return week.shuffled(z, taken, [hour, day, np.column_stack(apart)], luck)


def split(sent: Sent) -> float:
    """Share of e-mails whose message left at several hours for people of one segment and zone."""
    key = (sent.message * sent.segments + sent.segment) * (int(sent.zone.max()) + 1) + sent.zone
    hours = np.zeros((int(key.max()) + 1, 24))
    np.add.at(hours, (key, sent.hour), sent.n)
    largest = hours.max(axis=1)
    total = hours.sum(axis=1)
    return float(total[largest <= 0.75 * total].sum() / total.sum())


# ---------------------------------------------------------------- draws


def _drawn(sent: Sent, design: _Design, z: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(draws of the rates, mean luck).

    Sizes of effects are low-discrepancy draws from their priors, luck from its own posterior, weighed by how well both tell the data.
    """
    grid = _luck_grid(sent, design, z, own)
    share = mixing.weights((grid + BEFORE).ravel())
    nodes = np.searchsorted(np.cumsum(share), (np.arange(NODES) + 0.5) / NODES).clip(max=len(share) - 1)
    scale = SIZES[: len(design.widths)]
    both = np.column_stack([design.x, z])
    points = qmc.Sobol(len(scale), seed=SEED).random(NODES * EACH) * 0.998 + 0.001
    sizes = scale * np.abs(norm.ppf(0.5 + points / 2))
    ways, lucks = [], []
    for k, node in enumerate(progress(nodes, desc="hours")):
        message, sending = MESSAGE[node // len(SENDING)], SENDING[node % len(SENDING)]
        luck, logdet = week.shared_luck(own, sent.message, sending**2, message**2)
        gram, known = both.T @ luck.solve(both), grid.ravel()[node]
        for size in sizes[k::NODES]:
            likely, beta, factor = _likely(gram, logdet, design.precision(size))
            ways.append((likely - known, beta, factor))
            lucks.append((message, sending))
    weight = mixing.weights(np.array([w[0] for w in ways]))
    luck_sd = weight @ np.array(lucks)
    return _rates(sent, design, _coefficients(ways, weight), luck_sd), luck_sd


def _coefficients(ways: list[tuple[float, np.ndarray, np.ndarray]], weight: np.ndarray) -> np.ndarray:
    """(coefficients, DRAWS) from the mixture, each part in proportion to its weight."""
    rng = np.random.default_rng(SEED)
    count = np.bincount(
        np.searchsorted(np.cumsum(weight), (np.arange(DRAWS) + 0.5) / DRAWS).clip(max=len(weight) - 1), minlength=len(weight)
    )
    parts = []
    for (_, beta, factor), c in zip(ways, count, strict=True):
        if c:
            parts.append(beta[:, None] + solve_triangular(factor, rng.standard_normal((len(beta), c)), lower=True, trans="T"))
    return np.column_stack(parts)


def _rates(sent: Sent, design: _Design, beta: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """(segments, 168, draws): the rate of every hour of the week, of an average message."""
    grid = np.column_stack(_blocks(GRID_DAY, GRID_HOUR))
    at, k = design.fixed, grid.shape[1]
    shared = grid @ beta[at : at + k]
    out = np.empty((sent.segments, *shared.shape))
    first = np.cumsum([at + k + design.widths[3], *[w * sent.segments for w in design.widths[:3]]])
    for s in range(sent.segments):
        mine = 0.0
        if len(design.widths) > 4:
            rows = [beta[f + s * w : f + (s + 1) * w] for f, w in zip(first, design.widths[:3], strict=False)]
            mine = grid @ np.concatenate(rows)
        out[s] = expit(beta[s] + shared + mine + 0.5 * float(luck @ luck))
    return out
