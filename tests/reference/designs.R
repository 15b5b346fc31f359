# The values of glmmtmb.json: cbpp and five crossed designs fitted by glmmTMB. Run in this folder:  Rscript designs.R
suppressMessages({library(glmmTMB); library(lme4); library(jsonlite)})

out <- list()
data(cbpp, package = "lme4")
m <- glmmTMB(cbind(incidence, size - incidence) ~ period + (1 | herd), data = cbpp, family = binomial)
out$cbpp <- list(
  herd = as.integer(cbpp$herd), period = as.integer(cbpp$period), count = cbpp$incidence, exposure = cbpp$size,
  intercept_only = unname(fixef(glmmTMB(cbind(incidence, size - incidence) ~ 1 + (1 | herd), data = cbpp, family = binomial))$cond),
  intercept_only_sd = unname(attr(VarCorr(glmmTMB(cbind(incidence, size - incidence) ~ 1 + (1 | herd), data = cbpp, family = binomial))$cond$herd, "stddev")),
  fixed = unname(fixef(m)$cond), sd = unname(attr(VarCorr(m)$cond$herd, "stddev")), modes = ranef(m)$cond$herd[[1]]
)

crossed <- function(dims, exposure, sds, seed, seen) {
  set.seed(seed)
  d <- do.call(expand.grid, lapply(dims, seq_len))
  names(d) <- letters[seq_along(dims)]
  eta <- -3.5
  for (k in seq_along(dims)) eta <- eta + rnorm(dims[k], 0, sds[1])[d[[k]]]
  pair <- (d$a - 1) * dims[2] + d$b
  eta <- eta + rnorm(dims[1] * dims[2], 0, sds[2])[pair] + rnorm(nrow(d), 0, sds[3])
  d$n <- rpois(nrow(d), exposure * exp(rnorm(nrow(d), 0, 0.7))) + 1
  d$y <- rbinom(nrow(d), d$n, plogis(eta))
  d <- d[runif(nrow(d)) < seen, ]
  d$ab <- factor((d$a - 1) * dims[2] + d$b)
  d$cell <- factor(seq_len(nrow(d)))
  main <- paste0("(1|", letters[seq_along(dims)], ")", collapse = "+")
  f <- as.formula(paste("cbind(y, n - y) ~ 1 +", main, "+ (1|ab) + (1|cell)"))
  m <- glmmTMB(f, data = d, family = binomial)
  sd <- sapply(VarCorr(m)$cond, function(v) unname(attr(v, "stddev")))
  list(
    dims = dims, codes = unname(as.matrix(d[, letters[seq_along(dims)]])) - 1, count = d$y, exposure = d$n,
    intercept = unname(fixef(m)$cond), sds = as.list(sd), eta = unname(predict(m, type = "link")),
    log_likelihood = as.numeric(logLik(m))
  )
}
out$crossed <- list(
  crossed(c(4, 5, 6), 2000, c(.5, .3, .3), 1, .9),
  crossed(c(6, 8), 800, c(.4, .4, .4), 2, 1),
  crossed(c(10, 6, 3), 1500, c(.6, .2, .25), 3, .6),
  crossed(c(5, 5, 4), 20000, c(.3, .3, .2), 4, .8),
  crossed(c(12, 4, 2), 400, c(.7, .4, .4), 5, .9)
)
write(toJSON(out, digits = 8, auto_unbox = TRUE), "glmmtmb.json")
