"""`subscribe` and `mute` as people type them, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.subscriptions import Subscription, Verb
from bot.desk.asking import Asker, ClosedError, MustAskError, Question
from bot.desk.mute import muting
from bot.desk.subscribe import subscribing
from bot.desk.wishes import Reader, RefusedWishError, ending
from bot.messages.blocks import to_blocks, to_text
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.message import Buttons
from bot.state.rows import Person
from bot.state.subscriptions import Wished

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.desk.asking import Answer
    from bot.messages.speech import Speech

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DANA = Person("P1", "Dana Reyes", "dana@ours.example", None, active=True, timezone=None)
ASKER = Asker(person=DANA, user="U1")
CHANNEL = "C0000TEAM1"


@dataclass
class Wishes:
    """A list."""

    kept: list[Subscription] = field(default_factory=list)
    introduced: list[tuple[str, str]] = field(default_factory=list)

    def introduce(self, person_id: str, user_id: str) -> None:
        self.introduced.append((person_id, user_id))

    def subscriptions(self, target: str | None = None) -> Sequence[Subscription]:
        return [one for one in self.kept if target in {None, one.target}]

    def segments(self) -> Sequence[str]:
        return ("Enterprise", "Mid Market", "SMB")

    def wish(self, wished: Subscription, now: datetime) -> Wished:
        new = wished.key not in {one.key for one in self.kept}
        self.kept += [replace(wished, at=now)] if new else []
        return Wished(new)

    def unwish(self, ended: Subscription, now: datetime) -> bool:
        before = len(self.kept)
        self.kept = [one for one in self.kept if one.key != ended.key]
        return len(self.kept) < before


class Rooms:
    """Two channels; in #closed nobody is."""

    def speaks_for(self, channel: str, user: str, *, here: bool, speech: Speech) -> str:
        known = {CHANNEL: "#cs-team", "cs-team": "#cs-team", "cs-ent": "#cs-ent"}
        if channel not in known:
            raise RefusedWishError(f"There is no #{channel} that both you and the app are in.")
        return known[channel]


@dataclass
class Desk:
    wishes: Wishes = field(default_factory=Wishes)
    asker: Asker = ASKER
    channel: str = CHANNEL

    def ask(self, text: str) -> Answer:
        word, _, rest = text.partition(" ")
        reader = Reader(self.wishes, Rooms())
        commands = {one.name: one for one in (*subscribing(reader, "#cs-ops"), *muting(reader, "#cs-ops"))}
        question = Question(rest, self.asker, "/headroom", NOW, self.channel)
        answer = commands[word].answer(question)
        assert validate(to_blocks(answer.message), text_most=OWN_TEXT_MOST) == []
        return answer

    def say(self, text: str) -> str:
        return to_text(self.ask(text).message)


# what is typed, and the wish that it is: target, kind, segment
TYPED = [
    ("subscribe churn_risk", ("person:P1", "churn_risk", "")),
    ("subscribe risks smb", ("person:P1", "churn_risk", "SMB")),
    ("subscribe Mid Market renewals", ("person:P1", "renewal", "Mid Market")),
    ('subscribe upsell "mid market" #cs-ent', ("#cs-ent", "upsell", "Mid Market")),
    ("subscribe enterprise here", ("#cs-team", "", "Enterprise")),
    ("subscribe any #C0000TEAM1", ("#cs-team", "", "")),
    ("subscribe everything", ("person:P1", "", "")),
    ("subscribe ops #cs-ent", ("#cs-ent", "operations", "")),
]


@pytest.mark.parametrize(("text", "expected"), TYPED)
def test_kind_segment_and_channel_are_read_in_any_order(text: str, expected: tuple[str, str, str]) -> None:
    desk = Desk()
    desk.ask(text)
    (wish,) = desk.wishes.kept
    assert (wish.target, wish.kind, wish.segment) == expected
    assert (wish.verb, wish.by_user, wish.at) == (Verb.SUBSCRIBE, "U1", NOW)


def test_the_answer_says_what_holds_now_and_how_to_end_it() -> None:
    assert Desk().say("subscribe churn_risk Enterprise #cs-ent").splitlines() == [
        "#cs-ent hears of churn risks in Enterprise",
        "Of accounts that the CRM lets you see: for as long as it does, the whole channel sees them.",
        "To end it: /headroom unsubscribe churn_risk Enterprise #cs-ent",
    ]
    assert "goes to #cs-ops and says so" in Desk().say("mute upsell")


def test_twice_is_said_to_be_so_already() -> None:
    desk = Desk()
    assert desk.ask("mute upsell").data["new"] is True
    assert desk.say("mute upsell").startswith("It is so already: You hear nothing of upsells")
    assert len(desk.wishes.kept) == 1


def test_whoever_subscribes_to_what_is_muted_is_told_so() -> None:
    desk = Desk()
    desk.ask("mute churn_risk")
    assert "muted too, and a mute goes before: see /headroom mute" in desk.say("subscribe any Enterprise")
    assert "muted too" not in desk.say("subscribe upsell")


def test_alone_it_lists_what_holds_here_and_for_oneself_each_with_how_to_end_it() -> None:
    desk = Desk()
    for text in ("subscribe churn_risk SMB", "mute upsell here", "subscribe renewal #cs-ent"):
        desk.ask(text)
    answer = desk.ask("subscribe")
    assert to_text(answer.message).splitlines()[:5] == [
        "What is subscribed to and muted",
        "You",
        "• hears of churn risks in SMB · /headroom unsubscribe churn_risk SMB",
        "#cs-team",
        "• hears nothing of upsells · /headroom unmute upsell #cs-team",
    ]
    assert [one["end"] for one in answer.data["wishes"]] == [  # type: ignore[attr-defined]  # plain JSON values
        "unsubscribe churn_risk SMB",
        "unmute upsell #cs-team",
    ]
    (menu,) = (block.menu for block in answer.message.blocks if isinstance(block, Buttons))
    assert menu is not None
    assert [value for _, value in menu.choices] == ["unsubscribe churn_risk SMB", "unmute upsell #cs-team"]


def test_a_channel_alone_lists_what_holds_there() -> None:
    desk = Desk()
    desk.ask("subscribe renewal #cs-ent")
    assert "#cs-ent" in desk.say("mute #cs-ent")
    assert desk.say("mute #cs-team").startswith("Nothing is subscribed to or muted")


def test_what_is_listed_can_be_ended_by_its_own_words() -> None:
    desk = Desk()
    typed = ("subscribe risks Mid Market", "subscribe any", "mute ops #cs-ent", "mute any SMB here")
    for text in typed:
        desk.ask(text)
    for wish in list(desk.wishes.kept):
        listing: list[dict[str, Any]] = desk.ask(f"mute {wish.target if '#' in wish.target else ''}").data["wishes"]  # type: ignore[assignment]  # plain JSON values
        end = next(one["end"] for one in listing if one["target"] == wish.target and one["verb"] == wish.verb)
        assert desk.ask(end).found
    assert desk.wishes.kept == []


def test_all_ends_every_one_of_its_verb_and_target() -> None:
    desk = Desk()
    for text in ("mute upsell", "mute renewal", "subscribe any", "mute upsell here"):
        desk.ask(text)
    assert len(desk.ask("unmute all").data["ended"]) == 2  # type: ignore[arg-type]  # plain JSON values
    assert [(one.verb.value, one.target) for one in desk.wishes.kept] == [
        ("subscribe", "person:P1"),
        ("mute", "#cs-team"),
    ]


def test_ending_what_does_not_hold_says_so() -> None:
    answer = Desk().ask("unmute upsell")
    assert not answer.found
    assert to_text(answer.message).startswith("Nothing of the kind holds")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("subscribe churn_risk Enterprisse", "No account is in a segment “Enterprisse”; did you mean 'Enterprise'"),
        ("subscribe upsell #closed", "There is no #closed that both you and the app are in."),
        ("subscribe upsell #cs-team #cs-ent", "Name one channel at a time."),
    ],
)
def test_what_cannot_be_wished_for_is_refused_with_the_reason(text: str, why: str) -> None:
    desk = Desk()
    answer = desk.ask(text)
    assert not answer.found
    assert why in to_text(answer.message)
    assert desk.wishes.kept == []


def test_somebody_whom_the_crm_does_not_know_subscribes_to_nothing() -> None:
    desk = Desk(asker=replace(ASKER, person=None))
    assert "nobody's in the CRM" in desk.say("subscribe upsell")
    assert "nobody's in the CRM" in desk.say("subscribe upsell #cs-ent")
    assert desk.wishes.kept == []
    desk.ask("mute upsell #cs-ent")
    assert len(desk.wishes.kept) == 1


def test_whose_eyes_a_channel_sees_with_is_kept() -> None:
    desk = Desk()
    desk.ask("subscribe upsell #cs-ent")
    assert desk.wishes.introduced == [("P1", "U1")]


def test_in_a_direct_message_here_is_oneself() -> None:
    desk = Desk(channel="D0000DANA1")
    desk.ask("mute upsell here")
    assert [one.target for one in desk.wishes.kept] == ["person:P1"]


def test_what_only_slack_can_tell_is_asked_after_the_acknowledgement() -> None:
    desk = Desk(asker=replace(ASKER, asks=False))
    with pytest.raises(MustAskError):
        desk.ask("mute upsell #cs-ent")
    with pytest.raises(MustAskError):
        desk.ask("mute")
    assert desk.ask("mute upsell").found


class Closed:
    """Sees nothing."""

    def readable(self, account_ids: Collection[str]) -> frozenset[str]:
        raise ClosedError("you are a guest of this workspace")


@pytest.mark.parametrize("text", ["subscribe", "subscribe upsell", "unmute all", "mute any here"])
def test_a_guest_neither_wishes_nor_sees_what_others_wish(text: str) -> None:
    with pytest.raises(ClosedError):
        Desk(asker=replace(ASKER, sight=Closed())).ask(text)


def test_in_the_terminal_everybodys_wishes_are_listed_and_channels_have_to_be_named() -> None:
    desk = Desk(asker=Asker(), channel="")
    assert "Name a channel" in desk.say("subscribe upsell")
    desk.ask("subscribe upsell #cs-ent")
    desk.wishes.wish(Subscription("person:P9", Verb.MUTE, "upsell"), NOW)
    text = desk.say("subscribe")
    assert "#cs-ent" in text
    assert "person:P9" in text


def test_many_wishes_and_odd_names_fit_into_a_message() -> None:
    desk = Desk()
    for number in range(120):
        odd = f"<!channel> *{number}* شركة " + "x" * 150
        desk.wishes.wish(Subscription("person:P1", Verb.MUTE, "upsell", odd), NOW)
    text = str(to_blocks(desk.ask("mute").message))
    assert "<!channel>" not in text
    assert "and 107 more" in text


@pytest.mark.parametrize(
    ("command", "typed"),
    [
        ("/headroom", "/headroom unsubscribe upsell Mid-Market & Co #cs-ent"),
        ("headroom", "headroom unsubscribe upsell 'Mid-Market & Co' '#cs-ent'"),
    ],
)
def test_how_a_wish_is_ended_can_be_pasted_where_it_is_read(command: str, typed: str) -> None:
    wish = Subscription("#cs-ent", Verb.SUBSCRIBE, "upsell", "Mid-Market & Co", "U1", NOW)
    assert ending(wish, command) == typed
