"""`prefs`: shown, changed by typing, refused with every fault; the same in Slack and in the terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.core.choices import told
from bot.core.preferences import NOTHING_CHOSEN, Preferences
from bot.desk.asking import Asker, ClosedError, Question
from bot.desk.prefs import PrefsCommand, pairs_of
from bot.messages.blocks import to_blocks, to_text
from bot.messages.limits import validate
from bot.messages.preferences import Company, preferences_modal
from bot.messages.speech import ENGLISH, Speech
from bot.messages.views.slack import to_view
from bot.sandbox.slack_views import view_faults
from bot.state.rows import Person, SlackIdentity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bot.desk.asking import Answer

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
COMPANY = Company(("en", "de"), zone="Europe/Berlin", quiet=True)
DANA = Person("005A", "Dana", "dana@ours.example", None, active=True, timezone=None)
OTTO = Person("005B", "Otto", "otto@ours.example", None, active=True, timezone=None)


@dataclass
class Choices:
    """A store of one table. Dana was looked up in Slack, Otto was looked for in vain."""

    kept: dict[str, Preferences] = field(default_factory=dict)

    def preferences(self, user_id: str) -> Preferences:
        return self.kept.get(user_id, NOTHING_CHOSEN)

    def choose(
        self,
        user_id: str,
        change: Callable[[Preferences], Preferences],
        now: datetime,
        person_id: str | None = None,
    ) -> Preferences:
        self.kept[user_id] = change(self.preferences(user_id))
        return self.kept[user_id]

    def slack_identity(self, person_id: str) -> SlackIdentity | None:
        known = {"005A": SlackIdentity("U1", "D1", NOW), "005B": SlackIdentity(None, None, NOW)}
        return known.get(person_id)


class Closed:
    """A guest's sight."""

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        raise ClosedError("you are a guest of this workspace")


@pytest.fixture
def choices() -> Choices:
    return Choices()


def asked(choices: Choices, text: str, asker: Asker | None = None, changed: Callable[[str], None] = print) -> Answer:
    answer = PrefsCommand(choices, COMPANY, changed).answer(Question(text, asker or Asker(user="U1"), "/headroom", NOW))
    assert validate(to_blocks(answer.message)) == []
    return answer


def test_what_is_chosen_is_shown_beside_what_the_company_has(choices: Choices) -> None:
    text = to_text(asked(choices, "").message)
    assert "Quiet hours: outside of 09:00-17:00, as for the company" in text
    assert "Working days: Monday, Tuesday, Wednesday, Thursday, Friday, as for the company" in text
    assert "Digest: daily" in text
    assert "Language: English, as for the company" in text
    assert "Time zone: as in the CRM, else Europe/Berlin" in text
    assert "/headroom prefs quiet=18:00-08:00 digest=weekly" in text
    assert "[Change…]" in text


def test_what_is_typed_is_kept_and_shown_and_whoever_keeps_it_is_told(choices: Choices) -> None:
    changed: list[str] = []
    answer = asked(choices, "quiet=18:00 - 8:00 digest=weekly digest_day=fri kinds=upsell", changed=changed.append)
    text = to_text(answer.message)
    assert "Quiet hours: 18:00 to 08:00" in text
    assert "Digest: weekly, on Friday" in text
    assert "Alerts by direct message: Upsell" in text
    assert answer.data == {"preferences": told(choices.preferences("U1"))}
    assert changed == ["U1"]


def test_the_answer_is_in_the_language_that_was_just_chosen(choices: Choices) -> None:
    assert asked(choices, "language=de").message.language == "de"


def test_every_fault_is_told_and_nothing_is_changed(choices: Choices) -> None:
    answer = asked(choices, "quiet=late digest=weekly timezone=Europe/Berlim <!channel>=x")
    text = to_text(answer.message)
    assert not answer.found
    assert "• quiet: wanted hours like 18:00-08:00, or off, or company" in text
    assert "• timezone: wanted a time zone like Europe/Berlin; did you mean 'Europe/Berlin'?" in text
    assert "<!channel" not in str(to_blocks(answer.message))
    assert choices.kept == {}


def test_in_the_terminal_it_is_the_persons_of_the_address(choices: Choices) -> None:
    assert asked(choices, "digest=never", Asker(person=DANA)).found
    assert told(choices.preferences("U1"))["digest"] == "never"


@pytest.mark.parametrize("asker", [Asker(), Asker(person=OTTO)])
def test_whoever_is_nobody_in_slack_has_no_preferences(choices: Choices, asker: Asker) -> None:
    answer = asked(choices, "digest=never", asker)
    assert not answer.found
    assert "--as EMAIL" in to_text(answer.message)
    assert choices.kept == {}


def test_guests_choose_nothing(choices: Choices) -> None:
    with pytest.raises(ClosedError):
        asked(choices, "digest=never", Asker(Closed(), user="U3"))
    assert choices.kept == {}


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("quiet=18:00-08:00", {"quiet": "18:00-08:00"}),
        ("Quiet = 18:00 - 8:00, days=mon, tue; digest=x", {"quiet": "18:00 - 8:00", "days": "mon, tue", "digest": "x"}),
        ("quiet 18:00-08:00", {"quiet": "18:00-08:00"}),
        ("quiet off digest=never", {"quiet": "off", "digest": "never"}),
        ("days=", {"days": ""}),
        ("off", {"off": ""}),
    ],
)  # fmt: skip
def test_pairs_are_read_as_people_type_them(text: str, pairs: dict[str, str]) -> None:
    assert pairs_of(text) == pairs


@pytest.mark.parametrize("speech", [ENGLISH, Speech("de")])
@pytest.mark.parametrize("typed", ["", "quiet=off days=sun kinds=none language=de timezone=UTC", "quiet=18:00-08:00"])
def test_the_modal_is_one_that_slack_takes(choices: Choices, typed: str, speech: Speech) -> None:
    if typed:
        asked(choices, typed)
    for company in (COMPANY, Company()):
        assert view_faults(to_view(preferences_modal(choices.preferences("U1"), company, speech)), "modal") == []
