# %% [markdown] key="question"
# # From thousands of ideas to one plan
#
# Monday, ten o'clock. Lesson 02 gave every idea a score, and the sales director is not impressed. "Fine. I have 40,000 euros, a team that
# can work 8 days a week, customers who leave if they get too many e-mails, and a launch on Wednesday 14 October. **What do we make, for
# whom, where, in which week, with how much money? And what does each of my limits cost me?**"
#
# A list sorted by score answers none of that. A plan does.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% [markdown] key="data"
# ## The data: a brief and the scores
#
# A **brief** is a text file in which the client's wishes stand as entries: money, dates, people, prices, what is forbidden.
# `python -m mktlib brief > mine.toml` writes an empty one with a comment above every entry; add `--xlsx form.xlsx` for a form that opens in a
# spreadsheet. Mistakes in it are told all at once, each with what to type instead.

# %% key="data-brief" tags=["setup"]
import pandas as pd

import mktlib as mk

brief = mk.read_brief(mk.sample_path("briefs/sunglasses.toml"))
brief.budget, brief.currency, str(brief.first_day), str(brief.last_day), brief.team.days_per_week

# %% key="data-scores" tags=["setup"]
scores = mk.ContentScorer("click_rate").fit(mk.load_sample("content_log")).score_cells()
len(scores.table)

# %% [markdown] key="define"
# ## Five words
#
# - **Idea**: one way to speak to somebody (who, how near to buying, which content, which manner, how long, on which channel). There are 19,530.
# - **Piece**: one content to be made. Each showing of it to one segment on one channel is a **placement**.
# - **Value**: clicks times what a click is worth. The brief says 8 cents for somebody who has just heard of us, 60 for somebody about to buy.
# - **Limit**: what the brief does not let pass, such as 8 working days a week or 1 message a week to a parent.
# - **Plan**: pieces, placements, weeks and money, chosen together so that every limit holds.

# %% [markdown] key="use-narrow"
# ## Narrowing without losing anything in silence
#
# Nobody can weigh 19,530 ideas. `shortlist` drops them in steps, from what cannot be to what is not worth it, and each step gives its reason.

# %% key="look-funnel"
ideas = mk.shortlist(scores, brief)
mk.show(ideas, language=language)

# %% [markdown] key="use-why"
# Somebody will miss their favourite. "Why no playful short video for students on paid social?" Ask; the answer says where it fell, and how far it
# came.

# %% key="look-why"
asked = {"segment": "students", "content_type": "short_video", "style": "playful", "channel": "paid_social"}
for found in ideas.why_not(asked, language=language):
    print(found)

# %% [markdown] key="use-plan"
# ## One plan
#
# Now the leap. A solver (a mixed-integer program) chooses pieces, weeks and money together, so that the whole brings most. It does not take the
# best score first: a video ad that eats 6 working days must beat the six image posts that it pushes out.
#
# The figure shows the media money week by week; the table, what it costs and should bring on each channel (production is not in it).

# %% key="look-plan" tags=["setup"]
plan = mk.plan_campaign(scores, brief)
mk.show(plan, language=language)

# %% key="look-where"
where = plan.schedule.groupby("channel", as_index=False)[["spend", "value"]].sum()
mk.table(where, language=language)

# %% [markdown] key="define-promise"
# ## What it promises
#
# The **promise** is a middle with a range: 9 chances in 10 that the value lies between the low and the high end, if the scores are right about
# what they do not know. Two more numbers keep the solver honest: what filling the plan **by the best score first** would bring, and a
# **ceiling** that no plan of any allowed idea can pass.

# %% key="look-promise"
mk.table(pd.DataFrame([plan.expected])[["value", "low", "high", "greedy", "ceiling"]], language=language)

# %% [markdown] key="means-plan"
# **What it means.** The middle of the promise is €109,030. Sorting by score and filling up would have promised €62,632: the rest is what choosing
# together is worth. The ceiling, €117,550, says how much a cleverer search could still find, and it is not much. The plan is good for
# what we know; to do much better one must know more, or loosen a limit.

# %% [markdown] key="not-plan"
# **What it does not mean.** The ceiling is a ceiling of promises, not of sales. The range knows that scores are uncertain; it does not know that a
# competitor will halve his prices in week 3. And value is no profit: the €40,000 must still be taken off.

# %% [markdown] key="use-price"
# ## The price of a limit
#
# Every limit was set by somebody, often long ago. `plan.margins` moves one by a single step (one more working day a week, one more message, one per
# cent more money), keeps the pieces, arranges the rest again, and says what that would bring.

# %% key="look-price"
mk.show(plan, kind="margins", language=language)

# %% [markdown] key="means-price"
# **What it means.** One more working day a week should bring €695, and its range lies wholly above zero. If a freelancer costs less than that for the
# whole campaign, hire one; if not, don't. One more demo video has a far larger middle, and a range that holds zero: a hope, not yet an argument.
#
# **What it does not mean.** These are prices of one step, not of ten: a second day usually brings less than the first. Nor may they be added up, for
# two loosened limits often free the same thing. And one more message is priced in clicks; those who unsubscribe are lesson 06.

# %% [markdown] key="use-careful"
# ## A careful variant
#
# Some clients cannot afford a bad quarter. `risk=0.5` plans for the worse half of what may happen instead of for all of it. First the plan that we have, then
# the careful one:

# %% key="look-careful"
careful = mk.plan_campaign(scores, brief, risk=0.5)
mk.table(pd.DataFrame([p.expected for p in (plan, careful)])[["value", "low", "high"]], language=language)

# %% [markdown] key="means-careful"
# **What it means.** The careful plan gives up €194 of the middle and €3,255 of the high end; its low end is about €1,000 higher. Cheap insurance, and small: most of the risk is
# shared by all plans of these scores, so no choice of pieces takes it away. Learning does (lesson 04).
#
# ## When wishes clash
#
# The phone rings. The client wants a video ad by Monday 12 October, and the team is lent to another project: half a day a week is left. A short
# list of 20 ideas is enough to see that this cannot be. The message names the fewest entries that cannot hold
# together and, for each, the least change that would do. Then we take its second advice, a little rounded, and count the limits that the new
# plan breaks.

# %% key="look-clash"
from mktlib.planning import brief_from_text

text = mk.sample_path("briefs/sunglasses.toml").read_text(encoding="utf-8")
text = text.replace('language = "en"', f'language = "{language}"')
wish = text + '[[fixed_dates]]\nname = "Preview"\nday = 2026-10-12\ncontent_type = "video_ad"\n'
try:
    mk.plan_campaign(scores, brief_from_text(wish.replace("days_per_week = 8.0", "days_per_week = 0.5")), keep=20)
except mk.MktlibError as error:
    print(error)

# %% key="look-freed"
freed = mk.plan_campaign(scores, brief_from_text(wish.replace("days_per_week = 8.0", "days_per_week = 1.1")), keep=20)
len(freed.check())

# %% [markdown] key="use-check"
# ## Do not take the solver's word
#
# `check` computes every limit again from the brief, without the solver, and every day of the calendar. How many are broken in our plan? And when
# somebody doubles the spend by hand, to please a channel manager?

# %% key="look-check"
from dataclasses import replace

doubled = replace(plan, schedule=plan.schedule.assign(spend=2 * plan.schedule["spend"]))
len(plan.check()), len(doubled.check())

# %% [markdown] key="use-truth"
# ## Was it true?
#
# In this course, and only here, somebody knows: the samples were drawn from a world whose true click rates are kept. We put the true rate of each
# placement in place of its score. First the plan, then the careful one, in euros:

# %% key="look-truth"
from mktlib.simulate import World

world, kind = World(mk.load_truth()["seed"]), ["item", "content_type", "style", "length"]
placed = [p.schedule.merge(p.items[kind], on="item") for p in (plan, careful)]
true = [float((cells["value"] * world.click_rate(cells) / cells["rate"]).sum()) for cells in placed]
[round(value) for value in true], plan.expected["low"] <= true[0] <= plan.expected["high"]

# %% [markdown] key="means-truth"
# **What it means.** The truth, €95,231, lies inside the promised range and well below its middle. A plan is made of the ideas that look best
# among thousands, and what looks best is in part luck. Scores are pulled towards their group to allow for that (lesson 02); it helps, and does
# not make a promise of the middle. The careful plan is truly worth €97,034. (These are rates of pieces of ordinary quality. Each is then made,
# better or worse than its kind; lesson 04 tells how that went.)
#
# **What it does not mean.** One world is one case, not proof that careful plans win. The lesson for a Monday is shorter: promise the range, never the middle.
#
# ## From weeks to days, and to the client
#
# Who must deliver what, and when is it shown, outside silences and quiet hours? `plan.export(folder)` writes this calendar for the team (.ics), a workbook,
# a sheet for each creator and the tracked links.

# %% key="look-days"
mk.show(plan, kind="dates", language=language)

# %% [markdown] key="use-pitch"
# And the pitch. A report on a plan without results is a pitch: what, why these, what was set aside, when we stop.
#
# The director signs. Lesson 04 opens three weeks later, on a Monday when one piece is missing.

# %% key="look-pitch"
pitch = mk.report(plan, language=language)
print(*pitch.opening, sep="\n")
for section in pitch.sections:
    print(section.title, "|", section.headline)

# %% [markdown] key="exercise-1"
# ## Exercises
#
# **03.1** Of the media money in the plan, which share goes to paid social? Answer with a fraction (12 % is 0.12), to two decimals.

# %% key="answer-1" tags=["exercise"]
mk.check_answer("03.1", ..., language=language)

# %% key="solution-1" tags=["solution"]
media = plan.schedule.groupby("channel")["spend"].sum()
mk.check_answer("03.1", media["paid_social"] / media.sum(), language=language)

# %% [markdown] key="exercise-2"
# **03.2** The brand director dislikes the conversational style. Take it out of what is allowed and plan again; the copy of the brief is made like this:
#
# `brief.model_copy(update={"brand": brief.brand.model_copy(update={"allowed": [...]})})`
#
# What does her taste cost, in euros of promised value (the middle), to the nearest thousand? Plan with all ideas, without `risk`.

# %% key="answer-2" tags=["exercise"]
mk.check_answer("03.2", ..., language=language)

# %% key="solution-2" tags=["solution"]
allowed = [style for style in brief.brand.allowed if style != "conversational"]
plain = brief.model_copy(update={"brand": brief.brand.model_copy(update={"allowed": allowed})})
cost = plan.expected["value"] - mk.plan_campaign(scores, plain).expected["value"]
mk.check_answer("03.2", round(cost, -3), language=language)

# %% [markdown] key="why-2" tags=["solution"]
# For the teacher: this is the cost of the promise. The range of each plan is far wider than the difference, but both ranges share most of their
# doubt, so the difference is better known than either. The solver stops within half a per cent of the best, hence thousands.

# %% [markdown] key="exercise-3"
# **03.3** The director will loosen one entry of the brief by one step, and wants to be nearly sure that it brings something. Which entry brings the most
# among those whose whole range lies above zero? Answer with its name as it stands in `plan.margins`.

# %% key="answer-3" tags=["exercise"]
mk.check_answer("03.3", ..., language=language)

# %% key="solution-3" tags=["solution"]
sure = plan.margins[plan.margins["low"] > 0]
mk.check_answer("03.3", sure.sort_values("value")["entry"].iloc[-1], language=language)

# %% key="card"
mk.progress_card("03", language=language)
