"""The tables of the state store. `migrations/` makes them; a test holds the two to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from bot.core.episodes import Outcome, Phase
from bot.state.rows import Act, Status
from bot.state.types import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Iterable

METADATA: Final = MetaData()

# SQLite numbers rows by itself only where the key is declared as plain INTEGER.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")


def _one_of(column: str, words: Iterable[str]) -> str:
    quoted = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({quoted})"


SNAPSHOT: Final = Table(
    "snapshot",
    METADATA,
    # The one row that says which accounts the table below holds; what is cached of it is valid for one version.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("as_of", Date, nullable=False),
    CheckConstraint("id = 1", name="ck_snapshot_one_row"),
)

ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("domain_key", Text),
    Column("external_id", Text),
    Column("as_of", Date, nullable=False),
    Column("view", Text, nullable=False),
    # What lists are made by; the view holds the same among everything else.
    Column("owner_id", Text),
    Column("csm_id", Text),
    Column("segment", Text),
    Column("region", Text),
    Column("currency", Text),
    Column("arr", Float),
    Column("renewal_on", Date),
    Column("deadline_on", Date),
    Column("health_band", Text),
    Index("ix_accounts_owner_id", "owner_id"),
    Index("ix_accounts_csm_id", "csm_id"),
    Index("ix_accounts_segment", "segment"),
    # Everything that a list of renewals is sorted and summed by: SQLite need not walk past the view of each account.
    Index("ix_accounts_deadline_on", "deadline_on", "account_id", "currency", "arr", "renewal_on", "health_band"),
    Index("ix_accounts_name_key", "name_key"),
    Index("ix_accounts_domain_key", "domain_key"),
    Index("ix_accounts_external_id", "external_id"),
)

PEOPLE: Final = Table(
    "people",
    METADATA,
    Column("person_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("manager_id", Text),
    Column("active", Boolean, nullable=False),
    Column("timezone", Text),
    Column("slack_user_id", Text),
    Column("slack_channel", Text),
    Column("slack_checked_at", UtcDateTime),
    Index("ix_people_slack_user_id", "slack_user_id"),
)

EPISODES: Final = Table(
    "episodes",
    METADATA,
    Column("episode_id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("rule_version", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("fired_at", UtcDateTime),
    Column("notified_at", UtcDateTime),
    Column("step", Integer),
    Column("claimed_by", Text),
    Column("claimed_at", UtcDateTime),
    Column("resolved_at", UtcDateTime),
    Column("severity", Text, nullable=False),
    Column("at_stake", Float),
    Column("announced", Boolean, nullable=False),
    Column("snoozed_until", Date),
    Column("snoozed_by", Text),
    Column("snooze_reason", Text),
    Column("escalated_at", UtcDateTime),
    Column("outcome", Text),
    Column("closed_by", Text),
    Column("closed_at", UtcDateTime),
    Column("close_reason", Text),
    Column("evidence", Text, nullable=False),
    Column("evidence_on", Date),
    Column("acts", Integer, nullable=False),
    CheckConstraint(_one_of("phase", Phase), name="ck_episodes_phase"),
    CheckConstraint(_one_of("outcome", Outcome), name="ck_episodes_outcome"),
    CheckConstraint("phase <> 'snoozed' OR snoozed_until IS NOT NULL", name="ck_episodes_snoozed"),
    CheckConstraint("phase <> 'closed' OR outcome IS NOT NULL", name="ck_episodes_closed"),
    Index("ix_episodes_subject", "subject"),
    Index(
        "ux_episodes_open",
        "rule",
        "subject",
        unique=True,
        sqlite_where=text("phase <> 'resolved'"),
        postgresql_where=text("phase <> 'resolved'"),
    ),
)

_SAID: Final = text("sent_at IS NOT NULL")
_OPEN: Final = text("status IN ('pending', 'sending', 'uncertain')")

_SWEPT: Final = text("sweep_at IS NOT NULL")
_WAITING: Final = text("status = 'pending' AND act = 'post'")
_LATER: Final = text("status = 'pending' AND not_before IS NOT NULL")
_READY: Final = text("status = 'pending' AND act = 'update' AND ts IS NOT NULL")
_UNSETTLED: Final = text("status IN ('sending', 'uncertain')")
_ROOT: Final = text("status = 'sent' AND act = 'post' AND thread_ts IS NULL")

NOTICES: Final = Table(
    "notices",
    METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("notice_id", Text, nullable=False),
    # No foreign key: a digest is about several episodes, or a person's day.
    Column("episode_id", Text, nullable=False),
    Column("transition", Text, nullable=False),
    Column("destination", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("post_id", Text),
    Column("chain", Text, nullable=False),
    Column("broadcast", Boolean, nullable=False),
    Column("fallback_id", Text),
    Column("meant_for", Text),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("looks", Integer, nullable=False),
    Column("first_tried_at", UtcDateTime),
    Column("not_before", UtcDateTime),
    Column("channel", Text),
    Column("ts", Text),
    # Chosen when it is first claimed, and kept: where it may have arrived is where it is looked for.
    Column("thread_ts", Text),
    Column("sent_at", UtcDateTime),
    Column("sweep_at", UtcDateTime),
    Column("sweeps", Integer, nullable=False),
    Column("error", Text),
    UniqueConstraint("notice_id", name="ux_notices_id"),
    UniqueConstraint("episode_id", "transition", "destination", "act", name="ux_notices_key"),
    CheckConstraint(_one_of("act", Act), name="ck_notices_act"),
    CheckConstraint(_one_of("status", Status), name="ck_notices_status"),
    CheckConstraint("status <> 'sending' OR lease_until IS NOT NULL", name="ck_notices_leased"),
    CheckConstraint("status <> 'sent' OR (channel IS NOT NULL AND ts IS NOT NULL)", name="ck_notices_placed"),
    # Sent notices pile up over the years: these know only what is still to be done.
    Index("ix_notices_open", "seq", sqlite_where=_OPEN, postgresql_where=_OPEN),
    # A claim looks at the first notice of each destination; each of the following answers one of its questions.
    Index("ix_notices_waiting", "destination", "seq", sqlite_where=_WAITING, postgresql_where=_WAITING),
    Index("ix_notices_later", "act", "not_before", sqlite_where=_LATER, postgresql_where=_LATER),
    Index("ix_notices_ready", "seq", sqlite_where=_READY, postgresql_where=_READY),
    Index(
        "ix_notices_unsettled",
        "status",
        "destination",
        "subject",
        sqlite_where=_UNSETTLED,
        postgresql_where=_UNSETTLED,
    ),
    Index("ix_notices_root", "destination", "subject", "sent_at", sqlite_where=_ROOT, postgresql_where=_ROOT),
    Index("ix_notices_sent", "destination", "sent_at", sqlite_where=_SAID, postgresql_where=_SAID),
    Index("ix_notices_post", "post_id"),
    Index("ix_notices_sweep", "sweep_at", sqlite_where=_SWEPT, postgresql_where=_SWEPT),
)

HOLDS: Final = Table(
    "holds",
    METADATA,
    # Slack's 429 is for a method, not for one message: every replica keeps it.
    Column("act", Text, primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

CALLS: Final = Table(
    "calls",
    METADATA,
    # When a method of Slack's was called last, by slot: as many slots as calls are permitted a minute. The same for
    # the one slot that a destination has for its posts. Every replica keeps to it.
    Column("key", Text),
    Column("slot", Integer),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("key", "slot", name="pk_calls"),
    Index("ix_calls_at", "key", "at"),
)

SOURCES: Final = Table(
    "sources",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("read_at", UtcDateTime),
    Column("complete_to", Date),
    Column("error", Text),
    Column("rows_total", BigInteger),
    Column("rows_rejected", BigInteger),
)

TICKS: Final = Table(
    "ticks",
    METADATA,
    Column("job", Text),
    Column("scheduled_for", UtcDateTime),
    Column("worker", Text, nullable=False),
    Column("lease_until", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("outcome", Text),
    PrimaryKeyConstraint("job", "scheduled_for", name="pk_ticks"),
)

RUNS: Final = Table(
    "runs",
    METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("job", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime, nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("summary", Text, nullable=False),
    Index("ix_runs_job", "job", "seq"),
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    # Append-only: triggers of the first migration refuse UPDATE and DELETE.
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_audit_subject", "subject", "seq"),
)

STANDINGS: Final = Table(
    "standings",
    METADATA,
    Column("rule", Text),
    Column("subject", Text),
    Column("as_of", Date, nullable=False),
    Column("said", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    PrimaryKeyConstraint("rule", "subject", name="pk_standings"),
    Index("ix_standings_subject", "subject"),
)

RULE_VERSIONS: Final = Table(
    "rule_versions",
    METADATA,
    Column("version", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Index("ix_rule_versions_name", "name", "first_seen"),
)

PREFERENCES: Final = Table(
    "preferences",
    METADATA,
    Column("user_id", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

SUBSCRIPTIONS: Final = Table(
    "subscriptions",
    METADATA,
    Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    # A destination, as rules name them: `person:<id in the CRM>`, `#channel`.
    Column("target", Text, nullable=False),
    Column("verb", Text, nullable=False),
    # Empty: of any kind, in any segment. NULL would make two equal ones differ.
    Column("kind", Text, nullable=False),
    Column("segment", Text, nullable=False),
    Column("by_user", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("target", "verb", "kind", "segment", name="ux_subscriptions"),
    CheckConstraint(_one_of("verb", ("subscribe", "mute")), name="ck_subscriptions_verb"),
)

UPLOADS: Final = Table(
    "uploads",
    METADATA,
    # What was uploaded, by its content: the same chart is uploaded once.
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("file_id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

FORMER: Final = Table(
    "former_accounts",
    METADATA,
    # Accounts that live on in others, by each spelling of their ids: people still have the old links.
    Column("former_id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
)
