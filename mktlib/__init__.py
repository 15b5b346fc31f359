"""mktlib: score content, plan a campaign within proved limits, report what happened.

A score is the posterior rate of one cell (segment x stage x content type x style x length x channel). The names below are the
whole public surface; everything after the first one or two arguments is keyword-only.
"""

from importlib.metadata import PackageNotFoundError, version

from mktlib.audience import describe_audience
from mktlib.charts import plot, show
from mktlib.errors import MktlibError
from mktlib.intake import read_export, tally
from mktlib.measurement import compare_policies, review_campaign
from mktlib.planning import load_plan, plan_campaign, read_brief, shortlist
from mktlib.reporting import report
from mktlib.results import CELL
from mktlib.scoring import ContentScorer, backtest, load_scorer
from mktlib.simulate import load_sample, load_truth, sample_path
from mktlib.vocabulary import load_tables
from mktlib.wording import table

try:
    __version__ = version("mktlib")
except PackageNotFoundError:  # a checkout that nobody installed
    __version__ = "0+unknown"

__all__ = [
    "CELL",
    "ContentScorer",
    "MktlibError",
    "__version__",
    "backtest",
    "compare_policies",
    "describe_audience",
    "load_plan",
    "load_sample",
    "load_scorer",
    "load_tables",
    "load_truth",
    "plan_campaign",
    "plot",
    "read_brief",
    "read_export",
    "report",
    "review_campaign",
    "sample_path",
    "shortlist",
    "show",
    "table",
    "tally",
]


def __dir__() -> list[str]:
    return sorted(__all__)
