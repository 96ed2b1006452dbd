"""What somebody's Home shows: only what they may see is shown, counted and summed, in views that Slack takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.core.book import Whose
from bot.core.verdicts import Evidence, Truth
from bot.desk.asking import Asker, ClosedError
from bot.desk.home import ROWS, TABLE_ROWS, Homes
from bot.messages.home.compose import home_message
from bot.messages.home.looking import Looking
from bot.messages.home.view import home_view
from bot.messages.limits import validate
from bot.messages.speech import ENGLISH, Speech
from tests.desk.books import (
    ACME,
    ALERTS,
    BOOK,
    BRICK,
    COBALT,
    DANA,
    KINDS,
    MO,
    NEW,
    TODAY,
    Book,
    Only,
    holding,
    shown,
    written,
)
from tests.state.samples import account, episode


def test_a_book_is_told_in_one_line_and_currencies_are_never_added_together() -> None:
    text = written(shown(BOOK))
    assert (
        "3 accounts · EUR 1,000 + USD 1,000 ARR (1 account unknown) · 3 open alerts, EUR 400 + USD 70 at stake" in text
    )


def test_what_is_at_stake_is_unknown_where_nobody_knows_it() -> None:
    unknown = episode("001000002", at_stake=None)
    assert "1 open alert, what is at stake is unknown" in written(shown(Book((BRICK,), (unknown,))))
    assert "2 open alerts, USD 70 at stake (1 account unknown)" in written(
        shown(Book((BRICK, COBALT), (unknown, ALERTS[2])))
    )


def test_what_may_not_be_read_is_neither_shown_nor_counted_nor_summed() -> None:
    sheet = shown(BOOK, Asker(Only(frozenset({"001000002", "001000003"})), DANA))
    text = written(sheet)
    assert "Acme" not in text
    assert "2 accounts · USD 1,000 ARR (1 account unknown) · 1 open alert, USD 70 at stake" in text
    assert [one.episode.subject for one in sheet.alerts] == ["001000003"]


def test_who_may_see_nothing_at_all_is_told_so_even_where_there_is_nothing() -> None:
    with pytest.raises(ClosedError, match="guest"):
        shown(Book(), Asker(Only(frozenset(), "you are a guest of this workspace"), DANA))


def test_alerts_that_nobody_has_taken_on_come_first_and_taken_ones_cannot_be_claimed() -> None:
    sheet = shown(BOOK)
    assert [one.episode.claimed_by for one in sheet.alerts] == [None, None, "U2"]
    blocks = home_view(home_message(sheet, "/headroom", ENGLISH))["blocks"]
    pressed = [one["action_id"] for block in blocks for one in block.get("elements", ()) if "action_id" in one]
    assert pressed.count("claim") == 2
    assert pressed.count("act_on_episode") == 3
    assert "claimed by @U2" in written(sheet)


def test_an_alert_of_a_rule_that_is_gone_is_shown_until_it_ends() -> None:
    gone = episode("001000001", "old-rule", at_stake=1.0)
    assert "Acme · high · EUR 1 at stake" in written(shown(Book((ACME,), (gone,))))


def test_what_an_alert_saw_is_told_with_its_day_where_that_is_not_today() -> None:
    seen = (Evidence("days_to_deadline <= 30", Truth.TRUE, (("days_to_deadline", 30),)),)
    today = shown(Book((ACME,))).as_of
    assert today is not None
    old, new = (episode("001000001", evidence=seen, evidence_on=day) for day in (date(2026, 2, 20), today))
    assert "Days to deadline 30 on 20 Feb 2026" in written(shown(Book((ACME,), (old,))))
    assert "Days to deadline 30\n" in written(shown(Book((ACME,), (new,))))


def test_how_full_and_how_near_an_account_is_stands_in_its_row() -> None:
    view = account(1, "Acme", url="https://crm.example/1", metrics={"cus": 41.0})
    text = written(shown(Book((ACME,), ALERTS[:1], {"001000001": view})))
    assert "Acme (https://crm.example/1) · EUR 400 at stake · 1 open alert" in text
    assert "▓▓▓▓░░░░░░ 41 % used · ARR EUR 1,000 · 🟢 green · notice by 1 Apr 2026, in 30 days" in text


def test_what_nobody_knows_is_unknown_and_not_nothing() -> None:
    blank = holding(1, arr=None, currency=None, renewal_on=None, deadline_on=None, health_band=None, segment=None)
    text = written(shown(Book((blank,))))
    assert "use unknown · ARR unknown · health unknown · no deadline known" in text
    assert "ARR unknown · no open alert" in text


def test_a_far_deadline_is_not_counted_down() -> None:
    text = written(shown(Book((holding(1, deadline_on=TODAY + timedelta(days=121), renewal_on=None),))))
    assert "notice by 1 Jul 2026\n" in text
    assert "Deadlines of the next 120 days" not in text


def test_a_deadline_that_is_the_renewal_is_called_so() -> None:
    text = written(shown(Book((holding(1, deadline_on=TODAY, renewal_on=TODAY),))))
    assert "• renewal 2 Mar 2026, today · Customer 1" in text


def test_how_fresh_it_is_stands_at_the_end() -> None:
    last = written(shown(BOOK)).splitlines()[-1]
    assert last == (
        "As of 1 Mar 2026 · ⚠️ posthog complete to 27 Feb 2026, the last reading failed · "
        "salesforce complete to 1 Mar 2026"
    )


def test_more_than_fits_is_paged_and_a_page_that_is_gone_is_the_last_one() -> None:
    many = Book([holding(number) for number in range(ROWS * 2 + 1)])
    assert len(shown(many).rows) == ROWS
    last = shown(many, looking=Looking(page=9))
    assert (last.looking.page, len(last.rows), last.pages) == (2, 1, 3)
    text = written(last)
    assert "Page 3 of 3" in text
    assert "[← Previous]" in text
    assert "Next" not in text


def test_slacks_own_table_has_room_for_more() -> None:
    sheet = shown(Book([holding(number, "N" * 150) for number in range(TABLE_ROWS * 2)]), native=True)
    blocks = home_view(home_message(sheet, "/headroom", ENGLISH))["blocks"]
    (table,) = (block for block in blocks if block["type"] == "table")
    assert len(table["rows"]) == TABLE_ROWS + 1
    assert validate(blocks, "home") == []


def test_sums_are_left_out_where_only_a_part_was_looked_at() -> None:
    many = Book([holding(number) for number in range(300)])
    sheet = shown(many, looking=Looking(Whose.ALL))
    text = written(sheet)
    assert not sheet.whole
    assert "ARR ·" not in text
    assert "What has most at stake comes first" in text
    assert "and more: /headroom renewals 120 all" in text


def test_filters_narrow_accounts_and_alerts() -> None:
    book = Book((ACME, holding(2, "Brick", segment="Enterprise", health_band="red")), ALERTS)
    assert [one.holding.name for one in shown(book, looking=Looking(segment="Enterprise")).rows] == ["Brick"]
    assert [one.holding.name for one in shown(book, looking=Looking(band="green")).rows] == ["Acme"]
    upsell = shown(book, looking=Looking(kind="upsell"))
    assert [one.episode.rule for one in upsell.alerts] == ["near-limit"]
    assert "No account fits these filters." in written(shown(book, looking=Looking(band="yellow")))


def test_what_is_chosen_in_a_filter_is_shown_as_chosen() -> None:
    message = home_message(shown(BOOK, looking=Looking(Whose.ALL, "SMB", "upsell", "green")), "/headroom", ENGLISH)
    menus = next(block["elements"] for block in home_view(message)["blocks"] if block["type"] == "actions")
    assert [one["initial_option"]["value"] for one in menus] == ["all", "SMB", "upsell", "green"]


# who sees what at first


def test_whoever_has_accounts_sees_their_own() -> None:
    assert shown(BOOK).whose is Whose.MINE


def test_a_manager_without_accounts_sees_the_teams() -> None:
    sheet = shown(BOOK, Asker(person=MO))
    assert sheet.whose is Whose.TEAM
    assert sheet.totals.accounts == 3


def test_a_newcomer_is_told_why_there_is_nothing_and_whom_to_ask() -> None:
    text = written(shown(BOOK, Asker(person=NEW)))
    assert "You are not the owner or CSM of any account that Headroom has read." in text
    assert "Ask whoever runs Headroom, in #cs-ops." in text


def test_whom_the_crm_does_not_know_sees_what_they_may_see() -> None:
    assert shown(BOOK, Asker()).totals.accounts == 3
    text = written(shown(BOOK, Asker(Only(frozenset()))))
    assert "No active user of the CRM has your e-mail address" in text
    assert shown(BOOK, Asker(), Looking(Whose.MINE)).rows == ()
    assert shown(BOOK, Asker(Only(frozenset()))).segments == ()


def test_what_is_chosen_goes_before_what_would_be_shown_first() -> None:
    assert shown(BOOK, Asker(person=NEW), Looking(Whose.ALL)).totals.accounts == 3


def test_today_is_the_readers_day() -> None:
    sheet = shown(BOOK, Asker(person=DANA, speech=Speech("en", "Pacific/Auckland")))
    assert sheet.today == TODAY
    late = Homes(BOOK, KINDS).sheet(
        Asker(person=DANA, speech=Speech("en", "Pacific/Auckland")), Looking(), datetime(2026, 3, 2, 12, tzinfo=UTC)
    )
    assert late.today == date(2026, 3, 3)
