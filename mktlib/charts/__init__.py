"""One picture for each kind of result, chosen by its type, and the text twin of that picture.

`plot` knows shapes and never their makers, so a new analysis that returns a known shape is drawn by itself. A picture is one row of
`PICTURES`: type, kind -> how large, and how it is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes

from mktlib.charts import (
    apps,
    credit,
    dates,
    desk,
    followers,
    funnel,
    geo,
    kpis,
    learning,
    lift,
    margins,
    people,
    phone,
    places,
    plans,
    programme,
    review,
    rhythm,
    scores,
    segments,
    sentiment,
    style,
    talk,
    tests,
    tracking,
    watch,
)
from mktlib.charts.alternative import Picture, describe
from mktlib.charts.canvas import Canvas, new_axes, styled
from mktlib.errors import DataError
from mktlib.results import (
    AppBrief,
    Attribution,
    Audience,
    Backtest,
    Cadence,
    Catchments,
    Comparison,
    Customers,
    DeskPlay,
    DistanceEffect,
    Explanation,
    Followers,
    GeoDesign,
    GeoLift,
    HalfLife,
    Influence,
    KeywordCoverage,
    Kpis,
    LaunchSheet,
    Learning,
    Learnt,
    NetworkCards,
    PageBrief,
    PanelEffect,
    PlaceSheet,
    Plan,
    Programme,
    Replay,
    Reputation,
    Research,
    Result,
    Review,
    Rhythm,
    SampleSize,
    Scores,
    Segmentation,
    SegmentedComparison,
    SendsCheck,
    SendTime,
    SentimentShare,
    Shortlist,
    StyleFit,
    Tracking,
    Uplift,
    Watch,
)
from mktlib.vocabulary import Tables, default_language, finding, load_tables, not_tables

__all__ = ["PICTURES", "Picture", "describe", "kinds", "plot", "show"]

Drawing = tuple[Callable[[Any], tuple[float, float]], Callable[[Canvas, Any], None]]

PICTURES: Mapping[type[Result], Mapping[str, Drawing]] = {
    SentimentShare: {"shares": (sentiment.sentiment_size, sentiment.sentiment)},
    StyleFit: {"styles": (style.style_size, style.style)},
    Scores: {"ranked": (scores.ranked_size, scores.ranked), "heatmap": (scores.heatmap_size, scores.heatmap)},
    Explanation: {"terms": (scores.explanation_size, scores.explanation)},
    Shortlist: {"funnel": (funnel.funnel_size, funnel.funnel)},
    Learning: {"tests": (learning.learning_size, learning.learning)},
    Segmentation: {"traits": (segments.segments_size, segments.segments)},
    Audience: {"rates": (people.audience_size, people.audience), "likes": (people.likes_size, people.likes)},
    Influence: {"lorenz": (people.influence_size, people.influence)},
    Customers: {"groups": (people.customers_size, people.customers)},
    Research: {"unknowns": (people.research_size, people.research)},
    NetworkCards: {"networks": (people.cards_size, people.cards)},
    PageBrief: {"first_screen": (phone.page_brief_size, phone.page_brief)},
    Comparison: {"arms": (tests.comparison_size, tests.comparison)},
    SegmentedComparison: {"arms": (tests.comparison_size, tests.comparison), "segments": (tests.segments_size, tests.segments)},
    SampleSize: {"curve": (tests.curve_size, tests.curve)},
    Plan: {
        "calendar": (plans.calendar_size, plans.calendar),
        "limits": (plans.limits_size, plans.limits),
        "spend": (plans.spend_size, plans.spend),
        "dates": (dates.dates_size, dates.dates),
        "margins": (margins.margins_size, margins.margins),
    },
    DeskPlay: {"truth": (desk.truth_size, desk.truth), "best": (desk.best_size, desk.best)},
    Followers: {"weeks": (followers.followers_size, followers.followers)},
    HalfLife: {"curves": (followers.half_life_size, followers.half_life)},
    Cadence: {"wear": (followers.cadence_size, followers.cadence)},
    Rhythm: {"value": (rhythm.value_size, rhythm.value), "survival": (rhythm.survival_size, rhythm.survival)},
    Programme: {"left": (programme.left_size, programme.left)},
    SendsCheck: {"spread": (programme.spread_size, programme.spread)},
    SendTime: {"week": (followers.times_size, followers.times)},
    Review: {
        "items": (review.items_size, review.items),
        "gap": (review.gap_size, review.gap),
        "levels": (review.levels_size, review.levels),
        "calibration": (plans.calibration_size, review.calibration),
    },
    Learnt: {"moved": (review.moved_size, review.moved)},
    GeoDesign: {"power": (geo.power_size, geo.power), "history": (geo.history_size, geo.history)},
    GeoLift: {"weeks": (geo.weeks_size, geo.weeks), "gain": (geo.gain_size, geo.gain)},
    DistanceEffect: {"classes": (geo.distance_size, geo.distance), "kinds": (geo.kinds_size, geo.kinds)},
    Uplift: {"segments": (lift.segments_size, lift.segments), "qini": (lift.qini_size, lift.qini)},
    PanelEffect: {"effects": (lift.effects_size, lift.effects), "placebo": (lift.placebo_size, lift.placebo)},
    Watch: {"series": (watch.watch_size, watch.watch)},
    Replay: {"steps": (watch.replay_size, watch.replay)},
    Reputation: {
        "voice": (talk.voice_size, talk.voice),
        "topics": (talk.topics_size, talk.topics),
        "weeks": (talk.weeks_size, talk.weeks),
        "answers": (talk.answers_size, talk.answers),
    },
    Attribution: {"rules": (credit.credit_size, credit.credit)},
    Catchments: {"curve": (places.curve_size, places.curve), "map": (places.map_size, places.chart_map)},
    PlaceSheet: {"radii": (places.sheet_size, places.sheet)},
    AppBrief: {"tornado": (apps.tornado_size, apps.tornado), "months": (apps.months_size, apps.months)},
    LaunchSheet: {"steps": (apps.steps_size, apps.steps)},
    Kpis: {"groups": (kpis.groups_size, kpis.groups)},
    KeywordCoverage: {"searches": (apps.coverage_size, apps.coverage)},
    Backtest: {"calibration": (plans.calibration_size, plans.backtest)},
    Tracking: {"landing": (tracking.landing_size, tracking.landing), "money": (tracking.money_size, tracking.money)},
}


def kinds(result: Result) -> tuple[str, ...]:
    """The kinds of picture that a result has, the first being the usual one; empty for a result without a picture.

    >>> import pandas as pd
    >>> from mktlib.results import Audience
    >>> kinds(Audience(table=pd.DataFrame()))
    ('rates', 'likes')
    """
    return next((tuple(PICTURES[t]) for t in type(result).__mro__ if t in PICTURES), ())


def plot(
    result: Result, *, ax: Axes | None = None, language: str | None = None, kind: str | None = None, tables: Tables | None = None
) -> Axes:
    """Draw a result in the way that suits its type.

    Parameters
    ----------
    result : any of the shapes in `mktlib.results`, or a subclass of one.
    ax : axes to draw in; by default a figure of its own, sized to what is shown and laid out once.
    language : of titles, labels and numbers; default MKTLIB_LANGUAGE, else English.
    kind : "ranked" or "heatmap" for scores; "calendar", "limits", "spend", "dates" or "margins" for a plan; "items", "gap", "levels" or
        "calibration" for a review.
    tables : where labels come from; default the packaged tables.

    Returns
    -------
    matplotlib Axes. Rates are drawn as percents, money in the result's currency.

    Raises
    ------
    DataError : E_NO_PICTURE (the type has none), E_PICTURE_KIND (the kind does not exist for it).
    """
    language = language or default_language()
    if language not in (spoken := load_tables().languages):
        raise DataError(finding("E_OPTION", column="language", found=language, expected=", ".join(spoken)))
    if wrong := not_tables(tables):
        raise DataError(wrong)
    known = kinds(result)
    if not known:
        raise DataError(finding("E_NO_PICTURE", language, found=type(result).__name__, expected=", ".join(t.__name__ for t in PICTURES)))
    if kind is not None and kind not in known:
        raise DataError(finding("E_PICTURE_KIND", language, found=str(kind), expected=", ".join(known)))
    size, draw = next(PICTURES[t] for t in type(result).__mro__ if t in PICTURES)[kind or known[0]]
    with styled():
        canvas = Canvas(
            ax=ax if ax is not None else new_axes(*size(result)), language=language, tables=tables or load_tables(), own=ax is None
        )
        canvas.ax.set_gid(f"mktlib-{language}")
        draw(canvas, result)
        return canvas.finish()


def show(result: Result | Axes, *, language: str | None = None, kind: str | None = None, tables: Tables | None = None) -> Picture:
    """A picture for a notebook: the PNG that is seen and the text that is read aloud and compared.

    `result` is a result (drawn as by `plot`) or axes that are already drawn.
    """
    ax = result if isinstance(result, Axes) else plot(result, language=language, kind=kind, tables=tables)
    return Picture(ax=ax, text=describe(ax, language))
