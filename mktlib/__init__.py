"""mktlib: score content, plan a campaign within proved limits, report what happened.

A score is the posterior rate of one cell (segment x stage x content type x style x length x channel). The names below are the
whole public surface; everything after the first one or two arguments is keyword-only. A name is loaded when it is first asked for, so
that a script which only reads a log does not wait for the charts.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mktlib.audience import (
        best_times,
        describe_audience,
        describe_customers,
        describe_followers,
        describe_influence,
        half_life,
        load_segmentation,
        network_cards,
        posting_cadence,
        research_sheet,
        segment_audience,
    )
    from mktlib.charts import plot, show
    from mktlib.datasets import fetch_dataset
    from mktlib.errors import MktlibError
    from mktlib.intake import read_addresses, read_export, tally
    from mktlib.interact import explore, practise
    from mktlib.lessons import check_answer, progress_card
    from mktlib.mailing import check_email, check_sends, email_programme, email_rhythm, send_time
    from mktlib.measurement import (
        attribute,
        compare,
        compare_policies,
        difference_in_differences,
        incremental_roas,
        kpis,
        learn_from,
        lifetime_value,
        review_campaign,
        sample_size,
        uplift,
    )
    from mktlib.mobile import app_brief, check_listing, check_page, launch_sheet, listing_keywords, page_brief
    from mktlib.places import catchments, design_geo_test, distance_effect, people_near, place_sheet, read_geo_test
    from mktlib.planning import load_plan, plan_campaign, read_brief, shortlist
    from mktlib.reporting import report
    from mktlib.reputation import SentimentClassifier, describe_reputation, load_sentiment, replay_alarm, save_sentiment, watch_mentions
    from mktlib.results import CELL
    from mktlib.rules import check_text, style_fit, style_guide
    from mktlib.scoring import ChainScorer, ContentScorer, backtest, load_scorer
    from mktlib.simulate import AdDesk, load_sample, load_truth, sample_path
    from mktlib.vocabulary import load_tables
    from mktlib.wording import table

try:
    __version__ = version("mktlib")
except PackageNotFoundError:  # a checkout that nobody installed
    __version__ = "0+unknown"

_HOMES = {
    "audience": (
        "best_times",
        "describe_audience",
        "describe_customers",
        "describe_followers",
        "describe_influence",
        "half_life",
        "load_segmentation",
        "network_cards",
        "posting_cadence",
        "research_sheet",
        "segment_audience",
    ),
    "charts": ("plot", "show"),
    "datasets": ("fetch_dataset",),
    "errors": ("MktlibError",),
    "intake": ("read_addresses", "read_export", "tally"),
    "interact": ("explore", "practise"),
    "lessons": ("check_answer", "progress_card"),
    "mailing": ("check_email", "check_sends", "email_programme", "email_rhythm", "send_time"),
    "measurement": (
        "attribute",
        "compare",
        "compare_policies",
        "difference_in_differences",
        "incremental_roas",
        "kpis",
        "learn_from",
        "lifetime_value",
        "review_campaign",
        "sample_size",
        "uplift",
    ),
    "places": ("catchments", "design_geo_test", "distance_effect", "people_near", "place_sheet", "read_geo_test"),
    "mobile": ("app_brief", "check_listing", "check_page", "launch_sheet", "listing_keywords", "page_brief"),
    "planning": ("load_plan", "plan_campaign", "read_brief", "shortlist", "track_campaign"),
    "reporting": ("report",),
    "reputation": ("SentimentClassifier", "describe_reputation", "load_sentiment", "replay_alarm", "save_sentiment", "watch_mentions"),
    "results": ("CELL",),
    "rules": ("check_text", "style_fit", "style_guide"),
    "scoring": ("ChainScorer", "ContentScorer", "backtest", "load_scorer"),
    "simulate": ("AdDesk", "load_sample", "load_truth", "sample_path"),
    "vocabulary": ("load_tables",),
    "wording": ("table",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "CELL",
    "AdDesk",
    "ChainScorer",
    "ContentScorer",
    "MktlibError",
    "SentimentClassifier",
    "__version__",
    "app_brief",
    "attribute",
    "backtest",
    "best_times",
    "catchments",
    "check_answer",
    "check_email",
    "check_listing",
    "check_page",
    "check_sends",
    "check_text",
    "compare",
    "compare_policies",
    "describe_audience",
    "describe_customers",
    "describe_followers",
    "describe_influence",
    "describe_reputation",
    "design_geo_test",
    "difference_in_differences",
    "distance_effect",
    "email_programme",
    "email_rhythm",
    "explore",
    "fetch_dataset",
    "half_life",
    "incremental_roas",
    "kpis",
    "launch_sheet",
    "learn_from",
    "lifetime_value",
    "listing_keywords",
    "load_plan",
    "load_sample",
    "load_scorer",
    "load_segmentation",
    "load_sentiment",
    "load_tables",
    "load_truth",
    "network_cards",
    "page_brief",
    "people_near",
    "place_sheet",
    "plan_campaign",
    "plot",
    "posting_cadence",
    "practise",
    "progress_card",
    "read_addresses",
    "read_brief",
    "read_export",
    "read_geo_test",
    "replay_alarm",
    "report",
    "research_sheet",
    "review_campaign",
    "sample_path",
    "sample_size",
    "save_sentiment",
    "segment_audience",
    "send_time",
    "shortlist",
    "show",
    "style_fit",
    "style_guide",
    "table",
    "tally",
    "track_campaign",
    "uplift",
    "watch_mentions",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'mktlib' has no attribute {name!r}")
    return getattr(import_module(f"mktlib.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
