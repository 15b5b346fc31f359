# %% [markdown] key="question"
# # Phones and places: the page in the hand, the shop round the corner
#
# Monday, nine o'clock. Solène wants to advertise her sunglasses on phones, around her shops, and has €86,400 for it. **Will it bring anybody who would not have come
# anyway, and how would we know?**
#
# We take the road of one customer: the page that opens in the hand, the app that somebody always proposes, the street, the till. In lesson 04 a campaign was judged by
# the people who were kept out of it. A campaign round a shop keeps nobody out, so this time we keep out whole *areas*. Data and truth are simulated, and named.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% key="data" tags=["setup"]
import os

import mktlib as mk

os.environ["MKTLIB_LANGUAGE"] = language
truth = mk.load_truth()["planted"]
nearby, shops, areas = mk.load_sample("nearby"), mk.load_sample("shops"), mk.load_sample("geo_weeks")
len(nearby), len(shops), areas["area"].nunique(), areas["week"].nunique()

# %% [markdown] key="data-words"
# That is 3,657 sightings of phones around 5 shops, and the sales of 24 areas over 160 weeks.
#
# ## The page in the hand
#
# Before paying for a click, look at what it lands on. A saved page is enough.
#
# **Error**: the page fails on some phone. **Warning**: it costs patience, or visitors. **Note**: something that the check wants you to know, often what it could *not*
# see.

# %% key="use-page"
findings = mk.check_page(mk.sample_path("pages/bad.en.html"))
for found in findings:
    if found.level == "error":
        print(found)

# %% key="look-page"
levels = [sum(found.level == level for found in findings) for level in ("error", "warning", "note")]
planted = set(truth["pages"])
levels, len(planted), len(planted - {found.code for found in findings})

# %% [markdown] key="means-page"
# 6 errors, 21 warnings, 12 notes. We had hidden 21 faults in this page, and 0 went unseen. Each line says where, what and what to write: it can go to whoever makes
# the page as it is. **What it does not mean**: that a page without errors sells. The check reads what the page declares; with `render=True` a real browser opens it at
# three widths and measures what is really there.
#
# Better still is to say it *before* the page is made. The brief for its designer comes from the very rows that the check reads, so the two cannot disagree:

# %% key="look-brief"
button = {"en": "Try them at home", "fr": "Les essayer chez soi"}[language]
mk.show(mk.page_brief(action=button, fields=["email", "postcode"], language=language), language=language)

# %% [markdown] key="define-app"
# ## "And what if we made an app?"
#
# Somebody always asks. Ours would show which frames suit one's face. Nobody knows yet how many would install it, stay and buy; we have opinions, each a range, and the
# opinions carry a star.
#
# **Back on day 7**: the share of those who used the app that still open it a week later. **Chance of money back**: of ten thousand futures drawn from our opinions,
# how many have repaid the app after two years.

# %% key="use-app"
price = {"model": "in_app", "amount": (8, 20)}
money = {"visitors": (1500, 6000), "build": (8000, 15000), "monthly": 150}
money |= {"store": "app_store", "fee": "small", "tax": 0.2}
need = {"en": "which frames suit my face", "fr": "quelle monture va à mon visage"}[language]
app = mk.app_brief(need, price=price, **money)
mk.show(app, language=language)

# %% key="look-app"
seen = {"install_rate": {"events": 260, "of": 1000}, "conversion": {"events": 61, "of": 1000}}
counted = mk.app_brief(need, price=price, assumptions=seen, **money)
round(app.facts["p"], 2), round(counted.facts["p"], 2)

# %% [markdown] key="means-app"
# Two chances in ten by opinion. The longest bar says what to find out first: how many pay. A thousand visitors of a trial page were counted (260 would install, 61
# would pay), and the chance is now 14 in a hundred. The app can wait. (If it ever leaves the drawer: `check_listing` reads the text for the store, `launch_sheet`
# plans the first eight weeks.)

# %% [markdown] key="define-near"
# ## The street
#
# Now the people near the shops: phones whose owners agreed to be placed.
#
# **Half radius**: the distance within which half of a shop's visits begin. Whoever is near two shops counts at the nearer one. **Below ten** people there is no
# number: with so few, a number is a person.

# %% key="use-near" tags=["setup"]
reach = mk.catchments(nearby, shops, outcome="purchases")
mk.show(reach, language=language)

# %% key="look-map"
mk.show(reach, kind="map", language=language)

# %% key="look-set-aside"
for found in reach.findings[3:6]:
    print(found)

# %% [markdown] key="look-near-words"
# Annecy has fewer than ten people, and is told nowhere. Is the rest right? First what was found, in metres, then what we had planted:

# %% key="look-near"
mk.table(reach.reach[["place", "people", "half_m", "half_m_low", "half_m_high"]].head(4), language=language)

# %% key="look-near-truth"
{shop: truth["nearby"]["shops"][shop]["median_m"] for shop in ("bastille", "lyon", "marais", "nice")}

# %% [markdown] key="means-near"
# **What it means.** Bastille and Marais live from their own streets, Lyon and Nice from half a town: one radius for all of them would waste money in Paris and miss
# people in Nice. Three of four ranges hold the truth. **Marais** does not, and the map shows why: Bastille is one kilometre away, and takes those of its people who
# are nearer to *it*. That is not a fault of the count; it is what "nearer" means, and worth knowing when two managers quarrel over a customer.

# %% [markdown] key="not-near"
# **What it does not mean.** These are phones that were seen, not the town: nobody told us which share of the people they are. Nor does distance *cause* anything here:
# those who live near also buy more for other reasons.
#
# From the same curve comes the sheet for whoever books the ads: how far, at which hours, and whether a platform would accept so small an audience. For Marais, where
# we had planted lunch hours:

# %% key="use-sheet"
sheet = mk.place_sheet(reach).table
columns = ["channel", "radius_m", "reason", "people", "audience", "days", "daypart"]
mk.table(sheet.loc[sheet["place"] == "marais", columns], language=language)

# %% [markdown] key="means-sheet"
# Lunch hours it is. 306 phones: enough for the platforms. Only the radius is not always Solène's to choose: paid social sells no circle smaller than 2,000 m here, and
# notifications reach no further than 500 m, while Marais lives from 1,000 m.

# %% [markdown] key="define-test"
# ## The till
#
# The campaign runs, sales are counted, everybody has an opinion. Only areas that are alike and went *without* can tell. So: pairs of areas, a coin in each pair, and
# the sum done before the money is spent.
#
# **Lift**: sales with the campaign over sales without it, minus one. **Power**: of a hundred such tests with a true lift of that size, how many would notice it.
# Eighty is the custom.

# %% key="use-design" tags=["setup"]
plan = truth["geo_weeks"]
before = areas[areas["week"] < plan["start"]]
design = mk.design_geo_test(before, lift=0.05, budget=86_400, value=38)
mk.show(design, language=language)

# %% key="look-design"
columns = ["pairs", "weeks", "power", "detectable"]
mk.table(design.table.loc[design.table["pairs"] == 12, columns], language=language)

# %% [markdown] key="means-design"
# Honest, and unwelcome: a lift of 5% would be noticed in six tests out of ten. The smallest lift that would be seen eight times in ten is about 7%. Solène believes in
# more than that, and says yes. Better to hear it now than to read "no effect" in September.

# %% key="use-test" tags=["setup"]
arms = areas[["area", "arm", "pair"]].drop_duplicates()
when = {"start": plan["start"], "end": plan["end"], "cooldown": plan["cooldown_weeks"]}
result = mk.read_geo_test(areas, arms, **when, randomised=True, cost=86_400, value=38)
mk.show(result, language=language)

# %% key="look-test"
columns = ["stretch", "weeks", "lift", "low", "high", "units", "worth", "worth_low", "worth_high"]
mk.table(result.table[columns], language=language)

# %% [markdown] key="look-truth-words"
# Four answers to "what did it bring?": what we planted; what the test says; the treated areas against their own eight weeks before; and against the other areas, as
# they stand.

# %% key="look-truth"
answers = (plan["lift"], result.table["lift"][0], result.facts["naive"], result.facts["plain"])
[round(float(share), 2) for share in answers]

# %% [markdown] key="means-test"
# **What it means.** The campaign lifted sales by about 11%, between 6% and 15% with nine chances in ten; 9% was planted. Before-and-after would have said that it
# *lost* 6%: summer was fading, and it fades for everybody. The other areas, taken as they stand, would have said 1%: the coin happened to give the campaign the
# smaller areas. Both are numbers that people show in meetings. Only the pairs, each with its own past, came near.

# %% [markdown] key="not-test"
# **What it does not mean.** That another campaign would do it again: the test speaks of *these* ads in *these* weeks. The money rests on one figure that is not ours,
# €38 of margin a sale. And in the two weeks after the end some of the effect was still there: a campaign is not over when its ads are.

# %% [markdown] key="exercise-1"
# ## Your turn
#
# **1.** Solène has read that "customers come from within 1,000 m". Of the visits to the **Lyon** shop, which share begins within 1,000 m? (A fraction, two decimals;
# `reach.table` has a row for each place and radius.)

# %% key="answer-1" tags=["exercise"]
mk.check_answer("07.1", ..., language=language)

# %% key="solution-1" tags=["solution"]
lyon = reach.table[reach.table["place"] == "lyon"].set_index("radius_m")
mk.check_answer("07.1", lyon.loc[1000, "share"], language=language)

# %% [markdown] key="exercise-2"
# **2.** Half of the area managers will not hear of a test: 6 pairs remain. Solène offers 8 weeks. What is now the smallest lift that the test would notice eight times
# in ten? (A fraction; `design_geo_test` takes `pairs=` and `lengths=`, and the answer is in `.facts["detectable"]`.)

# %% key="answer-2" tags=["exercise"]
mk.check_answer("07.2", ..., language=language)

# %% key="solution-2" tags=["solution"]
half = mk.design_geo_test(before, lift=0.05, budget=86_400, value=38, pairs=6, lengths=(8,))
mk.check_answer("07.2", half.facts["detectable"], language=language)

# %% [markdown] key="exercise-3"
# **3.** The bank asks for a careful figure. With the weeks after, at the low end of the range, and its cost paid: how many euros did the campaign leave, at least?
# (`result.table` has all that it takes.)

# %% key="answer-3" tags=["exercise"]
mk.check_answer("07.3", ..., language=language)

# %% key="solution-3" tags=["solution"]
whole = result.table.set_index("stretch").loc["whole"]
mk.check_answer("07.3", whole["worth_low"] - result.facts["cost"], language=language)

# %% [markdown] key="why-3" tags=["solution"]
# The middle of the range is the best guess, but a bank lends on the low end. The weeks after belong in: the money is spent, and what still comes in was bought with
# it. At break-even the campaign would have had to sell 86,400 / 38 = 2,274 sunglasses more; the low end of the test is 3,220.

# %% [markdown] key="takeaway"
# ## To take away
#
# - Look at the page before paying for the click.
# - An app is a bet, not a figure: count first what its longest bar stands for.
# - Count people, never list them.
# - "We sold more where we advertised" says where we advertise. Draw the areas by lot, or say that you did not.
#
# Next, in lesson 08: the platforms have a number of their own for all this. It is always better than ours.

# %% key="card"
mk.progress_card("07", language=language)
