"""Who is told what: destinations of news, messages that are changed at the end, cards that cannot be rendered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.errors import TemplateError
from bot.messages.blocks import to_text
from bot.messages.message import Headline, Message, Note, Text
from bot.notices import Writer
from bot.state.rows import AccountView, Act, Delivery, Notice, Person, Status
from bot.watch import Watch
from tests.nights import DAY, UNHAPPY, rules_of, shipped_templates
from tests.test_watch import analysis, at, judged, open_after

if TYPE_CHECKING:
    from bot.core.verdicts import Rule
    from bot.messages.context import Context
    from bot.messages.render import Templates
    from bot.messages.speech import Speech

NOW = at(DAY)
ACME = AccountView("acme", "Acme, Inc.", None, None, "P1", "P2", DAY, {"nps": 3.0, "arr": 10.0}, ())
PEOPLE = {key: Person(key, name, None, None, True, None) for key, name in (("P1", "Dana"), ("P2", "Kim"))}


def to(*destinations: str, mode: str = "live") -> tuple[Rule, ...]:
    listed = ", ".join(f'"{one}"' for one in destinations)
    return rules_of(UNHAPPY.replace('[owner, "#cs-risk"]', f"[{listed}]") + f"  mode: {mode}\n")


@dataclass
class Outbox:
    """What was said so far, in three lines."""

    said: list[Delivery] = field(default_factory=list)

    def add(self, *notices: Notice, status: Status = Status.SENT, meant_for: str | None = None) -> None:
        self.said += [Delivery(notice, status, 1, None, None, None, meant_for) for notice in notices]

    def of(self, episode_id: str) -> list[Delivery]:
        return [one for one in self.said if one.notice.episode_id == episode_id]


def writer(outbox: Outbox, view: AccountView | None = ACME, templates: Templates | None = None) -> Writer:
    accounts = {view.account_id: view} if view is not None else {}
    return Writer(templates or shipped_templates(), "Vendor", accounts, PEOPLE, {}, NOW, outbox.of)


def fired(rules: tuple[Rule, ...], view: AccountView = ACME) -> tuple[Notice, ...]:
    watch = judged(Watch(rules, {}), analysis({"acme": 3.0}))
    return writer(Outbox(), view).notices(watch.to_say(), watch)


def ended(rules: tuple[Rule, ...], outbox: Outbox, view: AccountView | None = ACME) -> tuple[Notice, ...]:
    """The night after `rules` fired for Acme: the condition is clear."""
    known = open_after(judged(Watch(rules, {}), analysis({"acme": 3.0})))
    watch = judged(Watch(rules, known), analysis({"acme": 9.0}), first=DAY + timedelta(days=1))
    return writer(outbox, view).notices(watch.to_say(), watch)


@pytest.mark.parametrize(
    ("destination", "view", "expected"),
    [
        ("owner", ACME, "person:P1"),
        ("csm", ACME, "person:P2"),
        ("#cs-risk", ACME, "#cs-risk"),
        ("owner", replace(ACME, owner_id=None), "person:"),
        ("csm", replace(ACME, csm_id=None), "person:P1"),
    ],
)
def test_news_goes_where_the_rule_says(destination: str, view: AccountView, expected: str) -> None:
    (notice,) = fired(to(destination), view)
    assert (notice.destination, notice.act, notice.transition, notice.kind) == (
        expected,
        Act.POST,
        "fired",
        "churn_risk",
    )


def test_one_who_is_owner_and_csm_hears_it_once() -> None:
    notices = fired(to("owner", "csm", "#cs-risk"), replace(ACME, csm_id="P1"))
    assert [one.destination for one in notices] == ["person:P1", "#cs-risk"]


def test_the_same_news_has_the_same_id_and_other_news_another() -> None:
    first, second = fired(to("owner", "csm")), fired(to("owner", "csm"))
    assert [one.notice_id for one in first] == [one.notice_id for one in second]
    assert len({one.notice_id for one in first}) == 2


def test_a_rule_in_shadow_mode_says_nothing() -> None:
    assert fired(to("owner", mode="shadow")) == ()


def test_the_end_changes_what_was_said_and_posts_nothing() -> None:
    outbox = Outbox()
    outbox.add(*fired(to("owner", "#cs-risk")))
    notices = ended(to("owner", "#cs-risk"), outbox)
    assert {(one.destination, one.act, one.transition) for one in notices} == {
        ("person:P1", Act.UPDATE, "resolved"),
        ("#cs-risk", Act.UPDATE, "resolved"),
    }
    assert all("Resolved on 3 Mar 2026" in to_text(one.message) for one in notices)


def test_the_end_follows_the_message_and_not_the_owner() -> None:
    outbox = Outbox()
    outbox.add(*fired(to("owner")))
    (notice,) = ended(to("owner"), outbox, replace(ACME, owner_id="P2"))
    assert (notice.destination, notice.post_id) == ("person:P1", outbox.said[0].notice.notice_id)


def test_the_end_follows_the_message_and_not_a_rule_that_now_names_another_channel() -> None:
    outbox = Outbox()
    outbox.add(*fired(to("#old")))
    (notice,) = ended(to("#new"), outbox)
    assert notice.destination == "#old"


def test_what_was_never_said_has_no_end_to_tell() -> None:
    assert ended(to("owner"), Outbox()) == ()


def test_a_message_that_never_arrived_is_not_changed_but_the_one_in_its_place_is() -> None:
    outbox = Outbox()
    (lost,) = fired(to("owner"))
    outbox.add(lost, status=Status.FAILED)
    assert ended(to("owner"), outbox) == ()
    outbox.add(replace(lost, notice_id="instead", destination="#cs-ops"), meant_for="person:P1")
    assert [(one.destination, one.post_id) for one in ended(to("owner"), outbox)] == [("#cs-ops", "instead")]


def test_each_message_of_an_episode_is_ended_the_newest_with_todays_figures() -> None:
    outbox = Outbox()
    (first,) = fired(to("#cs-risk"))
    older = replace(first, notice_id="older", message=Message("churn_risk", "Old news", (Headline("Old news"),)))
    outbox.add(older, replace(first, notice_id="newer", transition="repeat-2026-04-01"))
    newest, oldest = ended(to("#cs-risk"), outbox)
    assert (newest.post_id, newest.transition, oldest.post_id, oldest.transition) == (
        "newer",
        "resolved",
        "older",
        "resolved:fired",
    )
    assert "Acme, Inc." in newest.message.summary
    assert oldest.message.summary == "Old news (resolved)"
    assert isinstance(oldest.message.blocks[1], Text)
    assert oldest.message.blocks[1].text.startswith("Resolved on 3 Mar 2026")


def test_the_message_of_an_account_that_is_gone_is_ended_as_it_stands() -> None:
    outbox, rules = Outbox(), to("#cs-risk")
    outbox.add(*fired(rules))
    known = open_after(judged(Watch(rules, {}), analysis({"acme": 3.0})))
    watch = judged(Watch(rules, known), analysis({"bolt": 9.0}), first=DAY + timedelta(days=1))
    (notice,) = writer(outbox, None).notices(watch.to_say(), watch)
    assert notice.message.summary == f"{outbox.said[0].notice.message.summary} (resolved)"
    assert "the account is no longer in the CRM" in str(notice.message)


def test_who_had_taken_it_on_is_still_named_when_its_rule_is_gone() -> None:
    outbox, rules = Outbox(), to("#cs-risk")
    outbox.add(*fired(rules))
    (known,) = open_after(judged(Watch(rules, {}), analysis({"acme": 3.0}))).values()
    taken = replace(known, claimed_by="U07ABC", claimed_at=NOW)
    watch = judged(Watch([], {(known.rule, known.subject): taken}), analysis({"acme": 3.0}))
    (notice,) = writer(outbox).notices(watch.to_say(), watch)
    assert "<@U07ABC>" in str(notice.message)


class Broken:
    """Templates of which none can be rendered."""

    def alerts(self, context: Context, speech: Speech) -> tuple[Message, ...]:
        raise TemplateError("churn_risk/body.j2:3: division by zero")


def test_news_whose_template_fails_is_said_plainly_and_told() -> None:
    watch = judged(Watch(to("#cs-risk"), {}), analysis({"acme": 3.0}))
    told = writer(Outbox(), replace(ACME, name="Acme <!channel>"), Broken())  # type: ignore[arg-type]  # a fake of what is used
    (notice,) = told.notices(watch.to_say(), watch)
    assert notice.message.summary == "Acme &lt;!channel&gt;: unhappy, medium severity, it holds"
    assert any(isinstance(block, Note) and "template" in str(block) for block in notice.message.blocks)
    assert told.problems == ["Acme <!channel>: churn_risk/body.j2:3: division by zero"]


def test_an_end_whose_template_fails_changes_the_message_as_it_stands() -> None:
    outbox, rules = Outbox(), to("#cs-risk")
    outbox.add(*fired(rules))
    known = open_after(judged(Watch(rules, {}), analysis({"acme": 3.0})))
    watch = judged(Watch(rules, known), analysis({"acme": 9.0}), first=DAY + timedelta(days=1))
    (notice,) = writer(outbox, templates=Broken()).notices(watch.to_say(), watch)  # type: ignore[arg-type]  # as above
    assert notice.message.summary.endswith("(resolved)")
