"""Values to rows and back. JSON columns hold plain JSON; a date in it is `{"$date": "2026-03-01"}`."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast

from bot.core.episodes import Episode, Outcome, Phase
from bot.core.verdicts import Evidence, Truth
from bot.messages.message import MESSAGE
from bot.state.keys import domain_key, name_key
from bot.state.rows import (
    AccountView,
    Act,
    Audit,
    Claimed,
    Delivery,
    LineView,
    Notice,
    Person,
    RuleVersion,
    Run,
    Sent,
    SourceState,
    Standing,
    Status,
    Tick,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import RowMapping

    from bot.messages.message import Message

Record = dict[str, Any]
"""A row by column name, as SQLAlchemy takes it."""

_DATE = "$date"


def to_json(value: object) -> str:
    """Write a value as JSON. Raises ValueError for NaN and infinity: unknown is None, nothing else."""
    return json.dumps(value, default=_tagged, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_json(text: str) -> Any:  # noqa: ANN401  # JSON is what it is
    """Read what `to_json` wrote."""
    return json.loads(text, object_hook=_untagged)


def _tagged(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return {_DATE: value.isoformat()}
    raise TypeError(f"a {type(value).__name__} cannot be stored as JSON: {value!r}")


def _untagged(value: dict[str, Any]) -> object:
    return date.fromisoformat(value[_DATE]) if value.keys() == {_DATE} else value


def _fields(value: object) -> Record:
    # `dataclasses.asdict` copies every value deeply: at 300,000 lines that is most of the time.
    kind: type[Any] = type(value)
    return {name: getattr(value, name) for name in kind.__slots__}


def _taken(kind: type[Any], row: RowMapping) -> Record:
    return {name: row[name] for name in kind.__slots__}


def account_to_row(account: AccountView) -> Record:
    """Turn an account into its row. Raises ValueError, naming the account, for a number that is none."""
    try:
        view = to_json(
            {
                "domain": account.domain,
                "url": account.url,
                "owner_id": account.owner_id,
                "csm_id": account.csm_id,
                "metrics": dict(account.metrics),
                "lines": [_fields(line) for line in account.lines],
                "slack_channel": account.slack_channel,
                "before": dict(account.before),
                "before_on": account.before_on,
                "opportunity": dict(account.opportunity),
            }
        )
    except (ValueError, TypeError) as error:
        raise ValueError(f"account {account.account_id} ({account.name}): {error}; unknown is None") from error
    return {
        "account_id": account.account_id,
        "name": account.name,
        "name_key": name_key(account.name),
        "domain_key": domain_key(account.domain),
        "external_id": account.external_id,
        "as_of": account.as_of,
        "view": view,
        "owner_id": account.owner_id,
        "csm_id": account.csm_id,
        **{column: account.metrics.get(metric) for column, metric in _LISTED.items()},
    }


_LISTED = {
    "segment": "segment",
    "region": "region",
    "currency": "currency",
    "arr": "arr",
    "renewal_on": "renewal_date",
    "deadline_on": "deadline",
    "health_band": "health_band",
}
"""Columns that lists are made by, and the metrics that they hold."""


def account_from_row(row: RowMapping) -> AccountView:
    """Turn a row back into an account."""
    view = from_json(row["view"])
    return AccountView(
        account_id=row["account_id"],
        name=row["name"],
        domain=view["domain"],
        url=view["url"],
        owner_id=view["owner_id"],
        csm_id=view["csm_id"],
        as_of=row["as_of"],
        metrics=view["metrics"],
        lines=tuple(LineView(**line) for line in view["lines"]),
        external_id=row["external_id"],
        slack_channel=view.get("slack_channel"),
        before=view.get("before") or {},
        before_on=view.get("before_on"),
        opportunity=view.get("opportunity") or {},
    )


def episode_to_row(episode: Episode) -> Record:
    """Turn an episode into its row."""
    evidence = [_fields(item) | {"truth": item.truth.value} for item in episode.evidence]
    changed = {
        "phase": episode.phase.value,
        "outcome": episode.outcome.value if episode.outcome else None,
        "evidence": to_json(evidence),
    }
    return _fields(episode) | changed


def episode_from_row(row: RowMapping) -> Episode:
    """Turn a row back into an episode."""
    changed = {
        "phase": Phase(row["phase"]),
        "outcome": Outcome(row["outcome"]) if row["outcome"] else None,
        "evidence": tuple(map(_evidence, from_json(row["evidence"]))),
    }
    return Episode(**(_taken(Episode, row) | changed))


def _evidence(item: Record) -> Evidence:
    pairs = {name: tuple(map(tuple, item[name])) for name in ("values", "before")}
    return Evidence(item["text"], Truth(item["truth"]), pairs["values"], pairs["before"], item["before_on"])


def message_to_text(message: Message) -> str:
    """Write a message as the outbox keeps it."""
    return MESSAGE.dump_json(message).decode()


def notice_to_row(notice: Notice) -> Record:
    """Turn a notice into a row of the outbox that waits to be sent."""
    return _fields(notice) | {
        "act": notice.act.value,
        "message": message_to_text(notice.message),
        "chain": to_json(notice.chain),
        "status": Status.PENDING.value,
        "fence": 0,
        "attempts": 0,
        "looks": 0,
        "sweeps": 0,
    }


def notice_from_row(row: RowMapping) -> Notice:
    """Turn a row of the outbox back into a notice."""
    read = {
        "act": Act(row["act"]),
        "message": MESSAGE.validate_json(row["message"]),
        "chain": tuple(from_json(row["chain"])),
    }
    return Notice(**(_taken(Notice, row) | read))


def claimed_from_row(row: RowMapping, **changed: object) -> Claimed:
    """Turn a row of the outbox, with what claiming it changed, into a notice in the hands of a sender."""
    values = cast("Mapping[str, Any]", {**row, **changed})
    return Claimed(
        notice=notice_from_row(row),
        fence=values["fence"],
        attempts=values["attempts"],
        channel=values["channel"],
        ts=values["ts"],
        first_tried_at=values["first_tried_at"],
        meant_for=values["meant_for"],
        thread_ts=values["thread_ts"],
        thread_channel=values.get("thread_channel"),
        again=values["sweep_at"] is not None,
    )


def delivery_from_row(row: RowMapping) -> Delivery:
    """Turn a row of the outbox into a notice and how far it came."""
    return Delivery(
        notice=notice_from_row(row),
        status=Status(row["status"]),
        attempts=row["attempts"],
        sent=Sent(row["channel"], row["ts"]) if row["status"] == Status.SENT else None,
        sent_at=row["sent_at"],
        error=row["error"],
        meant_for=row["meant_for"],
        spoken_by=row["fallback_id"],
    )


def person_to_row(person: Person) -> Record:
    """Turn a person into a row."""
    return _fields(person)


def person_from_row(row: RowMapping) -> Person:
    """Turn a row back into a person."""
    return Person(**_taken(Person, row))


def source_to_row(source: SourceState) -> Record:
    """Turn the state of a source into a row."""
    return _fields(source)


def source_from_row(row: RowMapping) -> SourceState:
    """Turn a row back into the state of a source."""
    return SourceState(**_taken(SourceState, row))


def audit_to_row(line: Audit) -> Record:
    """Turn a line of the audit into a row."""
    return _fields(line) | {"detail": to_json(dict(line.detail))}


def audit_from_row(row: RowMapping) -> Audit:
    """Turn a row back into a line of the audit."""
    return Audit(**(_taken(Audit, row) | {"detail": from_json(row["detail"])}))


def run_to_row(run: Run) -> Record:
    """Turn a run into a row."""
    return _fields(run) | {"summary": to_json(dict(run.summary))}


def run_from_row(row: RowMapping) -> Run:
    """Turn a row back into a run."""
    return Run(**(_taken(Run, row) | {"summary": from_json(row["summary"])}))


def standing_to_row(standing: Standing) -> Record:
    """Turn a standing into a row."""
    return _fields(standing)


def standing_from_row(row: RowMapping) -> Standing:
    """Turn a row back into a standing."""
    return Standing(**_taken(Standing, row))


def rule_version_to_row(version: RuleVersion) -> Record:
    """Turn a version of a rule into a row."""
    return _fields(version) | {"definition": to_json(dict(version.definition))}


def rule_version_from_row(row: RowMapping) -> RuleVersion:
    """Turn a row back into a version of a rule."""
    return RuleVersion(**(_taken(RuleVersion, row) | {"definition": from_json(row["definition"])}))


def tick_from_row(row: RowMapping) -> Tick:
    """Turn a row back into a tick."""
    return Tick(**_taken(Tick, row))
