# %% [markdown] key="question"
# # What it brought, and what we tell the client
#
# The plan of lesson 03 was frozen on the day it was signed; then it ran for six weeks. Now it is Monday 16 November, the client comes at
# four o'clock, and has one question: **"Was it worth my money, and what would we have lost without it?"**
#
# That is two questions, and the second is the hard one. We begin three weeks earlier, on a Monday when something could still be done.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% [markdown] key="data"
# ## The data: a frozen plan, and what came
#
# A plan is frozen so that nobody can mend the promise once the result is known. The results are a table of what was shown and what came of
# it, one row for each piece, segment, channel and week.

# %% key="data-load" tags=["setup"]
import mktlib as mk

plan = mk.load_plan(mk.sample_path("plan"))
results = mk.load_sample("results")
len(plan.items), len(results)

# %% [markdown] key="define"
# ## Five words
#
# - **Promise**: what the frozen plan said would come, a middle with a range (9 chances in 10).
# - **Placement**: one piece shown to one segment on one channel, all weeks together.
# - **Credit** (attribution): how the purchases are shared out among the channels that the buyers met on their way.
# - **Holdout**: people kept from an advertisement by lot, so that one can see what happens without it.
# - **Lift**: what comes with the advertisement minus what comes without it. Only a holdout or a test can show it.

# %% [markdown] key="use-monday"
# ## A Monday in the middle
#
# It is 26 October, three weeks of six are over. `track_campaign` reads nothing dated later: it says what could be known that morning.

# %% key="look-monday" tags=["setup"]
seen = mk.track_campaign(plan, results, as_of="2026-10-26")
mk.show(seen, language=language)

# %% key="look-decision"
mk.table(seen.table[["decision", "item", "owner", "amount", "stake", "deadline"]], language=language)

# %% key="look-landing"
columns = ["measure", "promised", "so_far", "forecast", "low", "high", "straight"]
mk.table(seen.landing[columns], language=language)

# %% [markdown] key="means-monday"
# **What it means.** One decision is open: piece P13 should be out and is not, €2,292 of value hang on it. Replace it or spend its €360 elsewhere, today. Otherwise
# the campaign will land at about €102,600, a little under the middle of its promise, and there is no cause for alarm.

# %% [markdown] key="not-monday"
# **What it does not mean.** The last column is what a spreadsheet would say: twice as much as in the first half. But the second half of this plan is
# smaller than the first, so the straight line overshoots. Three weeks later we know who was right. What came in the end is
# computed below, in euros: €106,985, inside the range told on that Monday, and far from the straight line's €122,295.

# %% key="look-came" tags=["setup"]
worth_of = plan.schedule.groupby("stage")["value"].sum() / plan.schedule.groupby("stage")["events"].sum()
came = float((results["clicks"] * results["stage"].map(worth_of)).sum())
round(came)

# %% [markdown] key="use-promise"
# ## Promise beside result
#
# The campaign is over. The scorer learns from what came, the frozen promise is held against it. Of more than a hundred placements some will always look
# odd; only what stays odd after so many looks is called a surprise.

# %% key="look-promise"
log = mk.load_sample("content_log")
learnt = mk.learn_from(mk.ContentScorer("click_rate").fit(log), log, results, plan=plan, as_of="2026-11-15")
review = mk.review_campaign(plan, results, learnt=learnt)
mk.show(review, language=language)

# %% key="look-surprise"
columns = ["level", "placements", "promised", "came", "ratio", "low", "high", "grade"]
mk.table(review.surprises[columns], language=language)

# %% [markdown] key="means-promise"
# **What it means.** One kind of content did better than chance allows: the reminder banner, with 16,701 clicks for 12,361 promised, or 1.24 times its promise once luck is
# allowed for. Nobody had shown it in this form before, so its promise was worked out from its relatives. Elsewhere the promise held: 123 of
# 141 inside is less than the 90 % announced, but placements of one campaign share their weather and teach far less than 141 separate ones.
#
# **What it does not mean.** A piece above its range is no proof of genius, nor one below it of failure: one in ten should fall outside. And the banner
# has brought clicks. Whether it has brought sales, we shall see.

# %% [markdown] key="use-gap"
# ## Where the value went
#
# Between promise and result lie four steps that add up exactly: what never ran, what was shown less, what was clicked less, and what a click was
# worth.

# %% key="look-gap"
mk.show(review, kind="gap", language=language)

# %% [markdown] key="means-gap"
# **What it means.** Nearly all of the gap is one piece that never came out: P13, whose Monday we have seen. Nobody's idea was bad; somebody's diary was full.
# And the rates? Lesson 03 knew that pieces of ordinary quality would bring €95,231. What came is more, because the two demo videos that carry
# much of the plan turned out better than their kind. Luck, talent: one campaign cannot tell them apart.
#
# ## The money
#
# **Return on ad spend** is attributed revenue over spend: a ratio of sums, never a mean of ratios. A tenth of the revenue is margin here, so a
# channel must bring back ten times its cost to pay.

# %% key="look-money"
worth = mk.kpis(results, by="channel", kpis=["cpc", "cpa", "roas"], margin=0.1)
mk.show(worth, language=language)

# %% key="look-costs"
costs = worth.table[worth.table["kpi"] == "cpa"]
mk.table(costs[["group", "kpi", "value", "low", "high"]], language=language)

# %% [markdown] key="means-money"
# **What it means.** E-mail and paid social cover their cost with room to spare. Paid search does not: 0.94, when 10 is needed, and its whole range lies far
# below. It was in the plan to reach people who have not heard of us yet, as the brief asked; that has a price, and here it stands.
#
# **What it does not mean.** These are sales attributed to a channel. Some would have come anyway. How many?
#
# ## Who gets the credit?
#
# A buyer met several things on the way. Seven rules share the purchases out, from "all to the last one met" to elaborate ones. They do not agree.

# %% key="look-credit" tags=["setup"]
journeys = mk.load_sample("journeys")
lot = (1924, 476)
credit = mk.attribute(journeys, "last", holdout="holdout", held_channel="display", drawn=lot)
mk.show(credit, language=language)

# %% key="look-shares"
mk.table(credit.table[["channel", "credit", "least", "most", "verdict"]], language=language)

# %% [markdown] key="means-credit"
# **What it means.** Every channel's credit hangs on the rule. By the last touch, the display banner gets 267 of the 441 purchases; by the first touch, none. No rule is
# the true one: they share out what happened, and none of them asks what would have happened otherwise.
#
# ## What would have come anyway
#
# But this client had been wise. Of 2,400 people, 476 drawn by lot were kept from the banner (the `lot` above). **Did they buy less?**

# %% key="look-holdout" tags=["setup"]
columns = ["rate", "rate_held", "difference", "low", "high", "incremental", "incremental_low", "incremental_high", "grade"]
mk.table(credit.lift[columns], language=language)

# %% key="look-truth"
truth, lift = mk.load_truth()["planted"]["credit_is_not_lift"], credit.lift.iloc[0]
truth["channel"], truth["true_lift"], bool(lift["low"] <= truth["true_lift"] <= lift["high"])

# %% [markdown] key="means-holdout"
# **What it means.** The banner stood beside 267 purchases. Without it, 53 at the very most would be missing (9 chances in 10), and our best guess is none. It was shown to
# people about to buy anyway. The truth, planted in this sample: its lift is 0, and the range holds it.
#
# **What it does not mean.** Not that reminder banners never work; this one, shown to these people. And "too early to say" is not "no effect".

# %% [markdown] key="use-test"
# ## How large must a test be?
#
# The same holdout, read as a test: A are those kept from the banner, B those who could see it. This reading may be repeated every day without
# fooling oneself, and pays for it with wider ranges.
#
# Suppose 60 new people a day. How many does it take, and how long, to see a lift of a given size?

# %% key="look-size"
people = journeys.assign(conversions=(journeys["event"] == "purchase").astype(int))
people = people.groupby("member_id", as_index=False)[["holdout", "conversions"]].max()
people["arm"] = people["holdout"].map({1: "A", 0: "B"})
test = mk.compare(people, metric="conversions", arm="arm", control="A", ratio={"A": 1, "B": 4})
size = mk.sample_size(baseline=0.185, lift=0.03, ratio=[1, 4], traffic=60)
mk.table(size.table[["lift", "n", "days", "days_usual"]], language=language)

# %% [markdown] key="means-test"
# **What it means.** To see a lift of 3 points with 60 new people a day takes 2,898 people and up to 242 days, 156 on average; a lift of 6 points would show after
# about 40. Ask this before the money is spent: a test too small to see anything is the dearest way to learn nothing.
#
# **What it does not mean.** A test answers the question it was built for, about the people it was built on. It says nothing of next year, nor of another banner.

# %% [markdown] key="use-page"
# ## The client's page
#
# It is half past three. One call writes the page, each sentence as strong as its evidence and no stronger.

# %% key="look-page"
page = mk.report(plan, review, worth, credit, test, language=language)
print(*page.opening, sep="\n")
for section in page.sections:
    print(section.title, "|", section.headline)

# %% [markdown] key="means-page"
# `page.save("report.html")` writes it; the ending `.pdf` prints it, `.pptx` makes slides with charts that can still be edited. `reader="employer"` adds the
# money, `reader="team"` everything. So, was it worth it? The campaign kept its promise; what it added to sales only a holdout can
# tell; and the banner, which claims most, can prove least.
#
# And people talk about the sunglasses. What do they say, and who are they? Lesson 05.

# %% [markdown] key="exercise-1"
# ## Exercises
#
# **04.1** Of the placements that ran, which share fell inside the promised range? Answer with a fraction (12 % is 0.12), to two decimals.

# %% key="answer-1" tags=["exercise"]
mk.check_answer("04.1", ..., language=language)

# %% key="solution-1" tags=["solution"]
ran = mk.review_campaign(plan, results).table["inside"].dropna()
mk.check_answer("04.1", float(ran.astype(bool).mean()), language=language)

# %% [markdown] key="exercise-2"
# **04.2** Go back one more week: it is the morning of 19 October. By how many euros does the straight line for the value miss what came in the
# end (`came`)? Round to the nearest hundred.

# %% key="answer-2" tags=["exercise"]
mk.check_answer("04.2", ..., language=language)

# %% key="solution-2" tags=["solution"]
earlier = mk.track_campaign(plan, results, as_of="2026-10-19").landing.set_index("measure")
mk.check_answer("04.2", round(float(earlier.loc["value", "straight"]) - came, -2), language=language)

# %% [markdown] key="exercise-3"
# **04.3** The agency wants to show the banner to 10,000 people more, and promises a flood of purchases. How many additional purchases would you call possible at the
# very most (9 chances in 10)? Round to the nearest ten.

# %% key="answer-3" tags=["exercise"]
mk.check_answer("04.3", ..., language=language)

# %% key="solution-3" tags=["solution"]
most = float(credit.lift["high"].iloc[0])
mk.check_answer("04.3", round(10_000 * most, -1), language=language)

# %% [markdown] key="why-3" tags=["solution"]
# For the teacher: the credit of 267 purchases for 1,924 people becomes 1,388 for 10,000, five times what the holdout still allows. The range speaks of people like
# those drawn; other people may differ.

# %% key="card"
mk.progress_card("04", language=language)
