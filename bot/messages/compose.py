"""The blocks of a message under its headline and first sentence: bars, fields, reasons, buttons, small print."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bot.core.episodes import Phase
from bot.core.verdicts import Scope
from bot.messages import evidence, phrases
from bot.messages.choices import BRIEF, CLAIM, WHY, acts_menu
from bot.messages.escape import Line, begun, is_https, mention, mrkdwn, plain, short
from bot.messages.message import Button, Buttons, Fields, Meter, Meters, Note, Text
from bot.messages.revise import HEADLINE_MOST
from bot.messages.speech import ENGLISH, msg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bot.core.episodes import Episode
    from bot.core.verdicts import Value
    from bot.messages.context import Account, Context
    from bot.messages.message import Block
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView, LineView

OPEN: Final = "open_crm"
"""Action of the button that leads to the record in the CRM; Slack reports the press, nothing is to be done."""

_GOES_ON: Final = re.compile(r"\s*\n\s*(?=[;,.:])")
_METERS_MOST: Final = 5
_NAME_MOST: Final = 80
_EPISODES_MOST: Final = 8
_KINDS: Final[Mapping[str, str]] = {
    "churn_risk": msg("Churn risk"),
    "upsell": msg("Upsell"),
    "renewal": msg("Renewal"),
    "operations": msg("Operations"),
}
_ALL_OF_IT: Final[Mapping[str, str]] = {
    "churn_risk": msg("ARR, all of it at stake"),
    "renewal": msg("ARR up for renewal"),
    "upsell": msg("ARR"),
}
_TOO_LITTLE: Final[Mapping[str, str]] = {
    "accounts_gone": msg("Accounts gone"),
    "unmatched_share": msg("Usage that is no account's"),
}
_LOWEST_FIRST: Final = frozenset({"churn_risk"})


def headline(text: str, speech: Speech = ENGLISH) -> str:
    """Fit a title into one line of a header; a template may go on in a line that begins with `;` or `,`."""
    return begun(Line(short(_GOES_ON.sub("", text), HEADLINE_MOST - 1)), rtl=speech.rtl)


def account_alert(context: Context, speech: Speech = ENGLISH) -> Iterator[Block]:
    """Make the blocks of an alert about an account."""
    account = context.account
    yield from _meters(context.lines, context.as_of, context.rule.kind, speech)
    yield _fields(_alert_fields(context, speech))
    yield from _why(context, speech)
    yield from _buttons(account, context.episode, context.rule.kind, speech)
    fresh = _usage_complete_to(context.m.get("usage_as_of"), speech)
    yield Note((*_origin(context, speech), fresh, *_subsidiaries(context.m, speech)))


def source_alert(context: Context, speech: Speech = ENGLISH) -> Iterator[Block]:
    """Make the blocks of an alert about a source."""
    m = context.m
    total, refused = m.get("rows_total"), m.get("rows_rejected")
    rows = speech.unknown
    if total is not None:
        rows = speech.t("{refused} of {total}", refused=speech.number(refused), total=speech.number(total))
    yield _fields(
        [
            (speech.t("Complete to"), speech.day(m.get("complete_to"))),
            (speech.t("Counts as stale after"), speech.span(m.get("stale_after_days"))),
            (speech.t("Rows refused"), rows),
            *((speech.t(label), speech.percent(m[name])) for name, label in _TOO_LITTLE.items() if m.get(name)),
        ]
    )
    if m.get("error"):
        yield Text(f"*{speech.t('The last reading said:')}* {mrkdwn(short(str(m['error']), 500))}")
    yield from _why(context, speech)
    yield from _buttons(None, context.episode, context.rule.kind, speech)
    yield Note(tuple(_origin(context, speech)))


def fleet_alert(context: Context, speech: Speech = ENGLISH) -> Iterator[Block]:
    """Make the blocks of an alert about all accounts together."""
    m = context.m
    since, until = speech.day(m.get("falling_since")), speech.day(m.get("falling_until"))
    when = since if since == until else speech.t("{since} to {until}", since=since, until=until)
    falling, watched = speech.number(m.get("falling_accounts")), speech.number(m.get("watched_accounts"))
    share = speech.t("{falling} of {watched} watched", falling=falling, watched=watched)
    yield _fields(
        [
            (speech.t("Accounts that fall"), share),
            (speech.t("Believed up to"), speech.number(m.get("falling_limit"))),
            (speech.t("Began to fall"), when),
            (speech.t("ARR of these accounts"), speech.money(m.get("falling_arr"), m.get("currency"))),
        ]
    )
    yield from _buttons(None, context.episode, context.rule.kind, speech)
    yield Note(tuple(_origin(context, speech)))


SHAPES: Final[Mapping[Scope, Callable[[Context, Speech], Iterator[Block]]]] = {
    Scope.ACCOUNT: account_alert,
    Scope.SOURCE: source_alert,
    Scope.FLEET: fleet_alert,
}
"""What an alert consists of under its headline and first sentence."""


def account_answer(
    account: Account, view: AccountView, episodes: Sequence[Episode], speech: Speech = ENGLISH
) -> Iterator[Block]:
    """Make the blocks of the answer for an account."""
    m = view.metrics
    yield from _meters(view.lines, view.as_of, "answer", speech)
    pairs = [
        *_money_fields(m, None, speech),
        *_date_fields(m, view.as_of, speech),
        *_people_fields(account, speech),
        (speech.t("Contract Utilization Score"), speech.score(m.get("cus"))),
        (speech.t("Health"), _health(m, speech)),
    ]
    yield _fields(pairs)
    if episodes:
        yield Text(f"*{speech.t('Open alerts')}*\n" + "\n".join(_open_alerts(episodes, speech)))
    yield Buttons(tuple(_more(account, speech)))
    fresh = _usage_complete_to(m.get("usage_as_of"), speech)
    yield Note((speech.t("As of {day}", day=speech.day(view.as_of)), fresh, *_subsidiaries(m, speech)))


def _subsidiaries(m: Mapping[str, Value | date], speech: Speech) -> Iterator[str]:
    """Say that use of other accounts is counted here: who looks for it there would miss it."""
    count = m.get("subsidiaries_included")
    if isinstance(count, (int, float)) and count:
        yield speech.many(
            "includes the use of {count} subsidiary", "includes the use of {count} subsidiaries", round(count)
        )


def _fields(pairs: Iterable[tuple[str, str]]) -> Fields:
    # Here and nowhere else: even a currency is text that somebody typed.
    return Fields(tuple((label, mrkdwn(value)) for label, value in pairs))


def _meters(lines: Sequence[LineView], as_of: date, kind: str, speech: Speech) -> Iterator[Block]:
    in_force = sorted(
        (line for line in lines if line.start <= as_of <= line.end), key=lambda line: _telling(line, kind)
    )
    shown = tuple(_meter(line, speech) for line in in_force[:_METERS_MOST])
    if shown:
        yield Meters(shown, len(in_force) - len(shown))


def _telling(line: LineView, kind: str) -> tuple[bool, float, str]:
    share = line.utilization or 0.0
    return line.utilization is None, share if kind in _LOWEST_FIRST else -share, line.product


def _meter(line: LineView, speech: Speech) -> Meter:
    unit = plain(line.unit)
    contracted = f"{speech.number(line.contracted)} {unit}".strip()
    if line.used is None:
        text = speech.t("use unknown, {contracted} contracted", contracted=contracted)
    elif not line.contracted:
        used = f"{speech.number(line.used)} {unit}".strip()
        text = speech.t("{used} used, no quantity contracted", used=used)
    else:
        text = speech.t("{used} of {contracted}", used=speech.number(line.used), contracted=contracted)
    return Meter(plain(short(line.product, _NAME_MOST)), line.utilization, text)


def _alert_fields(context: Context, speech: Speech) -> Iterator[tuple[str, str]]:
    ended = context.episode.phase is Phase.RESOLVED
    yield from _money_fields(context.m, None if ended else context.finding.at_stake, speech, context.rule.kind)
    yield from _date_fields(context.m, context.as_of, speech)
    if context.account:
        yield from _people_fields(context.account, speech)


def _money_fields(
    m: Mapping[str, Value | date], at_stake: float | None, speech: Speech, kind: str = ""
) -> Iterator[tuple[str, str]]:
    arr, currency = m.get("arr"), m.get("currency")
    if at_stake is not None and at_stake == arr and kind in _ALL_OF_IT:
        yield speech.t(_ALL_OF_IT[kind]), speech.money(arr, currency)
        return
    if at_stake is not None:
        label = speech.t("Used beyond the contract") if kind == "upsell" else speech.t("At stake")
        yield label, speech.money(at_stake, currency)
    yield speech.t("ARR"), speech.money(arr, currency)


def _date_fields(m: Mapping[str, Value | date], as_of: date, speech: Speech) -> Iterator[tuple[str, str]]:
    parts = [speech.day(m.get("renewal_date"))]
    if m.get("days_to_renewal") is not None:
        parts.append(speech.days(m.get("days_to_renewal")))
    if isinstance(auto := m.get("auto_renew"), bool):
        parts.append(speech.t("renews by itself") if auto else speech.t("does not renew by itself"))
    yield speech.t("Renewal"), ", ".join(parts)
    notice = m.get("days_to_notice")
    if isinstance(notice, (int, float)):
        day = speech.day(as_of + timedelta(days=notice))
        yield speech.t("Last day to give notice"), f"{day}, {speech.days(notice)}"


def _people_fields(account: Account, speech: Speech) -> Iterator[tuple[str, str]]:
    yield speech.t("Owner"), _name(account.owner_name, speech)
    if account.csm_name and account.csm_name != account.owner_name:
        yield speech.t("CSM"), _name(account.csm_name, speech)


def _health(m: Mapping[str, Value | date], speech: Speech) -> str:
    health, band = m.get("health"), m.get("health_band")
    if not isinstance(health, float):
        return speech.unknown
    text = speech.t("{health} of 100", health=f"{health:.0f}")
    return f"{text}, {phrases.word(str(band), speech)}" if band else text


def _name(name: str | None, speech: Speech) -> str:
    return short(name, _NAME_MOST) if name else speech.unknown


def _why(context: Context, speech: Speech) -> Iterator[Block]:
    ended = context.episode.phase is Phase.RESOLVED
    seen = evidence.explain(context.finding, context.rule.scope, _currency(context.m), ended=ended, speech=speech)
    reasons = " · ".join(mrkdwn(str(one)) for one in seen)
    if reasons:
        yield Text(f"*{speech.t('Now:') if ended else speech.t('Why:')}* {reasons}")


def _currency(m: Mapping[str, Value | date]) -> Value:
    currency = m.get("currency")
    return currency if isinstance(currency, str) else None


def _more(account: Account, speech: Speech) -> Iterator[Button]:
    yield Button(speech.t("Brief"), BRIEF, account.account_id)
    yield Button(speech.t("Why"), WHY, account.account_id)
    if account.url and is_https(account.url):
        yield _open(account.url, speech)


def _buttons(account: Account | None, episode: Episode, kind: str, speech: Speech) -> Iterator[Block]:
    buttons: list[Button] = []
    if episode.phase in {Phase.PENDING, Phase.FIRING}:
        buttons.append(Button(speech.t("Claim"), CLAIM, episode.episode_id, style="primary"))
    if account is not None:
        buttons.append(Button(speech.t("Brief"), BRIEF, account.account_id))
        if account.url and is_https(account.url):
            buttons.append(_open(account.url, speech))
    yield Buttons(tuple(buttons), acts_menu(episode.episode_id, kind, speech))


def _open(url: str, speech: Speech) -> Button:
    return Button(speech.t("Open in Salesforce"), OPEN, url=url)


def _origin(context: Context, speech: Speech) -> Iterator[str]:
    rule = context.rule
    kind = speech.t(_KINDS[rule.kind]) if rule.kind in _KINDS else rule.kind.replace("_", " ")
    severity = phrases.word(context.finding.severity, speech)
    yield mrkdwn(speech.t("{kind}, {severity} severity", kind=kind, severity=severity))
    yield speech.t("As of {day}", day=speech.day(context.as_of))
    said = context.episode.phase is Phase.RESOLVED  # the line under the headline gives the reason
    because = f": {phrases.said(context.reason, speech)}" if context.reason and not said else ""
    yield mrkdwn(speech.t("Rule {rule} (version {version})", rule=rule.name, version=rule.version) + because)


def _usage_complete_to(day: Value | date, speech: Speech) -> str:
    if day is None:
        return speech.t("How fresh usage is: unknown")
    return speech.t("Usage complete to {day}", day=speech.day(day))


def _open_alerts(episodes: Sequence[Episode], speech: Speech) -> Iterator[str]:
    for episode in episodes[:_EPISODES_MOST]:
        since = speech.t(
            "{rule}: {severity}, since {day}",
            rule=mrkdwn(episode.rule),
            severity=mrkdwn(phrases.word(episode.severity, speech)),
            day=speech.day(episode.opened_on),
        )
        by = f", {speech.t('claimed by {who}', who=mention(episode.claimed_by))}" if episode.claimed_by else ""
        yield f"• {since}{by}"
    if len(episodes) > _EPISODES_MOST:
        yield speech.more(len(episodes) - _EPISODES_MOST)
