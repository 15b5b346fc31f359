"""Arms as they stand at each of 28 daily looks: running sums of the same people, whole for every run."""

from __future__ import annotations

import numpy as np

from mktlib.measurement.contrasts import Sums

LOOKS = 28


def daily(arms: list[np.ndarray], share: bool) -> Sums:
    """Sums (run, look, arm) of 28 equal days."""
    runs, n, _ = arms[0].shape
    day = n // LOOKS
    parts = []
    for y in arms:
        y = y[:, : day * LOOKS].reshape(runs, LOOKS, day, 3)
        count = day * np.arange(1, LOOKS + 1)
        first, second = np.cumsum(y.sum(axis=2), axis=1), np.cumsum(np.einsum("rldi,rldj->rlij", y, y), axis=1)
        mean = first / count[:, None]
        cov = second / count[:, None, None] - mean[..., :, None] * mean[..., None, :]
        apart = y[..., 0] - (first[:, -1, 0] / first[:, -1, 1])[:, None, None] * y[..., 1]
        fourth = np.cumsum((apart**4).sum(axis=2), axis=1) / mean[..., 1] ** 4
        parts.append((np.broadcast_to(count, (runs, LOOKS)), mean, cov * (count / (count - 1))[:, None, None], fourth))
    n_, mean, cov, fourth = (np.stack(x, axis=2) for x in zip(*parts, strict=True))
    powers = {} if share else {"fourth": fourth.reshape(-1)}
    return Sums(n=n_.reshape(-1).astype(float), mean=mean.reshape(-1, 3), cov=cov.reshape(-1, 3, 3), share=share, **powers)
