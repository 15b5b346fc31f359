"""What a play at the ad desk brought."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mktlib.results.shape import Result


@dataclass(frozen=True, kw_only=True, repr=False)
class DeskPlay(Result):
    """A play at the ad desk, with the truth that the platform does not show. table: one row a week and ad set that ran: week (from 1),
    campaign, ad_set, kind (brand | retargeting | customers | engaged | prospecting), spend (EUR), impressions, clicks, reported and
    reported_value (sales that the platform credits to itself once all have come, and their value, EUR), incremental and incremental_value
    (sales that came because of the ads, EUR), gain (margin x incremental_value - spend, EUR), restarts (bool: the learning phase began
    again), learning (share of its days in the learning phase), kept (share of clicks that wear left).

    costs: one row a thing that cost or helped: code (learning | restarts | wear | anyway | bid | unspent), ad_set ("" for all), money
    (EUR: the gain of the same play on average with this one thing changed, less its gain as played), value (of what was changed: factor of
    the bid, money unspent), spend (EUR it concerned). They overlap and do not add up.
    best: one row an ad set of the best play found: ad_set, campaign, kind, bid, audience, creatives, spend (EUR), gain (EUR); `yours` and
    `yours_gain` beside it (EUR, on average).
    facts: platform, seed, currency, budget, weeks, played, spent, reported, reported_value, incremental, incremental_value, roas_reported,
    roas_incremental (values per EUR spent; None: nothing was spent), gain (of this play as it was drawn), expected (of this play on
    average: the mean path of the model), best (mean gain of the best play found), bound (no play has a higher mean gain), share_of_best
    (expected / best), at_least (expected / bound; both None where there is nothing to gain), late (share of the credited sales that were
    missing on each week's Sunday evening), held (ad sets of which people were kept out by lot in some week), margin, basket."""

    costs: pd.DataFrame
    best: pd.DataFrame
