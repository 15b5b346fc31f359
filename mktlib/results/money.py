"""What things cost and what was attributed to them: figures of money, each over its denominator, with a range."""

from __future__ import annotations

from dataclasses import dataclass

from mktlib.results.shape import Result

ENOUGH_SPELLS = 20
"""Independent days or spells that a log must tell as much as, before a range of days that hang together is trusted (opinion, J: see
benchmarks)."""
FEWEST_DAYS = 14
"""Days below which nothing is said of whether they hang together."""
ASIDE = ("spells", "short", "many", "margin")
"""Why it cannot be told of a range that lies wholly on one side of break-even."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Kpis(Result):
    """Figures of money and of steps (rows of `tables/kpis.toml`), each a ratio of sums. table: one row a group and figure, the whole last:
    the columns of `by` ("" for the whole); group (its name), of (group | paid | total; paid: the whole without channels that cost nothing),
    kpi, value (NaN: there is none, see status) with low and high (NaN: no such end, or no range), unit (currency | fraction | ratio),
    status, per (denominator's column), numerator and denominator (sums over the rows in which both are known), rows (of the log), left_out
    (sum of the numerator, or else of the denominator, in rows in which the other is blank), scatter (over Poisson's; NaN: no counts) and
    scatter_by (day | days | week | spells | piece | person | others | opinion | test | none: between what it was seen; others: in other
    groups; days: stretches; spells: slow waves in days that hang together; opinion: not seen), break_even (of the figure; NaN without a
    margin or for figures that have none), p_value (of "it just breaks even", Holm over the groups; the whole by itself), verdict (pays |
    loses | cannot_tell | no_cost | credit | ""), why (of cannot_tell: reached, its range reaches break-even; no_range; margin, the margin
    differs from sale to sale and its own range reaches what was spent; and of a range that lies wholly on one side: spells, it rests on
    fewer than 20 independent days; short, on fewer than 14 days, or on days that are not told; many, by itself it would be decided, among
    as many groups it may be luck), grade (of the verdict, "" without one), spells (as many independent days tell as much,
    where days hang together; 0: fewer than 14 days, so that it cannot be seen, and p_value is as if each day kept 0.7 of the luck of the
    one before; NaN: they do not; below 20 nothing is said to pay), pieces (how many, where fewer than 10 bring unlike: from 5 on the range
    is for pieces like these, below for these alone; NaN else).

    status: ok; at_least (no event came: only a lower end); at_most (nothing came: value 0, only an upper end); no_low (an end is open
    below), no_high (above), unbounded (both, or the range is no single stretch); no_range (a value without a range: a single day or order);
    described (a value that is not luck: people reached); no_cost (nothing was spent), credit (more was given back than spent),
    no_exposure (nothing to count over), no_data (both sides are known in no row), none_gained (a test shows that nothing can have come),
    none_sold (no money came, and the size of an order is not known).

    facts: evidence, grade (of the headline), level, kpi (of the headline), kpis, by, currency, groups, spend (in all), margin (share, or
    None), margin_from (share | column | ""), break_even (ROAS; NaN without a margin), free (groups or channels that cost nothing), counted
    {verdict: groups}, given_back {column: money}, planned_spend, actual_spend (None: not told), folded (groups of too few people),
    unmeasured (share or None), made_by (kpis | incremental_roas | lifetime_value). Of `incremental_roas` also: brought with _low and _high
    (units), worth, source (kind of result); of `lifetime_value`: horizon (periods; None: no end), discount, retained, customers."""
