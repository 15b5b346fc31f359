# %% [markdown] key="what-it-brought-and-what"
# # What it brought, and what we tell the client
#
# The plan was frozen before the campaign. Then it ran. **Where were we right, where were we surprised, what was it worth, and how do we say it no
# stronger than the data carry?**
#
# On the way: a Monday in the middle of it, the promise beside the result, who gets the credit, what only a test can say, the money, and the page.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% key="code-import-mktlib-as-mk"
import mktlib as mk

plan = mk.load_plan(mk.sample_path("plan"))
results = mk.load_sample("results")
len(plan.items), len(results)

# %% [markdown] key="a-monday-in-the-middle"
# ## A Monday in the middle
#
# Three weeks of six are over. `track_campaign` reads nothing dated later, so that what it says is what could be known that morning; the rest of the
# file might as well not exist. Its alarms may be read every day: a campaign that runs as planned raises one in at most one of twenty.

# %% key="code-seen"
seen = mk.track_campaign(plan, results, as_of="2026-10-26")
mk.show(seen, language=language)

# %% key="code-mk-table-seen-language-language"
mk.table(seen, language=language)  # what to decide today

# %% key="code-columns"
columns = ["measure", "promised", "so_far", "forecast", "low", "high", "straight"]
seen.landing[columns].round(-2)

# %% [markdown] key="what-it-means-one-piece"
# **What it means.** One piece never came out and one decision is open; the rest runs within what was promised. The campaign will land a little below the
# middle of its promise. **What it does not mean.** `straight` draws a straight line from what came so far, as a spreadsheet would: the second half of
# this plan is smaller than the first, so the line overshoots. Did the forecast hold? The truth is known by now:

# %% key="code-came"
came = float((results["clicks"]).sum())
events = seen.landing.set_index("measure").loc["events"]
print(round(events["low"]), "<=", round(came), "<=", round(events["high"]), "; a straight line said", round(events["straight"]))

# %% [markdown] key="promise-beside-result"
# ## Promise beside result
#
# First the scorer learns from what came, and from nothing later than the day given. Then the frozen promise is held against the result. Of 147
# placements a few will always look odd; only what remains odd after that many looks is called a surprise, and a whole channel that is off is told once,
# not piece by piece.

# %% key="code-log"
log = mk.load_sample("content_log")
scorer = mk.ContentScorer("click_rate").fit(log)
lesson = mk.learn_from(scorer, log, results, plan=plan, as_of="2026-11-15")
review = mk.review_campaign(plan, results, learnt=lesson, against="even")
mk.show(review, language=language)

# %% key="code-columns-2"
columns = ["axis", "level", "placements", "promised", "came", "ratio", "low", "high", "grade"]
mk.table(review.surprises[columns], language=language)

# %% key="code-names"
names = ("items", "inside", "coverage", "coverage_low", "coverage_high", "effective", "late", "not_executed")
{name: round(review.facts[name], 2) for name in names}

# %% [markdown] key="what-it-means-one-kind"
# **What it means.** One kind of content is farther out than chance and the promise allow: the reminder banner, which nobody had shown in this form before, so that its
# promise was worked out from others. The placements of one campaign share their weather: 141 of them are worth about ten independent ones
# (`effective`), so the share that fell inside its range is itself uncertain, and 90 % is well within it. **What it does not mean.** A piece above its range is not
# proof of genius, nor one below of failure: one in ten should fall outside.
#
# ## The whole, and calibration
#
# The promise for the whole was drawn with all pieces together, so that what they share goes right or wrong together.

# %% key="code-money"
money = {"low": plan.expected["low"], "high": plan.expected["high"], "came": review.facts["value_actual"]}
print({name: round(value) for name, value in money.items()})
mk.show(review, kind="calibration", language=language)

# %% [markdown] key="the-points-lie-about-the"
# The points lie about the line. The pieces with the highest promises came in a little lower: they were chosen among thousands because they looked
# best, and what looks best is in part luck. The range of the whole held, and the middle of a range is no promise.
#
# ## Where the value went
#
# Between the promise and what came lie four steps that add up exactly: what never ran, what was shown less, what was clicked less, and what a click was
# worth. Here nearly all of it is one piece that never came out.

# %% key="code-mk-show-review-kind-gap"
mk.show(review, kind="gap", language=language)

# %% key="code-late"
late = review.table[(review.table["late_days"] > 0) | (review.table["status"] != "published")]
mk.table(late[["item", "owner", "status", "due", "published", "planned_spend", "actual_spend"]], language=language)

# %% key="code-mk-table-review-versus-language"
mk.table(review.versus, language=language)  # the same pieces, the media money spread evenly

# %% [markdown] key="what-it-does-not-mean"
# **What it does not mean.** The other plan was never run. Its value rests on what is known of its cells now, and nothing here was drawn by lot.
#
# ## What was learnt goes back
#
# Results are a log like any other. The ranges narrow where the campaign went; some of what was undecided is settled.

# %% key="code-mk-show-lesson-language-language"
mk.show(lesson, language=language)

# %% key="code-names-2"
names = ("width_before", "width_after", "make_before", "make_after", "drop_before", "drop_after", "opinion_before", "opinion_after")
{name: round(lesson.facts[name], 3) for name in names}

# %% [markdown] key="who-gets-the-credit"
# ## Who gets the credit?
#
# Of the people who bought, each met several things on the way. Seven rules share the purchases out among them, and they do not agree.

# %% key="code-journeys"
journeys = mk.load_sample("journeys")
lot = (1924, 476)  # people of the lot, shown and kept from it: all 2,400 of them are in these data
credit = mk.attribute(journeys, "last", holdout="holdout", held_channel="display", drawn=lot)
mk.show(credit, language=language)

# %% key="code-columns-3"
columns = ["channel", "credit", "credit_low", "credit_high", "least", "most", "verdict"]
mk.table(credit.table[columns], language=language)

# %% [markdown] key="the-last-touch-gives-the"
# The last touch gives the reminder banner more purchases than all other channels together. But one person in five was kept from it by lot. **Did they
# buy less?**

# %% key="code-columns-4"
columns = ["rate", "rate_held", "difference", "low", "high", "incremental", "incremental_low", "incremental_high", "grade"]
mk.table(credit.lift[columns], language=language)

# %% key="code-truth"
truth = mk.load_truth()["planted"]["credit_is_not_lift"]
lift = credit.lift.iloc[0]
truth["channel"], truth["true_lift"], bool(lift["low"] <= truth["true_lift"] <= lift["high"])

# %% [markdown] key="what-it-means-the-banner"
# **What it means.** The banner was shown to those about to buy anyway: it stood beside 267 purchases, and the holdout leaves room for at most a few dozen that would be
# missing without it. The true number, planted in this sample, is none. **What it does not mean.** Credit says who was there, a test says what would be missing; the
# first is never an estimate of the second.
#
# ## What a test can say, and how large it must be
#
# The same holdout, read as a test. A test may be looked at every day: its ranges hold at all looks together, which costs people.

# %% key="code-paths"
paths = journeys.assign(bought=(journeys["event"] == "purchase").astype(int))
people = paths.groupby("member_id", as_index=False)[["holdout", "bought"]].max()
people["arm"] = people["holdout"].map({1: "no banner", 0: "banner"})
test = mk.compare(people, metric="bought", arm="arm", control="no banner", ratio={"no banner": 1, "banner": 4})
mk.show(test, language=language)

# %% key="code-mk-table-test-table-arm"
mk.table(test.table[["arm", "n", "mean", "lift", "low", "high", "grade"]], language=language)

# %% key="code-size"
size = mk.sample_size(baseline=0.185, lift=0.03, ratio=[1, 4], traffic=60)
mk.table(size.table[["lift", "n_fixed", "n", "dearer", "days", "days_usual"]], language=language)

# %% [markdown] key="what-it-means-too-early"
# **What it means.** "Too early to say" is an answer, and `sample_size` says what would settle it, before the money is spent. Had we forgotten that the lot
# gave four in five the banner, the comparison would have refused to name a winner: arms of other sizes than the lot made them are a broken test.

# %% key="code-broken"
broken = mk.compare(people, metric="bought", arm="arm", control="no banner")
print(broken.facts["withheld"], broken.findings[0].code)

# %% [markdown] key="the-money"
# ## The money
#
# Each figure is a ratio of sums, over its denominator, with a range; the whole is never a mean of ratios. A tenth of the revenue is margin here, which
# is what the brief counts a click at.

# %% key="code-worth"
worth = mk.kpis(results, by="channel", kpis=["cpc", "cpa", "roas"], margin=0.1)
mk.show(worth, language=language)

# %% key="code-shown"
shown = worth.table[worth.table["kpi"] == "roas"]
mk.table(shown[["group", "kpi", "value", "low", "high", "unit", "verdict", "grade"]], language=language)

# %% key="code-extra"
extra = mk.incremental_roas(test, spend=2000, worth=92)  # what the banner cost, what a purchase brings
mk.table(extra.table[["kpi", "value", "low", "high", "unit"]], language=language)

# %% [markdown] key="what-it-does-not-mean-2"
# **What it does not mean.** Sales of a log are those attributed to the campaign; some would have come anyway. Only the last table, from people drawn by
# lot, speaks of additional money: it reaches below zero, so nobody can say what an additional sale cost, only that it may have cost everything.
#
# ## The client's page
#
# One file, in the reader's language: what it brought, what we did, how sure we are, what next. The strength of each sentence follows its evidence.

# %% key="code-page"
page = mk.report(plan, review, worth, credit, test, language=language)
for sentence in page.opening:
    print(sentence)

# %% key="code-for-section-in-page-sections"
for section in page.sections:
    print(section.title, "|", section.headline)

# %% [markdown] key="page-save-report-html-writes"
# `page.save("report.html")` writes it, `.pdf` prints it, `.pptx` makes slides with charts that can be edited. `reader="employer"` adds the money,
# `reader="team"` everything.
#
# ## Exercises
#
# 1. Track the campaign on 12 October. Which decisions are open, and which of them were still right at the end?
# 2. Ask `attribute` for "markov" and "shapley". Which channel holds its credit under every rule?
# 3. Write the page for the team and for the employer. What does each say that the client's page leaves out?
# 4. Set `language = "fr"` on top and run the lesson again.
