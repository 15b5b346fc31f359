# %% [markdown] key="e-mail-how-many-when"
# # E-mail: how many, when, and whether it may leave
#
# How many e-mails a month does a customer bear? Everybody who sends them asks, and nearly every chart that answers is wrong in the same way: **people who like
# us are sent more**, so that a log shows more clicks where more was sent, whatever the e-mails do. This lesson takes one question after the other: what
# do e-mails *cause*, when are they read, what do the ones that leave by themselves take of a person's patience, and may this one leave at all? The samples
# are simulated from a seed and the truth lies beside them.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% key="code-import-os"
import os

import mktlib as mk

os.environ["MKTLIB_LANGUAGE"] = language  # findings are told in it too
sends, people = mk.load_sample("sends"), mk.load_sample("audience")
truth = mk.load_truth()["planted"]
len(sends), sends["member_id"].nunique()

# %% [markdown] key="the-chart-that-everybody-makes"
# ## The chart that everybody makes
#
# E-mails a month on one side, clicks a month on the other. It rises, and rises: send more!

# %% key="code-month"
month = sends["sent_at"].dt.strftime("%Y-%m")
months = sends.groupby(["member_id", month.rename("month")]).agg(mails=("clicks", "size"), clicks=("clicks", "sum")).reset_index()
months.groupby("mails")["clicks"].agg(["size", "mean"]).loc[1:6].round(2)

# %% [markdown] key="it-is-an-answer-to"
# It is an answer to another question: *who* gets many e-mails? Those who click anyway. What was planted says the opposite of the chart: each further e-mail
# lowers the chance that any of them is clicked, and raises the chance of leaving.

# %% key="code-truth-email-frequency"
truth["email_frequency"]

# %% [markdown] key="what-the-e-mails-cause"
# ## What the e-mails cause, as far as the log can tell
#
# `email_rhythm` compares people with themselves in other months, and with people of the same past. Beside each estimate stands the plain mean of the log
# (`naive`): what was selection is the difference between the two.

# %% key="code-rhythm"
rhythm = mk.email_rhythm(sends, worth={"clicks": 0.5, "conversions": 30})
mine = rhythm.curves[(rhythm.curves["segment"] == "all") & (rhythm.curves["outcome"] == "clicks")]
mine[["per_month", "months", "mean", "low", "high", "naive"]].round(2)

# %% key="code-mk-show-rhythm-language-language"
mk.show(rhythm, language=language)

# %% [markdown] key="what-it-means-the-best"
# **What it means.** The best guess of clicks flattens after three or four e-mails a month, while the plain means go on climbing; and the ranges are wide, for they hold
# whatever drift the log could hide. **What it does not mean.** That three is the best: 40 people left in half a year, and with so few the value over the *remaining
# life* of a customer cannot be told apart between rhythms. So it says so, for each segment, and names no best one.

# %% key="code-columns"
columns = ["segment", "people", "leavers", "verdict", "why", "overlap", "effective"]
mk.table(rhythm.segments[columns], language=language)

# %% key="code-for-found-in-rhythm-findings"
for found in rhythm.findings:
    print(found)

# %% [markdown] key="the-test-that-would-tell"
# ## The test that would tell
#
# It comes with the answer: how many people an arm, for how long, and whether the list is large enough.

# %% key="code-trial"
trial = rhythm.trial[rhythm.trial["segment"] == "all"]
mk.table(trial, language=language)

# %% [markdown] key="such-a-test-was-made"
# Such a test was made in another sample: the rhythm of each person was drawn by lot. Now the answer *is* a difference of means, and nothing has to be adjusted.

# %% key="code-test"
test = mk.load_sample("sends_test")
drawn = mk.email_rhythm(test, assigned="arm", by=None, worth={"clicks": 0.5})
arms = drawn.arms[drawn.arms["outcome"].isin(["clicks", "leave"])]
arms[["outcome", "arm", "people", "mean", "difference", "low", "high"]].round(3)

# %% key="code-by-hand"
by_hand = test.groupby("member_id").agg(arm=("arm", "first"), left=("unsubscribes", "max"))
by_hand.groupby("arm")["left"].agg(["size", "mean"]).round(4)

# %% [markdown] key="the-truth-beside-it-is"
# The truth beside it is *a month*: clicks of those on the list, and the chance to leave in that month, which adds up over the three months of the test (at 8 a month: 1 − 0.949³ = 0.15; the 0.18 seen above are
# that, and luck).

# %% key="code-truth-rhythm-test-arms"
truth["rhythm_test"]["arms"]

# %% key="code-mk-show-drawn-language-language"
mk.show(drawn, language=language)

# %% key="code-columns-2"
columns = ["best", "flat_low", "flat_high", "few_at", "cost_few", "cost_few_low", "cost_few_high", "many_at", "cost_many"]
mk.table(drawn.segments[columns], language=language)

# %% [markdown] key="what-it-means-eight-e"
# **What it means.** Eight e-mails a month bring about as many clicks a month as four, but people leave, and with them all the clicks of later months: that is the price of too
# many, and it is shown. Four is the best guess; two are not shown to be worse. **What it does not mean.** What is published elsewhere (seven a month, in one shop) is no answer for this list; it is kept beside, with its source.

# %% key="code-mk-table-drawn-evidence-finding"
mk.table(drawn.evidence[["finding", "value", "year", "conf"]].head(3), language=language)

# %% [markdown] key="when-are-they-read"
# ## When are they read?
#
# Hours are the reader's own, and clicks count, not opens: half of the opens are made by machines. The question comes first: is any time better than 10:00 on a weekday?

# %% key="code-hours"
hours = mk.send_time(mk.load_sample("sends_hours"))
mk.show(hours, language=language)

# %% key="code-for-found-in-hours-findings"
for found in hours.findings:
    print(found)

# %% key="code-best"
best = hours.table[hours.table["best"]]
print("best:", sorted(best["segment"].unique()), "from", best["hour"].min(), "to", best["hour"].max(), "h")
print("planted:", truth["send_hours"]["segment"], "at", truth["send_hours"]["hour"], "h; none for", *truth["send_hours"]["none"])

# %% [markdown] key="in-the-sample-of-the"
# In the sample of the first half of this lesson the hour was drawn by lot and changes nothing. A table of 168 rates would still have a highest one.

# %% key="code-flat"
flat = mk.send_time(sends)
print("better than 10:00:", int(flat.table["best"].sum()), "of", len(flat.table), "times")

# %% [markdown] key="who-got-too-many"
# ## Who got too many
#
# A cap holds over any 7 or 30 days and over all campaigns, not over calendar months of one of them. And whoever left must never be written to again.

# %% key="code-kept"
kept = mk.check_sends(sends, members=people, cap_7=2, cap_30=6)
mk.show(kept, language=language)

# %% key="code-mk-table-kept-table-rule"
mk.table(kept.table[["rule", "verdict", "count", "of", "unit", "limit"]], language=language)

# %% [markdown] key="fifty-two-messages-left-more"
# Fifty-two messages left more than two days after a departure, and the verdict is still *cannot tell*: this log dates a departure by the message that it came from, not by the day
# of the click. The export of the list, with its dates, would tell.

# %% [markdown] key="e-mails-that-leave-by"
# ## E-mails that leave by themselves
#
# Welcome, basket, win-back: each has its moment, its number and its measure. What they take of a person's month is not there for campaigns.

# %% key="code-flows"
flows = mk.email_programme({"welcome": 0.04, "abandoned_basket": 0.05, "win_back": 0.03}, people=20_000, cap_30=6)
mk.show(flows, language=language)

# %% key="code-mk-table-flows-left-window"
mk.table(flows.left[["window", "cap", "reserved", "left", "above"]], language=language)

# %% [markdown] key="the-planner-takes-it-in"
# ## The planner takes it in
#
# A best rhythm lowers the cap of a segment; the hours go into the calendar; flows take their part. Where nothing was shown nothing changes: that, too, is an
# answer.

# %% key="code-brief"
brief = mk.read_brief(mk.sample_path("briefs/sunglasses.toml"))
log = mk.load_sample("content_log")
scores = mk.ContentScorer("click_rate").fit(log).score_cells()
plan = mk.plan_campaign(scores, brief, rhythm=drawn, send_time=hours)
for found in plan.findings:
    if str(found.column).endswith(("cap_per_month", "hours.email")):
        print(found)

# %% [markdown] key="may-this-one-leave"
# ## May this one leave?
#
# One message, before it goes: headers, way out, links, images, words. What no file can show is said too.

# %% key="code-letter"
letter = mk.sample_path("emails/promo_fr_bad.eml")
findings = mk.check_email(letter, language="fr", reader=language)
mk.table(findings, language=language).head(8)

# %% key="code-good"
good = mk.check_email(mk.sample_path("emails/newsletter_fr_good.eml"), language="fr", reader=language)
[(found.level, found.code) for found in good]

# %% [markdown] key="what-to-take-away"
# ## What to take away
#
# - A log says who was mailed, a test says what mailing does. Where a log must do, look at people against themselves, and let it say *cannot tell*: it mostly will.
# - The price of one e-mail too many is not paid this month: it is all the months of those who left.
# - Clicks, not opens; the reader's hours, not ours; a time is better only where chance does not do as well.
# - Caps hold over all campaigns and any 30 days. Departures are forever.

# %% [markdown] key="try-it-1-give-email"
# **Try it.** 1. Give `email_rhythm` the column `revenue` in place of `worth`: how many people would a test need now? 2. Lower `worth` of a click to 0.05: does the best rhythm move?
# 3. Set `language = "fr"` above and run everything again.
