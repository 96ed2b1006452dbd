"""How the sources stand, how the last runs went, what waits: nothing of any customer is in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bot.core.verdicts import HoldBy
from bot.messages.escape import mrkdwn, plain, short
from bot.messages.lists.common import fitting
from bot.messages.message import Cell, Column, Headline, Message, Note, Row, Table, Text
from bot.messages.speech import msg, msgs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from bot.messages.message import Block
    from bot.messages.speech import Speech
    from bot.state.rows import Backlog, Run, SourceState

_SOURCES_MOST: Final = 20
_RUNS_MOST: Final = 8
_NAMED_MOST: Final = 5
_NAME_MOST: Final = 60
_PROBLEM_MOST: Final = 120

_GUARDS: Final = {
    str(HoldBy.SOURCE): msg("a source in doubt"),
    str(HoldBy.FLEET): msg("the fleet guard"),
    str(HoldBy.INHIBITED): msg("a churn risk on the same line"),
}
_TELLING: Final = frozenset({str(HoldBy.SOURCE), str(HoldBy.FLEET)})
"""Guards whose reasons tell of no customer."""


@dataclass(frozen=True, slots=True)
class Status:
    """How Headroom stands."""

    sources: tuple[SourceState, ...]
    night: Run | None
    """The last one."""
    runs: tuple[Run, ...]
    """The last run of each job, the newest first."""
    backlog: Backlog


def status_message(found: Status, speech: Speech, *, native: bool) -> Message:
    """Write how Headroom stands."""
    title = _title(found, speech)
    blocks: list[Block] = [Headline(title)]
    if found.sources:
        columns = _columns(speech)
        rows = fitting(columns, [_row(one, speech) for one in found.sources], _SOURCES_MOST)
        blocks.append(Table(columns, rows, native=native))
        blocks += [Text(line) for line in _more(len(found.sources) - len(rows), speech)]
    else:
        blocks.append(Text(speech.t("No source has been read yet.")))
    summary = found.night.summary if found.night else {}
    told = [
        *_unmatched(summary, speech),
        *_settings(summary, speech),
        *_held(summary, speech),
        *_waiting(found, speech),
    ]
    blocks.append(Text("\n".join(f"• {line}" for line in told)))
    if found.runs:
        lines = [_run(run, speech) for run in found.runs[:_RUNS_MOST]]
        blocks.append(Text("\n".join([f"*{speech.t('Last runs')}*", *lines])))
    blocks.append(_print(found, speech))
    return Message("answer", mrkdwn(title), tuple(blocks))


def _title(found: Status, speech: Speech) -> str:
    failed = [one for one in found.sources if one.error is not None]
    if failed:
        return speech.many("One source could not be read", "{count} sources could not be read", len(failed))
    if found.night is None:
        return speech.t("No night has been judged yet")
    if not found.night.ok:
        return speech.t("The last night did not go well")
    return speech.t("All sources were read")


def _columns(speech: Speech) -> tuple[Column, ...]:
    return (
        Column(speech.t("Source")),
        Column(speech.t("Complete to"), said=speech.t("complete to {}")),
        Column(speech.t("Last read"), said=speech.t("read {}")),
        Column(speech.t("Rows"), right=True, said=speech.t("{} rows")),
        Column(speech.t("Refused"), right=True, said=speech.t("{} refused")),
        Column(speech.t("Problem"), said="⚠ {}"),
    )


def _row(one: SourceState, speech: Speech) -> Row:
    return Row(
        (
            Cell(short(plain(one.name), _NAME_MOST)),
            Cell(speech.day(one.complete_to)),
            Cell(speech.moment(one.read_at) if one.read_at else speech.unknown),
            Cell(speech.number(one.rows_total)),
            Cell(speech.number(one.rows_rejected)),
            Cell(short(plain(one.error), _PROBLEM_MOST) if one.error else ""),
        )
    )


def _more(count: int, speech: Speech) -> Iterator[str]:
    if count > 0:
        yield speech.more(count)


def unmatched(summary: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how much usage is no account's, as plain JSON values, without whose it may be; None: nobody knows."""
    volume = summary.get("unmatched_volume")
    return {name: volume.get(name) for name in ("days", "share", "customers", "by_meter")} if volume else None


def held(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what each guard holds back, as plain JSON values; the reasons of those alone that tell of no customer."""
    counted: Counter[str] = Counter()
    reasons: dict[str, list[str]] = {}
    for one in summary.get("held") or ():
        counted[one["by"]] += one["findings"]
        reasons.setdefault(one["by"], []).append(str(one["detail"]))
    return [
        {"by": guard, "alerts": count, "reasons": reasons[guard] if guard in _TELLING else []}
        for guard, count in counted.items()
    ]


def _unmatched(summary: Mapping[str, Any], speech: Speech) -> Iterator[str]:
    volume = unmatched(summary)
    if volume is None:
        yield speech.t("How much usage is no account's: unknown.")
        return
    meters = sorted(
        (row for row in volume["by_meter"] or () if row.get("unmatched")), key=lambda row: -(row.get("share") or 0.0)
    )
    if not meters:
        yield speech.t("All usage of the last {days} days is some account's.", days=volume["days"])
        return
    named = ", ".join(
        speech.t("{share} of {meter}", share=speech.percent(row.get("share")), meter=mrkdwn(_name(row.get("meter"))))
        for row in meters[:_NAMED_MOST]
    )
    yield speech.t(
        "Usage of the last {days} days that is no account's: {named}; {count}. `headroom accounts match` settles it.",
        days=volume["days"],
        named=named,
        count=speech.many("one customer", "{count} customers", int(volume["customers"] or 0)),
    )


def _settings(summary: Mapping[str, Any], speech: Speech) -> Iterator[str]:
    left = summary.get("unmatched") or {}
    products = [
        str(row.get("product_name") or row.get("product_code") or row.get("product_family") or "?")
        for row in left.get("products_without_meter") or ()
    ]
    meters = list(map(str, left.get("meters_without_product") or ()))
    for names, told in (
        (products, msgs("One product has no meter", "{count} products have no meter")),
        (meters, msgs("One meter is of no product", "{count} meters are of no product")),
    ):
        if names:
            yield f"{speech.many(*told, len(names))}: {_listed(names, speech)}."


def _listed(names: Sequence[str], speech: Speech) -> str:
    shown = [mrkdwn(_name(name)) for name in names[:_NAMED_MOST]]
    return ", ".join([*shown, *_more(len(names) - len(shown), speech)])


def _held(summary: Mapping[str, Any], speech: Speech) -> Iterator[str]:
    found = held(summary)
    for one in found:
        guard = speech.t(_GUARDS.get(one["by"], one["by"]))
        alerts = speech.many("One alert is", "{count} alerts are", one["alerts"])
        said = speech.t("{alerts} held back by {guard}", alerts=alerts, guard=guard)
        yield f"{said}: {_listed(one['reasons'], speech)}." if one["reasons"] else f"{said}."
    if not found and summary:
        yield speech.t("No alert is held back.")


def _waiting(found: Status, speech: Speech) -> Iterator[str]:
    backlog = found.backlog
    if not (backlog.waiting or backlog.uncertain or backlog.deferred):
        yield speech.t("No message waits to be sent.")
        return
    yield speech.t(
        "Messages: {waiting} wait to be sent, {deferred} more for the end of somebody's quiet hours; of {uncertain} it "
        "is not known yet whether they arrived.",
        waiting=speech.number(backlog.waiting),
        deferred=speech.number(backlog.deferred),
        uncertain=speech.number(backlog.uncertain),
    )


def _run(run: Run, speech: Speech) -> str:
    how = speech.t("went well") if run.ok else speech.t("went wrong")
    seconds = (run.finished - run.started).total_seconds()
    return "• " + speech.t(
        "{job} of {day}: {how}, finished {moment} after {seconds} s",
        job=mrkdwn(run.job),
        day=speech.day(run.as_of),
        how=how,
        moment=speech.moment(run.finished),
        seconds=speech.number(round(seconds, 1)),
    )


def _name(text: object) -> str:
    return short(plain(str(text)), _PROBLEM_MOST) or "?"


def _print(found: Status, speech: Speech) -> Note:
    day: date | None = found.night.as_of if found.night else None
    return Note((speech.t("As of {day}", day=speech.day(day)),))
