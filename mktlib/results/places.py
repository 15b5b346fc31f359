"""Who is near, and what campaigns by place bring."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mktlib.results.shape import Result


@dataclass(frozen=True, kw_only=True, repr=False)
class Catchments(Result):
    """How far people come from. table: one row a place and radius ("others": places of too few people together; "all": only at radii that
    every place tells): place, radius_m, people (counted once, at the place they come nearest to), new (people beyond the last radius
    that is told), new_share with _low and _high (new over people), share with _low and _high (fraction of the place's points within
    the widest radius), estimate with _low and _high (people of the population; NaN without a scale). A radius whose ring holds fewer
    than `fewest` people is blank (NaN), and the ring is told with the next.

    reach: one row a place: place, people, visits, half_m, most_m (radius that holds 50 % and 80 % of its points within the widest radius)
    each with _low and _high. decay: one row a ring of all places: from_m, to_m, people, outcome, per_person with low and high.
    overlaps: one row a pair, both ways: place, other, radius_m (the step that holds 80 % of the place's points), metres (between them),
    people (near both, within the radius of each), share (of all within the place's radius) with low and high. hours: place, days
    (weekday | weekend), daypart, share (of the place's points) with low and high, per_hour (share of an hour in a day of that kind),
    best (bool: densest in 95 of 100 draws; False everywhere where none is). density: one row a square of the map: panel, x, y (metres
    east and north of the panel's middle), size, people. spots: place, latitude, longitude, panel, x, y. minimums: place, radius_m,
    platform, least, people, verdict (enough | too_few | cannot_tell), source, conf.

    facts: rows, set_aside, no_consent, kept, people, people_near, visits (near), widest_m, level, fewest, folded, left_out, scale (value,
    low, high or None), outcome (column or None), decay_km with _low and _high (factor a kilometre), decay_verdict (falls | rises |
    cannot_tell | None), zone, days (first to last), hidden (fraction of people in the map's panels left out of it), consent (column or
    None), step (degrees of rounding)."""

    reach: pd.DataFrame
    decay: pd.DataFrame
    overlaps: pd.DataFrame
    hours: pd.DataFrame
    density: pd.DataFrame
    spots: pd.DataFrame
    minimums: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class PlaceSheet(Result):
    """A campaign around each place, channel by channel. table: one row a place and channel: place, key (row of local_channels), channel,
    device, formats (content types), radius_m (a step of the curve), reason (curve | platform_least | platform_most | unknown),
    people (seen within it, at least so many; NaN: not told), estimate with _low and _high (of the population; NaN without a scale),
    audience (enough | too_few | cannot_tell), days (weekday | weekend) and daypart ("" where none stands out), share with _low and
    _high (of the place's points in it), quiet (bool: the daypart meets hours of silence of the channel), consent (column of yes and
    no that is needed, "" where a platform asks its own users), measure (calls | visits | coupons), conf (how far the limits of the
    platform are known, "" without one).

    rules: the platforms' limits that were used: rule, platform, what, value, unit, source, year, conf. specs: the room that formats have:
    channel, spec, unit, most, conf. fragment: the places as TOML for a brief. facts: places, level, hold (share of points that the
    radius is to hold), scaled (bool), fewest, zone."""

    rules: pd.DataFrame
    specs: pd.DataFrame
    fragment: str


@dataclass(frozen=True, kw_only=True, repr=False)
class GeoDesign(Result):
    """A test of a campaign by areas, designed. table: one row a size and length tried: pairs, weeks, treated (areas), expected (outcome of
    the treated areas in the test without a campaign), power with _low and _high (chance to tell facts["lift"], by placebo over history),
    false_alarm with _low and _high (the same without a lift, both signs), detectable (smallest lift told 8 times in 10; NaN: none up to
    50 %), detectable_units, cost_per_unit (budget over those units), break_even (lift at which the budget is earned), windows,
    independent (placebo windows, and how many that do not overlap they are worth), chosen (bool).

    arms: one row an area: area, pair (0: none), arm (treated | held_out | outside), per_week (mean outcome of the last year). curve: pairs,
    weeks, lift, power, low, high. weeks: week, treated, held_out (each group over its own mean of the last year).
    facts: outcome, lift, alpha, level, currency, areas, weeks, cooldown (weeks read after the test), budget, worth (of a unit), seed,
    first_week, last_week, pairs_possible, fewest_pairs, enough, verdict (can_tell | cannot_tell | impossible), lacking (areas | history),
    need; of the design chosen test_pairs, test_weeks, power, false_alarm, detectable ..., expected, treated_per_week, held_out_per_week,
    treated_share, held_out_share (of sales)."""

    arms: pd.DataFrame
    curve: pd.DataFrame
    weeks: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class GeoLift(Result):
    """A test of a campaign by areas, read. table: one row a stretch of weeks (test | cooldown | whole): stretch, weeks, actual (outcome of
    the treated areas), expected (without the campaign, as the other areas tell), lift with low and high (fraction), units with _low and
    _high (outcome gained), p_value (of "no lift"), worth with _low and _high (money gained), cost_per_unit with _low and _high (NaN: no
    such end).

    weeks: week, stretch (before | test | cooldown), actual, expected, low, high (of what was expected), units with _low and _high (gained
    since the test began). areas: area, arm, pair, before, during (mean a week), change (log, less what its past foretold), usual (how far
    it strays where nothing happens), without (the lift when this area, and its partner, are left out). facts: outcome, level, alpha,
    currency, method (pairs | synthetic | none), assigned (lot | chosen), verdict (lift | loss | cannot_tell | not_read), reasons (codes,
    where not read), start, end (of the whole weeks read),
    first_day, last_day (of the campaign), cooldown, pre_weeks, treated, held_out (areas), pairs, cost, worth (of a unit), detectable
    (smallest lift that such a test tells 8 times in 10), evidence (randomised: drawn by lot; quasi: chosen), grade (of the lift), noise
    (error of a window in which nothing happens, log), placebos, naive (before and after), plain (difference in means), spill (p value;
    None: neighbours not told)."""

    weeks: pd.DataFrame
    areas: pd.DataFrame


@dataclass(frozen=True, kw_only=True, repr=False)
class DistanceEffect(Result):
    """How acceptance falls with distance. table: one row a class of distance, the nearest first: distance (its name), offers, people (NaN:
    nobody told apart), raw (fraction accepted), rate with low and high (fraction accepted if every comparable offer had been at this
    distance, all else as it was), difference with _low and _high (against the nearest class), overlap (fraction of its offers that are
    comparable: made in circumstances in which every class occurs).

    kinds: one row a kind of offer: kind, offers, step (change of log-odds for each class further) with low and high (partially pooled),
    own (the same from this kind alone), near, far (fraction accepted in the nearest and the farthest class). rings: distance, people (in
    the ring), rate, value with _low and _high (of an offer there, less its cost), total with _low and _high, beyond (bool: nothing was
    offered so far).
    facts: level, offers, comparable (offers), accepted, people, kind, clustered (bool: errors know who was asked), value, cost, distance,
    outcome, context (columns adjusted for), classes, stated (bool: said, not done), step with step_low and step_high (log-odds a class),
    p_value (of "no trend"), trend (falls | rises | not_shown | not_comparable), monotone (bool: no step is shown to go the other way),
    spread (sd of steps between kinds), p_kinds (of "all kinds alike"), currency, unit (of classes in
    numbers: m | km | min; None: not told)."""

    kinds: pd.DataFrame
    rings: pd.DataFrame
