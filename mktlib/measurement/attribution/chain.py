"""A Markov chain of touches, and what the removal of a channel takes from it: solved, not simulated.

States are channels (order 1) or runs of channels (higher orders), with a start, a purchase and an end without one (Anderl, Becker, von
Wangenheim and Schumann 2016, International Journal of Research in Marketing 33). Whoever would go to a channel that is removed ends
without a purchase. For order 1 the removal needs no second chain: what is lost is the chance to pass the channel, N[start, k] / N[k, k],
times the chance to buy from there (N is the fundamental matrix; Kemeny and Snell 1960).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from mktlib.intake.journeys import Paths
from mktlib.vocabulary import progress

DENSE = 700
"""States up to which whole matrices are inverted."""
BLOCK = 256


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Transitions of a set of paths. source, target (m,): of each kind of step, 0 being the start, 1 ... S the states; target S + 1 the
    purchase, S + 2 the end without one. last (S,): the channel of each state. of: (m, bought paths), lost: (m, null paths) sparse, how
    often each path takes each step; ends (bought paths,): the state from which it buys (0: it is no purchase)."""

    source: np.ndarray
    target: np.ndarray
    last: np.ndarray
    of: sp.csr_array
    lost: sp.csr_array
    ends: np.ndarray

    @property
    def states(self) -> int:
        return len(self.last)


def steps(paths: Paths, bought: np.ndarray, null: Paths, channels: int, order: int = 1) -> Steps:
    """All steps of the journeys of people who bought (`bought`: which journeys ended so) and of the others; empty journeys take none."""
    both = np.concatenate([paths.code, null.code]).astype(np.int64)
    start = np.concatenate([paths.start, null.start[1:] + paths.start[-1]])
    won = np.concatenate([bought, np.zeros(len(null), bool)])
    state, last = _states(both, start, channels, order)
    length = np.diff(start)
    full = np.flatnonzero(length > 0)
    inner = np.ones(len(both), bool)
    inner[start[full]] = False  # the first touch of each journey
    of = np.repeat(np.arange(len(length)), length)
    source = np.concatenate([np.zeros(len(full), int), state[np.flatnonzero(inner) - 1], state[start[full + 1] - 1]])
    target = np.concatenate([state[start[full]], state[inner], np.where(won[full], len(last) + 1, len(last) + 2)])
    who = np.concatenate([full, of[inner], full])
    key, kind = np.unique(source * (len(last) + 3) + target, return_inverse=True)
    shape = (len(key), len(length))
    taken = sp.csr_array((np.ones(len(kind)), (kind, who)), shape=shape)
    ends = np.zeros(len(paths), int)
    mine = full[(full < len(paths)) & won[full]]
    ends[mine] = state[start[mine + 1] - 1]
    return Steps(
        source=key // (len(last) + 3), target=key % (len(last) + 3), last=last,
        of=taken[:, : len(paths)], lost=taken[:, len(paths) :], ends=ends,
    )  # fmt: skip


def _states(code: np.ndarray, start: np.ndarray, channels: int, order: int) -> tuple[np.ndarray, np.ndarray]:
    """(state of each touch, 1 ...; channel of each state): the channel itself, or it and those before it."""
    if order == 1:
        return code + 1, np.arange(channels)
    place = np.arange(len(code)) - np.repeat(start[:-1], np.diff(start))
    key = code + 1
    for back in range(1, order):
        before = np.zeros(len(code), np.int64)
        before[back:] = code[:-back] + 1
        _, key = np.unique(key * np.int64(channels + 1) + np.where(place >= back, before, 0), return_inverse=True)
        key = key.astype(np.int64)
    kinds, first, of = np.unique(key, return_index=True, return_inverse=True)
    return of + 1, code[first] if len(kinds) else np.zeros(0, np.int64)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Chances of B chains of S states: on: (B, S + 1, S) dense, or one sparse (S + 1, S) matrix; out: (B, S + 1, 2) chance to buy next,
    and value bought next. Row 0 is the start."""

    on: np.ndarray | sp.csr_array
    out: np.ndarray


def chain(known: Steps, taken: np.ndarray, value: np.ndarray) -> Chain:
    """Chains from how often each step was taken (m, B) and the value bought from each state (S + 1, B)."""
    s, many = known.states, taken.shape[1]
    total = np.zeros((s + 1, many))
    np.add.at(total, known.source, taken)
    total = np.maximum(total, 1e-300)
    share = taken / total[known.source]
    buys, goes = known.target == s + 1, known.target <= s
    out = np.zeros((many, s + 1, 2))
    out[:, known.source[buys], 0] = share[buys].T
    out[:, :, 1] = (value / total).T
    if s > DENSE:
        on = sp.csr_array((share[goes, 0], (known.source[goes], known.target[goes] - 1)), shape=(s + 1, s))
        return Chain(on=on, out=out)
    dense = np.zeros((many, s + 1, s))
    dense[:, known.source[goes], known.target[goes] - 1] = share[goes].T
    return Chain(on=dense, out=out)


def removal(known: Steps, chained: Chain, channels: int, order: int = 1, returns: np.ndarray | None = None) -> np.ndarray:
    """(B, channels, 2): purchases (a journey) and value lost where a channel is removed. returns: N[k, k] where it is known."""
    if order > 1:
        return _cut_out(known, chained, channels)
    if isinstance(chained.on, np.ndarray):
        whole = np.linalg.inv(np.eye(known.states) - chained.on[:, 1:])
        from_start = np.einsum("bk,bkj->bj", chained.on[:, 0], whole)
        wins = whole @ chained.out[:, 1:]
        passing = from_start / np.maximum(np.einsum("bkk->bk", whole), 1e-300)
        return np.asarray(passing[:, :, None] * wins)
    from_start, wins = _solved(chained)
    own = diagonal(chained.on[1:]) if returns is None else returns
    return np.asarray((from_start / own)[None, :, None] * wins[None])


def wins_of(chained: Chain) -> np.ndarray:
    """(S + 1, 2): chance to buy, and value bought, from the start and from each state of one chain."""
    if isinstance(chained.on, np.ndarray):
        inner = np.linalg.solve(np.eye(chained.on.shape[2]) - chained.on[0, 1:], chained.out[0, 1:])
        return np.concatenate([chained.out[0, :1] + chained.on[0, :1] @ inner, inner])
    inner = _solved(chained)[1]
    return np.concatenate([chained.out[0, :1] + chained.on[[0]] @ inner, inner])


def _solved(chained: Chain) -> tuple[np.ndarray, np.ndarray]:
    """(visits of each state from the start (S,), chance to buy and value from each state (S, 2)) of one sparse chain, by repeated steps:
    what is left after so many touches shrinks to nothing, since every journey ends."""
    on = chained.on
    assert not isinstance(on, np.ndarray)
    inner, first = on[1:].tocsr(), np.asarray(on[[0]].todense()).ravel()
    back = inner.T.tocsr()
    visits, step = first.copy(), first
    wins, gain = chained.out[0, 1:].copy(), chained.out[0, 1:]
    for _ in range(100_000):
        step, gain = back @ step, inner @ gain
        visits, wins = visits + step, wins + gain
        if step.sum() < 1e-14 * visits.sum() and (gain.sum(axis=0) <= 1e-14 * wins.sum(axis=0)).all():
            break
    return visits, wins


def diagonal(inner: sp.csr_array) -> np.ndarray:
    """N[k, k], how often a state is met from itself on (S,): N e_k by repeated steps, block after block.

    Steps from a state to itself are taken out first, and what all states have in common (the slowest vector u) is solved once, so that what
    is left of e_k shrinks fast: N e_k = N (e_k - u w_k) + w_k N u holds for any u and w.
    """
    s, stays = inner.shape[0], inner.diagonal()
    leaves = 1 / (1 - stays)
    on = (sp.diags_array(leaves) @ (inner - sp.diags_array(stays))).tocsr()
    u, w = _slowest(on), _slowest(on.T.tocsr())
    w = w / max(float(w @ u), 1e-300)
    common = _summed(on, u[:, None])[:, 0]
    out = w * common
    for first in progress(range(0, s, BLOCK), desc="removal"):
        mine = np.arange(first, min(first + BLOCK, s))
        start = -u[:, None] * w[None, mine]
        start[mine, np.arange(len(mine))] += 1.0
        out[mine] += _summed(on, start)[mine, np.arange(len(mine))]
    return np.asarray(out * leaves)


def _slowest(on: sp.csr_array) -> np.ndarray:
    """The vector that shrinks least from step to step, roughly."""
    u = np.ones(on.shape[0])
    for _ in range(100):
        u = on @ u
        u = u / max(float(np.linalg.norm(u)), 1e-300)
    return np.asarray(u)


def _summed(on: sp.csr_array, start: np.ndarray) -> np.ndarray:
    """The sum of all steps from some vectors."""
    total, step = start.copy(), start
    for _ in range(100_000):
        step = on @ step
        total += step
        if np.abs(step).max(initial=0) < 1e-14:
            break
    return np.asarray(total)


def _cut_out(known: Steps, chained: Chain, channels: int) -> np.ndarray:
    """The same for runs of channels: the chain without the states that end in a channel is solved, one channel after the other."""
    on = chained.on if isinstance(chained.on, np.ndarray) else np.asarray(chained.on.todense())[None]
    unit = np.eye(known.states)
    all_of_it = _bought(on, chained.out, unit)
    lost = []
    for k in range(channels):
        without = np.where(known.last == k, 0.0, on)
        lost.append(all_of_it - _bought(without, chained.out, unit))
    return np.stack(lost, axis=1)


def _bought(on: np.ndarray, out: np.ndarray, unit: np.ndarray) -> np.ndarray:
    wins = np.linalg.solve(unit - on[:, 1:], out[:, 1:])
    return np.asarray(out[:, 0] + np.einsum("bk,bkr->br", on[:, 0], wins))
