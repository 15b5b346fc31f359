# %% [markdown] key="from-a-huge-space-of"
# # From a huge space of ideas to one plan
#
# Scores are not a plan. A campaign has a budget, a team with so many days a week, people who do not want five messages on Monday, and a
# launch date. **Which pieces do we make, when, for whom, on which channel, with what money, and what does each limit cost us?**

# %% key="parameters" tags=["parameters"]
language = "en"

# %% key="code-import-mktlib-as-mk"
import mktlib as mk

brief = mk.read_brief(mk.sample_path("briefs/sunglasses.toml"))
brief.name, brief.budget, brief.currency, str(brief.first_day), str(brief.last_day)

# %% [markdown] key="the-brief-is-a-text"
# The brief is a text file. `python -m mktlib brief > mine.toml` writes one with a comment above every entry, `--xlsx form.xlsx` the same as a
# form; every mistake in it is told at once, with what to type.

# %% key="code-scorer"
scorer = mk.ContentScorer("click_rate").fit(mk.load_sample("content_log"))
scores = scorer.score_cells()
len(scores.table)

# %% [markdown] key="narrowing"
# ## Narrowing
#
# Every step of the funnel names its reason; nothing is dropped in silence.

# %% key="code-ideas"
ideas = mk.shortlist(scores, brief)
mk.show(ideas, language=language)

# %% key="code-mk-table-ideas-steps-language"
mk.table(ideas.steps, language=language)

# %% [markdown] key="why-not-a-playful-short"
# "Why not a playful short video for students on paid social?" Ask, and get the step at which it fell, and by what.

# %% key="code-asked"
asked = {"segment": "students", "content_type": "short_video", "style": "playful", "channel": "paid_social"}
for found in ideas.why_not(asked, language=language):
    print(found)

# %% [markdown] key="the-leap-one-plan"
# ## The leap: one plan
#
# A mixed-integer program chooses the pieces, the weeks and the money together. Its own bound says how far from the best plan of these ideas it
# can be, and a ceiling how far from the best plan of all ideas that the brief allows.

# %% key="code-plan"
plan = mk.plan_campaign(scores, brief)
mk.show(plan, language=language)

# %% key="code-mk-table-plan-items-language"
mk.table(plan.items, language=language)

# %% [markdown] key="weeks-become-days-who-answers"
# Weeks become days: who answers for which piece by when, and on which day and hour each thing is published, outside silences and quiet
# hours. `plan.export(folder)` writes the calendar (.ics), a workbook, a page for each creator and the tracked links.

# %% key="code-mk-show-plan-kind-dates"
mk.show(plan, kind="dates", language=language)

# %% [markdown] key="what-it-should-bring-and"
# ## What it should bring, and what each limit costs
#
# `margins` moves one limit by one step, keeps the pieces of the plan, and solves the rest again: what would one more working day a week, one
# more message, one per cent more money bring, and how sure is that?

# %% key="code-mk-show-plan-kind-limits"
mk.show(plan, kind="limits", language=language)

# %% key="code-mk-show-plan-kind-margins"
mk.show(plan, kind="margins", language=language)

# %% key="code-names"
names = ("value", "low", "high", "p_loss", "spend", "bound", "gap", "ceiling", "greedy")
{name: round(float(plan.expected[name]), 4) for name in names}

# %% [markdown] key="what-it-means-value-is"
# **What it means.** `value` is the middle of the forecast and `low` to `high` its 90 % range; `gap` is how much better another plan of the
# ideas kept could be; no plan of any allowed idea passes `ceiling`; `greedy` is what filling by the best score first would have brought.
# **What it does not mean.** A range speaks of these scores and prices; a competitor's sale is not in it.
#
# ## A careful variant
#
# Who cannot afford a bad quarter plans for the bad outcomes. `risk=0.5` makes the mean of the worse half as large as the limits allow
# (`risk=0.9`: of the worst tenth): it gives up a little of the middle for a better low end.

# %% key="code-careful"
careful = mk.plan_campaign(scores, brief, risk=0.5)
{name: [round(p.expected[name]) for p in (plan, careful)] for name in ("value", "low", "high")}

# %% [markdown] key="a-clash-and-what-frees"
# ## A clash, and what frees it
#
# The client now wants a video ad shown by the second Monday, and gives the team half a day a week. The message names the fewest entries
# that cannot hold together, and for each of them the least change that would do.

# %% key="code-from-mktlib-planning-import-brief"
from mktlib.planning import brief_from_text

text = mk.sample_path("briefs/sunglasses.toml").read_text(encoding="utf-8")
wanted = text.replace("days_per_week = 8.0", "days_per_week = 0.5")
wanted += '[[fixed_dates]]\nname = "Preview"\nday = 2026-10-12\ncontent_type = "video_ad"\n'
try:
    mk.plan_campaign(scores, brief_from_text(wanted))
except mk.MktlibError as error:
    print(error)

# %% key="code-freed"
freed = brief_from_text(wanted.replace("days_per_week = 0.5", "days_per_week = 1.0"))
len(mk.plan_campaign(scores, freed).check())

# %% [markdown] key="what-to-learn-next"
# ## What to learn next
#
# Part of the media money is there to learn. Which open question is worth it? The expected value of sample information says what an answer
# would bring on average, before the test is run, beside what the test costs.

# %% key="code-learning"
learning = plan.learn(scores)
mk.show(learning, language=language)

# %% [markdown] key="proof"
# ## Proof
#
# `check()` computes every limit again from the brief, without the solver, and every day of the calendar. An empty table is the proof.

# %% key="code-len-plan-check"
len(plan.check())

# %% [markdown] key="exercises"
# ## Exercises
#
# 1. Give the team one more day a week in the brief. Does the value rise by about what `margins` said?
# 2. Forbid the conversational style. What does the brand's caution cost?
# 3. Break the plan by hand (double one `quantity`) and run `check()` again. What does it say?
