# %% [markdown] key="who-listens-audience-research-before"
# # Who listens: audience research before the first idea
#
# Solène sells sunglasses online. Before anyone proposes a video or a newsletter, one question comes first: **who is there, what do they like,
# and what have they asked us?** This lesson answers it from four small tables: who follows and buys, what is liked on which network, on how few
# people it all rests, which kinds of people there are, and what is still unknown. It ends with one customer followed from the first
# glance to the reminder banner.
#
# The samples are simulated from a seed, with the truth kept beside them; so at each step we can compare what the data say with what is true.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% key="code-import-mktlib-as-mk"
import mktlib as mk

people = mk.load_sample("audience")
posts = mk.load_sample("posts")
len(people), len(posts)

# %% [markdown] key="who-follows-who-engages-who"
# ## Who follows, who engages, who buys
#
# One row a person. A group's rate is never just a ratio: with forty people in a group, a few buyers more or less change everything. Each rate
# below therefore comes with a range, and groups too small to be told apart from a person are folded into one row.

# %% key="code-audience"
audience = mk.describe_audience(people, posts)
mk.show(audience, language=language)

# %% [markdown] key="what-it-means-where-two"
# **What it means.** Where two ranges overlap widely, the two groups cannot be told apart on these data. **What it does not mean.** A group that
# buys more was not *made* to buy by our posts: people choose what they follow.

# %% key="code-columns"
columns = ["group", "people", "share", "follow_rate", "engage_rate", "buy_rate"]
mk.table(audience.table[columns], language=language)

# %% [markdown] key="what-they-prefer-and-what"
# ## What they prefer, and what they ask
#
# Preferred format, preferred length and the question people asked when they left their address: the raw material of a content brief. A question
# that fewer than ten people of a group asked is not shown: someone could recognise its author.

# %% key="code-wishes"
wishes = ["group", "preferred_format", "preferred_length", "top_question"]
mk.table(audience.table[wishes], language=language)

# %% [markdown] key="the-same-words-other-denominators"
# ## The same words, other denominators
#
# "Engagement" divided by what? By the followers of a month, or by the people reached on a day: numbers several times apart under one name. The account's own days give each of them, with its
# denominator in its name. Days of one week are alike, so the ranges are drawn from whole weeks.

# %% key="code-account"
account = mk.describe_audience(mk.load_sample("followers"), by="network")
columns = ["group", "followers_last", "engagement_per_follower", "engagement_per_reach", "reach_per_follower", "growth"]
mk.table(account.table[columns], language=language)

# %% [markdown] key="the-four-accounts-of-the"
# The four accounts of the sample were made alike, and the ranges say so: none does better than another.

# %% key="code-account-facts-denominators-engagement-pe"
account.facts["denominators"]["engagement_per_follower"], account.facts["denominators"]["engagement_per_reach"]

# %% [markdown] key="what-they-like-on-our"
# ## What they like, on our own posts
#
# Engagements per impression by format, length and style. Each post has its own luck, so sixty posts of a format are sixty draws and not a quarter of a million
# impressions; `better` and `worse` are said only where that holds.

# %% key="code-columns-2"
columns = ["axis", "value", "posts", "rate", "low", "high", "verdict"]
mk.table(audience.likes.loc[audience.likes["axis"] == "content_type", columns], language=language)

# %% key="code-liking"
liking = mk.ContentScorer("engagement_rate", by=("content_type",), priors="flat").fit(posts)
formats = liking.score_cells(within=())
mk.show(formats, language=language)

# %% [markdown] key="on-how-few-people-it"
# ## On how few people it rests
#
# A mean hides who carries it. Half of the revenue may come from one buyer in twenty, and a brand that loses ten of them notices. The Gini index is 0 where all bring the same, and 1
# where one brings everything.

# %% key="code-money"
money = mk.describe_influence(people, person="member_id")
columns = ["measure", "zeros", "gini", "gini_low", "gini_high", "top10", "top10_low", "top10_high"]
mk.table(money.table[columns], language=language)

# %% key="code-mk-show-mk-describe-influence"
mk.show(mk.describe_influence(posts), language=language)

# %% [markdown] key="which-kinds-of-people-there"
# ## Which kinds of people there are
#
# Groups that somebody made before (`segment`) are not the only way to see an audience. Here behaviour and answers make segments: only as many as come back when half of the people are
# left out, and none at all where people differ by degrees only.

# %% key="code-segments"
segments = mk.segment_audience(people)
mk.show(segments, language=language)

# %% key="code-names"
names = {key: said[language] for key, said in segments.facts["names"].items()}
columns = ["segment", "people", "share", "low", "high", "uncertain", "stability", "stable"]
mk.table(segments.table[columns].replace({"segment": names}), language=language)

# %% [markdown] key="were-they-there-the-sample"
# Were they there? The sample was made of four ways of following the brand. Most people are found again; the rest said too little to tell.

# %% key="code-import-pandas-as-pd"
import pandas as pd

truth = mk.load_truth()
found = segments.assign(people)["segment"].replace(names)
pd.crosstab(found, pd.Series(list(truth["planted"]["habits"]["members"]), name="planted"))

# %% [markdown] key="new-people-get-the-same"
# New people get the same segments later, each with a probability; those who could be anyone stay `uncertain`. And a segment is worth something only where it is used: these rows go
# into the brief of a campaign, and `segments.label(log)` gives the scorer a column to compare.

# %% key="code-print-segments-brief-segments-people"
print(segments.brief_segments(people=400_000, language=language)[:330])

# %% [markdown] key="the-trap-of-three-conversions"
# ## The trap of three conversions
#
# In the content log, sort the segments by raw conversion rate and a small one comes first. Look at how little it rests on.

# %% key="code-log"
log = mk.load_sample("content_log")
raw = mk.tally(log, by=("segment",), metric="conversion_rate")
raw["rate"] = raw["count"] / raw["exposure"]
raw = raw.sort_values("rate", ascending=False)
mk.table(raw, language=language)

# %% [markdown] key="the-scorer-reads-the-same"
# The scorer reads the same counts and knows that three conversions are three conversions: the small segment is pulled to where its evidence
# allows, and its range stays wide. The others move too: a score is the rate
# of a typical piece, each piece counting once, where the raw rate counts a piece as often as it was clicked. Where the two differ, as for the city trendsetters, the pieces that
# were clicked most convert better than the usual one.

# %% key="code-scorer"
scorer = mk.ContentScorer("conversion_rate", by=("segment",), priors="flat").fit(log)
by_segment = scorer.score_cells(within=())
mk.show(by_segment, language=language)

# %% [markdown] key="against-the-planted-truth-the"
# ## Against the planted truth: the segment that *looks* best is not.

# %% key="code-lucky"
lucky = truth["planted"]["three_conversions"]["segment"]
true_rate = truth["segments"]["conversion_rate"]
scored = by_segment.table.set_index("segment")
first, best_true = raw["segment"].iloc[0], max(true_rate, key=true_rate.get)
print(f"first by raw rate: {first}; planted: {lucky}; truly best: {best_true}")
print(f"range of {lucky}: {scored.low[lucky]:.4f} to {scored.high[lucky]:.4f}; true: {true_rate[lucky]:.4f}")

# %% [markdown] key="one-card-a-network"
# ## One card a network
#
# What it is good for (our opinion, marked as such in the tables), how much room it gives, and our own record there.

# %% key="code-cards"
cards = mk.network_cards(posts, mk.load_sample("followers"))
columns = ["network", "posts", "reach_per_post", "engagement_rate", "best_format", "best_verdict", "followers", "growth"]
mk.table(cards.table[columns], language=language)

# %% key="code-mk-show-cards-language-language"
mk.show(cards, language=language)

# %% [markdown] key="what-is-still-unknown"
# ## What is still unknown
#
# The last table of a research is what it could not answer: whom to ask, by which means, and how many answers are needed. The order is a judgement of what might change most, no
# estimate.

# %% key="code-pd-set-option-display-max"
pd.set_option("display.max_colwidth", None)
sheet = mk.research_sheet(audience, language=language)
columns = ["rank", "about", "text", "means", "answers"]
mk.table(sheet.table[columns].head(6), language=language)

# %% [markdown] key="one-customer-from-unaware-to"
# ## One customer, from unaware to the reminder banner
#
# Averages hide people. Here is one of them, touch by touch.

# %% key="code-customer"
customer = mk.load_sample("customer")
mk.table(customer[["at", "stage", "channel", "content_type", "event", f"note_{language}"]], language=language)

# %% [markdown] key="what-it-does-not-mean"
# **What it does not mean.** The reminder banner came last before the purchase; that does not make it the cause. The
# sample `journeys` holds a holdout group, and there the banner's lift is close to nothing: credit is not lift.
#
# ## Exercises
#
# 1. Which group has the widest range of `buy_rate`, and why?
# 2. Fit the segments again with `priors="expert"`. Which score moves most?
# 3. In `mk.load_sample("journeys")`, compare buyers with and without `holdout`. What did the banner add?
# 4. Segment the people with `k=6`. Which of the six does the figure call unstable, and why is it not worth a campaign?
# 5. Which unknown of the research sheet would you pay for first? How many answers does a precision of five points need, and where does that number come from?
