"""The life-cycle programme: which flows run, what they take of the messages a person bears, and what is left for campaigns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from mktlib.contacts import Cap, Sent, asked_caps, load_of, read_sends, reserved
from mktlib.contacts.load import PERIOD, SPARE, Load
from mktlib.errors import DataError, Finding
from mktlib.results import Programme
from mktlib.vocabulary import Tables, default_language, finding, load_tables, masked, nearest, not_language, not_tables, retell

NAMES = {7: "cap_7", 30: "cap_30"}
FLOWS = (
    "flow", "stage", "channel", "mails", "days", "cap", "share", "entrants", "per_entrant", "per_person", "measure", "basis",
)  # fmt: skip
FEWEST = 50
"""People of a log below which it does not say what all but a few get: our judgement (J)."""


def email_programme(
    flows: Sequence[str] | Mapping[str, float],
    *,
    sends: Any = None,
    people: int | None = None,
    cap_7: int | None = 2,
    cap_30: int | None = 6,
    spare: float = SPARE,
    zone: str = "Europe/Paris",
    clock: str | None = None,
    language: str | None = None,
    tables: Tables | None = None,
) -> Programme:
    """What life-cycle flows take of the caps of a person, and what is left for campaigns.

    Most people get no message of a flow, a few get several at once: so much is set aside that all but `spare` of the people have room for
    what their own doing sets off; campaigns skip the others for that time. From a log with a column `flow` (blank: a campaign) that is
    counted, in the last days that it holds (`share` is then of those who got a message of the flow, whenever they entered it); else
    entries are taken to come at random (Poisson), one flow independent of another, which is too kind where the same people set off
    several.

    Args:
        flows: rows of `flows.toml`, or {flow: share of the people who enter it within 30 days} where you know it.
        sends: a log as for `check_sends`, with a column `flow`. people: how many are on the list; default those of the log.
        cap_7, cap_30: messages one person may get in any 7 and any 30 days, flows and campaigns together; None: no such cap.
        spare: share of the people who may get more from flows than is set aside. zone, clock: see `check_sends`. language: of the findings.

    Returns:
        Programme: `table` by flow, `left` by window, `spread` (share of people by messages). `facts["basis"]` says where the shares are
        from: log, told, or judgement (rows marked J).

    Raises:
        DataError: a flow that no table has (with the nearest), a share that is none, wrong caps or log, all at once.

    >>> email_programme({"welcome": 0.1, "abandoned_basket": 0.05}, cap_7=3, cap_30=6).left[["window", "reserved", "left"]].values.tolist()
    [[7, 1, 2], [30, 3, 3]]
    """
    if problem := [*not_tables(tables), *not_language(language)]:
        raise DataError(problem)
    tables = tables or load_tables()
    caps, wrong = asked_caps({7: cap_7, 30: cap_30}, names=NAMES)
    shares, basis, problems = _shares(flows, tables)
    problems += [*wrong, *_wrong_numbers(people, spare)]
    if problems:
        raise DataError(problems)
    log, told = (None if sends is None else _log(sends, zone, clock)), language or default_language()
    observed = None if log is None else _observed(log, list(shares), people, tables)
    if observed is not None:
        shares, basis, people = observed.shares, "log", observed.people
    loads = {c.window: (observed.loads[c.window] if observed else load_of(tables.flows, shares, c.window)) for c in caps}
    left = pd.DataFrame([_left(cap, loads[cap.window], shares, tables, spare) for cap in caps], columns=list(LEFT))
    spread = [{"window": w, "messages": k, "share": p} for w, load in loads.items() for k, p in enumerate(load.chance) if p > 1e-9]
    dates = (observed.first, observed.last) if observed else (None, None)
    return Programme(
        table=pd.DataFrame([_flow(name, shares[name], people, basis, tables, observed) for name in shares], columns=list(FLOWS)),
        left=left,
        spread=pd.DataFrame(spread, columns=["window", "messages", "share"]),
        facts={"people": people, "basis": basis, "spare": spare, "flows": list(shares), "first": dates[0], "last": dates[1]},
        findings=(*(() if observed is None else observed.told(told)), *_told(left, basis, told)),
    )


LEFT = ("window", "cap", "flows", "reserved", "left", "above", "most")


def _shares(flows: Any, tables: Tables) -> tuple[dict[str, float], str, list[Finding]]:
    """(flow -> share, where they are from, what is wrong)."""
    if isinstance(flows, str) or not isinstance(flows, Mapping | Sequence) or not flows:
        said = finding("E_OPTION", column="flows", found=repr(flows)[:60], expected='flows=["welcome", "abandoned_basket"]')
        return {}, "", [said]
    names = [name for k, name in enumerate(flows) if name not in list(flows)[:k]]
    unknown = [name for name in names if not isinstance(name, str) or name not in tables.flows]
    wrong = [
        finding("E_OPTION", column="flows", found=repr(n), expected=", ".join(tables.flows), hint=nearest(n, tables.flows)) for n in unknown
    ]
    told = flows if isinstance(flows, Mapping) else {}
    for name, share in told.items():
        if isinstance(share, bool) or not isinstance(share, Real) or not 0 <= float(share) <= 1:
            wrong.append(finding("E_OPTION", column=f"flows.{name}", found=repr(share), expected="0 ... 1"))
    if wrong:
        return {}, "", wrong
    shares = {name: float(told.get(name, tables.flows[name].get("share", 0.0))) for name in names}
    return shares, "told" if told else "judgement", []


def _wrong_numbers(people: Any, spare: Any) -> list[Finding]:
    found = []
    if people is not None and (isinstance(people, bool) or not isinstance(people, int | np.integer) or people < 1):
        found.append(finding("E_OPTION", column="people", found=repr(people), expected="people=20000"))
    if isinstance(spare, bool) or not isinstance(spare, int | float) or not 0 < spare < 1:
        found.append(finding("E_OPTION", column="spare", found=repr(spare), expected="0 < spare < 1"))
    return found


class _Seen:
    """What a log shows of flows in its last 30 days: shares of entrants, messages of each person within a window, by flow."""

    def __init__(self, log: Sent, flow: np.ndarray, names: list[str], people: int) -> None:
        last = int(log.day.max())
        self.people, self.first, self.last, self._found = people, _date(last - PERIOD + 1), _date(last), log.found
        there = set(flow[log.day > last - PERIOD]) - {""}
        self.absent, self.others = [n for n in names if n not in there], sorted(there - set(names))
        self.by_flow: dict[str, np.ndarray] = {}
        for name in names:
            mine = (flow == name) & (log.day > last - PERIOD)
            self.by_flow[name] = np.bincount(log.person[mine], minlength=len(log.names))
        self.shares = {name: float((count > 0).sum() / people) for name, count in self.by_flow.items()}
        self.loads = {window: self._load(log, np.isin(flow, names), last, window) for window in NAMES}

    def told(self, language: str) -> list[Finding]:
        """What the log left out, flows that it does not hold, and flows of it that were not asked for and take room all the same."""
        found = [retell(f, language) for f in self._found]
        for code, names in (("W_PROGRAMME_ABSENT", self.absent), ("W_PROGRAMME_OTHERS", self.others)):
            said = ", ".join(names[:9])
            found += [finding(code, language, level="warning", column="sends.flow", found=masked(said), axis="flow")] if names else []
        return found

    def _load(self, log: Sent, of_flows: np.ndarray, last: int, window: int) -> Load:
        mine = of_flows & (log.day > last - window)
        count = np.bincount(log.person[mine], minlength=len(log.names))
        chance = np.bincount(count) / self.people
        chance[0] += 1.0 - chance.sum()  # people who are not in the log got nothing
        return Load(chance)


def _log(sends: Any, zone: str, clock: str | None) -> Sent:
    sent = read_sends(sends, zone=zone, clock=clock)
    if "flow" not in sent.frame:
        there = ", ".join(map(str, sent.frame.columns))
        raise DataError(finding("E_MISSING_COLUMN", file="sends", column="flow", expected="flow", found=there))
    return sent


def _observed(log: Sent, names: list[str], people: int | None, tables: Tables) -> _Seen:
    """What the log shows.

    Raises:
        DataError: E_PROGRAMME_LOG: less than 30 days, or too few people.
    """
    there = len(np.unique(log.person))
    days = int(log.day.max() - log.day.min()) + 1 if len(log.day) else 0
    if days < PERIOD or max(there, people or 0) < FEWEST:
        raise DataError(finding("E_PROGRAMME_LOG", column="sends", found=f"{days} / {there}", days=PERIOD, people=FEWEST))
    said = log.frame["flow"].astype(object).where(log.frame["flow"].notna(), "").astype(str).str.strip()
    return _Seen(log, said.map(_names(list(said.unique()), tables)).to_numpy(object), names, max(there, people or 0))


def _names(said: Sequence[str], tables: Tables) -> dict[str, str]:
    """What a log calls a flow -> its row: "Welcome", "bienvenue" and "Abandoned basket" are known whatever their capitals."""
    known = {label.lower(): name for name, row in tables.flows.items() for label in (name, name.replace("_", " "), *row["label"].values())}
    return {word: known.get(word.lower(), word) for word in said}


def _date(day: int) -> Any:
    return pd.Timestamp(day, unit="D").date()


def _flow(name: str, share: float, people: int | None, basis: str, tables: Tables, seen: _Seen | None) -> tuple[Any, ...]:
    row = tables.flows[name]
    if seen is None:
        mean = load_of(tables.flows, {name: share}, PERIOD).mean
        each = min(mean / share, float(row["cap"])) if share else 0.0  # those who entered before get some of them too
    else:
        count = seen.by_flow[name]
        mean, each = float(count.sum() / seen.people), float(count[count > 0].mean()) if (count > 0).any() else 0.0
    entrants = math.nan if people is None else share * people
    shape = (name, row["stage"], row.get("channel", "email"), len(row["days"]), max(row["days"]), row["cap"])
    return (*shape, share, entrants, each, mean, row["measure"], basis)


def _left(cap: Cap, load: Load, shares: Mapping[str, float], tables: Tables, spare: float) -> tuple[Any, ...]:
    set_aside = reserved(load, spare)
    most = sum(int(tables.flows[name]["cap"]) for name in shares)
    return (cap.window, cap.most, load.mean, set_aside, max(0, cap.most - set_aside), load.above(set_aside), most)


def _told(left: pd.DataFrame, basis: str, language: str) -> list[Finding]:
    found = []
    if basis == "judgement":
        found.append(finding("N_PROGRAMME_OPINION", language, level="note", column="flows"))
    if basis != "log":
        found.append(finding("N_PROGRAMME_MODEL", language, level="note", column="sends"))
    for row in left[left["left"] == 0].to_dict("records"):
        window = int(row["window"])
        values: dict[str, Any] = {"window": window, "reserved": int(row["reserved"])}
        found.append(finding("W_PROGRAMME_FULL", language, level="warning", column=NAMES[window], found=str(row["cap"]), **values))
    return found
