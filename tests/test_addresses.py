"""Lists of people to write to: who may be, once each; who unsubscribed never is (B52)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mktlib.errors import DataError, SchemaError
from mktlib.intake import read_addresses
from mktlib.intake.addresses import _is_address

LIST = """Email,Name,Status,Opened
ana@example.org,Ana,subscribed,3
ANA+news@example.org,Ana again,subscribed,1
bob@example.org,Bob,Unsubscribed,0
Bob+shop@Example.org,Bob as well,subscribed,9
cleo@example.org,Cleo,cleaned,0
dan@example,Dan,subscribed,0
,Nobody,subscribed,0
eve@example.org,"Eve (eve@example.org)",subscribed,2
"""


@pytest.fixture(autouse=True)
def _one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MKTLIB_KEY", "of these tests")


def of(text: str, folder: Path, name: str = "list.csv", **how: Any) -> Any:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_addresses(path, **how)


def test_each_row_is_kept_or_left_out_for_a_reason(tmp_path: Path) -> None:
    found = of(LIST, tmp_path)
    assert found.log["Name"].tolist() == ["Ana", "Eve (e***@e***)"]
    assert found.lines == (2, 9)
    assert found.rejected[["line", "code"]].to_numpy().tolist() == [
        [3, "E_ADDRESS_TWICE"], [4, "E_UNSUBSCRIBED"], [5, "E_UNSUBSCRIBED"], [6, "E_BOUNCED"], [7, "E_ADDRESS"], [8, "E_ADDRESS"],
    ]  # fmt: skip
    facts = found.facts
    assert {k: facts[k] for k in ("kept", "rejected", "invalid", "unsubscribed", "bounced", "twice")} == {
        "kept": 2, "rejected": 6, "invalid": 2, "unsubscribed": 2, "bounced": 1, "twice": 1,
    }  # fmt: skip
    assert facts["rows_read"] == facts["kept"] + facts["rejected"] + facts["excluded"]
    assert sorted((f.code, f.found) for f in found.findings) == [("E_ADDRESSES_LEFT", n) for n in "1122"]


def test_no_address_is_shown_anywhere(tmp_path: Path) -> None:
    found = of(LIST, tmp_path)
    shown = (
        "".join(f.text for f in found.findings) + found.rejected.to_csv() + found.log.to_csv() + found.excluded.to_csv() + str(found.facts)
    )
    assert "@example" not in shown.lower()
    assert found.rejected["found"].tolist()[:2] == ["A***@e***", "b***@e***"]


def test_the_same_person_has_the_same_pseudonym_in_every_list(tmp_path: Path) -> None:
    one, other = of(LIST, tmp_path), of("mail\nAna+x@EXAMPLE.org\n", tmp_path, "other.csv")
    assert other.log["person"].tolist() == one.log["person"].tolist()[:1]


HEADS = {  # how platforms say that someone must not be written to
    "Mailchimp": ("Email Address,UNSUB_TIME", "2026-01-03 10:00:00", ""),
    "Shopify": ("Email,Accepts Email Marketing", "no", "yes"),
    "Klaviyo": ("Email,Email Marketing Consent", "NEVER_SUBSCRIBED", "SUBSCRIBED"),
    "Brevo": ("EMAIL,Blocklisted", "true", "false"),
    "in French": ("Adresse e-mail;Statut", "Désabonné", "Abonné"),
    "a yes under a head": ("e-mail,Opt-out", "1", "0"),
}


@pytest.mark.parametrize("head", HEADS)
def test_whoever_is_said_to_have_left_is_left_out(head: str, tmp_path: Path) -> None:
    columns, gone, there = HEADS[head]
    mark = ";" if ";" in columns else ","
    found = of(f"{columns}\nana@example.org{mark}{gone}\neve@example.org{mark}{there}\n", tmp_path)
    assert found.lines == (3,)
    assert found.rejected["code"].tolist() == ["E_UNSUBSCRIBED"]


def test_lists_of_those_who_left_come_as_files_frames_or_addresses(tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text("email\nEVE@example.org\n", encoding="utf-8")
    (tmp_path / "nobody.csv").write_text("email\n", encoding="utf-8")
    (tmp_path / "bare.csv").write_text("eve@example.org\n", encoding="utf-8")
    frame = pd.DataFrame({"who": ["eve@example.org"]})
    for gone in (
        tmp_path / "left.csv",
        frame,
        ["eve+1@example.org"],
        "eve@example.org",
        [frame, tmp_path / "nobody.csv"],
        {"eve@example.org"},
    ):
        assert len(of(LIST, tmp_path, suppressed=gone).log) == 1
    assert len(of(LIST, tmp_path, suppressed=tmp_path / "nobody.csv").log) == 2


def test_what_holds_no_addresses_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        of("name,city\nAna,Lyon\n", tmp_path)
    assert caught.value.codes == ("E_NO_ADDRESSES",)
    with pytest.raises(SchemaError) as caught:
        of(LIST, tmp_path, column="Emial")
    assert caught.value.findings[0].hint == "Email"
    with pytest.raises(DataError):
        read_addresses(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a@b",
        "@example.org",
        "a b@example.org",
        "a@-example.org",
        "a@example..org",
        ".a@example.org",
        "a@@example.org",
        "a@example.o",
        "x" * 65 + "@example.org",
    ],
)
def test_what_no_e_mail_reaches(text: str) -> None:
    assert not _is_address(text)


ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(["", "+x", "+y"]), st.booleans(), st.sampled_from(["subscribed", "unsubscribed", "cleaned"])
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_nobody_who_left_comes_out_and_nobody_twice(rows: list[Any]) -> None:
    spelt = [f"{name}{plus}@example.org" for name, plus, *_ in rows]
    frame = pd.DataFrame(
        {"email": [s.upper() if big else s for s, (_, _, big, _) in zip(spelt, rows, strict=True)], "status": [r[3] for r in rows]}
    )
    found = read_addresses(frame)
    left = {name for name, _, _, status in rows if status != "subscribed"}
    came = [rows[line - 2][0] for line in found.lines]
    assert sorted(came) == sorted({name for name, *_ in rows} - left)
    assert len(found.log) + len(found.rejected) == len(rows)


KEPT, LEFT, BOUNCED, ASKED = "kept", "E_UNSUBSCRIBED", "E_BOUNCED", "asked"
COLUMNS = [  # head, cell of ana, cells of the others, what becomes of ana
    *((head, no, "oui", LEFT) for head in ("Consentement e-mail", "Opt-in e-mail", "Accepte les e-mails", "Inscrit à la newsletter",
                                           "ABONNÉ À L’INFOLETTRE", "Newsletter", "Consentement RGPD")
      for no in ("non", "NON", "0", "", "Refusé")),
    *((head, no, "yes", LEFT) for head in ("consent_email", "ConsentEmail", "email optin", "Accepts e-mails", "Subscribed to newsletter")
      for no in ("no", "FALSE", "0.0", "No (2025-03-01)", "declined")),
    *((head, day, "", LEFT) for head in ("Date de désabonnement", "Désinscrit le", "DESABONNE_LE", "Liste noire", "Retrait du consentement")
      for day in ("2026-02-01", "01/02/2026", "oui", "x")),
    *((head, day, "", LEFT) for head in ("unsubscribed_at", "Opt-out date", "opted_out", "HasOptedOutOfEmail", "email_blacklisted")
      for day in ("2026-02-01T10:00Z", "yes", "1", "1.0")),
    *((head, no, "2026-01-01", KEPT) for head in ("Date de désabonnement", "unsubscribed_at")
      for no in ("", "non", "no", "0000-00-00", "n/a")),
    ("Désabonné", "✓", "", LEFT), ("Désabonné", "-", "✓", KEPT), ("Accepte l’e-mail", "✗", "✓", LEFT), ("Opt-in e-mail", "--", "✔", LEFT),
    ("UNSUB_REASON", "No longer interested", "", LEFT),
    ("Dernier rebond", "2026-01-03", "", BOUNCED), ("hard_bounced_at", "2026-01-03", "", BOUNCED), ("Bounces", "0", "2", KEPT),
    ("Statut du contact", "Désinscrit", "Inscrit", LEFT), ("Subscriber status", "opted-out", "active", LEFT),
    ("Date d’inscription", "", "2025-01-01", ASKED), ("OPTIN_TIME", "", "2025-01-01", ASKED), ("Abonnement", "Or", "Argent", ASKED),
    ("Accepte les CGV", "non", "oui", ASKED), ("Opt-in partenaires", "non", "oui", ASKED), ("Soft bounces", "2", "0", ASKED),
    ("Consent", "maybe", "yes", ASKED), ("Date d’inscription", "2025-02-01", "2025-01-01", KEPT),
    ("Opt-in SMS", "non", "oui", KEPT), ("consent_phone", "no", "yes", KEPT),
    ("Unsubscribe link", "https://e.org/u/1", "https://e.org/u/2", KEPT),
    ("Subscriber ID", "0", "1", KEPT), ("Consent source", "", "shop", KEPT),
    ("Newsletter lue", "Mars", "", KEPT), ("City", "Non", "Lyon", KEPT),
]  # fmt: skip


@pytest.mark.parametrize(("head", "cell", "others", "fate"), COLUMNS)
def test_a_refusal_is_read_however_its_column_is_called(head: str, cell: str, others: str, fate: str) -> None:
    names = ["ana", "bob", "eve"]
    found = read_addresses(pd.DataFrame({"e-mail": [f"{n}@example.org" for n in names], head: [cell, others, others]}))
    assert (2 in found.lines) == (fate in (KEPT, ASKED))
    assert found.rejected.loc[found.rejected["line"] == 2, "code"].tolist() == ([fate] if fate in (LEFT, BOUNCED) else [])
    asked = [f for f in found.findings if f.code == "E_ADDRESSES_ASKED"]
    assert [(f.column, f.level) for f in asked] == ([(head, "warning")] if fate == ASKED else [])


def test_the_column_of_addresses_is_no_consent() -> None:
    assert len(read_addresses(pd.DataFrame({"Subscriber e-mail": ["ana@example.org", ""]})).log) == 1
