"""Accounts by who answers for them and when they end; what people want to hear of; what was uploaded to Slack."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_PORTION = 1000
_ACCOUNTS = sa.table(
    "accounts",
    sa.column("account_id", sa.Text),
    sa.column("view", sa.Text),
    sa.column("owner_id", sa.Text),
    sa.column("csm_id", sa.Text),
    sa.column("segment", sa.Text),
    sa.column("region", sa.Text),
    sa.column("currency", sa.Text),
    sa.column("arr", sa.Float),
    sa.column("renewal_on", sa.Text),
    sa.column("deadline_on", sa.Text),
    sa.column("health_band", sa.Text),
)
_NOTICES = sa.table("notices", sa.column("seq", _NUMBER), sa.column("message", sa.Text))
_ABOUT = {"meant_for": "Meant for ", "in_short": "Slack refused the full card; this is its summary."}
"""What notes in messages were told apart by: how they begin."""
_METRICS = {
    "segment": "segment",
    "region": "region",
    "currency": "currency",
    "arr": "arr",
    "renewal_on": "renewal_date",
    "deadline_on": "deadline",
    "health_band": "health_band",
}


def upgrade() -> None:
    """Make columns and tables, and fill the columns from what is known of each account."""
    columns = [
        *(sa.Column(name, sa.Text) for name in ("owner_id", "csm_id", "segment", "region", "currency")),
        sa.Column("arr", sa.Float),
        sa.Column("renewal_on", sa.Date),
        sa.Column("deadline_on", sa.Date),
        sa.Column("health_band", sa.Text),
    ]
    for column in columns:
        op.add_column("accounts", column)
    for name in ("owner_id", "csm_id", "segment"):
        op.create_index(f"ix_accounts_{name}", "accounts", [name])
    listed = ["deadline_on", "account_id", "currency", "arr", "renewal_on", "health_band"]
    op.create_index("ix_accounts_deadline_on", "accounts", listed)
    _fill(op.get_bind())
    _tell_notes_apart(op.get_bind())
    _tables()


def _tables() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
    )
    op.create_table(
        "subscriptions",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("by_user", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.UniqueConstraint("target", "verb", "kind", "segment", name="ux_subscriptions"),
        sa.CheckConstraint("verb IN ('subscribe', 'mute')", name="ck_subscriptions_verb"),
    )
    op.create_table(
        "former_accounts",
        sa.Column("former_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, nullable=False),
    )
    op.create_table(
        "uploads",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("file_id", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
    )


def _fill(connection: sa.Connection) -> None:
    wanted = sa.select(_ACCOUNTS.c.account_id, _ACCOUNTS.c.view).order_by(_ACCOUNTS.c.account_id).limit(_PORTION)
    change = sa.text(
        "UPDATE accounts SET owner_id = :owner_id, csm_id = :csm_id, segment = :segment, region = :region,"
        " currency = :currency, arr = :arr, renewal_on = CAST(:renewal_on AS DATE),"
        " deadline_on = CAST(:deadline_on AS DATE), health_band = :health_band WHERE account_id = :account_id"
    )
    if connection.dialect.name == "sqlite":
        # SQLite keeps dates as text, and would cast one to its year.
        change = sa.text(change.text.replace("CAST(", "(").replace(" AS DATE)", ")"))
    last = ""
    while rows := connection.execute(wanted.where(_ACCOUNTS.c.account_id > last)).all():
        connection.execute(change, [_columns(row.account_id, json.loads(row.view)) for row in rows])
        last = rows[-1].account_id


def _columns(account_id: str, view: dict[str, Any]) -> dict[str, Any]:
    metrics = view.get("metrics") or {}
    found = {column: metrics.get(metric) for column, metric in _METRICS.items()}
    # A date stands as {"$date": "2026-03-01"}.
    plain = {name: value["$date"] if isinstance(value, dict) else value for name, value in found.items()}
    return {"account_id": account_id, "owner_id": view.get("owner_id"), "csm_id": view.get("csm_id"), **plain}


def _tell_notes_apart(connection: sa.Connection) -> None:
    """Say of notes in messages what they are about: without it one that is changed would say twice whom it is for."""
    like = sa.or_(*(_NOTICES.c.message.contains(f'["{begins}') for begins in _ABOUT.values()))
    wanted = sa.select(_NOTICES.c.seq, _NOTICES.c.message).where(like).order_by(_NOTICES.c.seq).limit(_PORTION)
    change = _NOTICES.update().where(_NOTICES.c.seq == sa.bindparam("row")).values(message=sa.bindparam("told"))
    last = 0
    while rows := connection.execute(wanted.where(_NOTICES.c.seq > last)).all():
        connection.execute(change, [{"row": row.seq, "told": _told_apart(row.message)} for row in rows])
        last = rows[-1].seq


def _told_apart(text: str) -> str:
    message = json.loads(text)
    for block in message["blocks"]:
        parts = block.get("parts") or [""] if block.get("form") == "note" else [""]
        for about, begins in _ABOUT.items():
            if parts[0].startswith(begins):
                block["about"] = about
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def downgrade() -> None:
    """Refuse, as every version does."""
    raise NotImplementedError("restore the database from a backup")
