"""Rows of rules: every row fires on its bad example and not on its good one; findings say where, why, what to write and by which rule."""

from __future__ import annotations

import re

import pytest

from mktlib.__main__ import main
from mktlib.charts import plot
from mktlib.errors import DataError
from mktlib.reporting import report
from mktlib.rules import check_text, style_fit, style_guide, weight
from mktlib.rules.check import MOST_OF_ONE_RULE
from mktlib.rules.draft import MOST_CHARACTERS, draft_of
from mktlib.rules.examples import a_style, examples, fires
from mktlib.rules.readability import SPEED, ease, grade, reading
from mktlib.rules.room import sms_size
from mktlib.rules.syllables import syllables
from mktlib.vocabulary import load_tables, retell
from mktlib.vocabulary.rulings import unsafe

TABLES = load_tables()
EXAMPLES = list(examples(TABLES))
WITHOUT = {"ACCESS_HARD", "ROOM_LENGTH", "STYLE_OFF", "STYLE_PULL", "TEXT_CUT", "TEXT_EMPTY"}  # whole-text rules, tested one by one below


@pytest.mark.parametrize(("code", "language", "bad", "good"), EXAMPLES, ids=[f"{c}-{lang}" for c, lang, *_ in EXAMPLES])
def test_a_rule_fires_on_its_bad_example_and_not_on_its_good_one(code, language, bad, good):
    assert fires(code, bad, language, TABLES)
    assert not fires(code, good, language, TABLES)


@pytest.mark.parametrize(("code", "language", "bad", "good"), EXAMPLES, ids=[f"{c}-{lang}" for c, lang, *_ in EXAMPLES])
def test_a_finding_says_where_why_what_instead_and_by_which_rule(code, language, bad, good):
    row = TABLES.rules[code]
    place = {"style": a_style(row, TABLES), "channel": row.get("channel", "organic_social"), "language": language}
    found = next(f for f in check_text(bad, **place) if f.code == code)
    start, end = found.values["start"], found.values["end"]
    assert 0 <= start <= end <= len(bad)
    assert found.line == bad.count("\n", 0, start) + 1
    assert found.hint
    assert not re.search(r"\{\w+\}|\?\)", found.text)
    if found.found:
        assert found.found.split("\\u")[0][:20] in " ".join(bad[start:end].replace("\u00a0", " ").split())
    other = retell(found, "fr" if language == "en" else "en")
    assert other.text != found.text
    assert (other.values["start"], other.code) == (start, code)
    again = retell(other, language)
    assert again.text == found.text


def test_every_row_has_examples_a_level_a_subject_and_sentences_in_both_languages():
    with_examples = {code for code, *_ in EXAMPLES}
    assert set(TABLES.rules) - with_examples == WITHOUT
    for code, row in TABLES.rules.items():
        assert row["level"] in ("error", "warning", "note"), code
        assert row["about"] in ("manner", "claims", "sensitive", "inclusive", "access", "readability", "limits", "text"), code
        assert row["says"]["en"] != row["says"]["fr"], code
        patterns = [row.get("pattern"), row.get("unless_pattern"), *(row.get(lang, {}).get("pattern") for lang in ("en", "fr"))]
        assert [p for p in patterns if p and unsafe(p)] == [], code


CLEAN = {
    "en": [
        (
            "informative",
            "The library lends tablets for four weeks. Registration takes place at the desk, on weekdays from 9 "
            "a.m. to 5 p.m.",
        ),
        ("legal_formal", "The firm advises tenants and landlords on the renewal of commercial leases. Appointments are made in writing."),
        (
            "expert",
            "The sensor was calibrated at 20 °C against a reference of class A. The standard deviation of 40 "
            "readings was 0.03 bar.",
        ),
        (
            "storytelling",
            "She opened the shop the morning after the flood. The floor was still wet, and the first customer "
            "was a boy with a torch.",
        ),
        ("educational", "First, soak the beans overnight. Then rinse them, and cook them without salt: salt hardens the skin."),
        (
            "conversational",
            "So we've moved the bread to the left, because half of you kept asking. Does that help? Tell us when "
            "you pop in.",
        ),
        ("luxury", "The clasp closes without a sound. It is cut from a single piece of gold, and polished by one hand."),
    ],
    "fr": [
        (
            "informative",
            "La bibliothèque prête des tablettes pour quatre semaines. L’inscription se fait à l’accueil, de 9 h "
            "à 17 h en semaine.",
        ),
        (
            "legal_formal",
            "Le cabinet conseille bailleurs et locataires lors du renouvellement des baux commerciaux. Les "
            "rendez-vous sont pris par écrit.",
        ),
        ("expert", "Le capteur a été étalonné à 20 °C sur une référence de classe A. L’écart-type de 40 lectures est de 0,03 bar."),
        (
            "storytelling",
            "Elle rouvrit la boutique au lendemain de la crue. Le sol était encore mouillé, et le premier client "
            "était un garçon avec une lampe.",
        ),
        (
            "educational",
            "D’abord, faites tremper les haricots une nuit. Ensuite, rincez-les et cuisez-les sans sel : le sel "
            "durcit la peau.",
        ),
        (
            "conversational",
            "Alors voilà, on a mis le pain à gauche, parce que vous étiez nombreux à le demander. Ça vous va ? "
            "Dites-nous en passant.",
        ),
        ("luxury", "Le fermoir se referme sans bruit. Il est taillé dans une seule pièce d’or, et poli par une seule main."),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("language", "style", "text"), [(lang, *one) for lang, rows in CLEAN.items() for one in rows])
def test_a_clean_text_is_left_alone(language, style, text):
    assert [f.code for f in check_text(text, style=style, channel="offline", language=language) if f.level != "note"] == []


def codes(text, style="playful", channel="organic_social", language="en", **more):
    return [f.code for f in check_text(text, style=style, channel=channel, language=language, **more)]


def test_offsets_count_in_the_text_as_given_through_markup_and_hidden_characters():
    text = "<p>Caf&eacute;</p>\n<p>An eco-fri\u200bendly frame, <b>click</b> here.</p>"
    found = {f.code: f for f in check_text(text, style="playful", channel="email")}
    green, link = found["CLAIM_GREEN"], found["ACCESS_LINK"]
    assert text[green.values["start"] : green.values["end"]] == "eco-fri\u200bendly"
    assert text[link.values["start"] : link.values["end"]] == "click</b> here"
    assert green.line == link.line == 2


def test_a_proof_in_the_same_sentence_excuses_a_claim_and_one_elsewhere_does_not():
    assert "CLAIM_BEST" not in codes("The best-selling frame, according to the 2025 survey of the trade.")
    assert "CLAIM_BEST" in codes("The best-selling frame. We read a survey once.")


def test_what_is_quoted_does_not_bind_the_manner_of_the_brand():
    assert "STYLE_TU" in codes("Tu viens demain.", style="expert", language="fr")
    assert "STYLE_TU" not in codes("Le client écrit : « Tu viens demain. » Nous répondons.", style="expert", language="fr")


def test_limits_of_a_search_ad_a_subject_and_a_named_part():
    ad = "Headline: Sunglasses for every single face\nDescription: Frames of 21 grams."
    found = [f for f in check_text(ad, style="promotional", channel="paid_search") if f.code == "ROOM_MOST"]
    assert [(f.values["amount"], f.values["most"]) for f in found] == [(32, 30)]
    assert ad[found[0].values["start"] : found[0].values["end"]] == "ce"
    assert "ROOM_MOST" in codes("Sunglasses for every single face", channel="paid_search")  # no part has a name: the first line leads
    assert "ROOM_MOST" not in codes("Sunglasses for every face\nFrames of 21 grams, made in the Jura.", channel="paid_search")
    assert "ROOM_MOST" in codes("Sunglasses for every face\n" + "Frames of 21 grams. " * 5, channel="paid_search")
    assert "ROOM_MOST" in codes("a" * 31, channel="display", spec="google_display_short_headline")
    assert "ROOM_MOST" not in codes("a" * 30, channel="display", spec="google_display_short_headline")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a" * 160, ("GSM-7", 160, 160, 1)),
        ("a" * 161, ("GSM-7", 161, 153, 2)),
        ("€" * 80, ("GSM-7", 160, 160, 1)),
        ("€" * 81, ("GSM-7", 162, 153, 2)),
        ("é" * 160, ("GSM-7", 160, 160, 1)),
        ("ê" * 70, ("UCS-2", 70, 70, 1)),
        ("ê" * 71, ("UCS-2", 71, 67, 2)),
        ("🍟" * 35, ("UCS-2", 70, 70, 1)),
        ("🍟" * 36, ("UCS-2", 72, 67, 2)),
    ],
)
def test_a_text_message_is_counted_as_networks_count_it(text, size):
    assert sms_size(text) == size


def test_the_length_of_the_brief_is_held_to():
    assert "ROOM_LENGTH" in codes("word " * 150, length="snack")
    assert "ROOM_LENGTH" not in codes("word " * 150, length="short")


WORDS = {
    "en": "shop 1,market 2,audience 3,brand 1,newspaper 3,lemonade 3,umbrella 3,kitchen 2,afternoon 3,celebrate 3,vegetable 4,alphabet 3,"
    "library 3,favourite 3,sandwich 2,picture 2,adventure 3,elephant 3,calendar 3,seven 2,eleven 3,wishes 2,buses 2,pages 2,jumped 1,"
    "painted 2,started 2,loved 1,faces 2,freezes 2,bottle 2,simple 2,gentle 2,sugar 2,winter 2,mountain 2,computer 3,pencil 2,garden 2,"
    "orange 2,silence 2,danger 2,promise 2,practice 2,justice 2,finance 2,advice 2,exercise 3,surprise 2,comfortable 4,neighbour 2,"
    "colour 2,flower 2,power 2,shower 2,number 2,letter 2,button 2,pocket 2,basket 2,movement 2,statement 2,lonely 2,homeless 2",
    "fr": "marché 2,boutique 2,journal 2,citron 2,parapluie 3,jardin 2,après-midi 4,célébrer 3,légume 2,alphabet 3,librairie 3,préféré 3,"
    "image 2,aventure 3,éléphant 3,calendrier 4,sept 1,onze 1,souhaits 2,pages 1,sautait 2,peindre 1,commence 2,visages 2,bouteille 2,"
    "simple 1,gentil 2,sucre 1,hiver 2,ordinateur 4,crayon 2,orange 2,silence 2,danger 2,promesse 2,justice 2,finance 2,conseil 2,"
    "exercice 3,surprise 2,confortable 3,voisin 2,couleur 2,fleur 1,pouvoir 2,douche 1,nombre 1,lettre 1,bouton 2,poche 1,panier 2,"
    "mouvement 2,chantent 1,chantaient 2,doucement 2,content 2,prudent 2,rive 1,bijou 2,collier 2,musicien 3,bonheur 2,matinée 3",
}


@pytest.mark.parametrize("language", ["en", "fr"])
def test_syllables_of_a_word_list_that_the_rules_were_not_made_on(language):
    rows = [row.rsplit(" ", 1) for row in WORDS[language].split(",")]
    wrong = {w: (int(n), syllables(w, language)) for w, n in rows if syllables(w, language) != int(n)}
    assert len(wrong) <= 0.1 * len(rows), wrong
    bias = sum(syllables(w, language) for w, _ in rows) / sum(int(n) for _, n in rows)
    assert bias == pytest.approx(1, abs=0.03)


def test_reading_ease_is_the_published_formula():
    assert ease(20, 1.6, "en") == pytest.approx(206.835 - 1.015 * 20 - 84.6 * 1.6)
    assert ease(20, 1.6, "fr") == pytest.approx(207 - 1.015 * 20 - 73.6 * 1.6)
    assert grade(20, 1.6) == pytest.approx(0.39 * 20 + 11.8 * 1.6 - 15.59)
    read = reading(draft_of("The cat sat on the mat. The dog ran.", "en"))
    assert (read.words, read.sentences, read.sentence_words, read.word_syllables) == (9, 2, 4.5, 1.0)
    assert read.seconds == pytest.approx(60 * 9 / SPEED["en"])
    assert reading(draft_of("Dr. Lee paid 3.50 at no. 12, e.g. for tea. Then he left.", "en")).sentences == 2


HARD = (
    "Notwithstanding the aforementioned considerations, the implementation of organisational responsibilities necessitates comprehensive "
    "documentation of administrative procedures, institutional communication and interdepartmental coordination. "
) * 4


def test_a_hard_text_is_told_only_where_there_is_enough_of_it():
    assert "ACCESS_HARD" in codes(HARD, style="conversational")
    assert "ACCESS_HARD" not in codes(HARD[:150], style="conversational")
    assert "ACCESS_HARD" not in codes("We sell bread. It is good. Come and see us. " * 12, style="conversational")


OURS = """
[rules.OURS_CHEAP]
label = { en = "Cheap", fr = "Pas cher" }
about = "manner"
level = "error"
says = { en = "we never say “{found}”", fr = "on ne dit jamais « {found} »" }
hint = { en = "Say affordable", fr = "Dire abordable" }
en = { words = { "cheap" = "affordable" }, bad = "Cheap frames", good = "Affordable frames" }
[rules.CLAIM_FREE]
level = "error"
[styles.house]
label = { en = "House", fr = "Maison" }
formality = 3
"""


def own(tmp_path, text):
    path = tmp_path / "ours.toml"
    path.write_text(text, encoding="utf-8")
    return load_tables(path)


def test_a_company_adds_its_rules_changes_ours_and_names_its_style(tmp_path):
    tables = own(tmp_path, OURS)
    found = {f.code: f for f in check_text("Cheap frames and a free gift.", style="house", channel="offline", tables=tables)}
    assert found["OURS_CHEAP"].values["instead"] == "Affordable"
    assert "affordable" in found["OURS_CHEAP"].text.lower()
    assert found["CLAIM_FREE"].level == "error"
    assert "OURS_CHEAP" not in load_tables().rules


def test_rules_of_ones_own_that_cannot_hold_are_refused(tmp_path):
    with pytest.raises(DataError, match="bad example") as refused:
        check_text("x", style="playful", channel="email", tables=own(tmp_path, OURS.replace('bad = "Cheap frames"', 'bad = "Fine frames"')))
    assert refused.value.codes == ("E_RULE_BAD",)
    wrong = OURS.replace('level = "error"\nsays', 'level = "eror"\npattern = "(a+)+$"\nstyles = ["playfull"]\nsays').replace(
        "“{found}”", "{found.x}"
    )
    with pytest.raises(DataError) as refused:
        own(tmp_path, wrong.replace(', good = "Affordable frames"', ""))
    assert set(refused.value.codes) == {"E_OPTION", "E_RULE_PATTERN", "E_RULE_SENTENCE", "E_REFERENCE", "E_MISSING_ENTRY"}


@pytest.mark.parametrize("pattern", ["(a+)+$", "a*b", "(a|a){1,30}x", "(a{1,9}){1,9}", "a{1,}", "[", "", "x" * 1001, "a?", 3])
def test_a_pattern_that_could_hang_or_match_nothing_is_refused(pattern):
    assert unsafe(pattern)


def test_unknown_words_are_all_said_at_once_with_the_nearest():
    with pytest.raises(DataError) as refused:
        check_text(3, style="playfull", channel="emial", language="de", content_type="sms_", length="snak", spec="x")
    found = {f.column: f for f in refused.value.findings}
    assert set(found) == {"text", "style", "channel", "language", "content_type", "length", "spec"}
    assert (found["style"].hint, found["channel"].hint, found["length"].hint) == ("playful", "email", "snack")


HOSTILE = {
    "empty": "",
    "blank": " \n\t ",
    "nul": "a\0b \x1b[31m you",
    "surrogate": "\ud800 hello you",
    "rtl": "\u202eabc\u202c " * 50,
    "tags": "<a" * 4000,
    "comment": "<!--" * 4000,
    "script": "<script>" * 4000,
    "unclosed": "<style>a</style" * 2000,
    "emoji": "👩‍👩‍👧‍👦" * 2000,
    "one word": "a" * 20_000,
    "digits": "1" * 20_000,
    "apostrophes": "l'" * 8000,
    "quotes": "« " * 4000,
    "braces": "{found} {0} {x.__class__} " * 20,
    "cjk": "我们的新眼镜" * 200,
    "hashes": "#" * 20_000,
    "shouts": "!" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_hostile_text_is_answered(name, language):
    found = check_text(HOSTILE[name], style="legal_formal", channel="sms", language=language)
    assert all(0 <= f.values["start"] <= f.values["end"] <= len(HOSTILE[name]) for f in found)
    if name in ("empty", "blank"):
        assert [f.code for f in found] == ["TEXT_EMPTY"]


def test_a_text_without_end_is_read_to_a_limit_and_says_so():
    found = check_text("Hurry! Come and see the frames of the year. " * 130_000, style="legal_formal", channel="email")
    assert [f.values["amount"] for f in found if f.code == "TEXT_CUT"] == [5_720_000]
    counts = [f.code for f in found]
    assert all(counts.count(code) <= MOST_OF_ONE_RULE for code in set(counts))
    assert max(f.values["end"] for f in found) <= MOST_CHARACTERS


def test_two_languages_in_one_draft_are_told_with_the_sentence():
    text = "We open on Monday at nine in the morning. Nous avons ouvert une boutique dans la rue avec des lunettes pour tous."
    found = [f for f in check_text(text, style="informative", channel="email") if f.code == "TEXT_LANGUAGE"]
    assert [text[f.values["start"] : f.values["end"]] for f in found] == [
        "Nous avons ouvert une boutique dans la rue avec des lunettes pour tous"
    ]
    assert "French" not in found[0].text
    assert "anglais" in retell(found[0], "fr").text


def test_weights_add_up():
    found = check_text("Shame on you! Click here.", style="legal_formal", channel="offline")
    assert weight(found) == sum({"error": 9, "warning": 3, "note": 1}[f.level] for f in found) > 0


def test_the_command_prints_lines_and_answers_1_where_something_should_change(tmp_path, capsys):
    path = tmp_path / "draft.txt"
    path.write_text("Madame,\n\nDépêche-toi, cliquez ici.\n", encoding="utf-8")
    assert main(["check-text", str(path), "--style", "legal_formal", "--channel", "email", "--language", "fr"]) == 1
    said = capsys.readouterr().out
    assert f"{path}:3 [avertissement ACCESS_LINK] ligne 3" in said
    assert "constats" in said
    path.write_text("The firm has moved to 12 Mill Street.\n", encoding="utf-8")
    assert main(["check-text", str(path), "--style", "legal_formal", "--channel", "email", "--language", "en"]) == 0
    assert "0 findings" in capsys.readouterr().out
    assert main(["check-text", str(path), "--style", "legall_formal", "--channel", "emial"]) == 1
    said = capsys.readouterr().err
    assert "legal_formal" in said
    assert "email" in said


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("The ring costs £5,000.", "en", ["£5,000"]),
        ("La bague coûte 12 500,50 €.", "fr", ["12 500,50 €"]),
        ("From $49.99 today.", "en", ["$49.99"]),
        ("A loan of £5,000 is repaid over 36 months.", "en", []),
        ("Société au capital de 50 000 €.", "fr", []),
    ],
)
def test_a_price_is_quoted_whole_and_a_sum_of_contract_is_no_price(text, language, found):
    said = check_text(text, style="legal_formal", channel="email", language=language)
    assert [f.found for f in said if f.code == "STYLE_PRICE"] == found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("La remise des clés a lieu lundi.", "STYLE_SELLING"),
        ("Un train passe toutes les six minutes aux heures de pointe.", "STYLE_PRAISE"),
    ],
)
def test_words_of_other_trades_are_no_words_of_selling(text, code):
    assert code not in [f.code for f in check_text(text, style="legal_formal", channel="email", language="fr")]


def test_saying_tu_pulls_to_no_other_style_where_the_style_allows_it():
    text = (
        "Tu prends ton vélo, tu glisses ton sac dans ton panier et tu files. Oups, miam, une blague, tu rigoles, youpi, ton rire te trahit."
    )
    keys = {
        s: [f.values.get("key") for f in check_text(text, style=s, channel="email", language="fr")] for s in ("conversational", "expert")
    }
    assert "tu" not in keys["conversational"]


@pytest.mark.parametrize("value", [3, "ours.toml", ["a"], {"a": 1}])
def test_tables_and_readers_of_another_kind_are_refused(value):
    for call in (check_text, style_fit, style_guide):
        given = {"style": "luxury", "channel": "email"} if call is check_text else {}
        with pytest.raises(DataError, match="tables"):
            call("luxury", tables=value, **given)
    with pytest.raises(DataError, match="reader"):
        check_text("x", style="luxury", channel="email", reader=["a"])


@pytest.mark.parametrize(
    ("language", "text", "mark"),
    [
        ("fr", "Le nombre de pas, le nom et la police ne disent rien de la crise.", "joke"),
        ("fr", "La police et la politique ont de graves ennuis.", "refined"),
        ("fr", "La critique parle de la crise.", "narrative"),
        ("fr", "Il ne vient pas, il ne part pas.", "dream"),
        ("en", "You will hear from us, and your party will be lit by candles.", "legal"),
    ],
)
def test_ordinary_words_are_no_marks_of_a_style(language, text, mark):
    assert not style_fit(text, language=language).marks.set_index("mark").loc[mark, "count"]


@pytest.mark.parametrize("tables", [3, "x", ""])
@pytest.mark.parametrize(
    "call",
    [
        lambda tables: check_text("Hello.", style="playful", channel="email", tables=tables),
        lambda tables: style_fit("Hello.", tables=tables),
        lambda tables: style_guide("playful", tables=tables),
        lambda tables: report(style_guide("playful"), tables=tables),
        lambda tables: plot(style_fit("Hello."), tables=tables),
    ],
)
def test_tables_that_are_none_are_refused_once(call, tables):
    with pytest.raises(DataError) as caught:
        call(tables)
    assert [(f.code, f.column) for f in caught.value.findings] == [("E_OPTION", "tables")]
