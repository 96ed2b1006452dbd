"""What a Home lists: open alerts, accounts, deadlines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.messages.blocks import bar
from bot.messages.choices import CLAIM, CRM, Choice, Verb, acts_menu
from bot.messages.compose import OPEN
from bot.messages.escape import is_https, link, mention, mrkdwn, plain, short
from bot.messages.home.filters import MARKS, PAGE, kind_word
from bot.messages.lists.alerts import why
from bot.messages.lists.common import name_of
from bot.messages.message import Button, Buttons, Cell, Column, Headline, Note, Table, Text
from bot.messages.message import Row as Line
from bot.messages.phrases import word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.episodes import Episode
    from bot.core.holdings import Holding
    from bot.messages.home.sheet import Open, Row, Sheet
    from bot.messages.message import Block
    from bot.messages.speech import Speech

_SOON: Final = 120
"""From so many days before a deadline on they are counted down."""
_NAME_MOST: Final = 60


def alerts(sheet: Sheet, command: str, speech: Speech) -> Iterator[Block]:
    """Make the open alerts, each with what can be pressed under it."""
    if not sheet.alerts:
        return
    yield Headline(speech.t("Open alerts"))
    for one in sheet.alerts:
        yield from _alert(one, sheet, speech)
    if sheet.more_alerts:
        told = _more(sheet.more_alerts, sheet, speech)
        whose = sheet.whose.value
        yield Note((f"{told}: `{command} risks {whose}`, `{command} upsell {whose}`",))


def _alert(one: Open, sheet: Sheet, speech: Speech) -> Iterator[Block]:
    episode, holding = one.episode, one.row.holding
    facts = [kind_word(one.kind, speech), word(episode.severity, speech), *_stake(episode.at_stake, holding, speech)]
    facts.append(speech.t("since {day}", day=speech.day(episode.opened_on)))
    by = speech.t("claimed by {who}", who=mention(episode.claimed_by)) if episode.claimed_by else ""
    head = " · ".join([_name(one.row), *(mrkdwn(fact) for fact in facts if fact)])
    seen = mrkdwn(_seen(episode, holding, sheet, speech))
    yield Text(f"{head}\n{' · '.join(part for part in (seen, by) if part)}")
    buttons = []
    if not episode.claimed_by:
        buttons.append(Button(speech.t("Claim"), CLAIM, episode.episode_id, style="primary"))
    if is_https(one.row.url):
        buttons.append(Button(speech.t("Open in Salesforce"), OPEN, url=one.row.url))
    menu = acts_menu(episode.episode_id, one.kind, speech)
    if sheet.tasks:
        offer = (speech.t("Create a Salesforce task"), str(Choice(episode.episode_id, Verb.TASK, CRM)))
        menu = replace(menu, choices=(*menu.choices, offer))
    yield Buttons(tuple(buttons), menu)


def _seen(episode: Episode, holding: Holding, sheet: Sheet, speech: Speech) -> str:
    """Say what the alert is about, and of which day that is: the accounts below are as of today."""
    told, day = why(episode, holding.currency, sheet.today, speech), episode.evidence_on
    return told if day is None or day == sheet.as_of else speech.t("{told} on {day}", told=told, day=speech.day(day))


def _stake(at_stake: float | None, holding: Holding, speech: Speech) -> Iterator[str]:
    if at_stake is not None:
        yield speech.t("{money} at stake", money=speech.money(at_stake, holding.currency))


def book(sheet: Sheet, speech: Speech) -> Iterator[Block]:
    """Make the accounts of the page, and the way to the other pages."""
    if not sheet.rows:
        if not sheet.hint:
            yield Text(speech.t("No account fits these filters."))
        return
    yield Headline(speech.t("Accounts, by what is at stake"))
    if sheet.native:
        yield _table(sheet, speech)
    else:
        yield from (Text(_account(row, sheet, speech)) for row in sheet.rows)
    yield from _pager(sheet, speech)


def _account(row: Row, sheet: Sheet, speech: Speech) -> str:
    holding = row.holding
    alerts = (speech.many("1 open alert", "{count} open alerts", holding.alerts),) if holding.alerts else ()
    head = " · ".join((_name(row), *map(mrkdwn, _stake(holding.at_stake, holding, speech)), *alerts))
    used = speech.t("use unknown")
    if row.utilization is not None:
        used = speech.t("{share} used", share=speech.percent(row.utilization))
    facts = (
        f"{bar(row.utilization)} {used}",
        speech.t("ARR {money}", money=mrkdwn(speech.money(holding.arr, holding.currency))),
        _health(holding.health_band, speech),
        _deadline(holding, sheet, speech),
    )
    return f"{head}\n{' · '.join(facts)}"


def _table(sheet: Sheet, speech: Speech) -> Table:
    columns = (
        Column(speech.t("Account")),
        Column(speech.t("At stake"), right=True),
        Column(speech.t("ARR"), right=True),
        Column(speech.t("Used"), right=True),
        Column(speech.t("Health")),
        Column(speech.t("Deadline")),
        Column(speech.t("Open alerts"), right=True),
    )
    return Table(columns, tuple(_cells(row, sheet, speech) for row in sheet.rows), native=True)


def _cells(row: Row, sheet: Sheet, speech: Speech) -> Line:
    holding = row.holding
    currency = plain(holding.currency or "") or None
    stake = "–" if not holding.alerts else speech.money(holding.at_stake, currency)
    texts = (
        stake,
        speech.money(holding.arr, currency),
        speech.percent(row.utilization),
        f"{MARKS.get(holding.health_band, '⚪')} {word(holding.health_band, speech)}"
        if holding.health_band
        else speech.unknown,
        _deadline(holding, sheet, speech),
        speech.number(holding.alerts),
    )
    return Line((Cell(name_of(holding.name), row.url), *map(Cell, texts)))


def _name(row: Row) -> str:
    # Bold by the marks around it: what stands in the name itself has no effect.
    return f"*{link(short(row.holding.name, _NAME_MOST) or '…', row.url)}*"


def _health(band: str | None, speech: Speech) -> str:
    if band is None:
        return speech.t("health unknown")
    return f"{MARKS.get(band, '⚪')} {mrkdwn(word(band, speech))}"


def _deadline(holding: Holding, sheet: Sheet, speech: Speech) -> str:
    if holding.deadline_on is None:
        return speech.t("no deadline known")
    when, left = speech.day(holding.deadline_on), (holding.deadline_on - sheet.today).days
    told = speech.t("notice by {day}", day=when) if _is_notice(holding) else speech.t("renewal {day}", day=when)
    return f"{told}, {speech.days(left)}" if left <= _SOON else told


def _is_notice(holding: Holding) -> bool:
    return holding.renewal_on is None or holding.deadline_on != holding.renewal_on


def _pager(sheet: Sheet, speech: Speech) -> Iterator[Block]:
    if sheet.pages <= 1:
        return
    page = sheet.looking.page
    buttons = []
    if page > 0:
        buttons.append(Button(speech.t("← Previous"), PAGE, str(page - 1)))
    if page + 1 < sheet.pages:
        buttons.append(Button(speech.t("Next →"), PAGE, str(page + 1)))
    pages, shown = speech.number(sheet.pages), speech.number(page + 1)
    yield Note((speech.t("Page {page} of {pages}", page=shown, pages=pages),))
    yield Buttons(tuple(buttons))


def renewals(sheet: Sheet, command: str, speech: Speech) -> Iterator[Block]:
    """Make what comes up."""
    if not sheet.renewals:
        return
    yield Headline(speech.t("Deadlines of the next 120 days"))
    yield Text("\n".join(_renewal(row, sheet, speech) for row in sheet.renewals))
    if sheet.more_renewals:
        told = _more(sheet.more_renewals, sheet, speech)
        yield Note((f"{told}: `{command} renewals 120 {sheet.whose.value}`",))


def _more(count: int, sheet: Sheet, speech: Speech) -> str:
    # Of all accounts only those with most at stake were looked at: there may be more than were counted.
    return speech.more(count) if sheet.whole else speech.t("and more")


def _renewal(row: Row, sheet: Sheet, speech: Speech) -> str:
    holding = row.holding
    money = mrkdwn(speech.money(holding.arr, holding.currency))
    return f"• {_deadline(holding, sheet, speech)} · {_name(row)} · {money} · {_health(holding.health_band, speech)}"
