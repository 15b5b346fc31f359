# %% [markdown] key="phones-and-places-the-page"
# # Phones and places: the page in the hand, the shop round the corner
#
# Two out of three clicks of a campaign end on a phone, and the shop is where the phone is. This lesson follows a click to its end: does the page work on the phone that opens
# it, would the store take the listing of our app and would the app ever pay, who is near a shop at all, and **what did a campaign by place bring that would not have
# come without it?** Samples and truth are simulated; the page, the listing and the shops are Solène's.

# %% key="parameters" tags=["parameters"]
language = "en"

# %% key="code-import-os"
import os

import mktlib as mk

os.environ["MKTLIB_LANGUAGE"] = language  # findings are told in it too
truth = mk.load_truth()["planted"]
page = mk.sample_path("pages/bad.en.html")

# %% [markdown] key="does-the-page-work-on"
# ## Does the page work on a phone?
#
# A saved page is enough. Google's own test was retired in December 2023; this check names its rules, each with its source, and says what it did not measure.

# %% key="code-findings"
findings = mk.check_page(page)
for found in findings:
    if found.level == "error":
        print(found)

# %% key="code-level-sum-found-level-level"
{level: sum(found.level == level for found in findings) for level in ("error", "warning", "note")}

# %% key="code-planted"
planted = set(truth["pages"])
found_codes = {found.code for found in findings}
print("planted and not found:", planted - found_codes)

# %% key="code-for-found-in-mk-check"
for found in mk.check_page(mk.sample_path("pages/good.en.html")):
    print(found.level, "|", found)

# %% [markdown] key="with-render-true-the-page"
# With `render=True` the page is opened in a real browser at three widths, and real sizes take the place of declared ones; without a browser on the machine the check says
# *not measured*, and how to install one. A page on the web needs `online=True`, and never leads into a private network:

# %% key="code-try"
try:
    mk.check_page("http://169.254.169.254/latest/meta-data", online=True)
except mk.MktlibError as refused:
    print(refused)

# %% [markdown] key="the-same-numbers-before-the"
# The same numbers, before the page is made: a brief for whoever designs it. Brief and check read the same rows, so they cannot disagree.

# %% key="code-brief"
brief = mk.page_brief(action="Try them at home", fields=["email", "postcode"], language=language)
mk.show(brief, language=language)

# %% [markdown] key="would-the-store-take-the"
# ## Would the store take the listing?
#
# Room is counted as the stores count it: a keyword field of the App Store in bytes, where an é is two.

# %% key="code-listing"
listing = mk.sample_path("listings/google_play_planted.toml")
wrong = mk.check_listing(listing, "google_play", reader=language)
for found in wrong[:8]:
    print(found.level, "|", found)

# %% key="code-mk-check-listing-mk-sample"
mk.check_listing(mk.sample_path("listings/google_play.toml"), "google_play", reader=language)

# %% key="code-words"
words = mk.listing_keywords(mk.sample_path("listings/app_store.toml"), "app_store")
mk.show(words, language=language)

# %% [markdown] key="would-the-app-ever-pay"
# ## Would the app ever pay?
#
# Nobody knows yet how many of those who see the listing install, stay and buy: these are opinions, marked with a star. The answer is a chance, what it hangs on, and the
# test to make first.

# %% key="code-price"
price = {"model": "in_app", "amount": (8, 20)}
need = "to see on one's own face which frames suit"
money = {"visitors": (1500, 6000), "build": (8000, 15000), "monthly": 150, "store": "app_store", "fee": "small", "tax": 0.2}
app = mk.app_brief(need, price=price, **money)
mk.show(app, language=language)

# %% key="code-seen"
seen = {"install_rate": {"events": 260, "of": 1000}, "conversion": {"events": 61, "of": 1000}}
known = mk.app_brief(need, price=price, assumptions=seen, **money)
print(f"chance to earn it back in two years: {app.facts['p']:.0%} by opinion, {known.facts['p']:.0%} once counted")

# %% key="code-launch"
launch = mk.launch_sheet("2026-10-14", visitors=(3000, 6000), app=known)
mk.show(launch, language=language)

# %% [markdown] key="who-is-near"
# ## Who is near?
#
# Points of phones whose owners agreed, three thousand of them, and four shops. Coordinates come in every shape: what cannot be a place in France is set aside, with what
# was probably meant.

# %% key="code-nearby-shops-mk-load-sample"
nearby, shops = mk.load_sample("nearby"), mk.load_sample("shops")
near = mk.people_near(nearby, shops, radius_m=500)
near

# %% key="code-for-found-in-near-attrs"
for found in near.attrs["findings"][:6]:
    print(found)

# %% [markdown] key="annecy-has-six-people-and"
# Annecy has six people, and is told nowhere: with so few, a number is a person. Now the curve: how far do they come?

# %% key="code-reach"
reach = mk.catchments(nearby, shops, outcome="purchases")
mk.show(reach, language=language)

# %% key="code-mk-show-reach-kind-map"
mk.show(reach, kind="map", language=language)

# %% key="code-for-shop-in-bastille-lyon"
for shop in ("bastille", "lyon", "marais"):
    print(shop, {key: truth["nearby"]["shops"][shop][key] for key in ("median_m", "hours")})

# %% [markdown] key="what-it-does-not-mean"
# **What it does not mean.** These are phones that were seen, not the town. Without knowing which share of people they are, no number here is a population.

# %% key="code-sheet"
sheet = mk.place_sheet(reach)
columns = ["place", "channel", "radius_m", "reason", "people", "audience", "days", "daypart", "quiet"]
mk.table(sheet.table.loc[sheet.table["place"] == "marais", columns], language=language)

# %% [markdown] key="what-did-it-bring"
# ## What did it bring?
#
# More was sold where the campaign ran. It was also summer, and sunglasses. Only areas that are like it and went without can tell. So: a test, designed before it runs, on the
# history before it.

# %% key="code-areas"
areas = mk.load_sample("geo_weeks")
plan = truth["geo_weeks"]
before = areas[areas["week"] < plan["start"]]
design = mk.design_geo_test(before, lift=0.05, budget=86_400, value=38)
mk.show(design, language=language)

# %% key="code-for-found-in-design-findings"
for found in design.findings:
    print(found)

# %% [markdown] key="the-false-alarms-of-this"
# The false alarms of this very procedure were counted in past weeks in which nothing happened. And then the campaign, in areas drawn by a coin in each pair:

# %% key="code-arms"
arms = areas[["area", "arm", "pair"]].drop_duplicates()
when = {"start": plan["start"], "end": plan["end"], "cooldown": plan["cooldown_weeks"]}
result = mk.read_geo_test(areas, arms, **when, randomised=True, cost=86_400, value=38)
mk.show(result, language=language)

# %% key="code-inside"
inside = areas["week"].between(plan["start"], plan["end"])
treated = areas["arm"] == "treated"
ran = areas[inside & treated]["sales"].mean()
past = areas[~inside & treated & (areas["week"] < plan["start"])].groupby("area").tail(8)["sales"].mean()
apart = ran / areas[inside & ~treated]["sales"].mean() - 1
print(f"planted: {plan['lift']:.0%}; before and after: {ran / past - 1:.0%}; against the others: {apart:.0%}")

# %% key="code-columns"
columns = ["stretch", "weeks", "lift", "low", "high", "units", "worth", "worth_low", "worth_high"]
mk.table(result.table[columns], language=language)

# %% [markdown] key="what-it-means-the-campaign"
# **What it means.** The campaign sold more than the areas like it would have, and the range says how much more. **What it does not mean.** That it paid: set the money beside it, as the figure
# does. And a test says what *this* campaign did in *these* weeks.

# %% [markdown] key="what-to-take-away"
# ## What to take away
#
# - A check names its rules and what it did not see. A browser sees more than a file, a person more than a browser.
# - An app is a chance, not a figure: ask what it hangs on, and test that first.
# - Count people, never list them; below ten they are no number.
# - "More was sold where we advertised" is a sentence about where we advertise. Draw the areas by lot, or say that you did not.

# %% [markdown] key="try-it-1-mend-bad"
# **Try it.** 1. Mend `bad.en.html` until no error is left. 2. Which lift would the test have noticed with half the areas? 3. Give the place sheet to `read_brief` (`sheet.fragment`) and plan
# with it.
