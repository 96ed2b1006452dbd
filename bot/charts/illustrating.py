"""Puts the chart that tells most under each alert about an account."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bot.charts.making import chart
from bot.core.courses import most_telling, told
from bot.messages.blocks import to_blocks
from bot.messages.limits import OWN_TEXT_MOST, validate
from bot.messages.message import Chart, Fields, Headline, Meters, Text
from bot.messages.speech import speech_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from bot.core.chart import Spec
    from bot.core.courses import Course
    from bot.messages.message import Message
    from bot.state.rows import AccountView, Notice

_log = structlog.get_logger(__name__)

KINDS: Final = frozenset({"churn_risk", "upsell"})
"""Alerts that a chart says something of: what is about a date needs none."""
_AT_ONCE: Final = 500
"""Accounts that are laid out at once."""


def illustrated(
    notices: Sequence[Notice],
    accounts: Mapping[str, AccountView],
    courses: Callable[[Collection[str]], Mapping[str, Sequence[Course]]],
) -> tuple[Notice, ...]:
    """Return notices with a chart under each alert whose account has one to show; the others as they are.

    `courses` answers the lines of many accounts at once. Whatever goes wrong, the notices go out without.
    """
    try:
        return _illustrated(notices, accounts, courses)
    except Exception:  # noqa: BLE001  # whatever it is: no picture is worth the night's news
        _log.exception("alerts go out without charts")
        return tuple(notices)


def _illustrated(
    notices: Sequence[Notice],
    accounts: Mapping[str, AccountView],
    courses: Callable[[Collection[str]], Mapping[str, Sequence[Course]]],
) -> tuple[Notice, ...]:
    wanted = {notice.subject for notice in notices if _takes_one(notice) and notice.subject in accounts}
    if not wanted:
        return tuple(notices)
    found = _by_account(wanted, courses)
    specs: dict[tuple[str, str], Spec | None] = defaultdict()
    made = []
    for notice in notices:
        key = notice.subject, notice.message.kind
        if not _takes_one(notice) or notice.subject not in found:
            made.append(notice)
            continue
        if key not in specs:
            specs[key] = spec_of(found[notice.subject], notice.message.kind, accounts[notice.subject].name)
        made.append(replace(notice, message=with_chart(notice.message, specs[key])))
    return tuple(made)


def _by_account(
    wanted: Collection[str], courses: Callable[[Collection[str]], Mapping[str, Sequence[Course]]]
) -> dict[str, Sequence[Course]]:
    # Two years of days of many lines at once are gigabytes.
    found: dict[str, Sequence[Course]] = {}
    for some in _parts(sorted(wanted)):
        found.update(courses(some))
    return found


def _parts(accounts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (accounts[start : start + _AT_ONCE] for start in range(0, len(accounts), _AT_ONCE))


def _takes_one(notice: Notice) -> bool:
    message = notice.message
    return message.kind in KINDS and not any(isinstance(block, Chart) for block in message.blocks)


def spec_of(courses: Sequence[Course], kind: str, account: str) -> Spec | None:
    """Return the chart that says most under an alert of a kind; None: nothing is known that could be drawn."""
    specs = (told(course, kind, account) for course in most_telling(courses, kind))
    return next((spec for spec in specs if spec is not None), None)


def with_chart(message: Message, spec: Spec | None) -> Message:
    """Put a chart under the bars of a message, or where they would be; not where Slack would then refuse it."""
    if spec is None:
        return message
    at = _place(message)
    blocks = (*message.blocks[:at], chart(spec, speech_of(message)), *message.blocks[at:])
    made = replace(message, blocks=blocks)
    return message if validate(to_blocks(made), text_most=OWN_TEXT_MOST) else made


def _place(message: Message) -> int:
    bars = [at for at, block in enumerate(message.blocks) if isinstance(block, Meters)]
    if bars:
        return bars[-1] + 1
    fields = next((at for at, block in enumerate(message.blocks) if isinstance(block, Fields)), None)
    if fields is not None:
        return fields
    # A plain card: under its headline and first sentence.
    below = (at for at, block in enumerate(message.blocks) if not isinstance(block, Headline | Text))
    return next(below, len(message.blocks))
