# %% [markdown] key="followers-and-reputation-who-comes"
# # Followers and reputation: who comes, who leaves, and what they say
#
# Two things happen to a brand every day without anybody having decided them: people follow it or leave it, and people talk about it. This lesson
# looks at both for Solène, the maker of sunglasses, and keeps one question in hand throughout: **is this out of the ordinary, or is it a week
# like any other?** The samples are simulated from a seed and the truth lies beside them, so each answer can be checked.

# %% key="code-language"
language = "en"

# %% key="code-import-os"
import os

import mktlib as mk

os.environ["MKTLIB_LANGUAGE"] = language  # findings are told in it too
days, posts = mk.load_sample("followers"), mk.load_sample("posts")
truth = mk.load_truth()["planted"]
len(days), len(posts)

# %% [markdown] key="gains-and-losses"
# ## Gains and losses
#
# One row a network and day. The line is the trend that the weeks allow, with its range; a mark shows a week that luck alone does not explain.

# %% key="code-followers"
followers = mk.describe_followers(days, posts)
mk.show(followers, language=language)

# %% key="code-columns"
columns = ["network", "last", "gained", "lost", "per_week", "per_week_low", "per_week_high", "unusual"]
mk.table(followers.table[columns], language=language)

# %% [markdown] key="what-it-means-every-network"
# **What it means.** Every network has one unusual week, and it is the same one: the week of 8 June. We come back to it below. **What it does not
# mean.** A trend is not a promise: the forecast holds while the coming weeks are like the past ones.
#
# ## What post brought whom
#
# Platforms credit followers to posts by a rule of their own. The daily gains tell something else: how many more people came on the days after a post than
# on other days. Here the honest answer is that nothing shows, and that is what the findings say.

# %% key="code-for-found-in-followers-findings"
for found in followers.findings:
    print(found)

# %% [markdown] key="where-posts-do-bring-people"
# Where posts do bring people, it shows. In the second sample the effect of every post is planted.

# %% key="code-busy"
busy = mk.load_sample("posts_busy")
brought = mk.describe_followers(mk.load_sample("followers_busy"), busy)
columns = ["network", "posts", "brought", "brought_low", "brought_high", "explained", "p_value"]
mk.table(brought.table[columns], language=language)

# %% key="code-truth-posts-bring-brought"
truth["posts_bring"]["brought"]

# %% [markdown] key="how-long-a-post-lives"
# ## How long a post lives
#
# Half of the engagements of a post have come after its half-life. Young posts count for what they are: not finished.

# %% key="code-lives"
lives = mk.half_life(mk.load_sample("post_hours"))
mk.show(lives, language=language)

# %% key="code-planted"
planted = truth["half_life"]["hours"]
for row in lives.table.to_dict("records"):
    print(f"{row['network']}: {row['low']:.1f} to {row['high']:.1f} hours; planted: {planted[row['network']]}")

# %% [markdown] key="how-often-to-post"
# ## How often to post
#
# Does reach per post fall when there are many? On our own posts nothing of the kind is seen, which is not the same as *there is no such thing*: a loss of a few
# per cent for each further post could still hide.

# %% key="code-rhythm"
rhythm = mk.posting_cadence(posts)
for found in rhythm.findings:
    print(found)

# %% key="code-wear"
wear = mk.posting_cadence(busy)
mk.show(wear, language=language)

# %% key="code-columns-2"
columns = ["group", "posts", "seen_up_to", "wears_at", "low", "high", "verdict"]
print("planted:", {key: truth["wear"][key] for key in ("network", "wears_at", "none")})
mk.table(wear.limits[columns], language=language)

# %% [markdown] key="what-it-means-in-the"
# **What it means.** In the busy sample one network wears out, and the range says from how many posts a week. **What it does not mean.** Nobody drew the rhythm by lot:
# a launch brings both more posts and more reach. Only a test of rhythms settles it.
#
# ## The best hour
#
# The most popular table in marketing: the hour with the highest rate. With two posts in a cell, some hour is always the best. The test asks first whether time matters at all.

# %% key="code-hours"
hours = mk.best_times(posts)
mk.show(hours, language=language)

# %% key="code-there"
there = mk.best_times(busy)
best = there.table[there.table["best"]]
print(*best["segment"].unique(), "from", best["hour"].min(), "to", best["hour"].max(), "h,", best["weekday"].nunique(), "days a week")

# %% key="code-key-truth-best-hour-key"
{key: truth["best_hour"][key] for key in ("network", "hour", "none")}

# %% [markdown] key="the-peak-was-planted-at"
# The peak was planted at 19 h. Neighbouring hours learn from each other, so a peak lifts the hours beside it too: read the star as *around this time*, not as this hour and no
# other.

# %% [markdown] key="what-they-say-share-of"
# ## What they say: share of voice, tone, topics
#
# A hundred mentions on one bad Tuesday are not a hundred opinions: ranges are drawn from week to week.

# %% key="code-mentions"
mentions = mk.load_sample("mentions")
talk = mk.describe_reputation(mentions)
mk.show(talk, language=language)

# %% key="code-mk-show-talk-kind-topics"
mk.show(talk, kind="topics", language=language)

# %% [markdown] key="those-who-wait"
# ## Those who wait
#
# The mean of the answers that were given leaves out everyone who never got one: the more complaints a brand ignores, the better its mean. Here they are counted.

# %% key="code-mk-show-talk-kind-answers"
mk.show(talk, kind="answers", language=language)

# %% key="code-ours"
ours = mentions[(mentions["brand"] == "own") & (mentions["sentiment_label"] == "negative")]
waited = (ours["replied_at"] - ours["at"]).dropna().dt.total_seconds() / 3600
print(f"median of the answers that came: {waited.median():.1f} h; with those still waiting: {talk.waits['median'].iloc[0]:.1f} h")

# %% [markdown] key="an-alarm-that-keeps-its"
# ## An alarm that keeps its promise
#
# How many false alarms a year can the team live with? That number is the only setting. The usual rule of thumb (more than 150 % of the last seven days' mean)
# asks nobody, and rings all the time.

# %% key="code-own"
own = mentions[mentions["brand"] == "own"]
daily = own.groupby(own["at"].dt.floor("D")).size().asfreq("D", fill_value=0)
calm = daily[:"2026-06-07"]
rule = calm > 1.5 * calm.rolling(7).mean().shift(1)
print(f"{rule.sum()} alarms in {len(calm) / 30.4:.0f} quiet months: {rule.sum() / len(calm) * 30.4:.1f} a month")

# %% key="code-watch"
watch = mk.watch_mentions(mentions, false_alarms_per_year=4)
mk.show(watch, language=language)

# %% key="code-columns-3"
columns = ["at", "level", "detector", "topic", "mentions", "usual", "negative", "negative_usual", "until"]
mk.table(watch.table.loc[watch.table["level"] != "watch", columns], language=language)

# %% [markdown] key="the-storm-of-june-was"
# The storm of June was planted: it began on 8 June and was about a hinge. The other alerts are false, and there are no more of them than were accepted. One of them
# is about the tone alone: in August there was less talk than usual, but more of it was negative. The first 28 days are learnt from and raise nothing.
# The same watch on the competitor, who had no storm:

# %% key="code-other"
other = mk.watch_mentions(mentions, brand="competitor", false_alarms_per_year=4)
print(truth["bad_buzz"])
print("alerts on the competitor:", int((other.table["level"] != "watch").sum()))

# %% [markdown] key="the-crisis-again-step-by"
# ## The crisis again, step by step
#
# What was known when? Each step below uses only what had been said by then: how many, how negative, how far it was carried, and the
# term that more mentions held than before.

# %% key="code-replay"
replay = mk.replay_alarm(watch, mentions)
mk.show(replay, language=language)

# %% key="code-mk-table-replay-terms-term"
mk.table(replay.terms[["term", "now", "before", "share_now", "share_before"]], language=language)

# %% [markdown] key="who-carried-it-by-how"
# Who carried it? By how many people they reach, never by name.

# %% key="code-columns-4"
columns = ["band", "mentions", "share", "reach", "reach_share", "negatives"]
mk.table(talk.carriers[columns], language=language)

# %% [markdown] key="reading-the-tone-of-a"
# ## Reading the tone of a text
#
# The sample says the tone of each mention. Real mentions do not. The reader below works offline, in French and English, from a lexicon of its own; two hundred labels of
# yours tell how often it is wrong, and the share of negatives is corrected for that.

# %% key="code-reader"
reader = mk.SentimentClassifier(language="auto")
texts = ["Pas terrible, j’attendais mieux.", "Not bad at all!", "Bravo la livraison : trois semaines…", "Does it come in amber?"]
[str(label) for label in reader.predict(texts)]

# %% key="code-labelled"
labelled = mentions.sample(200, random_state=1)
reader.audit(labelled["text"], labelled["sentiment_label"])
found = reader.share(mentions["text"])
mk.show(found, language=language)

# %% key="code-print-true-share-of-negatives"
print("true share of negatives:", round((mentions["sentiment_label"] == "negative").mean(), 3))

# %% [markdown] key="before-you-answer-the-house"
# ## Before you answer: the house style
#
# A law firm and a drive-in do not answer in the same words. The check names the rule, the words, the reason, and what to write instead.

# %% key="code-draft"
draft = "Hey guys!!! Tu as cassé ta charnière ? On est les n° 1 de la réparation, c'est garanti 100 % gratuit."
for found in mk.check_text(draft, style="luxury", channel="organic_social", language="fr"):
    print(found.code, "|", found)

# %% key="code-calm"
calm = "Nous regrettons cette charnière. Votre paire sera réparée à l'atelier, à nos frais ; une réponse vous est due sous deux jours."
fit = mk.style_fit(calm, language="fr")
fit.table[["style", "fit"]].head(3).round(2)

# %% [markdown] key="what-it-does-not-mean"
# **What it does not mean.** A draft without findings is not a good draft: the rules know manner, room and risk, not whether it is true or kind.
#
# ## Exercises
#
# 1. Set `false_alarms_per_year=1`. Which alerts are left, and when is the storm seen?
# 2. Give `watch_mentions` the mentions up to 9 June only. Does anything change for the days before?
# 3. Which network answers complaints last? Is the difference more than luck?
# 4. Write the answer to the hinge complaints in the style of a drive-in, and let `check_text` read it.
