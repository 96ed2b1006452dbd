"""Each way in which a run can be red, on journals written by hand."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.slack import Entry
from tests.faults.company import FALLBACK, FIRST, Customer, write_day
from tests.faults.invariants import Evidence, violations
from tests.faults.ledger import Event, Request
from tests.faults.plan import ARCHIVED, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

END = FIRST.replace(year=2027)
ALERT = "Acme: NPS 3; renewal in 365 days."
ASKED = Request(10.0, 10.1, "chat.postMessage", "A", "#cs-risk", 200, "", ALERT)


@dataclass
class Slack:
    """A journal of Acme's one alert, told to its owner and to the channel."""

    folder: Path
    entries: list[Entry] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=lambda: {"sent": 2})

    def says(self, text: str, place: str = "#cs-risk", kind: str = "post", **more: Any) -> None:  # noqa: ANN401  # fields of an entry
        number = len(self.entries) + 1
        given = {"ts": f"{number}.0", "metadata": {"event_payload": {"id": f"n{number}"}}, **more}
        user = None if place.startswith("#") else "U1"
        name = place.removeprefix("#")
        self.entries.append(
            Entry(
                number=number, kind=kind, via="", at=1.0, channel=name, channel_name=name, user=user, text=text, **given
            )
        )

    def found(self) -> list[str]:
        parts: dict[str, Sequence[Any]] = {"journal": self.entries, "requests": self.requests, "events": self.events}
        for name, lines in parts.items():
            (self.folder / f"{name}.jsonl").write_text("".join(json.dumps(asdict(one)) + "\n" for one in lines))
        return [one.kind for one in violations(Evidence(self.folder, [FIRST], self.statuses))]


@pytest.fixture
def slack(tmp_path: Path) -> Slack:
    write_day(tmp_path, FIRST, [Customer("A1", "Acme", "P1", 3, END)])
    told = Slack(tmp_path)
    told.says(ALERT, "Dana Reyes")
    return told


def test_all_is_well(slack: Slack) -> None:
    slack.says(ALERT)
    assert slack.found() == []


def test_a_message_is_missing(slack: Slack) -> None:
    assert slack.found() == ["lost"]


def test_a_message_stands_twice(slack: Slack) -> None:
    slack.says(ALERT)
    slack.says(ALERT)
    assert slack.found() == ["doubled"]


def test_an_id_stands_twice(slack: Slack) -> None:
    slack.says(ALERT, metadata={"event_payload": {"id": "n1"}})
    assert slack.found() == ["doubled"]


def test_the_second_of_two_was_taken_away_again(slack: Slack) -> None:
    slack.says(ALERT)
    slack.says(ALERT)
    slack.says(ALERT, kind="delete", ts="3.0")
    assert slack.found() == []


def test_a_message_that_nobody_wanted(slack: Slack) -> None:
    slack.says(ALERT)
    slack.says("Cyan: NPS 9; renewal in 365 days.")
    assert slack.found() == ["unexpected"]


def test_a_message_says_that_it_is_over_and_it_is_not(slack: Slack) -> None:
    slack.says(ALERT)
    slack.says(f"{ALERT} (resolved)", kind="update", ts="2.0")
    assert slack.found() == ["final"]


def test_what_was_refused_stands_in_the_fallback_channel(slack: Slack) -> None:
    slack.says(ALERT, FALLBACK)
    slack.requests.append(replace(ASKED, outcome=f"{Answer.NO}:{ARCHIVED}"))
    slack.statuses["failed"] = 1
    assert slack.found() == []


def test_what_was_not_refused_has_no_business_there(slack: Slack) -> None:
    slack.says(ALERT, FALLBACK)
    slack.statuses["failed"] = 1
    assert slack.found() == ["lost", "unexpected", "lost"]


def test_slack_had_to_say_that_it_was_too_soon(slack: Slack) -> None:
    slack.says(ALERT)
    slack.requests.append(replace(ASKED, status=429))
    assert slack.found() == ["pace"]


LIMITED = replace(ASKED, status=429, outcome=str(Answer.RATE_LIMITED), id="n1")


def test_whoever_was_asked_to_wait_told_nobody(slack: Slack) -> None:
    slack.says(ALERT)
    slack.requests.append(LIMITED)
    assert slack.found() == ["retry-after"]


def test_somebody_went_on_although_told_to_wait(slack: Slack) -> None:
    slack.says(ALERT)
    slack.requests.append(LIMITED)
    slack.events += [Event(10.2, "A", "held", "post"), Event(18.0, "B", "claimed", "post", "n1")]
    assert slack.found() == ["retry-after"]


def test_everybody_waited(slack: Slack) -> None:
    slack.says(ALERT)
    slack.requests.append(LIMITED)
    slack.events += [
        Event(10.15, "B", "claimed", "post", "n1"),
        Event(10.2, "A", "held", "post"),
        Event(12.0, "B", "claimed", "update", "n1"),  # that is not what Slack has limited
        Event(25.2, "B", "claimed", "post", "n1"),
    ]
    assert slack.found() == []


@pytest.mark.parametrize("status", ["pending", "sending", "uncertain"])
def test_something_is_left(slack: Slack, status: str) -> None:
    slack.says(ALERT)
    slack.statuses[status] = 1
    assert slack.found() == ["backlog"]
