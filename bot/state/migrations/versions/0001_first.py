"""The first version: every table of the state store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# A migration is frozen: it names types and words itself and follows no later change of `bot.state.tables`.
_MOMENT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_UNRESOLVED = sa.text("phase <> 'resolved'")
_SAID = sa.text("sent_at IS NOT NULL")
_OPEN = sa.text("status IN ('pending', 'sending', 'uncertain')")


def upgrade() -> None:
    """Make every table."""
    _snapshot()
    _people()
    _episodes()
    _notices()
    _operations()
    _audit()


def _snapshot() -> None:
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.CheckConstraint("id = 1", name="ck_snapshot_one_row"),
    )
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("domain_key", sa.Text),
        sa.Column("external_id", sa.Text),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("view", sa.Text, nullable=False),
    )
    op.create_index("ix_accounts_name_key", "accounts", ["name_key"])
    op.create_index("ix_accounts_domain_key", "accounts", ["domain_key"])
    op.create_index("ix_accounts_external_id", "accounts", ["external_id"])


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("person_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("manager_id", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("timezone", sa.Text),
        sa.Column("slack_user_id", sa.Text),
        sa.Column("slack_channel", sa.Text),
        sa.Column("slack_checked_at", _MOMENT),
    )
    op.create_index("ix_people_slack_user_id", "people", ["slack_user_id"])


def _episodes() -> None:
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
        sa.CheckConstraint("phase IN ('pending', 'firing', 'claimed', 'resolved')", name="ck_episodes_phase"),
    )
    op.create_index("ix_episodes_subject", "episodes", ["subject"])
    op.create_index(
        "ux_episodes_open",
        "episodes",
        ["rule", "subject"],
        unique=True,
        sqlite_where=_UNRESOLVED,
        postgresql_where=_UNRESOLVED,
    )


def _notices() -> None:
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
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.episode_id"], name="fk_notices_episode"),
        sa.UniqueConstraint("notice_id", name="ux_notices_id"),
        sa.UniqueConstraint("episode_id", "transition", "destination", "act", name="ux_notices_key"),
        sa.CheckConstraint("act IN ('post', 'update')", name="ck_notices_act"),
        sa.CheckConstraint(
            "status IN ('pending', 'sending', 'sent', 'failed', 'uncertain', 'superseded')", name="ck_notices_status"
        ),
        sa.CheckConstraint("status <> 'sending' OR lease_until IS NOT NULL", name="ck_notices_leased"),
        sa.CheckConstraint("status <> 'sent' OR (channel IS NOT NULL AND ts IS NOT NULL)", name="ck_notices_placed"),
    )
    op.create_index("ix_notices_open", "notices", ["seq"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_notices_open_at", "notices", ["destination", "seq"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index(
        "ix_notices_sent", "notices", ["destination", "sent_at"], sqlite_where=_SAID, postgresql_where=_SAID
    )
    op.create_index("ix_notices_post", "notices", ["post_id"])
    op.create_table(
        "holds",
        sa.Column("act", sa.Text, primary_key=True),
        sa.Column("until", _MOMENT, nullable=False),
    )


def _operations() -> None:
    op.create_table(
        "sources",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("read_at", _MOMENT),
        sa.Column("complete_to", sa.Date),
        sa.Column("error", sa.Text),
        sa.Column("rows_total", sa.BigInteger),
        sa.Column("rows_rejected", sa.BigInteger),
    )
    op.create_table(
        "ticks",
        sa.Column("job", sa.Text),
        sa.Column("scheduled_for", _MOMENT),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("lease_until", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("job", "scheduled_for", name="pk_ticks"),
    )
    op.create_table(
        "runs",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("job", sa.Text, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("started", _MOMENT, nullable=False),
        sa.Column("finished", _MOMENT, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
    )
    op.create_index("ix_runs_job", "runs", ["job", "seq"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_subject", "audit", ["subject", "seq"])
    if op.get_context().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        )


def downgrade() -> None:
    """Refuse: there is no version before the first one."""
    raise NotImplementedError("there is no version before the first one; take a new database instead")
