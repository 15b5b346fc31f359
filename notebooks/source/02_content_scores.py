# %% [markdown] key="which-content-for-whom-when"
# # Which content for whom, when: scores with honest ranges
#
# A year of Solène's content log holds about three hundred combinations of segment, stage, content type, style, length and channel, and each has
# seen too few clicks to be judged alone. **Which content should we make, which should we stop, and where do we simply not know yet?**
#
# A score is the rate of one such cell, as a multilevel model sees it: every cell borrows strength from its relatives (same segment, same
# type ...), and keeps its own range.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% key="code-import-mktlib-as-mk"
import mktlib as mk

log = mk.load_sample("content_log")
counts = mk.tally(log)
len(log), len(counts), int(counts["count"].sum())

# %% [markdown] key="fit-score"
# ## Fit, score
#
# Two lines. The expert opinions of the tables (with their sources) are the starting point; the data decide where they speak.

# %% key="code-scorer"
scorer = mk.ContentScorer("click_rate").fit(log)
scores = scorer.score_cells()
scores.facts["verdicts"]

# %% [markdown] key="one-stage-all-segments"
# ## One stage, all segments
#
# People about to buy: each box is a segment and a content type, with the rate and its range. A box would be hatched where the score is
# still mostly opinion; after a year of data none is.

# %% key="code-decision"
decision = scorer.score_cells(within=("segment",), stage="decision")
mk.show(decision, kind="heatmap", language=language)

# %% [markdown] key="what-it-means-compare-down"
# **What it means.** Compare down a column: within one segment, which type earns the click. **What it does not mean.** A high click rate is not
# a sale, and a hatched box is a belief, not a finding.

# %% [markdown] key="the-ranking-with-ranges"
# ## The ranking, with ranges

# %% key="code-mk-show-scores-language-language"
mk.show(scores, language=language)

# %% key="code-best"
best = scores.table.sort_values("p_best", ascending=False).head(8)
mk.table(best, language=language)

# %% [markdown] key="index-is-the-affinity-index"
# `index` is the affinity index (100 = the mean of its group). `opinion` says how much of the score is prior belief: 100 % before any data, 0 %
# when the data have taken over. `verdict` may be looked at every day: it names a winner among equals in at most 5 % of campaigns.
#
# ## Why does this cell score as it does?

# %% key="code-cell"
cell = best.iloc[0][list(scores.by)].to_dict()
mk.show(scorer.explain(cell), language=language)

# %% [markdown] key="does-it-predict-and-is"
# ## Does it predict? And is the range honest?
#
# Later weeks are predicted from earlier ones, beside what raw rates would have said.

# %% key="code-check"
check = mk.backtest(log, scorer)
mk.show(check, language=language)

# %% key="code-name-round-check-facts-name"
{name: round(check.facts[name], 3) for name in ("gain", "gain_raw", "coverage")}

# %% [markdown] key="a-raw-rate-is-a"
# A raw rate is a bad forecaster of the next weeks; the model gains on the constant, and about nine in ten of what came fell inside its range.
#
# ## Against the planted truth
#
# The samples know the true rate of every cell that occurs. How many of the 90 % ranges hold it?

# %% key="code-truth"
truth = mk.load_truth()
true = truth["cells"]
seen = scores.table.assign(cell=scores.table[list(scores.by)].agg("|".join, axis=1))
seen = seen[seen["cell"].isin(true.keys())]
inside = seen["cell"].map(true).between(seen["low"], seen["high"])
len(seen), round(float(inside.mean()), 3)

# %% [markdown] key="the-reversal-that-a-pivot"
# ## The reversal that a pivot table hides
#
# Two content types: one leads in the total and loses in (almost) every segment, because it was shown where clicks are easy.

# %% key="code-planted"
planted = truth["planted"]["simpson"]
pair, by = planted["content_types"], planted["factor"]
two = log[log["content_type"].isin(pair)]
for axes in (("content_type",), (by, "content_type")):
    part = mk.tally(two, by=axes)
    part["rate"] = part["count"] / part["exposure"]
    print(part.pivot_table(index="content_type", columns=list(axes[:-1]) or None, values="rate").round(4), end="\n\n")

# %% key="code-explained"
explained = mk.ContentScorer("click_rate", by=(by, "content_type"), priors="flat").fit(two)
mk.table(explained.score_cells(within=(by,)).table, language=language)

# %% [markdown] key="from-a-platform-s-own"
# ## From a platform's own export
#
# The log above is tidy. What one downloads is not: the last months of paid social as Meta Ads Manager writes them in French, with a grand
# total that nobody named and numbers with thin spaces. What kind of piece each ad is stands only in its name; a few lines of TOML say how.

# %% key="code-export"
export = mk.sample_path("exports/meta_ads.csv")
intake = mk.read_export(export, tags=mk.sample_path("exports/naming.toml"))
{key: intake.facts[key] for key in ("platform", "rows_read", "kept", "rejected", "excluded", "decimal")}

# %% key="code-found-text-for-found-in"
[found.text for found in intake.findings]

# %% key="code-paid"
paid = mk.ContentScorer(**intake.facts["score"]).fit(intake.log)
mk.table(paid.score_cells(stage="decision").table.sort_values("p_best", ascending=False).head(5), language=language)

# %% key="code-same"
same = log[(log["channel"] == "paid_social") & (log["date"] >= "2026-07-01")]
assert same["clicks"].sum() == intake.log["clicks"].sum()
int(same["clicks"].sum())

# %% [markdown] key="what-it-means-nothing-was"
# **What it means.** Nothing was lost on the way: the clicks add up to those of the tidy log, the total row is set aside and counted.
# **What it does not mean.** A name is only as good as the team's discipline: `intake.untagged` lists every ad whose name says nothing.

# %% [markdown] key="exercises"
# ## Exercises
#
# 1. Score the conversion rate instead (`ContentScorer("conversion_rate")`). How many verdicts remain, and why so few?
# 2. Use `priors="flat"`. Which cells move, and what does their `opinion` say?
# 3. Keep only the first eight weeks of the log. How does the width of the ranges change?
