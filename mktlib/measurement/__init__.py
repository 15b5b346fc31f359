"""What it was worth: tests, credit, lift, and the frozen promise beside the result, said no stronger than the data carry."""

from mktlib.measurement.attribution import attribute
from mktlib.measurement.comparing import compare
from mktlib.measurement.kpi_incremental import incremental_roas
from mktlib.measurement.kpi_lifetime import lifetime_value
from mktlib.measurement.kpi_table import kpis
from mktlib.measurement.learn import learn_from
from mktlib.measurement.panels import difference_in_differences
from mktlib.measurement.policies import compare_policies, targeting_gain
from mktlib.measurement.review import predictive, review_campaign
from mktlib.measurement.sizes import sample_size
from mktlib.measurement.uplift_effect import uplift

__all__ = [
    "attribute",
    "compare",
    "compare_policies",
    "difference_in_differences",
    "incremental_roas",
    "kpis",
    "learn_from",
    "lifetime_value",
    "predictive",
    "review_campaign",
    "sample_size",
    "targeting_gain",
    "uplift",
]
