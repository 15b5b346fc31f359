# %% [markdown] key="question"
# # The ad tools: six euros for one?
#
# Monday, ten o'clock. The agency has sent its weekly page, with one figure in bold: **six euros of sales for each euro of ads.** "The platform says so itself." Solène
# would like to double the budget. **Do our ads bring six euros for one?**
#
# This lesson is played, not read. `AdDesk` is an advertising platform in miniature: you bid, you pay, you get the report that a platform would send, and at the end,
# unlike in life, you are told what was true.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% key="data" tags=["setup"]
import os
import tempfile
from pathlib import Path

import pandas as pd

import mktlib as mk

os.environ["MKTLIB_LANGUAGE"] = language
desk = mk.AdDesk("meta", budget=12_000, seed=9, weeks=6, language=language)
desk.week, desk.weeks, desk.left

# %% key="data-sets"
columns = ["campaign", "audience", "people_low", "people_high", "bid_low", "bid_high"]
mk.table(desk.ad_sets[columns], language=language).set_axis(list(desk.ad_sets["ad_set"]))

# %% [markdown] key="define-words"
# €12,000, 6 weeks, and six audiences on a platform like Meta's.
#
# **Campaign, ad set, ad**: a drawer, an audience with its budget, a picture. **Bid**: here the most that one sale may cost; each time somebody opens the app, an
# auction is held in less time than a blink. **Conversion**: a sale that the platform credits to itself. **ROAS** (return on ad spend): sales credited over money
# spent, the "six for one". **Retargeting**: ads for people who were already in the shop.

# %% key="data-terms"
[desk.terms[key] for key in ("basket", "margin", "breakeven_roas")]

# %% [markdown] key="define-even"
# A basket is worth €90, of which a share of 0.4 is left when the goods are paid. So an ad breaks even at 2.5 euros of sales for one, not at one for one. Keep that 2.5
# in mind.
#
# ## Two weeks by hand
#
# Week 1, by the book: four ad sets, the same money for each, bids in the middle of what the platform suggests.

# %% key="use-first" tags=["setup"]
sets = desk.ad_sets.set_index("ad_set")
bid = ((sets["bid_low"] + sets["bid_high"]) / 2).round()
names = ("site_visitors", "customers", "interests", "lookalike")
first = desk.spend(**{name: {"bid": bid[name], "budget": 50} for name in names})
mk.table(first.groupby("date", as_index=False)[["spend", "conversions", "value"]].sum(), language=language)

# %% [markdown] key="means-first"
# This is the report of Sunday evening, and it is alarming: the money is the same every day, and the sales melt. Somebody will say on Monday that "the ads are worn
# out". Wait. Week 2, as everybody plays it: more for what the report praises, less for the rest. Then look at week 1 *again*.

# %% key="use-second" tags=["setup"]
more = {"site_visitors": 100, "customers": 100, "interests": 25, "lookalike": 25}
second = desk.spend(**{name: {"budget": money} for name, money in more.items()})
restated = desk.report()
restated = restated[restated["week"] == 1]
mk.table(restated.groupby("date", as_index=False)[["spend", "conversions", "value"]].sum(), language=language)

# %% [markdown] key="means-late"
# The same days, a week later, and the melting has gone. People click on Tuesday and buy on Friday. **Delay**: what a report does not know yet. The last days of any
# report look bad, always; do not judge them.

# %% key="look-report"
report = desk.report("ad_set")
columns = ["week", "ad_set", "spend", "conversions", "value", "roas", "status"]
mk.table(report.assign(roas=report["value"] / report["spend"])[columns], language=language)

# %% [markdown] key="means-report"
# Two things to learn here. **Learning phase**: until an ad set has about 50 results in seven days, the platform tries things out, dearly; a change of budget or bid by
# a quarter or more starts it again. We doubled two budgets and halved two: all four began again, and the two halved ones, with so few results, are in it still. And
# then: **the first two lines of each week carry the whole page.**
#
# ## Our own tools agree
#
# The desk writes the file that the platform would write, and `read_export` takes it for one. Let us give it to the table of figures of lesson 04, with its ranges.

# %% key="use-export"
with tempfile.TemporaryDirectory() as folder:
    export = mk.read_export(desk.export(Path(folder) / "ads.csv"))
for found in export.findings[:2]:
    print(found)

# %% key="look-kpis"
figures = mk.kpis(export, by="campaign", kpis=["roas"], margin=0.4)
mk.show(figures, language=language)

# %% [markdown] key="means-kpis"
# There is the agency's figure: 6.7 in all, nearly 9 for the campaign `Retention`, which "covers its cost". With a range, a break-even and a verdict: it could not look
# more serious. And not one of these numbers answers the question. They all count sales **that the platform credits to itself**: whoever saw or clicked an ad and then
# bought. Nobody has asked who would have bought anyway.
#
# ## Asking
#
# **Holdout**: a part of the audience, drawn by lot, that gets no ads. What the others buy *more* than they do is what the ads bring. **Incremental**: would not have
# come without the ad. Four weeks, half of each audience:

# %% key="use-holdout" tags=["setup"]
tested = {"site_visitors": 80, "customers": 80, "interests": 120}
for _ in range(4):
    desk.spend(**{name: {"budget": money, "holdout": 0.5} for name, money in tested.items()})
lots = desk.lift()
mk.table(lots.groupby(["ad_set", "group"], as_index=False)[["people", "buyers"]].sum(), language=language)

# %% [markdown] key="means-lots"
# Read it line against line (a person counts once a week). Among the visitors of the site, those who saw nothing bought as much as those who saw the ads. Among the
# people with an interest in the subject, those who saw the ads bought twice as much. Money, with its range:

# %% key="use-roas"
report = desk.report("ad_set")
paid = report[report["week"] > 2].groupby("ad_set")[["spend", "value"]].sum()
how = {"metric": "buyers", "arm": "group", "control": "held", "people": "people"}
rows = []
for name in tested:
    test = mk.compare(lots[lots["ad_set"] == name], **how, look="fixed", level=0.9)
    brought = mk.incremental_roas(test, spend=paid.loc[name, "spend"], worth=90, margin=0.4)
    rows.append(brought.table.head(1).assign(ad_set=name))
measured = pd.concat(rows, ignore_index=True)
mk.table(measured[["ad_set", "value", "unit", "low", "high", "verdict"]], language=language)

# %% key="look-credit"
(paid["value"] / paid["spend"]).round(1).to_dict()

# %% [markdown] key="means-holdout"
# Beside the platform's own figures for the same four weeks. Of its 7.9 for the visitors of the site the test leaves somewhere between nothing and 3.4, and its best
# guess is less than one. Of the 10.3 for past customers, at most 3.7. Whether these two pay it cannot tell yet, for 2.5 lies within both ranges, and it says so; what
# it rules out is the eight and the ten. For those interested in the subject (`interests`) the platform says 4.3 and the test 4.2: **there the report is right.** It
# does not lie at random. It flatters where people would have come anyway.
#
# One more thing, which any report shows to those who look. **Wear**: the more often the same people see the same picture, the fewer click. Clicks per hundred
# impressions, among past customers, week by week:

# %% key="look-wear"
same = report[report["ad_set"] == "customers"]
(100 * same["clicks"] / same["impressions"]).round(2).tolist()

# %% [markdown] key="define-truth"
# The pictures are the same and the audience is small; and since half of it is held out, the other half sees them all the more often.
#
# ## The truth
#
# In life the story ends here, with a range. At the desk one may look behind the curtain.

# %% key="look-truth" tags=["setup"]
result = desk.result()
mk.show(result, language=language)

# %% key="look-debrief"
for found in desk.debrief()[:3]:
    print(found)

# %% [markdown] key="means-truth"
# **What it means.** For a hundred euros the platform counted 758; 165 were true, and below 250 every euro costs money. The two ad sets that made the page so fine are
# those that lost the most. And the holdout, which knew nothing of all this, was right three times out of three: each of its ranges holds the truth.

# %% [markdown] key="not-truth"
# **What it does not mean.** That retargeting never pays, or that your account looks like this. The desk is a **model**, and its assumptions are ours: how many would
# have bought anyway, that half of an exposure is forgotten after 12 days, that rivals do not answer, that buyers stay in the audience. They are rows of a table, each
# with where it comes from:

# %% key="look-assumptions"
desk.assumptions["conf"].value_counts().to_dict()

# %% [markdown] key="not-method"
# 14 of 17 are our judgement (J), 2 are what practitioners know (K), 1 was read on a third party's page (S); `desk.assumptions` shows them all. What is not an
# assumption is the method: a holdout, with people enough and kept from the ads in earnest, measures what ads add in any account, whatever it is.
#
# ## Could it be played better?

# %% key="look-best"
best = result.best[result.best["spend"] > 50]
mk.table(best[["ad_set", "bid", "spend", "gain", "yours", "yours_gain"]], language=language)

# %% [markdown] key="means-best"
# The best play that was found spends nothing on retargeting, and puts most on "everybody", an audience that we never tried because nobody there knows us. That is the
# point: **those who do not know us are those whom an ad can change.**
#
# Two players are built in. The `naive` one does what we did: money follows last week's report. The `careful` one takes few ad sets and steady budgets, bids what a
# sale is worth, draws a holdout early, and waits for late sales before judging. Neither sees the truth, but the second comes with a doubt: it believes little of what
# is credited among people who know us. First our own desk, then three others:

# %% key="use-players"
seeds = (9, 1, 2, 3)
plays = {"naive": [], "careful": []}
for who, facts in plays.items():
    for seed in seeds:
        facts.append(mk.AdDesk("meta", budget=12_000, seed=seed, weeks=6).play(who).result().facts)
pd.DataFrame({who: [round(f["gain"]) for f in facts] for who, facts in plays.items()}, index=seeds)

# %% key="look-players"
pairs = zip(plays["naive"], plays["careful"], strict=True)
apart = pd.Series([careful["gain"] - naive["gain"] for naive, careful in pairs])
half = 2.35 * apart.sem()
[round(x) for x in (apart.mean() - half, apart.mean(), apart.mean() + half)]

# %% key="look-reported"
ours = {who: facts[0] for who, facts in plays.items()}
[(round(f["roas_reported"], 1), round(f["roas_incremental"], 1)) for f in ours.values()]

# %% [markdown] key="means-players"
# Euros of gain, a desk a line. The careful player wins on all 4, by about €12,500 on a budget of €12,000, and with nine chances in ten the mean over many desks lies
# in the range above (Student's, for four desks). The last line is the one to remember: on our desk the naive player *reported* 6.7 for one and the careful one 5.2. In
# truth it was 1.6 against 4.4. **In a meeting, the naive one would have been promoted.**

# %% [markdown] key="exercise-1"
# ## Your turn
#
# **1.** Of the value that week 1 had in the end, which share was still missing on its Sunday evening? (A fraction, two decimals; `first` is the report of that Sunday,
# `restated` the same days a week later.)

# %% key="answer-1" tags=["exercise"]
mk.check_answer("08.1", ..., language=language)

# %% key="solution-1" tags=["solution"]
mk.check_answer("08.1", 1 - first["value"].sum() / restated["value"].sum(), language=language)

# %% [markdown] key="exercise-2"
# **2.** The agency charges for the *campaign* `Retention`, both its ad sets together. Over the six weeks, how many euros of sales did one euro of it truly bring? (Two
# decimals; `result.table` has a row for each week and ad set.)

# %% key="answer-2" tags=["exercise"]
mk.check_answer("08.2", ..., language=language)

# %% key="solution-2" tags=["solution"]
retention = result.table[result.table["campaign"] == "Retention"]
mk.check_answer("08.2", retention["incremental_value"].sum() / retention["spend"].sum(), language=language)

# %% [markdown] key="exercise-3"
# **3.** One ad set must stop today. Which one cost Solène the most, all told? (One of `site_visitors`, `customers`, `interests`, `lookalike`.)

# %% key="answer-3" tags=["exercise"]
mk.check_answer("08.3", ..., language=language)

# %% key="solution-3" tags=["solution"]
gain = result.table.groupby("ad_set")["gain"].sum()
mk.check_answer("08.3", gain.idxmin(), language=language)

# %% [markdown] key="why-3" tags=["solution"]
# Whoever reads the platform's page stops `lookalike`: it has the worst ROAS there. It had little money and lost little. What costs is much money *times* little truth,
# and on the page that ad set stands near the top.

# %% [markdown] key="takeaway"
# ## To take away
#
# - The answer to Solène: no. Not six; less than two, and it takes 2.5 to live.
# - A platform counts who bought after an ad, not because of it. Ask for the holdout before you ask for the ROAS.
# - Do not judge the last days, do not touch what is learning, watch how often the same people see you.
# - Pay for those who would not have come.
#
# The desk has three other platforms, `search`, `display` and `x`, and as many worlds as there are seeds. Here is one with its buttons (they need a live notebook).
# Play it against a colleague; `undo()` takes a week back.

# %% key="panel"
mk.practise(mk.AdDesk("search", budget=8_000, seed=1, language=language), language=language)

# %% key="card"
mk.progress_card("08", language=language)
