"""Who asks in Slack: the address behind a user id, and what that person may see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from bot.desk.asking import ClosedError, MustAskError
from bot.messages.speech import Speech
from bot.sandbox.slack import Fault, Outcome, SlackUser, SlackWorld, serving_slack
from bot.slack.askers import KEPT_SECONDS, Askers
from bot.slack.client import SlackAccess, web_client
from bot.slack.members import address_of
from bot.state.rows import Person

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from slack_sdk import WebClient

ADA = Person("005A", "Ada Byron", "ada@example.com", None, active=True, timezone=None)
USERS = (
    SlackUser("U1", "Ada Byron", "ada@example.com"),
    SlackUser("U2", "Gus Guest", "gus@example.com", guest=True),
    SlackUser("U3", "Stan Stranger", "ada@example.com", team="T-OTHER"),
    SlackUser("U4", "Gone", "gone@example.com", deleted=True),
    SlackUser("U5", "No Address", None),
)


@dataclass
class Crm:
    """A CRM that lets everybody with an address read the first account."""

    known: set[str] = field(default_factory=set)

    def kept(self, email: str, account_ids: Collection[str]) -> frozenset[str]:
        if email not in self.known:
            raise MustAskError
        return self.asked(email, account_ids)

    def asked(self, email: str, account_ids: Collection[str]) -> frozenset[str]:
        if not email:
            raise ClosedError("your address is not known")
        self.known.add(email)
        return frozenset({"001A"} & set(account_ids))


class Known:
    """One person of the CRM."""

    def __init__(self, seen: Person | None = None) -> None:
        self._seen = seen

    def person_in_slack(self, user_id: str) -> Person | None:
        return self._seen

    def person_of_email(self, email: str) -> Person | None:
        return ADA if email == ADA.email else None


@pytest.fixture(scope="module")
def world() -> Iterator[SlackWorld]:
    world = SlackWorld(USERS, ())
    with serving_slack(world):
        yield world


@pytest.fixture
def client(world: SlackWorld) -> WebClient:
    return web_client(SlackAccess(world.bot_token, base_url=f"{world.address}/api/"))


def test_who_was_never_asked_about_has_to_be_looked_up(client: WebClient) -> None:
    askers = Askers(client, Known(), Crm())
    with pytest.raises(MustAskError):
        askers.kept("U1")
    asker = askers.asked("U1")
    assert (asker.person, asker.user) == (ADA, "U1")
    assert asker.sight.readable(("001A", "001B")) == {"001A"}


def test_who_was_looked_up_is_known_for_ten_minutes(client: WebClient) -> None:
    now = [0.0]
    crm = Crm()
    askers = Askers(client, Known(), crm, clock=lambda: now[0])
    askers.asked("U1")
    with pytest.raises(MustAskError):
        askers.kept("U1").sight.readable(("001A",))
    crm.known.add("ada@example.com")
    assert askers.kept("U1").sight.readable(("001A",)) == {"001A"}
    now[0] = KEPT_SECONDS
    with pytest.raises(MustAskError):
        askers.kept("U1")


def test_what_is_kept_of_a_person_can_be_forgotten(client: WebClient) -> None:
    askers = Askers(client, Known(), None)
    askers.asked("U1")
    askers.forget("U1")
    with pytest.raises(MustAskError):
        askers.kept("U1")


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ("U2", "you are a guest of this workspace"),
        ("U3", "you are not a member of this workspace"),
        ("U4", "this is nobody who could be shown anything"),
        ("U5", "your address is not known"),
    ],
)
def test_who_does_not_belong_here_is_shown_nothing(client: WebClient, user: str, reason: str) -> None:
    with pytest.raises(ClosedError, match=reason):
        Askers(client, Known(), Crm()).asked(user).sight.readable(("001A",))


def test_why_nothing_is_shown_is_said_in_the_language_of_who_asks(client: WebClient) -> None:
    askers = Askers(client, Known(), Crm(), lambda _user, _who: Speech("de"))
    guest = askers.asked("U2")
    assert guest.closed == "du bist in diesem Workspace zu Gast"
    with pytest.raises(ClosedError, match=r"^du bist in diesem Workspace zu Gast$"):
        guest.sight.readable(("001A",))


@pytest.mark.parametrize("user", ["U2", "U3", "U4"])
def test_where_everybody_sees_everything_strangers_and_guests_do_not(client: WebClient, user: str) -> None:
    askers = Askers(client, Known(), None)
    assert askers.asked("U1").sight.readable(("001A", "001B")) == {"001A", "001B"}
    with pytest.raises(ClosedError):
        askers.asked(user).sight.readable(("001A",))


def test_a_slack_that_does_not_answer_closes_everything_and_is_asked_again(
    world: SlackWorld, client: WebClient
) -> None:
    askers = Askers(client, Known(), None)
    world.faults.next(Fault(Outcome.SERVER_ERROR, status=503), method="users.info")
    with pytest.raises(ClosedError, match="Slack could not be asked who you are"):
        askers.asked("U1")
    assert askers.asked("U1").sight.readable(("001A",)) == {"001A"}


@pytest.mark.parametrize(
    "seen",
    [
        Person("005B", "Bo", "bo@example.com", None, active=True, timezone=None),
        replace(ADA, person_id="005Z", active=False),
    ],
)
def test_who_was_taken_for_somebody_else_before_is_whose_address_they_have_today(
    client: WebClient, seen: Person
) -> None:
    assert Askers(client, Known(seen), Crm()).asked("U1").person == ADA


def test_of_several_people_with_one_address_it_is_who_was_found_to_be_this_user(client: WebClient) -> None:
    twin = replace(ADA, person_id="005T", email="Ada@Example.com")
    assert Askers(client, Known(twin), Crm()).asked("U1").person == twin


def test_an_address_that_nobody_has_confirmed_is_nobodys() -> None:
    user = {"profile": {"email": "ada@example.com"}}
    assert address_of(user) == "ada@example.com"
    assert address_of({**user, "is_email_confirmed": True}) == "ada@example.com"
    assert address_of({**user, "is_email_confirmed": False}) == ""
