# %% [markdown] key="question"
# # Which content for whom: scores with honest ranges
#
# In lesson 01 you met Solène's audience. Now the plan for next month is due, and everybody at the table has a favourite: demos, carousels, a
# newsletter. A year of results lies in a file. **Which content should we make more of, which should we stop, and where do we simply not
# know yet?**
#
# You will score three hundred kinds of content at once, find out what makes a score high, see a lead that turns round as soon as you look
# closer, and do it again with a file as a platform really writes it.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% [markdown] key="data"
# ## The data
#
# The **content log**: one row for each piece of content and stretch of days, with how often it was shown and clicked.

# %% key="data-load" tags=["setup"]
import pandas as pd

import mktlib as mk

pd.set_option("display.max_colwidth", None)
log = mk.load_sample("content_log")
counts = mk.tally(log)
len(log), len(counts), int(counts["count"].sum())

# %% key="data-rows"
columns = ["date", "segment", "stage", "content_type", "style", "channel", "impressions", "clicks"]
mk.table(log[columns].head(3), language=language)

# %% [markdown] key="define-score"
# ## The words
#
# - **Cell**: one combination of segment, stage, content type, style, length and channel. The log's 7,037 rows fall into 301 cells.
# - **Score**: the rate to expect of a typical piece of that cell. Where a cell has seen few clicks, it borrows from its relatives (same
#   segment, same type, same channel ...): that is a *multilevel* model, and what kept the Drivers of lesson 01 in their place.
# - **Range**: where the true rate lies, with nine chances in ten.
# - **Opinion**: how much of a score is still what experts believed beforehand. It begins at 100% and melts as data come in.
# - **Verdict**: `make` (shown to beat its group), `drop` (shown to do worse) or `test` (cannot tell yet).

# %% key="use-scorer" tags=["setup"]
scorer = mk.ContentScorer("click_rate").fit(log)
scores = scorer.score_cells()
len(scores.table), scores.facts["verdicts"]

# %% [markdown] key="means-verdicts"
# Two lines, and every combination that the channels allow has a score, the 301 that were shown and the 19,229 that never were. For 41 cells
# the data say `make`, for 41 `drop`; of all others they say that they cannot tell. You may look every day: even then a winner is named
# among equals in at most one campaign in twenty.

# %% key="look-ranking"
mk.show(scores, language=language)

# %% key="look-shown"
shown = scores.table[scores.table["exposure"] > 0].sort_values("rate", ascending=False)
columns = ["segment", "stage", "content_type", "channel"]
columns += ["rate", "low", "high", "exposure", "opinion", "verdict"]
mk.table(shown[columns].head(6), language=language)

# %% [markdown] key="means-ranking"
# **What it means.** Search ads for City trendsetters about to buy are clicked 17.2% of the time. Educational guides by e-mail for Outdoor
# sports come third on only 2,274 deliveries, and their range (11% to 15%) is clear enough to act on. Opinion is well below 1%
# in these rows: after a year the data do the talking.

# %% [markdown] key="not-ranking"
# **What it does not mean.** A click is not a sale; search ads reach people who were looking already. Nor is 17.2% against 13% a fair race:
# an advertisement counts times on a screen, an e-mail counts deliveries. Compare within a channel, or with what each costs (lesson 03).

# %% [markdown] key="look-stage"
# ## One stage, all segments
#
# People about to buy. Each box is the best estimate for a segment and a content type. A star marks a pair that was never shown as such:
# its score is worked out from its relatives, and is a reason to test, not a result.

# %% key="look-heatmap"
decision = scorer.score_cells(within=("segment",), stage="decision")
mk.show(decision, kind="heatmap", language=language)

# %% [markdown] key="means-heatmap"
# **What it means.** Read down a column: what to say to this segment now. The demo video for City trendsetters carries the highest number of
# all, 18.0%, and a star: promising, and unproven. **What it does not mean.** The darkest box is not the best plan; reach, cost and what comes
# after the click are not on this map.

# %% [markdown] key="look-why"
# ## Why does a cell score as it does?
#
# A score is a product: the average rate, times a factor for each thing known about the cell. Here are those of the first row above.

# %% key="look-explain"
best = shown.iloc[0][list(scores.by)].to_dict()
mk.show(scorer.explain(best), language=language)

# %% [markdown] key="means-explain"
# **What it means.** The start is what experts know of search ads anywhere: they are clicked many times as often as a banner, because people
# asked for them. Solène's own data add that City trendsetters click more, about 1.4 times, and on search ads as much again. Every other range
# crosses the line at 1: those factors cannot be told from none.
#
# **What it does not mean.** Factors describe, they do not promise: a promotional tone given to another segment will not bring its factor along.

# %% [markdown] key="define-backtest"
# ## Does it predict?
#
# **Backtest**: hide a quarter of a year, predict it from what came before, then compare. A model that only explains the past fails here.
# **Coverage**: how many of the ranges held what came. Ranges made for nine in ten should hold about nine in ten, no fewer and not many more.

# %% key="use-backtest"
check = mk.backtest(log, scorer, every="84D")
mk.show(check, language=language)

# %% key="look-gain"
[round(check.facts[name], 3) for name in ("gain", "gain_raw", "coverage")]

# %% [markdown] key="means-backtest"
# **What it means.** Against one average for everything, the model saves 4.5% of the surprise (the *log loss*), raw rates of cells save 2.6%:
# borrowing from relatives pays. The ranges held 92.5% of what came. Look at the last point, though: where 6.1% was predicted, 5.5% came.
# What shines brightest has had some luck as well. **What it does not mean.** Small gains are normal here: whether one
# person clicks is mostly chance, and no model knows it beforehand. And next year may change its rules; then the backtest of this year is no help.

# %% [markdown] key="look-truth"
# ## Against the planted truth
#
# In a simulation we can do what nobody can in life: look up the true rate of each of the 301 cells, and count the ranges that hold it.

# %% key="look-truth-coverage"
truth = mk.load_truth()
true = shown[list(scores.by)].agg("|".join, axis=1).map(truth["cells"])
compared = shown[["segment", "content_type", "rate", "low", "high"]].assign(true_rate=true)
inside = compared["true_rate"].between(compared["low"], compared["high"])
int(inside.sum()), len(inside), round(float(inside.mean()), 2)

# %% key="look-truth-table"
mk.table(compared.head(6), language=language)

# %% [markdown] key="means-truth"
# **What it means.** 268 of 301, or 89%: the promise of nine in ten is kept. The three first are truly high, too. That is what "honest" means: not always
# right, but as often as it said.

# %% [markdown] key="define-simpson"
# ## The lead that turns round
#
# A colleague has made a pivot table: image posts beat carousels, so let us stop carousels. Look at the total, then segment by segment.

# %% key="use-total" tags=["setup"]
two = log[log["content_type"].isin(["carousel", "social_image"])]
total = mk.tally(two, by=("content_type",))
total["raw_rate"] = total["count"] / total["exposure"]
mk.table(total, language=language)

# %% key="look-parts"
parts = mk.tally(two, by=("segment", "content_type"))
parts["raw_rate"] = parts["count"] / parts["exposure"]
mk.table(parts, language=language)

# %% key="look-simpson"
explained = mk.ContentScorer("click_rate", by=("segment", "content_type"), priors="flat").fit(two)
mk.show(explained.score_cells(within=("segment",)), language=language)

# %% [markdown] key="means-simpson"
# **What it means.** In the total, image posts lead by 1.8% to 1.6%. In each of the six segments, carousels lead. Both are right: more than half
# of the carousels were shown to Students, who click little on anything, and half of the image posts to City trendsetters, who click a
# lot. **Simpson's paradox**: a total mixes *what was shown* with *to whom*. The planted truth is that carousels lead in every segment. **What
# it does not mean.** Splitting is not always better: for Drivers, 257 and 271 impressions show nothing, and their verdict is `test`.

# %% [markdown] key="data-export"
# ## From a platform's own file
#
# The log above is tidy. What one downloads is not. **Export**: the file that a platform writes for you; here Meta Ads Manager in French, with
# a row of totals that nobody named and thin spaces inside the numbers. What kind of piece each ad is stands only in its name, and a few lines of
# TOML say how to read it.

# %% key="use-export"
export, naming = mk.sample_path("exports/meta_ads.csv"), mk.sample_path("exports/naming.toml")
intake = mk.read_export(export, tags=naming)
[intake.facts[key] for key in ("platform", "rows_read", "kept", "excluded")]

# %% key="look-findings"
mk.table(list(intake.findings), language=language).iloc[:, [0, -1]]

# %% key="look-same"
same = log[(log["channel"] == "paid_social") & (log["date"] >= "2026-07-01")]
int(intake.log["clicks"].sum()), int(same["clicks"].sum())

# %% [markdown] key="means-export"
# **What it means.** 634 rows came in, 633 are kept, and the row of totals is set aside and said so: the 16,052 clicks are those of the tidy log,
# not one lost and none counted twice. `intake.log` goes into the scorer as `log` did. **What it does not mean.** A name is only as good as the
# team's discipline: `intake.untagged` lists every ad whose name says nothing.

# %% [markdown] key="exercise-1"
# ## Exercises
#
# **1.** In the map of people about to buy, look down the column of the Parents. Which content type has the highest estimate? Answer with its
# name (and note whether it carries a star).

# %% key="answer-1" tags=["exercise"]
mk.check_answer("02.1", ..., language=language)

# %% key="solution-1" tags=["solution"]
about = scorer.score_cells(within=("segment",), stage="decision").table
parents = about[about["segment"] == "parents"].set_index("content_type")
mk.check_answer("02.1", parents["rate"].idxmax(), language=language)

# %% [markdown] key="exercise-2"
# **2.** Would we have known after two months? Keep the rows of the log from its first 56 days (dates before the first date plus 56 days), fit a
# new scorer of the click rate on them, score the cells. How many verdicts say `make`? Answer with a whole number.

# %% key="answer-2" tags=["exercise"]
mk.check_answer("02.2", ..., language=language)

# %% key="solution-2" tags=["solution"]
early = log[log["date"] < log["date"].min() + pd.Timedelta(days=56)]
verdicts = mk.ContentScorer("click_rate").fit(early).score_cells().facts["verdicts"]
mk.check_answer("02.2", verdicts["make"], language=language)

# %% [markdown] key="exercise-3"
# **3.** Give the colleague a fair number. Suppose that both types had been shown to the *same* audience: weigh the six segments by their
# share of all impressions of the two types together, work out the weighted mean of the raw rates for carousels and for image posts, and divide
# carousels by image posts. Answer with that ratio, to two decimals.

# %% key="answer-3" tags=["exercise"]
mk.check_answer("02.3", ..., language=language)

# %% key="solution-3" tags=["solution"]
parts = mk.tally(two, by=("segment", "content_type"))
parts["raw_rate"] = parts["count"] / parts["exposure"]
weights = parts.groupby("segment")["exposure"].sum()
each = parts.pivot(index="segment", columns="content_type", values="raw_rate")
rates = each.mul(weights, axis=0).sum() / weights.sum()
mk.check_answer("02.3", round(rates["carousel"] / rates["social_image"], 2), language=language)

# %% [markdown] key="why-3" tags=["solution"]
# Statisticians call it direct standardisation. The true rates of the sample give about 1.40 in every segment. The totals give 0.89, because they
# compare students with trendsetters and not carousels with image posts.

# %% key="card"
mk.progress_card("02", language=language)
