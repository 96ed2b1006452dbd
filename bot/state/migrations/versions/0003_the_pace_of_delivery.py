"""Calls counted for every replica, and indices by which a claim costs the same whatever is waiting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_WAITING = sa.text("status = 'pending' AND act = 'post'")
_LATER = sa.text("status = 'pending' AND not_before IS NOT NULL")
_READY = sa.text("status = 'pending' AND act = 'update' AND ts IS NOT NULL")
_UNSETTLED = sa.text("status IN ('sending', 'uncertain')")
_ROOT = sa.text("status = 'sent' AND act = 'post' AND thread_ts IS NULL")

# An update that waits knows the place of its message from the moment at which that stands somewhere.
_AIM = """
UPDATE notices
   SET channel = (SELECT post.channel FROM notices AS post WHERE post.notice_id = notices.post_id),
       ts = (SELECT post.ts FROM notices AS post WHERE post.notice_id = notices.post_id)
 WHERE act = 'update' AND status IN ('pending', 'sending')
   AND EXISTS (SELECT 1 FROM notices AS post WHERE post.notice_id = notices.post_id AND post.status = 'sent')
"""


def upgrade() -> None:
    """Make the table and the indices, and tell the waiting updates where their messages stand."""
    op.create_table(
        "calls",
        sa.Column("key", sa.Text),
        sa.Column("slot", sa.Integer),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key", "slot", name="pk_calls"),
    )
    op.create_index("ix_calls_at", "calls", ["key", "at"])
    op.execute(_AIM)
    op.drop_index("ix_notices_open_at", "notices")
    _index("ix_notices_waiting", ["destination", "seq"], _WAITING)
    _index("ix_notices_later", ["act", "not_before"], _LATER)
    _index("ix_notices_ready", ["seq"], _READY)
    _index("ix_notices_unsettled", ["status", "destination", "subject"], _UNSETTLED)
    _index("ix_notices_root", ["destination", "subject", "sent_at"], _ROOT)


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "notices", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Refuse, as every version does."""
    raise NotImplementedError("restore the database from a backup")
