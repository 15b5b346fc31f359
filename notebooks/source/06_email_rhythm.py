# %% [markdown] key="question"
# # E-mail rhythm: how many, when, and may this one leave?
#
# Monday morning. Sales were soft last week, and somebody proposes one more e-mail. How many a month does a customer bear? Everybody who sends them asks, and nearly every chart that answers is wrong in
# the same way. This lesson first makes that chart, then shows what is wrong with it, then finds an answer that holds; and it ends with one letter that must not leave.

# %% [markdown] key="data"
# ## The data
#
# `sends`: one row an e-mail and person, with clicks, orders and departures of half a year. `people`: the list itself. Two more logs come later; in one of them the rhythm was **drawn by lot**:
# decided by chance, as with coins, and not by anybody's judgement. All are simulated, and the truth lies beside them.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% key="data-load" tags=["setup"]
import os

import mktlib as mk

os.environ["MKTLIB_LANGUAGE"] = language
sends, people = mk.load_sample("sends"), mk.load_sample("audience")
truth = mk.load_truth()["planted"]
len(sends), sends["member_id"].nunique()

# %% [markdown] key="define-chart"
# ## The chart that everybody makes
#
# Take everybody who got one e-mail in a month, then two, and so on up to six, and average the clicks of that month. It rises, and rises: send more! Below it stands what was planted.

# %% key="look-chart"
month = sends["sent_at"].dt.strftime("%Y-%m").rename("month")
months = sends.groupby(["member_id", month])["clicks"].agg(["size", "sum"])
months.groupby("size")["sum"].mean().loc[1:6].round(2).tolist()

# %% key="look-truth"
truth["email_frequency"]

# %% [markdown] key="means-chart"
# **What it means.** Nine times as many clicks for six times as many e-mails: the chart is right, and says nothing about what e-mails do. In truth each further e-mail of a month makes every one of them *less* likely to be clicked (the minus), and the reader more likely to leave.
# The chart rises because engaged people are sent more: it answers *who gets many?*, not *what would one more do?* A third thing that moves both sides in this way is called a **confounder**.

# %% [markdown] key="define-rhythm"
# ## What the e-mails cause, as far as a log can tell
#
# `email_rhythm` compares people with themselves in other months, and with people who had the same past. Beside each estimate of clicks a month (`mean`, with its range `low` to `high`) stands the
# plain average of the chart (`naive`).
#
# Clicks are not all. **Value** counts two years: a click at €0.50, an order at €30, and nothing at all from the day a person leaves. The band is where the
# truth lies nine times in ten.

# %% key="use-rhythm"
rhythm = mk.email_rhythm(sends, worth={"clicks": 0.5, "conversions": 30})
mine = rhythm.curves[(rhythm.curves["segment"] == "all") & (rhythm.curves["outcome"] == "clicks")]
mine[["per_month", "naive", "mean", "low", "high"]].round(2)

# %% key="look-rhythm"
mk.show(rhythm, language=language)

# %% key="look-segments"
mk.table(rhythm.segments[["segment", "people", "leavers", "verdict", "why"]], language=language)

# %% [markdown] key="means-rhythm"
# **What it means.** Compared fairly, clicks flatten from three e-mails on (0.23, 0.25, 0.26), while the plain average goes on climbing to 0.46. About the best rhythm the log is honest: it *cannot
# tell*. Only 40 people left in half a year, and on so few departures nobody can build two years.

# %% [markdown] key="not-rhythm"
# **What it does not mean.** That two or three are best because the line is highest there: the band allows nearly anything. Nor that the rhythm does not matter: *cannot tell* is said of this log, not of the world. It
# is an invitation to a test.

# %% [markdown] key="define-test"
# ## The test that tells
#
# In a second log the rhythm of each person was drawn by lot: two, four or eight e-mails a month, for three months. Such a group is called an **arm**. Now engaged people are in every arm alike, and the answer *is* a difference of averages.
# First the clicks of a person and month in each arm; then the share that left within the three months.

# %% key="use-test" tags=["setup"]
test = mk.load_sample("sends_test")
drawn = mk.email_rhythm(test, assigned="arm", by=None, worth={"clicks": 0.5})
arms = drawn.arms.set_index(["outcome", "arm"])["mean"]
arms["clicks"].round(2).to_dict()

# %% key="look-test"
leave = drawn.arms[drawn.arms["outcome"] == "leave"]
mk.table(leave[["arm", "people", "mean", "difference", "low", "high"]], language=language)

# %% key="look-test-value"
mk.show(drawn, language=language)

# %% key="look-test-truth"
truth["rhythm_test"]["arms"]

# %% [markdown] key="means-test"
# **What it means.** Eight e-mails bring about as many clicks this month as four, and the truth agrees. But of those who got eight, 18% were gone after three months. Whoever has left
# clicks no more: over two years, eight a month is worth €2.67 a customer and four is worth €4.39. The price of one e-mail too many is not paid this month.
#
# **What it does not mean.** That four beats two: four is the best guess, and two may be as good, as the title of the figure says. And the truth here is told *a month*: 0.05123 leave in
# each month of eight e-mails, which makes about 15% in three. We saw 18%: that, and luck.
# Luck also took its part of the clicks: 0.4 were seen at four e-mails, where 0.47412 were planted.

# %% [markdown] key="define-hours"
# ## When are they read?
#
# **Click rate**: clicks for each delivered e-mail. Opens are left aside: mail programs open messages by themselves, and the last two numbers of the list below are all the opens of this log and those known to be a machine's. Hours are the reader's own. The question is whether *any* time
# is better than ten in the morning of a working day; a star marks one that is. The same is then asked of the log of the beginning, whose hours were drawn by lot: how many times are shown to be better, of how many?

# %% key="use-hours"
hours = mk.send_time(mk.load_sample("sends_hours"))
mk.show(hours, language=language)

# %% key="look-hours"
best = hours.table[hours.table["best"]]
seen = set(best["segment"]), int(best["hour"].min()), int(best["hour"].max())
planted = [truth["send_hours"][key] for key in ("segment", "hour", "none")]
seen, planted, hours.facts["opens"], hours.facts["machine_opens"]

# %% key="look-flat"
flat = mk.send_time(sends).table
int(flat["best"].sum()), len(flat)

# %% [markdown] key="means-hours"
# **What it means.** City trendsetters read in the evening: stars from 16 to 21, the best guess at 19, and 19 was planted. Parents have no better hour, and were planted none. More than half of the opens were a machine's. In the first log no star at all, in 840 times. **What it does
# not mean.** That 19:00 sharp is magic: neighbouring hours learn from each other, so read *around then*. And a table of 840 rates always has a highest one; that is arithmetic, not a discovery.

# %% [markdown] key="define-caps"
# ## Who already gets too many?
#
# A **cap** is the most that one person may get, over all campaigns together, in *any* 7 or 30 days on end; a calendar month would let you send six on the 30th and six more the day after. Solène set two and six.

# %% key="look-caps" tags=["setup"]
kept = mk.check_sends(sends, members=people, cap_7=2, cap_30=6)
mk.show(kept, language=language)

# %% key="look-rules"
mk.table(kept.table[["rule", "verdict", "count", "of", "unit"]].head(4), language=language)

# %% [markdown] key="means-caps"
# **What it means.** 163 people got more than six in some 30 days. Nobody need have meant it: caps are broken by campaigns that do not know of each other. **What it does not mean.** That 52 messages went to people who had left: the log dates a departure
# by the message that it came from, not by the day of the click. So the verdict is *cannot tell*, and the dated export of the list would settle it.

# %% [markdown] key="define-flows"
# ## E-mails that leave by themselves
#
# A **flow** starts when somebody does something: a welcome after signing up, a reminder after leaving a basket, a word after long silence. They are the e-mails people want most, so they take their
# share of the cap first. Here 4% of the list enter the welcome within a month, 5% leave a basket, 3% fall silent.

# %% key="look-flows"
entering = {"welcome": 0.04, "abandoned_basket": 0.05, "win_back": 0.03}
flows = mk.email_programme(entering, people=20_000, cap_30=6)
mk.show(flows, language=language)

# %% [markdown] key="define-letter"
# Three of six messages stay for campaigns: fewer than the four that the test favours. So either campaigns make do with three, or the cap rises. That is a choice, and now it is seen.
#
# ## May this one leave?
#
# Last, one letter before it goes. The check reads the sender, the way out (unsubscribing), the links, the words. An **error** must not leave so.

# %% key="look-letter"
letter = mk.check_email(mk.sample_path("emails/promo_fr_bad.eml"), language="fr", reader=language)
for finding in letter:
    if finding.level == "error":
        print(finding)

# %% key="look-letter-truth"
good = mk.check_email(mk.sample_path("emails/newsletter_fr_good.eml"), language="fr", reader=language)
missed = set(truth["letters"]["promo_fr_bad"]) - {finding.code for finding in letter}
missed, [finding.code for finding in good]

# %% [markdown] key="means-letter"
# **What it means.** Every fault that was planted in the letter is found (the first set is empty), and the good newsletter has no error. **What it does not mean.** That the good one will arrive: its two notes say
# what no file shows, who the sender is to a mailbox and whether the reader agreed.
#
# **To take away.** A log says who was mailed, a test says what mailing does. The price of too many is all the months of those who left. Caps hold over any 30 days, and departures are forever.

# %% [markdown] key="exercise-1"
# ## Exercises
#
# **1.** What share of the people got more than two messages in some 7 days? A fraction, to two decimals.

# %% key="answer-1" tags=["exercise"]
mk.check_answer("06.1", ..., language=language)

# %% key="solution-1" tags=["solution"]
week = kept.table.set_index("rule").loc["cap_7"]
mk.check_answer("06.1", week["count"] / week["of"], language=language)

# %% [markdown] key="exercise-2"
# **2.** A colleague looks at the next month only and forgets those who leave later. Call `email_rhythm` on the test again with `months=1`. Which rhythm is the best guess now (column `best` of
# `.segments`), in e-mails a month?

# %% key="answer-2" tags=["exercise"]
mk.check_answer("06.2", ..., language=language)

# %% key="solution-2" tags=["solution"]
short = mk.email_rhythm(test, assigned="arm", by=None, worth={"clicks": 0.5}, months=1)
mk.check_answer("06.2", short.segments["best"].iloc[0], language=language)

# %% [markdown] key="exercise-3"
# **3.** That colleague wins, and 1,000 people are sent eight e-mails a month for twelve months. By the planted truth, `truth["rhythm_test"]["arms"]["8"]["leave"]` of those still there leave in each month. How many people have
# left after the twelve? To the nearest ten.

# %% key="answer-3" tags=["exercise"]
mk.check_answer("06.3", ..., language=language)

# %% key="solution-3" tags=["solution"]
stay = 1 - truth["rhythm_test"]["arms"]["8"]["leave"]
mk.check_answer("06.3", 1000 * (1 - stay**12), language=language)

# %% [markdown] key="why-3" tags=["solution"]
# Each month fewer are left who could leave, so that the months do not simply add up. Still: nearly half of the list. At four a month it would have been 178.

# %% key="card"
mk.progress_card("06", language=language)
