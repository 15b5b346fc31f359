"""One e-mail before it leaves: every row of checks with its bad and its good example, messages in any state, and the samples."""

from __future__ import annotations

import email.message
import inspect
import itertools
import random
from email import policy
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from mktlib.errors import DataError, Finding, MktlibError
from mktlib.mailing import check_email
from mktlib.mailing.message import organisation, read_mail
from mktlib.simulate import load_truth, sample_path
from mktlib.vocabulary import load_tables, lookup

ROWS = {code: row for code, row in load_tables().checks.items() if row["about"] == "email"}
TAGS = "utm_source=newsletter&amp;utm_medium=email&amp;utm_campaign=automne"
HEADERS = {
    "From": "Solène <bonjour@news.solene.example>",
    "To": "Ana <ana@example.org>",
    "Subject": "Vos lunettes pour la lumière d’octobre",
    "Date": "Tue, 06 Oct 2026 08:00:00 +0000",
    "Message-ID": "<1@news.solene.example>",
    "DKIM-Signature": "v=1; a=rsa-sha256; d=solene.example; s=k1; h=from:to:subject:date:list-unsubscribe:list-unsubscribe-post; bh=x; b=y",
    "List-Unsubscribe": "<https://news.solene.example/u?x=1>, <mailto:stop@solene.example>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}
PREHEADER = "Trois montures légères, essayées en boutique et livrées chez vous en deux jours."
UNSUBSCRIBE = "<a href='https://news.solene.example/unsubscribe?x=1' style='font-size:14px'>Se désabonner</a>"
ADDRESS = "<p>Solène SAS, 12 rue des Lilas, 75003 Paris</p>"
LINKS = f"<a href='https://www.solene.example/a?{TAGS}'>Voir les trois montures</a>"
PLAIN = "Bonjour, voici trois montures pour la lumière d’octobre. https://www.solene.example/a"


def html_of(
    add: str = "", lang: str = "fr", preheader: str = PREHEADER, unsubscribe: str = UNSUBSCRIBE, drop: str = "", no_preheader: int = 0,
    pad: int = 0,
) -> str:  # fmt: skip
    """The body of a message that is fine, with one thing put in or taken out."""
    first = "" if no_preheader else f"<div style='display:none;max-height:0;overflow:hidden'>{preheader}</div>"
    links = "" if drop in ("links",) else LINKS
    return f"""<!doctype html>
<html{f" lang='{lang}'" if lang else ""}>
<body>{first}
<p style='font-size:16px'>Bonjour, voici trois montures pour la lumière d’octobre. Elles sont légères, elles tiennent bien, et vous pouvez
les essayer en boutique avant de choisir celle qui vous va. Nous vous les gardons une semaine.</p>
<img src='https://www.solene.example/i.jpg' alt='Trois paires de lunettes' width='600' height='300'>
{links}
{add}
{"" if drop == "unsubscribe" else unsubscribe}
{"" if drop == "address" else ADDRESS}
{"<!--" + "x" * pad + "-->" if pad else ""}
</body></html>"""


def message(change: dict[str, Any] | Any = None, **more: Any) -> bytes:
    """The message of a row's example, as bytes."""
    change = {**dict(change or {}), **more}
    if "raw" in change:
        return change["raw"].encode()
    body = change.get("html") or html_of(**{k: v for k, v in change.items() if k in inspect.signature(html_of).parameters})
    if change.get("as") == "html":
        return body.encode()
    made = email.message.EmailMessage(policy=policy.SMTP)
    headers = {**HEADERS, **change.get("headers", {})}
    text = change.get("text", PLAIN)
    if text:
        made.set_content(text)
        made.add_alternative(body, subtype="html")
    else:
        made.set_content(body, subtype="html")
    for name in [c for c in (change.get("attach"), "list.txt" if "attach_kb" in change else None) if c]:
        made.add_attachment(b"x" * 1024 * change.get("attach_kb", 2), maintype="application", subtype="octet-stream", filename=name)
    lines = [f"{name}: {value}" for name, value in [*headers.items(), *change.get("more", {}).items()] if value]
    return "\r\n".join(lines).encode() + b"\r\n" + made.as_bytes()


def codes(found: list[Finding]) -> list[str]:
    return [f.code for f in found]


def checked(change: Any, **more: Any) -> list[Finding]:
    options = {name: change[name] for name in ("bulk", "country") if name in change}
    return check_email(message(change), **options, **more)


@pytest.mark.parametrize("code", ROWS)
def test_each_check_speaks_on_its_bad_example_and_not_on_its_good_one(code):
    row = ROWS[code]
    bad = [f for f in checked(row["bad"], language="fr" if code != "EMAIL_LANG_DIFFERS" else None) if f.code == code]
    assert bad, code
    assert bad[0].level == row["level"]
    assert bad[0].values["source"] == row["source"]
    assert code not in codes(checked(row["good"]))


def test_a_message_that_is_fine_leaves_only_what_no_file_shows():
    assert codes(check_email(message())) == ["EMAIL_SENDER_UNSEEN", "EMAIL_CONSENT_UNSEEN"]
    seen = {"headers": {"Authentication-Results": "mx.example; spf=pass; dkim=pass; dmarc=pass"}}
    assert check_email(message(seen), bulk=False) == []


def test_a_way_out_whose_accents_stand_apart_is_one():
    """As macOS and some editors write them: "e" and an accent of its own."""
    apart = normalize("NFD", "<a href='https://news.solene.example/p?x=1'>Se désabonner</a>")
    assert "EMAIL_UNSUBSCRIBE_LINK" not in codes(check_email(message({"unsubscribe": apart})))


@pytest.mark.parametrize(("said", "bulk", "told"), [("dmarc=none", True, True), ("spf=neutral", True, True), ("dmarc=none", False, False)])
def test_a_domain_that_proves_nothing_is_told_to_whoever_writes_to_many(said, bulk, told):
    found = check_email(message({"headers": {"Authentication-Results": f"mx.example; dkim=pass; {said}"}}), bulk=bulk)
    assert ("EMAIL_AUTH_FAILED" in codes(found)) == told


@pytest.mark.parametrize("code", ROWS)
def test_each_row_is_sourced_and_said_in_good_french(code):
    row = ROWS[code]
    assert row["conf"] in "VSKJ"
    assert row["year"] >= 1996
    for name in ("label", "says", "hint"):
        said = row[name]["fr"]
        assert "'" not in said
        assert not any(f" {sign}" in said for sign in ":;!?»")
        assert "« " not in said


def test_errors_come_first_then_the_order_of_the_message():
    found = check_email(message({"headers": {"Subject": "Re: x", "From": "a@solene.example"}, "add": "<a href='javascript:x()'>y</a>"}))
    levels = [("error", "warning", "note").index(f.level) for f in found]
    assert levels == sorted(levels)
    assert codes(found)[:2] == ["EMAIL_SUBJECT_REPLY", "EMAIL_LINK_SCRIPT"]


def test_a_finding_names_part_and_line_and_speaks_the_language_asked_for():
    found = next(f for f in check_email(message({"add": "<a href='#'>Voir</a>"}), language="fr") if f.code == "EMAIL_LINK_EMPTY")
    assert (found.column, found.line, found.found) == ("html", 8, "#")
    assert found.text.startswith("ligne 8, html\u00a0: un lien ne mène nulle part")
    assert "leads nowhere" in next(f for f in check_email(message({"add": "<a href='#'>x</a>"}), reader="en") if f.code == found.code).text


def test_the_manner_of_the_brand_is_checked_in_subject_preheader_and_body():
    bad = message(
        {"headers": {"Subject": "Hurry! We will win."}, "html": html_of(lang="en").replace("Bonjour,", "Bonjour, guaranteed win!")}
    )
    plain_codes = set(codes(check_email(bad, language="en")))
    found = [f for f in check_email(bad, style="legal_formal", language="en") if f.code not in plain_codes]
    assert {"STYLE_EXCLAMATION", "STYLE_SELLING"} <= {f.code for f in found if f.column == "Subject"}
    assert any(f.column == "html" and f.line == 4 for f in found)


@pytest.mark.parametrize(
    ("sender", "signer", "aligned"),
    [
        ("a@solene.example", "solene.example", True), ("a@news.solene.example", "mail.solene.example", True),
        ("a@solene.example", "evil-solene.example", False), ("a@shop.co.uk", "other.co.uk", False), ("a@shop.co.uk", "m.shop.co.uk", True),
    ],
)  # fmt: skip
def test_a_signature_speaks_for_the_sender_or_not(sender, signer, aligned):
    headers = {
        "From": f"Solène <{sender}>",
        "DKIM-Signature": f"v=1; d={signer}; s=a;\r\n h=from:list-unsubscribe:list-unsubscribe-post; b=y",
    }
    assert ("EMAIL_UNALIGNED" in codes(check_email(message({"headers": headers})))) is not aligned


def test_two_signatures_one_of_them_aligned_are_enough():
    more = {"more": {"DKIM-Signature": "v=1; d=routeur.example; h=from; b=y"}}
    assert "EMAIL_UNALIGNED" not in codes(check_email(message(more)))


@pytest.mark.parametrize(
    "href", ["https://192.0.2.1/a", "http://0x7f000001/", "https://solene.example@evil.example/", "https:///x", "https://[::1]/"]
)
def test_links_in_disguise(href):
    assert "EMAIL_LINK_DISGUISED" in codes(check_email(message({"add": f"<a href='{href}'>Voir la collection</a>"})))


@pytest.mark.parametrize("href", ["mailto:a@solene.example", "tel:+33102030405", "#top", "*|ARCHIVE|*", "{{ url }}"])
def test_links_that_are_no_fault(href):
    assert not [c for c in codes(check_email(message({"add": f"<a href='{href}'>Voir la collection</a>"}))) if c.startswith("EMAIL_LINK")]


@pytest.mark.parametrize(
    ("text", "told"),
    [("solene.example", False), ("www.solene.example/a", False), ("https://autre.example", True), ("autre.fr", True), ("Dr.Martens", False),
     ("Node.js", False), ("Voir autre.fr", False)],
)  # fmt: skip
def test_a_link_that_reads_like_an_address_leads_there(text, told):
    found = check_email(message({"add": f"<a href='https://www.solene.example/a?{TAGS}'>{text}</a>"}))
    assert ("EMAIL_LINK_MISMATCH" in codes(found)) is told


@pytest.mark.parametrize("source", ["path", "text", "bytes", "message", "html"])
def test_a_message_comes_in_any_form(source, tmp_path):
    data = message()
    path = tmp_path / "mail.eml"
    path.write_bytes(data)
    given = {
        "path": path, "text": data.decode(), "bytes": data, "html": html_of(),
        "message": email.message_from_bytes(data, policy=policy.default),
    }[source]  # fmt: skip
    expected = {"EMAIL_CONSENT_UNSEEN", "EMAIL_HEADERS_UNSEEN" if source == "html" else "EMAIL_SENDER_UNSEEN"}
    assert set(codes(check_email(given))) == expected
    assert check_email(str(path)) == check_email(path)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("nowhere.eml", "E_NO_FILE"), (b"", "E_EMAIL_FORMAT"), (b"\xd0\xcf\x11\xe0 outlook", "E_EMAIL_FORMAT"),
        (b"%PDF-1.7", "E_EMAIL_FORMAT"), (b"no header here", "E_EMAIL_FORMAT"), ("just words", "E_EMAIL_FORMAT"), (3, "E_OPTION"),
        (None, "E_OPTION"), (Path("/dev/zero"), "E_NOT_A_FILE"),
        (b"\0" * 9, "E_EMAIL_FORMAT"), (b"x" * 50_000_001, "E_EMAIL_LARGE"),
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused_in_words(given, code):
    with pytest.raises(DataError) as refused:
        check_email(given)
    assert refused.value.codes == (code,)
    assert lookup(f"findings.{code}", "fr")


def test_wrong_options_are_told_together():
    with pytest.raises(DataError) as refused:
        check_email(message(), style="plaful", language="xx", bulk="yes", country="France", reader="de")
    assert [f.column for f in refused.value.findings] == ["style", "language", "reader", "bulk", "country"]
    assert refused.value.findings[0].hint == "playful"


BROKEN = {
    "nested": b"Subject: x\n" + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (k, k) for k in range(1_500)),
    "no boundary": b"Subject: x\nContent-Type: multipart/mixed\n\n--a\n\nhello",
    "header rubbish": b"From: =?utf-8?q?=?= <\xff\xfe@@>,,<>\nSubject: =?x?z?\xe9?=\nDate: no\nContent-Type: text/html; charset\n\n<p>hi",
    "bad base64": b"Subject: x\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n###\xff!",
    "unknown encoding": b'Subject: x\nContent-Type: text/plain; charset="\'"\nContent-Transfer-Encoding: x-rot13\n\nhi',
    "lone surrogate": "Subject: \udcff\ud800\n\nhi \ud800",
    "codec that is no text": b"Subject: x\nContent-Type: text/plain; charset=zlib_codec\n\nhi",
    "rfc822": b"Subject: x\nContent-Type: message/rfc822\n\nFrom: b\nSubject: y\n\nhello",
    "idna": b"Subject: x\nContent-Type: text/plain; charset=idna\n\n" + b"a" * 300,
    "brackets": b"From: " + b"(" * 20_000 + b"\nSubject: " + b"=?utf-8?q?=C3=A9?= " * 2_000 + b"\n\nhello",
    "many links": b"<html><body>" + b"<a href='http://[bad/'>here</a>" * 3_000,
    "percent": b"<a href='https://x.example/?utm_source=%ff%fe&utm_medium={0.__class__}&utm_campaign={}{'>{found}</a>",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_message_is_told_and_never_breaks_the_check(name):
    for language, style in itertools.product(("en", "fr"), (None, "playful")):
        assert check_email(BROKEN[name], language=language, style=style)


def outcome(data: bytes) -> set[str] | str:
    """The codes of a refusal, or "told"."""
    try:
        return "told" if check_email(data) else "silent"
    except MktlibError as refused:
        return set(refused.codes)


def test_mutated_messages_give_findings_or_one_of_our_errors():
    rng, data = random.Random(7), message({"attach": "a.pdf"})
    for _ in range(150):
        spoilt = bytearray(data)
        for _ in range(rng.randint(1, 12)):
            at = rng.randrange(len(spoilt))
            if rng.random() < 0.5:
                del spoilt[at : at + rng.randint(1, 40)]
            else:
                spoilt[at:at] = rng.randbytes(rng.randint(1, 4))
        assert outcome(bytes(spoilt)) in ({"E_EMAIL_FORMAT"}, "told")


def test_no_address_of_a_reader_is_told():
    found = check_email(message({"headers": {"From": "ana.personne@example.org", "Reply-To": "no-reply.ana@example.com"}}))
    assert "EMAIL_FROM_NAME" in codes(found)
    assert not any("ana.personne@" in f.text + str(dict(f.values)) for f in found)


@pytest.mark.parametrize(
    "raw", [b"Subject: \xc3\xa9t\xc3\xa9\n\nx", b"Subject: =?iso-8859-1?q?=E9t=E9?=\n\nx", "Subject: été\n\nx", "Subject: été\ud800\n\nx"]
)
def test_a_subject_in_plain_utf8_or_encoded_is_read(raw):
    assert read_mail(raw).header("subject").startswith("été")


def test_text_of_another_character_set_is_read_all_the_same():
    raw = "Subject: x\nContent-Type: text/plain; charset=utf-8\n\nDésabonnez-vous : été".encode("cp1252")
    mail = read_mail(raw)
    assert mail.plain == "Désabonnez-vous : été"
    assert [h.code for h in mail.hits] == ["EMAIL_CHARSET"]


def test_a_company_may_lay_its_own_thresholds_above(tmp_path):
    own = tmp_path / "ours.toml"
    own.write_text('[checks.EMAIL_CLIPPED]\nlevel = "error"\nvalues = { most = 1 }\n', "utf-8")
    found = next(f for f in check_email(message({"pad": 2_000}), tables=load_tables(own)) if f.code == "EMAIL_CLIPPED")
    assert (found.level, found.values["most"]) == ("error", 1)


def test_organisations_are_what_somebody_registers():
    assert [organisation(h) for h in ("solene.example", "a.b.asso.fr", "localhost", "")] == ["solene.example", "b.asso.fr", "localhost", ""]


SAMPLES = sorted(sample_path("emails").glob("*.eml"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_the_samples_are_as_good_or_bad_as_they_are_called(path):
    found = check_email(path)
    planted = set(load_truth()["planted"]["letters"].get(path.stem, ()))
    assert planted <= set(codes(found))
    assert bool(planted) is path.stem.endswith("bad")
    assert {f.code for f in found if f.level != "note"} - planted == set()
