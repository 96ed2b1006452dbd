"""Store what one night decided: snapshots, episodes, notices and audit, together or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import case, delete, func, null, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.exc import IntegrityError

from bot.core.episodes import Phase
from bot.state import codec
from bot.state.engine import JUDGEMENT_LOCK, StateError, lock
from bot.state.enqueue import enqueue
from bot.state.rows import Committed
from bot.state.succession import succeed
from bot.state.tables import ACCOUNTS, AUDIT, EPISODES, FORMER, PEOPLE, RULE_VERSIONS, SNAPSHOT, SOURCES, STANDINGS
from bot.state.upsert import insert, upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from bot.core.episodes import Episode
    from bot.state.rows import AccountView, Audit, Judgement, Person, RuleVersion, SourceState, Standing


class StaleJudgementError(StateError):
    """Somebody else stored a judgement on the same subjects meanwhile; nothing of this one was stored."""


def commit(connection: Connection, judgement: Judgement) -> Committed:
    """Store a judgement within the connection's transaction; the same one again changes nothing.

    Raises StaleJudgementError where a later day was judged meanwhile, or another episode of the same rule and subject
    was opened.
    """
    lock(connection, JUDGEMENT_LOCK)
    _refuse_past(connection, judgement.as_of)
    gone = _store_accounts(connection, judgement)
    _store_people(connection, judgement.people)
    _store_sources(connection, judgement.sources)
    store_episodes(connection, judgement.episodes)
    succeed(connection, judgement.moved, judgement.at)
    _store_standings(connection, judgement.standings)
    _store_rules(connection, judgement.rules)
    notices = enqueue(connection, judgement.notices)
    append_audit(connection, judgement.audit)
    return Committed(gone=gone, notices=notices)


def _refuse_past(connection: Connection, as_of: date) -> None:
    # A process may sleep in the middle of its night: what it then thinks is news would undo the nights after it.
    judged = connection.scalar(select(SNAPSHOT.c.as_of))
    if judged is not None and judged > as_of:
        raise StaleJudgementError(f"{judged} was judged meanwhile, which comes after {as_of}; nothing was stored")


def _store_accounts(connection: Connection, judgement: Judgement) -> int:
    # No account at all is a source that did not deliver, not a company without customers: keep what was there.
    if not judgement.accounts:
        return 0
    upsert(connection, ACCOUNTS, [codec.account_to_row(account) for account in judgement.accounts])
    gone = _remove_gone(connection, judgement.accounts)
    _store_former(connection, judgement.heirs)
    bump = insert(connection, SNAPSHOT).values(id=1, version=1, as_of=judgement.as_of)
    bump = bump.on_conflict_do_update(
        index_elements=["id"], set_={"version": SNAPSHOT.c.version + 1, "as_of": bump.excluded.as_of}
    )
    connection.execute(bump)
    return gone


def _remove_gone(connection: Connection, accounts: Iterable[AccountView]) -> int:
    delivered = {account.account_id for account in accounts}
    gone = set(connection.scalars(select(ACCOUNTS.c.account_id))) - delivered
    # One statement an account: an IN list of any length would run into the databases' limits of parameters.
    for account_id in sorted(gone):
        connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.account_id == account_id))
    return len(gone)


def _store_former(connection: Connection, heirs: Mapping[str, str]) -> None:
    connection.execute(delete(FORMER))
    rows = [{"former_id": former, "account_id": heir} for former, heir in heirs.items()]
    if rows:
        connection.execute(plain_insert(FORMER), rows)


def _store_people(connection: Connection, people: Sequence[Person]) -> None:
    statement = insert(connection, PEOPLE)
    # Another address may be another member of the workspace: who it is there has to be asked again.
    moved = PEOPLE.c.email.is_distinct_from(statement.excluded.email)
    forgotten = {
        name: case((moved, null()), else_=PEOPLE.c[name])
        for name in ("slack_user_id", "slack_channel", "slack_checked_at")
    }
    upsert(connection, PEOPLE, [codec.person_to_row(person) for person in people], forgotten, statement)


def _store_sources(connection: Connection, sources: Sequence[SourceState]) -> None:
    statement = insert(connection, SOURCES)
    # A reading that failed says nothing of how far the earlier ones came.
    complete_to = func.coalesce(statement.excluded.complete_to, SOURCES.c.complete_to)
    rows = [codec.source_to_row(source) for source in sources]
    upsert(connection, SOURCES, rows, {"complete_to": complete_to}, statement)
    if sources:
        connection.execute(delete(SOURCES).where(SOURCES.c.name.not_in([source.name for source in sources])))


def _store_standings(connection: Connection, standings: Sequence[Standing]) -> None:
    connection.execute(delete(STANDINGS))
    if standings:
        connection.execute(plain_insert(STANDINGS), [codec.standing_to_row(one) for one in standings])


def _store_rules(connection: Connection, rules: Sequence[RuleVersion]) -> None:
    if rules:
        rows = [codec.rule_version_to_row(one) for one in rules]
        connection.execute(insert(connection, RULE_VERSIONS).on_conflict_do_nothing(), rows)


def store_episodes(connection: Connection, episodes: Sequence[Episode]) -> None:
    """Insert episodes or bring them to their new state; what people did in between is kept.

    Raises StaleJudgementError where another episode of the same rule and subject is open.
    """
    # Those that end come first: their place may be taken by a new one of the same rule and subject.
    rows = [codec.episode_to_row(episode) for episode in sorted(episodes, key=_resolved_first)]
    statement = insert(connection, EPISODES)
    new, old = statement.excluded, EPISODES.c
    # Between reading the episodes and storing the judgement somebody may have pressed a button: that stands.
    acted = old.acts > new.acts
    own = {name: case((acted, old[name]), else_=new[name]) for name in _OF_ACTS}
    own["phase"] = case((acted & (new.phase != Phase.RESOLVED), old.phase), else_=new.phase)
    try:
        upsert(connection, EPISODES, rows, own, statement)
    except IntegrityError as error:
        raise StaleJudgementError(
            "another run opened episodes of the same rules and subjects meanwhile; nothing was stored, run again"
        ) from error


_OF_ACTS: Final = (
    "claimed_by",
    "claimed_at",
    "snoozed_until",
    "snoozed_by",
    "snooze_reason",
    "escalated_at",
    "outcome",
    "closed_by",
    "closed_at",
    "close_reason",
    "acts",
)
"""Columns that acts change."""


def _resolved_first(episode: Episode) -> bool:
    return episode.phase is not Phase.RESOLVED


def append_audit(connection: Connection, lines: Sequence[Audit]) -> None:
    """Add lines to the audit."""
    if lines:
        connection.execute(plain_insert(AUDIT), [codec.audit_to_row(line) for line in lines])
