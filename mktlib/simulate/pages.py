"""Two pages of the sunglasses story on a phone, each in French and English: one as it should be, one with planted faults."""

from __future__ import annotations

from collections.abc import Mapping

PLANTED = (
    "PAGE_VIEWPORT", "PAGE_ZOOM_BLOCKED", "PAGE_TEXT_TINY", "PAGE_FIXED_WIDTH", "PAGE_NOWRAP", "PAGE_IMG_ALT", "PAGE_IMG_SIZE",
    "PAGE_TAP_24", "PAGE_TAP_44", "PAGE_LINK_NAME", "PAGE_FIELD_PLACEHOLDER", "PAGE_FIELD_TYPE", "PAGE_FIELD_AUTOCOMPLETE",
    "PAGE_FORM_LONG",
    "PAGE_DESCRIPTION", "PAGE_NOINDEX", "PAGE_DATA_BROKEN", "PAGE_LANG_OTHER", "PAGE_FILE_MISSING", "PAGE_CANONICAL", "PAGE_H1",
)  # fmt: skip
"""Errors and warnings of the bad pages."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Frames of 21 grams – Solène",
        "description": "Round and square sunglasses of 21 grams, made by hand in the Jura. Try them at home for five days.",
        "skip": "Shop", "journal": "Journal", "stores": "Stores",
        "h1": "Frames of 21 grams",
        "lead": "They are made by hand in the Jura, of acetate and steel, and they weigh less than a letter. "
        "You forget them after an hour.",
        "alt": "Round frame of dark acetate, seen from the front",
        "action": "Try them at home",
        "h2": "Five days at home",
        "body": "Choose two frames. We send them with a label for the way back, and you keep the one that suits you.",
        "email": "E-mail", "postcode": "Postcode", "note": "We write once, with the day of delivery.",
        "table": "Weight of each frame, in grams, with lenses of the third category and the case of recycled felt",
        "small": "Prices include tax. Delivery within the country takes two days, and five to the islands.",
        "first": "First name", "last": "Last name", "street": "Street", "city": "City", "phone": "Phone", "wish": "Your wish",
    },
    "fr": {
        "title": "Des montures de 21 grammes – Solène",
        "description": "Lunettes de soleil rondes ou carrées de 21 grammes, faites à la main dans le Jura. À essayer cinq jours chez vous.",
        "skip": "Boutique", "journal": "Journal", "stores": "Magasins",
        "h1": "Des montures de 21 grammes",
        "lead": "Elles sont faites à la main dans le Jura, en acétate et en acier, et pèsent moins qu’une lettre. "
        "On les oublie au bout d’une heure.",
        "alt": "Monture ronde en acétate sombre, vue de face",
        "action": "Les essayer chez vous",
        "h2": "Cinq jours chez vous",
        "body": "Choisissez deux montures. Nous les envoyons avec une étiquette de retour, et vous gardez celle qui vous va.",
        "email": "E-mail", "postcode": "Code postal", "note": "Nous écrivons une fois, avec le jour de livraison.",
        "table": "Poids de chaque monture, en grammes, avec des verres de troisième catégorie et l’étui en feutre recyclé",
        "small": "Les prix sont toutes taxes comprises. La livraison prend deux jours dans le pays, et cinq vers les îles.",
        "first": "Prénom", "last": "Nom de famille", "street": "Rue", "city": "Ville", "phone": "Téléphone", "wish": "Votre souhait",
    },
}  # fmt: skip

GOOD = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="description" content="{description}">
<link rel="canonical" href="https://solene.example/{language}/frames">
<link rel="alternate" hreflang="en" href="https://solene.example/en/frames">
<link rel="alternate" hreflang="fr" href="https://solene.example/fr/frames">
<meta property="og:title" content="{title}">
<meta property="og:type" content="website">
<meta property="og:image" content="https://solene.example/frames.jpg">
<meta property="og:url" content="https://solene.example/{language}/frames">
<script type="application/ld+json">
{{"@context": "https://schema.org", "@type": "Product", "name": "{h1}", "brand": {{"@type": "Brand", "name": "Solène"}}}}
</script>
<style>
* {{ box-sizing: border-box; }}
body {{ margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: #222; background: #fff; }}
nav {{ display: flex; gap: 8px; padding: 0 16px; }}
nav a, .action, button {{ display: inline-block; min-height: 48px; padding: 12px 16px; color: #222; }}
main {{ padding: 0 16px; max-width: 640px; }}
img {{ max-width: 100%; height: auto; }}
.action, button {{ width: 100%; font-size: 1rem; text-align: center; color: #fff; background: #222; border: 0; border-radius: 8px; }}
label {{ display: block; margin-top: 16px; }}
input {{ width: 100%; height: 48px; padding: 0 12px; font-size: 1rem; }}
</style>
</head>
<body>
<nav><a href="/shop">{skip}</a><a href="/journal">{journal}</a><a href="/stores">{stores}</a></nav>
<main>
<h1>{h1}</h1>
<img src="frame.svg" alt="{alt}" width="320" height="160">
<p>{lead}</p>
<a class="action" href="#home">{action}</a>
<h2 id="home">{h2}</h2>
<p>{body}</p>
<form action="/try" method="post">
<label for="email">{email}</label>
<input id="email" name="email" type="email" autocomplete="email" required>
<label for="postcode">{postcode}</label>
<input id="postcode" name="postcode" inputmode="numeric" autocomplete="postal-code" required>
<p>{note}</p>
<button type="submit">{action}</button>
</form>
</main>
</body>
</html>
"""

BAD = """<!doctype html>
<html lang="{other}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=980, user-scalable=no">
<title>{title}</title>
<meta name="robots" content="noindex">
<link rel="canonical" href="/frames">
<script type="application/ld+json">
{{"@context": "https://schema.org", "@type": "Product", "name": "{h1}",}}
</script>
<style>
.wrap {{ width: 960px; }}
.top a {{ display: inline-block; height: 32px; margin-right: 2px; }}
.basket {{ display: inline-block; width: 18px; height: 18px; }}
.small {{ font-size: 9px; }}
.name {{ white-space: nowrap; }}
</style>
</head>
<body>
<div class="wrap">
<div class="top"><a href="/shop">{skip}</a><a href="/journal">{journal}</a><a class="basket" href="/basket"></a></div>
<h2>{h1}</h2>
<img src="frame.svg">
<img src="gone.jpg" alt="" width="300" height="150">
<p>{lead}</p>
<p class="name">{table}</p>
<p>{body}</p>
<p class="small">{small}</p>
<form action="/try" method="post">
<input name="email" placeholder="{email}">
<label>{first} <input name="a"></label>
<label>{last} <input name="b"></label>
<label>{street} <input name="c"></label>
<label>{city} <input name="d"></label>
<label>{phone} <input name="e"></label>
<label>{wish} <input name="f"></label>
<button type="submit">OK</button>
</form>
</div>
</body>
</html>
"""

FRAME = """<svg xmlns="http://www.w3.org/2000/svg" width="320" height="160" viewBox="0 0 320 160">
<g fill="none" stroke="#222" stroke-width="10"><circle cx="90" cy="80" r="52"/><circle cx="230" cy="80" r="52"/>
<path d="M142 70q18-14 36 0"/></g>
</svg>
"""


def pages() -> dict[str, str]:
    """The text of each file of data/samples/pages."""
    other = {"en": "fr", "fr": "en"}
    out = {"frame.svg": FRAME}
    for language, words in WORDS.items():
        out[f"good.{language}.html"] = GOOD.format(language=language, **words)
        out[f"bad.{language}.html"] = BAD.format(other=other[language], **words)
    return out
