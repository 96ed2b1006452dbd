"""A state store with a small book of accounts, for the lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING

from bot.core.episodes import Phase
from bot.core.verdicts import Evidence, Truth
from bot.desk.asking import Asker, Question
from bot.messages.blocks import to_blocks
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.state.rows import AccountView, LineView, Person
from tests.nights import new_state
from tests.state.samples import episode, judgement

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from bot.core.episodes import Episode
    from bot.messages.message import Message
    from bot.state.rows import Judgement

AS_OF = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)

LEAD = Person("P0", "Lea Lead", "lea@ours.example", None, active=True, timezone=None)
ANN = Person("P1", "Ann Owner", "ann@ours.example", "P0", active=True, timezone=None)
BOB = Person("P2", "Bob Owner", "bob@ours.example", "P0", active=True, timezone=None)
CY = Person("P3", "Cy Csm", "cy@ours.example", None, active=True, timezone=None)


class Only:
    """Sees some accounts alone."""

    def __init__(self, *account_ids: str) -> None:
        self._ids = frozenset(account_ids)

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        return self._ids & frozenset(account_ids)


def book(account_id: str, name: str, deadline: date | None, **metrics: object) -> AccountView:
    """Make an account of Ann's, worth 100,000 USD."""
    known = {"deadline": deadline, "renewal_date": deadline, "arr": 100_000.0, "currency": "USD", **metrics}
    line = LineView("Seats", "seats", 100.0, 41.0, 0.41, None, "users", date(2025, 7, 1), deadline or AS_OF)
    return AccountView(
        account_id,
        name,
        None,
        f"https://crm.example/{account_id}",
        "P1",
        None,
        AS_OF,
        known,  # type: ignore[arg-type]  # a test's own words
        (line,),
    )


ACME = replace(
    book("A1", "Acme & Sons", date(2026, 3, 14), cus=41.0, health_band="red", auto_renew=True),
    opportunity={"stage": "Negotiation", "amount": 110_000.0, "currency": "USD", "close": date(2026, 4, 1)},
)
BETA = replace(book("A2", "Beta", date(2026, 3, 12), arr=None, health_band="green"), owner_id="P2", csm_id="P3")
CETA = replace(book("A3", "Ceta", date(2026, 5, 30), arr=50_000.0, currency="EUR"), owner_id="P3")
DELTA = book("A4", "Delta", date(2026, 6, 20), arr=7.0)
LATER = book("A5", "Later", date(2027, 1, 1))
ACCOUNTS = (ACME, BETA, CETA, DELTA, LATER)
PEOPLE = (LEAD, ANN, BOB, CY)

SEEN = Evidence("licence_utilization < 0.5", Truth.TRUE, (("licence_utilization", 0.41),))


def alert(subject: str, rule: str = "licence-underuse", **changes: object) -> Episode:
    """Make a firing alert with what it saw."""
    return episode(subject, rule, **{"evidence": (SEEN,), "evidence_on": AS_OF, "at_stake": 100_000.0, **changes})


ALERTS = (
    alert("A1"),
    alert("A1", "utilization-falling", severity="medium", evidence=()),
    alert("A2", phase=Phase.CLAIMED, claimed_by="U9", claimed_at=NOW, at_stake=None),
    alert("A3", at_stake=50_000.0),
    alert("A4", phase=Phase.SNOOZED, snoozed_until=date(2026, 3, 20), snoozed_by="U1", snooze_reason="*holiday*"),
    alert("A1", "near-limit"),
)


def made(folder: Path) -> str:
    """Make a state store that is empty, and return its address."""
    (folder / "state.db").write_bytes(_new_state())
    return f"sqlite:///{folder}/state.db"


_new_state = cache(new_state)


def night(**parts: object) -> Judgement:
    """Make the night of this book."""
    return judgement(**{"accounts": ACCOUNTS, "people": PEOPLE, "episodes": ALERTS, **parts})


def asked(text: str = "", asker: Asker | None = None, command: str = "headroom") -> Question:
    """Ask in the terminal, or, by an asker with a user, in Slack."""
    return Question(text, asker or Asker(), command, NOW)


def in_slack(person: Person | None = None, **more: object) -> Asker:
    """Make somebody who asks in Slack."""
    return Asker(person=person, user="U1", **more)  # type: ignore[arg-type]  # a test's own words


def passes(message: Message) -> None:
    """Hold a message to Slack's limits."""
    assert validate(to_blocks(message), text_most=OWN_TEXT_MOST) == []
    assert 0 < len(message.summary) <= 3_000
