"""Sample listings of the story's app: try Solène's frames on with the camera, in English and French, well made and badly made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NB, NN = "\u00a0", "\u202f"
EN = """See which sunglasses suit your face before you buy them.

Hold up your phone: the camera puts each frame of the Solène line on your nose, in its real size, and keeps it there when you turn.
Compare two pairs side by side, save what you like, ask a friend.

What the camera sees stays on your phone. The app asks for no account."""
FR = f"""Voyez quelles lunettes de soleil vous vont avant de les acheter.

Tenez votre téléphone devant vous{NB}: la caméra pose chaque monture de la ligne Solène sur votre nez, à sa vraie taille.
Tournez la tête, elle y reste.
Comparez deux paires côte à côte, gardez ce qui vous plaît, demandez l’avis d’un ami.

Ce que voit la caméra reste sur votre téléphone. L’application ne demande pas de compte."""
WANTED: Mapping[str, list[str]] = {
    "en": ["sunglasses", "try on glasses", "virtual mirror", "frames for my face"],
    "fr": ["lunettes de soleil", "essayer des lunettes", "miroir virtuel", "monture visage"],
}

GOOD: Mapping[str, Any] = {
    "google_play": {
        "en": {
            "title": "Solène: try sunglasses on",
            "short_description": "Try glasses on in the camera: a virtual mirror shows frames on your face.",
            "full_description": EN, "release_notes": "Twelve new frames for the autumn.",
        },
        "fr": {
            "title": "Solène, essai de lunettes",
            "short_description": "Essayer des lunettes de soleil en miroir virtuel, monture à votre visage.",
            "full_description": FR, "release_notes": "Douze nouvelles montures pour l’automne.",
        },
    },
    "app_store": {
        "en": {
            "name": "Solène: try sunglasses on", "subtitle": "A mirror for new frames",
            "keywords": "virtual,face,glasses,eyewear,camera,fit,shape,style,fashion,optician,shades,selfie,summer",
            "promotional_text": "The autumn line is here: twelve frames to try on with your camera.", "description": EN,
            "whats_new": "Twelve new frames for the autumn.",
        },
        "fr": {
            "name": "Solène, essai de lunettes", "subtitle": "Miroir pour votre monture",
            "keywords": "virtuel,visage,soleil,essayer,camera,opticien,style,mode,forme,polarisant,selfie,comparer,marque,ete",
            "promotional_text": f"La ligne d’automne est là{NB}: douze montures à essayer avec votre caméra.", "description": FR,
            "whats_new": "Douze nouvelles montures pour l’automne.",
        },
    },
}  # fmt: skip
PLANTED: Mapping[str, Any] = {
    "google_play": {
        "en": {
            "title": "BEST SUNGLASSES APP 😎 FREE", "short_description": "Try sunglasses on.",
            "full_description": "Sunglasses, sunglasses, sunglasses! Try sunglasses, buy sunglasses, share sunglasses with Lunexa fans.",
        },
        "fr": {
            "title": "Solène, essai de lunettes en 3D", "short_description": "Try sunglasses on.",
            "full_description": "Hold up your phone and look at the frames that suit you.", "release_notes": "Voilà!",
        },
    },
}  # fmt: skip
"""What is wrong in them is in `TRUTH`."""
TRUTH: Mapping[str, list[str]] = {
    "locales.en.title": ["LISTING_TITLE_CAPS", "LISTING_TITLE_EMOJI", "LISTING_TITLE_PRICE", "LISTING_TITLE_RANK"],
    "locales.en.full_description": ["LISTING_COMPETITOR", "LISTING_STUFFING"],
    "locales.en.release_notes": ["LISTING_UNTRANSLATED"],
    "locales.fr.title": ["LISTING_TOO_LONG"],
    "locales.fr.full_description": ["LISTING_OTHER_LANGUAGE"],
    "locales.fr.release_notes": ["LISTING_FRENCH_SPACES"],
}
SHOTS = {"google_play": ([1080, 1920], 3), "app_store": ([1320, 2868], 3)}


def listings() -> dict[str, str]:
    """File name -> TOML of each sample listing."""
    files = {f"{store}.toml": _toml(store, texts, GOOD_HEAD) for store, texts in GOOD.items()}
    return files | {f"{store}_planted.toml": _toml(store, texts, PLANTED_HEAD) for store, texts in PLANTED.items()}


GOOD_HEAD = "# The listing of Solène's app, to try frames on with the camera. Images are given by their size in pixels.\n"
PLANTED_HEAD = '# The same app, badly listed: what is wrong in it is in truth.json under "listing".\n'


def _toml(store: str, texts: Mapping[str, Mapping[str, str]], head: str) -> str:
    size, count = SHOTS[store]
    lines = [head, f'store = "{store}"', 'app = "Solène"', 'default_language = "en"', 'competitors = ["Lunexa"]']
    lines += [f"screenshots = [{', '.join([str(size)] * count)}]", "", "[wanted]"]
    lines += [f"{code} = [{', '.join(map(_quoted, words))}]" for code, words in WANTED.items()]
    for code, fields in texts.items():
        lines += ["", f"[locales.{code}]", *(f"{name} = {_quoted(text)}" for name, text in fields.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    if "\n" in text:
        return f'"""\n{text}"""'
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
