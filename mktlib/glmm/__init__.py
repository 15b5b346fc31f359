"""The mathematics of a score: a crossed random-effects model of counts. Arrays in, a frozen `Posterior` out.

    count_i ~ Binomial(exposure_i, expit(eta_i))       or Poisson(exposure_i * exp(eta_i))
    eta_i   = offset_i + b_0 + sum over terms t of b_t[level of row i in t] + e_u(i)
    b_0 ~ N(center, center_sd^2),   b_t ~ N(0, sd_t^2),   e_u ~ N(0, tau^2),   every sd ~ Exponential(mean = its scale)

A term is a tuple of axes: (0,) a main effect, (0, 2) a pair. A unit u is what has an own effect: the cell (all axes together), or the
single post, ad or send where `item` says which row belongs to which; then the rows of one item share its luck.

How it is fitted. The own effect is integrated out (adaptive Gauss-Hermite quadrature; Pinheiro & Bates 1995, JCGS 4), the
coefficients b by Laplace's method (Breslow & Clayton 1993, JASA 88), and the sds maximise what remains, on the log scale, by Fisher
scoring with the exact gradient, in which the mode of b moves with the sds. The prior keeps an sd that the data cannot see at its
scale, and off zero (Chung et al. 2013, Psychometrika 78). A mode is not a mean: the mean of b adds the skewness term of Tierney,
Kass & Kadane (1989, JASA 84), and a rate is the mean of expit(eta), never expit of the mean.
"""

from mktlib.glmm.design import Family, Term, pairs
from mktlib.glmm.fitting import fit
from mktlib.glmm.posterior import Posterior

__all__ = ["Family", "Posterior", "Term", "fit", "pairs"]
