"""Snoozed and closed episodes, threads, deferred and swept notices, standings and versions of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_UNRESOLVED = sa.text("phase <> 'resolved'")
_SAID = sa.text("sent_at IS NOT NULL")
_OPEN = sa.text("status IN ('pending', 'sending', 'uncertain')")
_SWEPT = sa.text("sweep_at IS NOT NULL")

_PHASES = "phase IN ('pending', 'firing', 'claimed', 'snoozed', 'closed', 'resolved')"
_OUTCOMES = "outcome IN ('recovered', 'expanded', 'renewed', 'lost', 'false_alarm')"
_SNOOZED = "phase <> 'snoozed' OR snoozed_until IS NOT NULL"
_CLOSED = "phase <> 'closed' OR outcome IS NOT NULL"

# What rows that are there already get. Nothing of the kind could have happened to them.
_NEW_OF_EPISODES = {"announced": "true", "evidence": "'[]'", "acts": "0"}
_NEW_OF_NOTICES = {"chain": "'[]'", "broadcast": "false", "sweeps": "0"}


def upgrade() -> None:
    """Change the two tables, and make two more."""
    if op.get_context().dialect.name == "sqlite":
        # SQLite changes no constraint: the tables are made anew, the one that refers to the other first.
        _anew("notices", _make_notices, _NEW_OF_NOTICES)
        _anew("episodes", _make_episodes, _NEW_OF_EPISODES)
    else:
        _change_notices()
        _change_episodes()
    op.create_index("ix_notices_sweep", "notices", ["sweep_at"], sqlite_where=_SWEPT, postgresql_where=_SWEPT)
    _standings()
    _rule_versions()


def downgrade() -> None:
    """Refuse: what people snoozed and closed would be lost."""
    raise NotImplementedError("what people snoozed and closed would be lost; restore the database from a backup")


def _columns_of_episodes() -> list[sa.Column[object]]:
    return [
        sa.Column("announced", sa.Boolean, nullable=False),
        sa.Column("snoozed_until", sa.Date),
        sa.Column("snoozed_by", sa.Text),
        sa.Column("snooze_reason", sa.Text),
        sa.Column("escalated_at", _MOMENT),
        sa.Column("outcome", sa.Text),
        sa.Column("closed_by", sa.Text),
        sa.Column("closed_at", _MOMENT),
        sa.Column("close_reason", sa.Text),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("evidence_on", sa.Date),
        sa.Column("acts", sa.Integer, nullable=False),
    ]


def _columns_of_notices() -> list[sa.Column[object]]:
    return [
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("broadcast", sa.Boolean, nullable=False),
        sa.Column("thread_ts", sa.Text),
        sa.Column("sweep_at", _MOMENT),
        sa.Column("sweeps", sa.Integer, nullable=False),
    ]


# PostgreSQL


def _change_notices() -> None:
    op.drop_constraint("fk_notices_episode", "notices", type_="foreignkey")
    _add("notices", _columns_of_notices(), _NEW_OF_NOTICES)


def _change_episodes() -> None:
    _add("episodes", _columns_of_episodes(), _NEW_OF_EPISODES)
    op.drop_constraint("ck_episodes_phase", "episodes", type_="check")
    op.create_check_constraint("ck_episodes_phase", "episodes", _PHASES)
    op.create_check_constraint("ck_episodes_outcome", "episodes", _OUTCOMES)
    op.create_check_constraint("ck_episodes_snoozed", "episodes", _SNOOZED)
    op.create_check_constraint("ck_episodes_closed", "episodes", _CLOSED)


def _add(table: str, columns: list[sa.Column[object]], values: dict[str, str]) -> None:
    for column in columns:
        value = values.get(column.name)
        column.server_default = sa.DefaultClause(sa.text(value)) if value else None
        op.add_column(table, column)
        if value:
            op.alter_column(table, column.name, server_default=None)


# SQLite


def _anew(table: str, make: Callable[[], None], values: dict[str, str]) -> None:
    connection = op.get_bind()
    old = [column["name"] for column in sa.inspect(connection).get_columns(table)]
    op.rename_table(table, f"{table}_old")
    for index in sa.inspect(connection).get_indexes(f"{table}_old"):
        if index["name"] and index["name"].startswith(("ix_", "ux_")) and not index.get("duplicates_constraint"):
            op.drop_index(index["name"])
    make()
    names, given = ", ".join([*old, *values]), ", ".join([*old, *values.values()])
    op.execute(f"INSERT INTO {table} ({names}) SELECT {given} FROM {table}_old")  # noqa: S608  # names of this file
    op.drop_table(f"{table}_old")


def _make_episodes() -> None:
    op.create_table(
        "episodes",
        sa.Column("episode_id", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rule_version", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("opened_on", sa.Date, nullable=False),
        sa.Column("fired_at", _MOMENT),
        sa.Column("notified_at", _MOMENT),
        sa.Column("step", sa.Integer),
        sa.Column("claimed_by", sa.Text),
        sa.Column("claimed_at", _MOMENT),
        sa.Column("resolved_at", _MOMENT),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("at_stake", sa.Float),
        *_columns_of_episodes(),
        sa.CheckConstraint(_PHASES, name="ck_episodes_phase"),
        sa.CheckConstraint(_OUTCOMES, name="ck_episodes_outcome"),
        sa.CheckConstraint(_SNOOZED, name="ck_episodes_snoozed"),
        sa.CheckConstraint(_CLOSED, name="ck_episodes_closed"),
    )
    op.create_index("ix_episodes_subject", "episodes", ["subject"])
    op.create_index("ux_episodes_open", "episodes", ["rule", "subject"], unique=True, sqlite_where=_UNRESOLVED)


def _make_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("notice_id", sa.Text, nullable=False),
        sa.Column("episode_id", sa.Text, nullable=False),
        sa.Column("transition", sa.Text, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("post_id", sa.Text),
        sa.Column("fallback_id", sa.Text),
        sa.Column("meant_for", sa.Text),
        sa.Column("lease_until", _MOMENT),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("first_tried_at", _MOMENT),
        sa.Column("not_before", _MOMENT),
        sa.Column("channel", sa.Text),
        sa.Column("ts", sa.Text),
        sa.Column("sent_at", _MOMENT),
        sa.Column("error", sa.Text),
        *_columns_of_notices(),
        sa.UniqueConstraint("notice_id", name="ux_notices_id"),
        sa.UniqueConstraint("episode_id", "transition", "destination", "act", name="ux_notices_key"),
        sa.CheckConstraint("act IN ('post', 'update')", name="ck_notices_act"),
        sa.CheckConstraint(
            "status IN ('pending', 'sending', 'sent', 'failed', 'uncertain', 'superseded')", name="ck_notices_status"
        ),
        sa.CheckConstraint("status <> 'sending' OR lease_until IS NOT NULL", name="ck_notices_leased"),
        sa.CheckConstraint("status <> 'sent' OR (channel IS NOT NULL AND ts IS NOT NULL)", name="ck_notices_placed"),
    )
    op.create_index("ix_notices_open", "notices", ["seq"], sqlite_where=_OPEN)
    op.create_index("ix_notices_open_at", "notices", ["destination", "seq"], sqlite_where=_OPEN)
    op.create_index("ix_notices_sent", "notices", ["destination", "sent_at"], sqlite_where=_SAID)
    op.create_index("ix_notices_post", "notices", ["post_id"])


# both


def _standings() -> None:
    op.create_table(
        "standings",
        sa.Column("rule", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("said", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("rule", "subject", name="pk_standings"),
    )
    op.create_index("ix_standings_subject", "standings", ["subject"])


def _rule_versions() -> None:
    op.create_table(
        "rule_versions",
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("first_seen", _MOMENT, nullable=False),
    )
    op.create_index("ix_rule_versions_name", "rule_versions", ["name", "first_seen"])
