"""E-mails of the sunglasses story as files: two that may leave, in French and English, and two in which faults were planted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TAGS = "utm_source=newsletter&amp;utm_medium=email&amp;utm_campaign="
SIGNED = "v=1; a=rsa-sha256; d=solene.example; s=k1; h=from:to:subject:date:message-id:list-unsubscribe:list-unsubscribe-post; bh=x; b=y"
PLANTED: Mapping[str, Sequence[str]] = {
    "promo_fr_bad": (
        "EMAIL_UNALIGNED", "EMAIL_UNSUBSCRIBE_HTTPS", "EMAIL_UNSUBSCRIBE_POST", "EMAIL_SUBJECT_REPLY", "EMAIL_LINK_MISMATCH",
        "EMAIL_LINK_SCRIPT", "EMAIL_NO_REPLY", "EMAIL_SUBJECT_SHOUTS", "EMAIL_UNSUBSCRIBE_HIDDEN", "EMAIL_UNSUBSCRIBE_HARD",
        "EMAIL_LINK_HTTP", "EMAIL_LINK_SHORT", "EMAIL_LINK_UNTAGGED", "EMAIL_IMAGE_ALT", "EMAIL_NO_PLAIN", "EMAIL_LANG",
        "EMAIL_UNSUBSCRIBE_SIGNED",
    ),
    "offer_en_bad": (
        "EMAIL_UNSUBSCRIBE_HEADER", "EMAIL_UNSUBSCRIBE_LINK", "EMAIL_LINK_DISGUISED", "EMAIL_ACTIVE", "EMAIL_IDENTITY",
        "EMAIL_FROM_NAME", "EMAIL_MERGE_TAG", "EMAIL_LINK_MEDIUM", "EMAIL_LINK_TAGS_DIFFER", "EMAIL_IMAGE_EMBEDDED", "EMAIL_TEXT_SMALL",
    ),
}  # fmt: skip
"""File -> the faults planted in it, codes of `tables/checks/email.toml`."""


def letters() -> dict[str, str]:
    """Name of the file (without .eml) -> its text."""
    return {
        "newsletter_fr_good": _good("fr"),
        "newsletter_en_good": _good("en"),
        "promo_fr_bad": _bad_promo(),
        "offer_en_bad": _bad_offer(),
    }


def _message(headers: Mapping[str, str], html: str, plain: str = "") -> str:
    head = "".join(f"{name}: {value}\n" for name, value in headers.items() if value) + "MIME-Version: 1.0\n"
    form = 'Content-Type: text/{}; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n\n{}\n'
    if not plain:
        return head + form.format("html", html)
    parts = "".join(f"--solene\n{form.format(kind, text)}\n" for kind, text in (("plain", plain), ("html", html)))
    return f'{head}Content-Type: multipart/alternative; boundary="solene"\n\n{parts}--solene--\n'


def _headers(language: str) -> dict[str, str]:
    subject = {"fr": "Trois montures pour la lumière d’octobre", "en": "Three frames for October light"}[language]
    return {
        "From": "Solène <bonjour@news.solene.example>",
        "To": "Camille <camille@example.org>",
        "Subject": subject,
        "Date": "Tue, 06 Oct 2026 08:00:00 +0000",
        "Message-ID": f"<2026-10-06.{language}@news.solene.example>",
        "DKIM-Signature": SIGNED,
        "List-Unsubscribe": "<https://news.solene.example/u?m=42>, <mailto:stop@solene.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


WORDS = {
    "fr": {
        "preheader": "Essayées en boutique ou livrées chez vous en deux jours, avec un retour gratuit.",
        "hello": "Bonjour Camille,",
        "text": "L’automne est là, et le soleil descend : il entre de côté. Voici trois montures qui couvrent bien l’œil sans peser. Elles "
        "sont faites dans le Jura, et vous pouvez les essayer dans nos boutiques de Paris, Lyon et Marseille.",
        "alt": "Trois paires de lunettes de soleil posées sur une table en bois",
        "link": "Voir les trois montures", "leave": "Se désabonner", "browser": "Lire en ligne",
        "foot": "Vous recevez ce message parce que vous avez accepté notre lettre. Solène SAS, 12 rue des Lilas, 75003 Paris, RCS Paris.",
    },
    "en": {
        "preheader": "Try them in one of our shops, or have them sent to you in two days, returns are free.",
        "hello": "Hello Camille,",
        "text": "Autumn is here and the sun stands low: it comes from the side. Here are three frames that cover the eye well and weigh "
        "little. They are made in the Jura, and you can try them in our shops in Paris, Lyon and Marseille.",
        "alt": "Three pairs of sunglasses on a wooden table",
        "link": "See the three frames", "leave": "Unsubscribe", "browser": "Read online",
        "foot": "You get this because you agreed to our letter. Solène SAS, 12 rue des Lilas, 75003 Paris, France.",
    },
}  # fmt: skip


def _good(language: str) -> str:
    w, page = WORDS[language], f"https://www.solene.example/{language}/octobre"
    html = f"""<!doctype html>
<html lang="{language}">
<head><meta name="viewport" content="width=device-width"><title>Solène</title></head>
<body style="margin:0; font-family:Arial, sans-serif; font-size:16px; color:#222222; background-color:#ffffff">
<div style="display:none; max-height:0; overflow:hidden">{w["preheader"]}</div>
<p>{w["hello"]}</p>
<p>{w["text"]}</p>
<img src="https://www.solene.example/i/octobre.jpg" alt="{w["alt"]}" width="600" height="300" style="max-width:100%">
<p><a href="{page}?{TAGS}octobre" style="font-size:18px">{w["link"]}</a></p>
<p style="font-size:13px">{w["foot"]}
<a href="https://news.solene.example/unsubscribe?m=42">{w["leave"]}</a> ·
<a href="https://news.solene.example/online?m=42">{w["browser"]}</a></p>
</body>
</html>"""
    plain = (
        f"{w['hello']}\n\n{w['text']}\n\n{w['link']} : {page}\n\n{w['foot']}\n{w['leave']} : https://news.solene.example/unsubscribe?m=42"
    )
    return _message(_headers(language), html, plain)


def _bad_promo() -> str:
    changed = {
        "From": "Solène <no-reply@news.solene.example>",
        "Subject": "RE: DERNIÈRE CHANCE !!!",
        "DKIM-Signature": "v=1; a=rsa-sha256; d=routeur.example; s=k1; h=from:to:subject:date; bh=x; b=y",
        "List-Unsubscribe": "<mailto:stop@solene.example>",
        "List-Unsubscribe-Post": "",
    }
    html = """<html>
<body style="font-size:15px">
<p>Votre commande vous attend. Il ne reste que quelques paires de lunettes et la vente ferme ce soir, alors venez vite les voir.</p>
<img src="https://www.solene.example/i/promo.jpg" width="600" height="300">
<p><a href="http://www.solene.example/promo">J’en profite</a></p>
<p><a href="https://bit.ly/3solene">La sélection</a></p>
<p><a href="https://click.routeur.example/r/1">www.solene.example</a></p>
<p><a href="javascript:void(0)">Voir le film</a></p>
<p>Pour vous désabonner, connectez-vous à votre compte, ou non merci, je préfère payer plus cher :
<a href="https://news.solene.example/unsubscribe?m=42" style="font-size:7px; color:#eeeeee">se désabonner</a></p>
<p>Solène SAS, 12 rue des Lilas, 75003 Paris</p>
</body>
</html>"""
    return _message(_headers("fr") | changed, html)


def _bad_offer() -> str:
    changed = {
        "From": "offers@solene.example",
        "Subject": "*|FNAME|*, your frames are waiting",
        "List-Unsubscribe": "",
        "List-Unsubscribe-Post": "",
    }
    small = "Offer valid while stocks last, on the frames of the autumn list, and not together with any other offer of ours. " * 6
    html = f"""<!doctype html>
<html lang="en">
<body style="font-size:15px">
<div style="display:none; max-height:0; overflow:hidden">Twenty frames of the autumn list at a lower price until Sunday evening.</div>
<p>Your frames are waiting for you in the shop, and the price is lower until Sunday evening. Come and see which of them you like best.</p>
<img src="data:image/png;base64,iVBORw0KGgo=" alt="Frames" width="300" height="200">
<p><a href="https://www.solene.example/offer?utm_source=newsletter&amp;utm_medium=mailing&amp;utm_campaign=autumn">See the frames</a></p>
<p><a href="https://www.solene.example/shops?utm_source=newsletter&amp;utm_medium=email&amp;utm_campaign=Autumn-2">Find a shop</a></p>
<p><a href="https://192.0.2.7/terms">Terms of the offer</a></p>
<form action="https://www.solene.example/vote"><input name="a"></form>
<p style="font-size:9px">{small}</p>
</body>
</html>"""
    return _message(_headers("en") | changed, html, "Your frames are waiting: https://www.solene.example/offer")
