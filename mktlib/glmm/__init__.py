"""The mathematics of a score: a crossed random-effects model of counts. Arrays in, a frozen `Posterior` out.

    count_i ~ Binomial(exposure_i, expit(eta_i))       or Poisson(exposure_i * exp(eta_i))
    eta_i   = offset_i + b_0 + sum over terms t of b_t[level of row i in t] + e_u(i)
    b_0 ~ N(center, center_sd^2),   b_t ~ N(0, sd_t^2),   e_u ~ N(0, tau^2)
    an opinion on a level of t, known to within s of the offset, is one more piece of evidence:   0 ~ N(b_t[level], s^2)
    sd_t ~ exponential; for an interplay of axes, exactly 0 with probability 0.4;   tau ~ gamma of shape 3

A term is a tuple of axes: (0,) a main effect, (0, 2) a pair. A unit u is what has an own effect: the cell (all axes together), or the
single post, ad or send where `item` says which row belongs to which; then the rows of one item share its luck.

How it is fitted (read `fitting`, then `sds`, `units` and `arrow`). The own effect is integrated out by adaptive Gauss-Hermite
quadrature (Pinheiro & Bates 1995, JCGS 4), the coefficients b by Laplace's method (Breslow & Clayton 1993, JASA 88), and every sd along
its own line: with the other terms integrated out, a term's levels bring Gaussian evidence, so that the posterior of its sd is a sum over
a grid, zero included (a group-wise spike and slab; George & McCulloch 1993, JASA 88). A term moves to the one sd that does on average what
all of them do; what is left of their uncertainty widens the covariance by one direction a term. log tau climbs by Fisher scoring with
the exact gradient, in which the mode of b moves with tau, and is then averaged over eight points. A mode is not a mean: the mean of b
adds the skewness term of Tierney, Kass & Kadane (1989, JASA 84), and a rate is the mean of expit(eta), never expit of the mean.

With few events even the best of this follows noise: a rate is then averaged with the level of all, by the probability that cells differ
at all. Intervals are not: they are the wider answer's. What was tried and lost is in `benchmarks/README.md`.
"""

from mktlib.glmm.design import Family, Held, Term, pairs
from mktlib.glmm.fitting import fit
from mktlib.glmm.posterior import Posterior
from mktlib.glmm.predictive import predictive

__all__ = ["Family", "Held", "Posterior", "Term", "fit", "pairs", "predictive"]
