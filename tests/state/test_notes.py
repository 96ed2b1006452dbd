"""What is written into the audit from outside of the store, and who a Slack user is in the CRM."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.state.rows import Audit, SlackIdentity
from tests.state.samples import DANA, START, judgement

if TYPE_CHECKING:
    from bot.state.store import Store


def test_a_note_stands_in_the_audit(store: Store) -> None:
    line = Audit(START, "headroom", "fields-written", "crm", {"accounts": 2})
    store.note([line])
    store.note([])
    assert store.audit("crm") == (line,)


def test_a_slack_user_is_the_person_who_was_found_to_be_it(store: Store) -> None:
    store.commit(judgement(people=(DANA, replace(DANA, person_id="005B", name="Kim"))))
    assert store.person_in_slack("U1") is None
    store.remember_slack("005B", SlackIdentity("U1", None, START))
    found = store.person_in_slack("U1")
    assert found is not None
    assert found.name == "Kim"
    store.remember_slack("005B", None)
    assert store.person_in_slack("U1") is None
