"""The blocks of a message under its headline and first sentence: bars, fields, reasons, buttons, small print."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bot.core.episodes import Phase
from bot.core.verdicts import Scope
from bot.messages import evidence, words
from bot.messages.escape import is_https, mention, mrkdwn, plain, short
from bot.messages.message import Button, Buttons, Fields, Meter, Meters, Note, Text
from bot.messages.revise import CLAIM, HEADLINE_MOST, acts_menu

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.core.episodes import Episode
    from bot.core.verdicts import Value
    from bot.messages.context import Account, Context
    from bot.messages.message import Block
    from bot.state.rows import AccountView, LineView

OPEN: Final = "open_crm"
"""Action of the button that leads to the record in the CRM; Slack reports the press, nothing is to be done."""

_GOES_ON: Final = re.compile(r"\s*\n\s*(?=[;,.:])")
_METERS_MOST: Final = 5
_NAME_MOST: Final = 80
_EPISODES_MOST: Final = 8
_KINDS: Final[Mapping[str, str]] = {
    "churn_risk": "Churn risk",
    "upsell": "Upsell",
    "renewal": "Renewal",
    "operations": "Operations",
}
_ALL_OF_IT: Final[Mapping[str, str]] = {
    "churn_risk": "ARR, all of it at stake",
    "renewal": "ARR up for renewal",
    "upsell": "ARR",
}
_TOO_LITTLE: Final[Mapping[str, str]] = {
    "accounts_gone": "Accounts gone",
    "unmatched_share": "Usage that is no account's",
}
_LOWEST_FIRST: Final = frozenset({"churn_risk"})


def headline(text: str) -> str:
    """Fit a title into one line of a header; a template may go on in a line that begins with `;` or `,`."""
    return short(_GOES_ON.sub("", text), HEADLINE_MOST)


def account_alert(context: Context) -> Iterator[Block]:
    """Make the blocks of an alert about an account."""
    account = context.account
    yield from _meters(context.lines, context.as_of, context.rule.kind)
    yield _fields(_alert_fields(context))
    yield from _why(context)
    yield from _buttons(account.url if account else None, context.episode, context.rule.kind)
    yield Note((*_origin(context), _complete_to(context.m.get("usage_as_of"), "usage"), *_subsidiaries(context.m)))


def source_alert(context: Context) -> Iterator[Block]:
    """Make the blocks of an alert about a source."""
    m = context.m
    total, refused = m.get("rows_total"), m.get("rows_rejected")
    rows = f"{words.number(refused)} of {words.number(total)}" if total is not None else words.UNKNOWN
    yield _fields(
        [
            ("Complete to", words.day(m.get("complete_to"))),
            ("Counts as stale after", words.span(m.get("stale_after_days"))),
            ("Rows refused", rows),
            *((label, words.percent(m[name])) for name, label in _TOO_LITTLE.items() if m.get(name)),
        ]
    )
    if m.get("error"):
        yield Text(f"*The last reading said:* {mrkdwn(short(str(m['error']), 500))}")
    yield from _why(context)
    yield from _buttons(None, context.episode, context.rule.kind)
    yield Note(tuple(_origin(context)))


def fleet_alert(context: Context) -> Iterator[Block]:
    """Make the blocks of an alert about all accounts together."""
    m = context.m
    since, until = m.get("falling_since"), m.get("falling_until")
    when = words.day(since) if since == until else f"{words.day(since)} to {words.day(until)}"
    yield _fields(
        [
            ("Accounts that fall", f"{words.number(m.get('falling_accounts'))} of {_watched(m)} watched"),
            ("Believed up to", words.number(m.get("falling_limit"))),
            ("Began to fall", when),
            ("ARR of these accounts", words.money(m.get("falling_arr"), m.get("currency"))),
        ]
    )
    yield from _buttons(None, context.episode, context.rule.kind)
    yield Note(tuple(_origin(context)))


def _watched(m: Mapping[str, Value | date]) -> str:
    return words.number(m.get("watched_accounts"))


SHAPES: Final[Mapping[Scope, Callable[[Context], Iterator[Block]]]] = {
    Scope.ACCOUNT: account_alert,
    Scope.SOURCE: source_alert,
    Scope.FLEET: fleet_alert,
}
"""What an alert consists of under its headline and first sentence."""


def account_answer(account: Account, view: AccountView, episodes: Sequence[Episode]) -> Iterator[Block]:
    """Make the blocks of the answer for an account."""
    m = view.metrics
    yield from _meters(view.lines, view.as_of, "answer")
    pairs = [*_money_fields(m, None), *_date_fields(m, view.as_of), *_people_fields(account)]
    yield _fields([*pairs, ("Contract Utilization Score", words.number(m.get("cus"))), ("Health", _health(m))])
    if episodes:
        yield Text("*Open alerts*\n" + "\n".join(_open_alerts(episodes)))
    if account.url and is_https(account.url):
        yield Buttons((_open(account.url),))
    yield Note((f"As of {words.day(view.as_of)}", _complete_to(m.get("usage_as_of"), "usage"), *_subsidiaries(m)))


def _subsidiaries(m: Mapping[str, Value | date]) -> Iterator[str]:
    """Say that use of other accounts is counted here: who looks for it there would miss it."""
    count = m.get("subsidiaries_included")
    if count:
        yield f"includes the use of {words.number(count)} {'subsidiary' if count == 1 else 'subsidiaries'}"


def _fields(pairs: Iterable[tuple[str, str]]) -> Fields:
    # Here and nowhere else: even a currency is text that somebody typed.
    return Fields(tuple((label, mrkdwn(value)) for label, value in pairs))


def _meters(lines: Sequence[LineView], as_of: date, kind: str) -> Iterator[Block]:
    in_force = sorted(
        (line for line in lines if line.start <= as_of <= line.end), key=lambda line: _telling(line, kind)
    )
    shown = tuple(map(_meter, in_force[:_METERS_MOST]))
    if shown:
        yield Meters(shown, len(in_force) - len(shown))


def _telling(line: LineView, kind: str) -> tuple[bool, float, str]:
    share = line.utilization or 0.0
    return line.utilization is None, share if kind in _LOWEST_FIRST else -share, line.product


def _meter(line: LineView) -> Meter:
    unit = plain(line.unit)
    contracted = f"{words.number(line.contracted)} {unit}".strip()
    if line.used is None:
        text = f"use unknown, {contracted} contracted"
    elif not line.contracted:
        text = f"{words.number(line.used)} {unit}".strip() + " used, no quantity contracted"
    else:
        text = f"{words.number(line.used)} of {contracted}"
    return Meter(plain(short(line.product, _NAME_MOST)), line.utilization, text)


def _alert_fields(context: Context) -> Iterator[tuple[str, str]]:
    ended = context.episode.phase is Phase.RESOLVED
    yield from _money_fields(context.m, None if ended else context.finding.at_stake, context.rule.kind)
    yield from _date_fields(context.m, context.as_of)
    if context.account:
        yield from _people_fields(context.account)


def _money_fields(m: Mapping[str, Value | date], at_stake: float | None, kind: str = "") -> Iterator[tuple[str, str]]:
    arr, currency = m.get("arr"), m.get("currency")
    if at_stake is not None and at_stake == arr and kind in _ALL_OF_IT:
        yield _ALL_OF_IT[kind], words.money(arr, currency)
        return
    if at_stake is not None:
        yield "Used beyond the contract" if kind == "upsell" else "At stake", words.money(at_stake, currency)
    yield "ARR", words.money(arr, currency)


def _date_fields(m: Mapping[str, Value | date], as_of: date) -> Iterator[tuple[str, str]]:
    renewal, auto = m.get("renewal_date"), m.get("auto_renew")
    how = {True: ", renews by itself", False: ", does not renew by itself"}.get(auto) if isinstance(auto, bool) else ""
    left = f", {words.days(m.get('days_to_renewal'))}" if m.get("days_to_renewal") is not None else ""
    yield "Renewal", f"{words.day(renewal)}{left}{how}"
    notice = m.get("days_to_notice")
    if isinstance(notice, (int, float)):
        yield "Last day to give notice", f"{words.day(as_of + timedelta(days=notice))}, {words.days(notice)}"


def _people_fields(account: Account) -> Iterator[tuple[str, str]]:
    yield "Owner", _name(account.owner_name)
    if account.csm_name and account.csm_name != account.owner_name:
        yield "CSM", _name(account.csm_name)


def _health(m: Mapping[str, Value | date]) -> str:
    health, band = m.get("health"), m.get("health_band")
    if not isinstance(health, float):
        return words.UNKNOWN
    return f"{health:.0f} of 100" + (f", {band}" if band else "")


def _name(name: str | None) -> str:
    return short(name, _NAME_MOST) if name else words.UNKNOWN


def _why(context: Context) -> Iterator[Block]:
    ended = context.episode.phase is Phase.RESOLVED
    seen = evidence.explain(context.finding, context.rule.scope, _currency(context.m), ended=ended)
    reasons = " · ".join(mrkdwn(str(one)) for one in seen)
    if reasons:
        yield Text(f"*{'Now' if ended else 'Why'}:* {reasons}")


def _currency(m: Mapping[str, Value | date]) -> Value:
    currency = m.get("currency")
    return currency if isinstance(currency, str) else None


def _buttons(url: str | None, episode: Episode, kind: str) -> Iterator[Block]:
    buttons: list[Button] = []
    if episode.phase in {Phase.PENDING, Phase.FIRING}:
        buttons.append(Button("Claim", CLAIM, episode.episode_id, style="primary"))
    if url and is_https(url):
        buttons.append(_open(url))
    yield Buttons(tuple(buttons), acts_menu(episode.episode_id, kind))


def _open(url: str) -> Button:
    return Button("Open in Salesforce", OPEN, url=url)


def _origin(context: Context) -> Iterator[str]:
    kind = _KINDS.get(context.rule.kind, context.rule.kind.replace("_", " "))
    yield mrkdwn(f"{kind}, {context.finding.severity} severity")
    yield f"As of {words.day(context.as_of)}"
    said = context.episode.phase is Phase.RESOLVED  # the line under the headline gives the reason
    because = f": {context.reason}" if context.reason and not said else ""
    yield mrkdwn(f"Rule {context.rule.name} (version {context.rule.version}){because}")


def _complete_to(day: Value | date, what: str) -> str:
    return f"{what.capitalize()} complete to {words.day(day)}" if day is not None else f"How fresh {what} is: unknown"


def _open_alerts(episodes: Sequence[Episode]) -> Iterator[str]:
    for episode in episodes[:_EPISODES_MOST]:
        by = f", claimed by {mention(episode.claimed_by)}" if episode.claimed_by else ""
        yield f"• {mrkdwn(episode.rule)}: {mrkdwn(episode.severity)}, since {words.day(episode.opened_on)}{by}"
    if len(episodes) > _EPISODES_MOST:
        yield f"and {len(episodes) - _EPISODES_MOST} more"
