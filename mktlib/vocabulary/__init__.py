"""The words of the field, and the only reader of `tables/`.

Content types, stages, channels, metrics, priors and languages are rows of TOML files, not code. A company lays its own rows above
the packaged ones with `load_tables("ours.toml")`; what is wrong in its file is said at once, entry by entry.
"""

from mktlib.vocabulary.bars import progress
from mktlib.vocabulary.glossary import Term, glossary, how_to_read, readings, terms_in
from mktlib.vocabulary.holidays import days_off
from mktlib.vocabulary.opinions import SURENESS, Opinion, read_opinion
from mktlib.vocabulary.options import not_language, not_level, not_seed, not_tables
from mktlib.vocabulary.rows import AXIS_TABLE, KINDS, Row
from mktlib.vocabulary.tables import (
    Tables,
    ad_desk,
    app_funnel,
    app_launch,
    calendars,
    grammar,
    list_statuses,
    load_tables,
    local_rules,
    own_sentiment_words,
    platforms,
    public_data,
    rhythm_evidence,
    sending_rules,
    sentiment_words,
)
from mktlib.vocabulary.untold import missing_phrases
from mktlib.vocabulary.words import (
    ADDRESS,
    TABLES,
    default_language,
    finding,
    lookup,
    masked,
    nearest,
    no_row,
    phrase,
    printable,
    retell,
    saying,
    unknowable,
)

__all__ = [
    "ADDRESS",
    "AXIS_TABLE",
    "KINDS",
    "SURENESS",
    "TABLES",
    "Opinion",
    "Row",
    "Tables",
    "Term",
    "ad_desk",
    "app_funnel",
    "app_launch",
    "calendars",
    "days_off",
    "default_language",
    "finding",
    "glossary",
    "grammar",
    "how_to_read",
    "list_statuses",
    "load_tables",
    "local_rules",
    "lookup",
    "masked",
    "missing_phrases",
    "nearest",
    "no_row",
    "not_language",
    "not_level",
    "not_seed",
    "not_tables",
    "own_sentiment_words",
    "phrase",
    "platforms",
    "printable",
    "progress",
    "public_data",
    "read_opinion",
    "readings",
    "retell",
    "rhythm_evidence",
    "saying",
    "sending_rules",
    "sentiment_words",
    "terms_in",
    "unknowable",
]
