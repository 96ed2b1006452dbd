"""Each addressee is told in their own language, and what is too long for one message follows in its thread."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.core.preferences import Preferences
from bot.messages.blocks import to_text
from bot.messages.render import Templates
from bot.messages.speech import Speech
from bot.notices import Manners, Writer
from bot.shipped import TEMPLATES
from bot.watch import Watch
from tests.nights import DAY, shipped_templates
from tests.notices.test_addressees import FRIDAY_EVENING, STAFF, VIEW
from tests.test_notices import Outbox, to
from tests.test_watch import analysis, judged, open_after

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from bot.core.verdicts import Rule
    from bot.state.rows import Notice

GERMAN = Preferences(language="de", timezone="Europe/Berlin")


def writer(outbox: Outbox, templates: Templates | None = None, language: str = "en", **rest: object) -> Writer:
    made = Writer(
        templates or shipped_templates(), "Vendor", {"acme": VIEW}, STAFF, {}, FRIDAY_EVENING, outbox.of,
        manners=Manners(speech=Speech(language)),
    )  # fmt: skip
    return replace(made, **rest)  # type: ignore[arg-type]  # a test's own words


def night(rules: tuple[Rule, ...], wrote: Writer, first: date = DAY, value: float = 3.0) -> tuple[Notice, ...]:
    known = {} if first == DAY else open_after(judged(Watch(rules, {}), analysis({"acme": 3.0})))
    watch = judged(Watch(rules, known), analysis({"acme": value}), first=first)
    return wrote.notices(watch.to_say(), watch)


def test_who_chose_a_language_is_told_in_it_and_the_channel_in_the_companys() -> None:
    told = night(to("owner", "csm", "#cs-risk"), writer(Outbox(), language="en", chosen={"P1": GERMAN}))
    written = {one.destination: (one.message.language, one.message.zone) for one in told}
    assert written["person:P1"] == ("de", "Europe/Berlin")
    assert written["person:P2"][0] == written["#cs-risk"][0] == "en"
    owner, csm = (next(one for one in told if one.destination == place) for place in ("person:P1", "person:P2"))
    assert "Übernehmen" in to_text(owner.message)
    assert "Claim" in to_text(csm.message)


def test_a_company_of_another_language_tells_everybody_in_it_who_chose_none() -> None:
    told = night(to("owner", "#cs-risk"), writer(Outbox(), language="de", chosen={"P1": Preferences(language="en")}))
    assert {one.destination: one.message.language for one in told} == {"person:P1": "en", "#cs-risk": "de"}


def test_a_message_ends_in_the_language_that_it_was_written_in() -> None:
    outbox, rules = Outbox(), to("owner")
    outbox.add(*night(rules, writer(outbox, chosen={"P1": GERMAN})))
    (ended,) = night(rules, writer(outbox), DAY.replace(day=DAY.day + 1), 9.0)
    assert "Beendet am" in to_text(ended.message)
    assert "Resolved" not in to_text(ended.message)


@pytest.fixture(name="wordy")
def _wordy(tmp_path: Path) -> Templates:
    (rule,) = to("#cs-risk")
    folder = tmp_path / rule.template
    folder.mkdir()
    (folder / "body.j2").write_text("word " * 4000, encoding="utf-8")
    return Templates([tmp_path, TEMPLATES])


def test_what_does_not_fit_follows_in_the_thread_without_a_broadcast(wordy: Templates) -> None:
    outbox, rules = Outbox(), to("#cs-risk")
    head, *rest = told = night(rules, writer(outbox, wordy))
    assert len(rest) >= 2
    assert [one.broadcast for one in told] == [True, *(False for _ in rest)]
    assert {one.destination for one in told} == {"#cs-risk"}
    assert {one.subject for one in told} == {"acme"}, "the thread goes by subject and destination"
    assert len({one.notice_id for one in told}) == len(told)
    assert {one.episode_id for one in rest} == {f"thread:{head.episode_id}"}
    assert sum(to_text(one.message).count("word") for one in told) == 4000
    assert [one.notice_id for one in night(rules, writer(outbox, wordy))] == [one.notice_id for one in told]
