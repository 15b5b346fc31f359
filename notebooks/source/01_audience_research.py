# %% [markdown] key="question"
# # Who listens: audience research before the first idea
#
# Solène sells sunglasses online. It is Monday, and three people in the meeting already have an idea for a video. You ask the question that
# should come first: **who is out there, what do they like, and how sure can we be of any of it?**
#
# In this lesson you will describe an audience without fooling yourself, find the kinds of people that are really in it, and meet a segment
# that looks like a gold mine and is three lucky sales. The data are simulated, and their truth is kept beside them: at the end of each road
# you can look up whether you were right.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% [markdown] key="data"
# ## The data
#
# Two tables: one row for each person who left an address, and one row for each post of the brand. Here are three of the people.

# %% key="data-load" tags=["setup"]
import pandas as pd

import mktlib as mk

pd.set_option("display.max_colwidth", None)
people, posts = mk.load_sample("audience"), mk.load_sample("posts")
len(people), len(posts)

# %% key="data-people"
columns = ["segment", "follows", "engaged", "orders", "revenue", "visits_90d", "why_follow", "preferred_format"]
mk.table(people[columns].head(3), language=language)

# %% [markdown] key="define-rate"
# ## Who follows, who reacts, who buys
#
# - **Segment**: a group of people to whom one would say the same thing. The six in the column `segment` were made by somebody at the desk.
# - **Rate**: people who did it, divided by people who could have. A rate without its "divided by what" is only half a number.
# - **Range**: where the true rate lies, with nine chances in ten. Few people make a wide range; no formula can make it narrower.

# %% key="use-audience"
audience = mk.describe_audience(people, posts)
mk.show(audience, language=language)

# %% key="look-wishes"
columns = ["group", "people", "buy_rate", "preferred_format", "top_question"]
mk.table(audience.table[columns], language=language)

# %% [markdown] key="means-audience"
# **What it means.** Compare ranges, never dots. Students react less than City trendsetters: their ranges (20.8% to 26.8%, and 30.2% to 36.2%)
# do not touch. Who *buys* most, nobody can tell: Luxury lovers come first at 21.1%, but the ranges of Outdoor sports and Drivers lie almost
# wholly over theirs. The last column is the cheapest content plan there is: answer what people asked. A question that fewer than ten people asked stays hidden, because
# someone could recognise its author; that is why the Drivers, 39 people, have none.

# %% [markdown] key="not-audience"
# **What it does not mean.** A group that buys more was not *made* to buy by our posts: people choose what they follow. And these are the
# people who left an address; those who walked past are not in the table.

# %% [markdown] key="define-engagement"
# ## What they like
#
# **Engagement rate**: what people did with a post (like, comment, share, click), divided by its **impressions**, the times it was on a screen.
# Others divide the same sum by followers, or by people reached, and call it by the same name; ask before you compare.
#
# The scorer below compares formats, post against post. Each post has its own luck, so 68 videos are 68 draws of luck, not 278,346.

# %% key="use-formats" tags=["setup"]
liking = mk.ContentScorer("engagement_rate", by=("content_type",), priors="flat").fit(posts)
formats = liking.score_cells(within=())

# %% key="look-counts"
likes = audience.likes[audience.likes["axis"] == "content_type"]
mk.table(likes[["value", "posts", "impressions"]], language=language)

# %% key="look-formats"
mk.show(formats, language=language)

# %% [markdown] key="means-formats"
# **What it means.** Short vertical videos (5.23%) and what customers made themselves (4.07%) stand clear of the rest; blog posts come last.
# **What it does not mean.** Liked is not sold, and a blog post is not there to be liked: people find it in a search engine a year later.

# %% [markdown] key="define-influence"
# ## On how few people it rests
#
# A mean hides who carries it. **Lorenz curve**: line people up from those who bring least to those who bring most, and draw how much the
# line has brought so far. If all brought the same, it would be the straight diagonal. **Gini index**: how far the curve sags, from 0
# (all the same) to 1 (one person brings everything).

# %% key="use-influence"
money = mk.describe_influence(people, person="member_id")
mk.show(money, language=language)

# %% key="look-influence"
mk.table(money.table[["measure", "gini", "top10", "top10_low", "top10_high"]], language=language)

# %% key="look-orders"
mk.table(people.groupby("orders").size().reset_index(name="people"), language=language)

# %% [markdown] key="means-influence"
# **What it means.** Four people in five have bought nothing so far (the curve runs along the floor up to there), and a tenth of all people
# brings 64% of the revenue. A "revenue per person" describes nobody here; speak of buyers, and of those who are not buyers yet.
# **What it does not mean.** That tenth is no club of loyal customers. Of those who bought, 392 did so once, 48 twice and 1 three times:
# second orders are too few to say who will be in the foremost tenth next year.

# %% [markdown] key="define-segments"
# ## Which kinds of people there are
#
# Segments made at a desk are guesses. Here the program looks for groups in what people *do and answer* (visits, e-mails opened, hours, what
# matters to them); purchases take no part, or the segments would only repeat them. **Stability**: how much of a group comes back when the
# work is done again on other draws of the people. The program makes only as many groups as hold, and none at all where people differ
# by degrees only.

# %% key="use-segments"
segments = mk.segment_audience(people)
mk.show(segments, language=language)

# %% key="look-segments"
names = {key: said[language] for key, said in segments.facts["names"].items()}
columns = ["segment", "people", "share", "low", "high", "stability", "stable"]
mk.table(segments.table[columns].replace({"segment": names}), language=language)

# %% [markdown] key="look-truth"
# Were they really there? The people of this sample were made with four habits: 0 watches for bargains, 1 scrolls for style, 2 looks
# for gifts, 3 is a keen regular. Found groups in rows (`–`: the program would not say), true habits in columns.

# %% key="look-truth-habits"
truth = mk.load_truth()
planted = pd.Series(list(truth["planted"]["habits"]["members"]))
found = segments.assign(people)["segment"].replace(names | {"uncertain": "–"})
crossed = pd.crosstab(found, planted, rownames=[""], colnames=[""])
crossed

# %% key="look-truth-share"
int(crossed.drop("–").max(axis=1).sum()), int(crossed.loc["–"].sum()), len(people)

# %% [markdown] key="means-segments"
# **What it means.** 2,186 of 2,400 people were found again in their true habit, and for 142 the program said that it does not know, which is
# better than guessing. None of these four was on the list of six at the desk. **What it does not mean.** A segment is not a person: "gift
# buyer" is what most of its people do. And it is worth something only if you then treat it differently; lesson 03 puts it to use.

# %% [markdown] key="define-trap"
# ## The trap of three conversions
#
# **Conversion rate**: orders divided by clicks. Somebody sorts last year's content log by it and proposes to put the budget on the first line.

# %% key="look-raw" tags=["setup"]
log = mk.load_sample("content_log")
raw = mk.tally(log, by=("segment",), metric="conversion_rate")
raw["raw_rate"] = raw["count"] / raw["exposure"]
mk.table(raw.sort_values("raw_rate", ascending=False), language=language)

# %% key="use-scorer" tags=["setup"]
scorer = mk.ContentScorer("conversion_rate", by=("segment",), priors="flat").fit(log)
by_segment = scorer.score_cells(within=())
mk.show(by_segment, language=language)

# %% [markdown] key="means-trap"
# **What it means.** The first line is Drivers: 7.1%, twice as good as the next. It rests on 3 orders from 42 clicks. One order fewer, and it would be 4.8%. The
# scorer reads the same counts and treats them as what they are: it draws a small group towards the others (**shrinkage**), and leaves its
# range wide. The other scores move a little too, because a score is the rate of a *typical piece*, each piece counting once, whereas the raw
# rate counts a piece as often as it was clicked.
#
# Now the truth:

# %% key="look-truth-trap"
true = by_segment.table["segment"].map(truth["segments"]["conversion_rate"])
compared = by_segment.table[["segment", "rate", "low", "high"]].assign(true_rate=true)
compared.insert(1, "raw_rate", raw["raw_rate"])
mk.table(compared.sort_values("true_rate", ascending=False), language=language)

# %% [markdown] key="not-trap"
# Parents are truly best (3.4%), and the scorer says so. Drivers truly convert at 2.4%: a third of what the raw rate promised, and well inside
# the scorer's range (2.0% to 3.9%).
#
# **What it does not mean.** Drivers are not a bad segment; they are an *unknown* one, and a small test would tell: that is what "test" says.
# Nor does the score answer every question. City trendsetters truly convert at 2.7% of all their clicks, and the score's range ends at 2.6%,
# because it speaks of the typical piece: theirs that are clicked most convert better than the usual one.

# %% [markdown] key="define-unknown"
# ## What is still unknown
#
# Good research ends with a list of what it could not answer: whom to ask, how, and how many answers it takes. The order is a judgement of
# what might change most.

# %% key="look-unknown"
sheet = mk.research_sheet(audience, language=language)
mk.table(sheet.table[["rank", "about", "text", "means", "answers"]].head(4), language=language)

# %% [markdown] key="look-customer"
# ## One customer, from the first glance to the reminder banner
#
# Averages hide people. Here is one of them, touch by touch.

# %% key="look-customer-path"
customer = mk.load_sample("customer")
mk.table(customer[["at", "channel", "content_type", "event", f"note_{language}"]], language=language)

# %% [markdown] key="not-customer"
# **What it does not mean.** The reminder banner came last before the purchase; that does not make it the cause. Who puts a pair in the basket
# on Thursday may well come back on Sunday without being reminded. Only a **holdout** can tell: a group drawn by lot that is not shown the
# banner. Exercise 3 has one.

# %% [markdown] key="exercise-1"
# ## Exercises
#
# Put your answer in place of the three dots; a wrong one gets a hint.
#
# **1.** Look at the diamonds of the first figure: those who buy. About which segment do we know least, its range being the widest? Answer
# with its name.

# %% key="answer-1" tags=["exercise"]
mk.check_answer("01.1", ..., language=language)

# %% key="solution-1" tags=["solution"]
rows = mk.describe_audience(people, posts).table.set_index("group")
mk.check_answer("01.1", (rows["buy_rate_high"] - rows["buy_rate_low"]).idxmax(), language=language)

# %% [markdown] key="exercise-2"
# **2.** Solène asks in what *tone* to write. Score the engagement of the posts again, by `"style"` instead of `"content_type"`. Which style is
# shown to beat the others?

# %% key="answer-2" tags=["exercise"]
mk.check_answer("01.2", ..., language=language)

# %% key="solution-2" tags=["solution"]
tones = mk.ContentScorer("engagement_rate", by=("style",), priors="flat").fit(posts).score_cells(within=()).table
mk.check_answer("01.2", tones.loc[tones["verdict"] == "make", "style"].item(), language=language)

# %% [markdown] key="exercise-3"
# **3.** The agency says that the reminder banner sells: of those who saw it, 53% bought. In `mk.load_sample("journeys")`, one row a touch, people
# with `holdout` 1 were drawn by lot and kept from the banner; a sale is the event `"purchase"`. Compute the share of people who bought among
# those who were *not* held out, minus the same share among those who were. Give a fraction, to three decimals.

# %% key="answer-3" tags=["exercise"]
mk.check_answer("01.3", ..., language=language)

# %% key="solution-3" tags=["solution"]
journeys = mk.load_sample("journeys").assign(bought=lambda j: j["event"] == "purchase")
each = journeys.groupby("member_id").agg(holdout=("holdout", "max"), bought=("bought", "any"))
share = each.groupby("holdout")["bought"].mean()
mk.check_answer("01.3", round(share[0] - share[1], 3), language=language)

# %% [markdown] key="why-3" tags=["solution"]
# The difference is nearly nothing (the truth is 0): the banner is shown to those who were about to buy. Comparing people who saw it with those
# who did not mistakes the choice of audience for an effect. Lesson 04 measures it, with a range.

# %% key="card"
mk.progress_card("01", language=language)
