"""Shapley's value on the chain: what each channel adds, averaged over every order in which channels could have come in.

The worth of a set of channels is the chance of a purchase where only these exist (whoever would go elsewhere ends without one). Up to
EXACT channels every set is solved, by eliminating channels one after the other. Beyond, journeys of the chain that end in a purchase are
drawn: the worth is a sum over such journeys, each of which needs exactly the channels that it passes, so that Shapley's value shares it
among them alike (Shapley 1953); the mean over drawn journeys has an error that is told.
"""

from __future__ import annotations

from math import factorial

import numpy as np
import scipy.sparse as sp

from mktlib.measurement.attribution.chain import Chain

EXACT = 12
WALKS = 200_000


def worths(chained: Chain) -> np.ndarray:
    """(B, 2^K, R): the worth of every set of channels; bit k of a set's place is channel k.

    The last channel is either absent (its row and column go) or passed through (its visits are folded into the steps that lead to it).
    """
    assert isinstance(chained.on, np.ndarray)
    k = chained.on.shape[2]
    here = np.concatenate([chained.on[:, :, ::-1][:, [0, *range(k, 0, -1)]], chained.out[:, [0, *range(k, 0, -1)]]], axis=2)[:, None]
    for left in range(k, 0, -1):
        absent = np.delete(here[:, :, :left], left - 1, axis=3)
        to, onward = here[:, :, :left, left - 1, None], np.delete(here[:, :, left, None], left - 1, axis=3)
        loop = 1 - here[:, :, left, None, left - 1, None]
        here = np.concatenate([absent, absent + to * onward / loop], axis=1)
    return np.asarray(here[:, :, 0])


def shapley(worth: np.ndarray) -> np.ndarray:
    """(B, K, R): Shapley's value from the worth of every set (B, 2^K, R).

    >>> shapley(np.array([0.0, 6.0, 0.0, 10.0])[None, :, None])[0, :, 0].tolist()
    [8.0, 2.0]
    """
    k = int(worth.shape[1]).bit_length() - 1
    sets = np.arange(2**k)
    size = np.array([int(s).bit_count() for s in sets])
    weight = np.array([factorial(n) * factorial(k - n - 1) / factorial(k) for n in range(k)] + [0.0])
    inside = (sets[:, None] >> np.arange(k)) & 1 == 1
    signed = np.where(inside, weight[size - 1][:, None], -weight[size][:, None])
    return np.asarray(np.einsum("bsr,sk->bkr", worth, signed))


def sampled(chained: Chain, wins: np.ndarray, walks: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(share of each channel (K, R), its error (K, R)) by drawn journeys that end in a purchase.

    wins: (K + 1, R) what is bought from the start and from each channel. Journeys are drawn under the condition that they buy; value is a
    weight on where they end.
    """
    on = sp.csr_array(chained.on[0]) if isinstance(chained.on, np.ndarray) else chained.on
    k = on.shape[1]
    row = np.repeat(np.arange(k + 1), np.diff(on.indptr))
    likely = on.data * wins[1 + on.indices, 0] / np.maximum(wins[row, 0], 1e-300)
    ends = chained.out[0, :, 0] / np.maximum(wins[:, 0], 1e-300)
    before = np.concatenate([[0.0], np.cumsum(likely)])
    before = before[1:] - before[on.indptr[:-1]][row]  # within the row
    key = row + before / np.maximum(np.bincount(row, likely, minlength=k + 1) + ends, 1e-300)[row]
    at, alive = np.zeros(walks, int), np.arange(walks)
    met, last = [], np.zeros(walks, int)
    while len(alive):
        step = np.searchsorted(key, at[alive] + rng.random(len(alive)), side="right")
        stays = (step < on.indptr[at[alive] + 1]) & (step >= on.indptr[at[alive]])
        last[alive[~stays]] = at[alive[~stays]]
        alive, step = alive[stays], step[stays]
        at[alive] = 1 + on.indices[step]
        met.append(alive.astype(np.int64) * (k + 1) + at[alive])
    return _shared(np.unique(np.concatenate(met)) if met else np.zeros(0, np.int64), last, chained, k, walks)


def _shared(met: np.ndarray, last: np.ndarray, chained: Chain, k: int, walks: int) -> tuple[np.ndarray, np.ndarray]:
    """Each drawn journey shared alike among the channels that it passed."""
    who, channel = met // (k + 1), met % (k + 1) - 1
    part = 1.0 / np.bincount(who, minlength=walks)[who]
    each = chained.out[0, :, 1] / np.maximum(chained.out[0, :, 0], 1e-300)  # mean value of a purchase from there
    share, error = np.zeros((k, 2)), np.zeros((k, 2))
    for r, weight in enumerate((np.ones(walks), each[last])):
        mean = weight.mean() or 1.0
        share[:, r] = np.bincount(channel, part * weight[who], minlength=k) / walks / mean
        square = np.bincount(channel, (part * weight[who]) ** 2, minlength=k) / walks / mean**2
        cross = np.bincount(channel, part * weight[who] ** 2, minlength=k) / walks / mean**2
        spread = square - 2 * share[:, r] * cross + share[:, r] ** 2 * (weight**2).mean() / mean**2
        error[:, r] = np.sqrt(np.maximum(spread, 0) / walks)
    return share, error
