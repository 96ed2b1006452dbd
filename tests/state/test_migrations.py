"""Opening a database: made, brought up to date, refused."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.core.episodes import Phase
from bot.messages.message import Note, Text
from bot.slack.fallbacks import with_note
from bot.state import engine as engines
from bot.state.engine import HEAD, StateError, migrate, open_engine
from bot.state.rows import Sent, Status
from bot.state.store import open_store
from bot.state.tables import ACCOUNTS, METADATA
from tests.state.samples import LEASE, said

ROOT = Path(__file__).parents[2]


def test_the_migrations_make_the_tables_of_the_code(empty_url: str) -> None:
    migrate(empty_url)
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
        checks = {
            table.name: {
                str(one["name"]) for one in sa.inspect(connection).get_check_constraints(table.name) if one["name"]
            }
            for table in METADATA.sorted_tables
        }
    engine.dispose()
    wanted = {
        table.name: {str(one.name) for one in table.constraints if isinstance(one, sa.CheckConstraint)}
        for table in METADATA.sorted_tables
    }
    assert checks == wanted


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "bot/state/migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    with open_store(empty_url) as store:
        assert store.names() == []


def test_what_the_first_version_kept_is_there_after_the_second(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with engine.execution_options(**{engines.WRITING: True}).begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(ROOT / "bot/state/migrations"))
        command.upgrade(config, "0001")
        connection.execute(sa.text(_EPISODE))
        connection.execute(sa.text(_NOTICE))
    engine.dispose()
    with open_store(empty_url) as store:
        (episode,) = store.episodes_of("Acme")
        assert (episode.phase, episode.claimed_by, episode.severity) == (Phase.CLAIMED, "U1", "high")
        assert (episode.announced, episode.outcome, episode.evidence, episode.acts) == (True, None, (), 0)
        (delivery,) = store.deliveries()
        assert (delivery.notice.notice_id, delivery.status, delivery.sent) == ("n1", Status.SENT, Sent("C1", "1.1"))
        assert (delivery.notice.chain, delivery.notice.broadcast, delivery.notice.not_before) == ((), False, None)
        # the keys that nothing is said twice under are there, too
        assert store.commit(said(replace(delivery.notice, notice_id="other"))).notices == ()


def test_a_change_that_waited_before_the_third_version_goes_out_after_it(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with engine.execution_options(**{engines.WRITING: True}).begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(ROOT / "bot/state/migrations"))
        command.upgrade(config, "0001")
        connection.execute(sa.text(_EPISODE))
        connection.execute(sa.text(_NOTICE))
        connection.execute(sa.text(_UPDATE))
    engine.dispose()
    with open_store(empty_url) as store:
        claimed = store.claim_notice(LEASE)
        assert claimed is not None
        assert (claimed.notice.notice_id, claimed.channel, claimed.ts) == ("n2", "C1", "1.1")


def test_what_lists_are_made_by_is_filled_from_what_was_known_before_the_fourth_version(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with engine.execution_options(**{engines.WRITING: True}).begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(ROOT / "bot/state/migrations"))
        command.upgrade(config, "0003")
        connection.execute(sa.text(_ACCOUNT), {"id": "001A", "view": _VIEW})
        connection.execute(sa.text(_ACCOUNT), {"id": "001B", "view": '{"owner_id":null,"csm_id":null,"metrics":{}}'})
    engine.dispose()
    open_store(empty_url).close()
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        listed = ("owner_id", "csm_id", "segment", "region", "currency", "arr", "renewal_on", "deadline_on")
        wanted = sa.select(*(ACCOUNTS.c[name] for name in listed)).order_by(ACCOUNTS.c.account_id)
        known, unknown = connection.execute(wanted).all()
    engine.dispose()
    assert known == ("P1", "P2", "Enterprise", None, "EUR", 1200.5, date(2026, 6, 30), date(2026, 3, 31))
    assert unknown == (None,) * 8


def test_a_message_of_before_the_fourth_version_still_says_once_whom_it_was_meant_for(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with engine.execution_options(**{engines.WRITING: True}).begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(ROOT / "bot/state/migrations"))
        command.upgrade(config, "0003")
        connection.execute(sa.text(_OLD_NOTICE), {"message": _OLD_MESSAGE})
    engine.dispose()
    with open_store(empty_url) as store:
        (delivery,) = store.deliveries()
    message = delivery.notice.message
    assert message.blocks == (
        Note(("Meant for Cem; you are the CSM",), about="meant_for"),
        Text("Meant for a year"),
        Note(("Slack refused the full card; this is its summary.",), about="in_short"),
        Note(("As of 1 Mar 2026",)),
    )
    assert with_note(message, "person:P1", lambda _: None) == message


_OLD_NOTICE = """
    INSERT INTO notices (notice_id, episode_id, transition, destination, act, kind, subject, message, created_at,
                         status, fence, attempts, looks, channel, ts, chain, broadcast, sweeps)
    VALUES ('n1', 'e1', 'fired', '#cs-risk', 'post', 'churn_risk', 'Acme', :message, '2026-03-01 05:00:00.000000',
            'sent', 1, 1, 0, 'C1', '1.1', '[]', false, 0)
"""
_OLD_MESSAGE = (
    '{"kind":"churn_risk","summary":"s","blocks":[{"parts":["Meant for Cem; you are the CSM"],"form":"note"},'
    '{"text":"Meant for a year","form":"text"},'
    '{"parts":["Slack refused the full card; this is its summary."],"form":"note"},'
    '{"parts":["As of 1 Mar 2026"],"form":"note"}]}'
)
_ACCOUNT = """
    INSERT INTO accounts (account_id, name, name_key, as_of, view) VALUES (:id, 'Acme', 'acme', '2026-03-01', :view)
"""
_VIEW = """{"owner_id":"P1","csm_id":"P2","metrics":{"segment":"Enterprise","region":null,"currency":"EUR","arr":1200.5,
"renewal_date":{"$date":"2026-06-30"},"deadline":{"$date":"2026-03-31"},"health_band":"green"}}"""
_EPISODE = """
    INSERT INTO episodes (episode_id, rule, rule_version, subject, phase, opened_on, fired_at, claimed_by, severity)
    VALUES ('e1', 'licence-underuse', 'v1', 'Acme', 'claimed', '2026-03-01', '2026-03-01 05:00:00.000000', 'U1', 'high')
"""
_NOTICE = """
    INSERT INTO notices (notice_id, episode_id, transition, destination, act, kind, subject, message, created_at,
                         status, fence, attempts, looks, channel, ts)
    VALUES ('n1', 'e1', 'fired', '#cs-risk', 'post', 'churn_risk', 'Acme',
            '{"kind":"churn_risk","summary":"s","blocks":[]}', '2026-03-01 05:00:00.000000',
            'sent', 1, 1, 0, 'C1', '1.1')
"""


_UPDATE = """
    INSERT INTO notices (notice_id, episode_id, transition, destination, act, kind, subject, message, created_at,
                         status, fence, attempts, looks, post_id)
    VALUES ('n2', 'e1', 'claimed', '#cs-risk', 'update', 'churn_risk', 'Acme',
            '{"kind":"churn_risk","summary":"s","blocks":[]}', '2026-03-01 06:00:00.000000', 'pending', 0, 0, 0, 'n1')
"""


def test_processes_that_start_at_once_all_find_a_store(empty_url: str) -> None:
    code = "import sys; from bot.state.store import open_store; open_store(sys.argv[1]).close()"
    command = [sys.executable, "-c", code, empty_url]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], errors


def test_an_open_store_needs_no_alembic(url: str) -> None:
    """It takes half a second to import, and every command would pay it."""
    code = (
        "import sys; from bot.state.store import open_store; open_store(sys.argv[1]).close();"
        "sys.exit('alembic' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", code, url], check=False, env=environment).returncode == 0


def test_a_database_of_a_newer_version_is_refused(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StateError, match="version 9999 is unknown to this Headroom"):
        open_store(url)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("nonsense", "not a database address"),
        ("mysql://root@localhost/x", "wanted SQLite, or PostgreSQL"),
        ("sqlite://", "would lose what was said"),
        ("sqlite:///:memory:", "would lose what was said"),
        ("postgresql://me:secret@127.0.0.1:1/x", "cannot be opened"),
    ],
)
def test_an_address_that_cannot_be_used_is_named_without_its_password(address: str, problem: str) -> None:
    with pytest.raises(StateError, match=problem) as raised:
        open_store(address)
    assert "secret" not in str(raised.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="the folder cannot be made"):
        open_store(f"sqlite:///{tmp_path}/file/state.db")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("x" * 5000)
    with pytest.raises(StateError, match="file is not a database"):
        open_store(f"sqlite:///{tmp_path}/state.db")


def test_sqlite_is_set_to_lose_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/deep/down/state.db")
    with engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_a_relative_address_is_relative_to_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///data/headroom.db").close()
    assert (tmp_path / "data" / "headroom.db").exists()


def test_the_migrations_lie_inside_the_package() -> None:
    assert Path(engines.__file__).parent / "migrations" == engines._MIGRATIONS
    assert (engines._MIGRATIONS / "env.py").exists()
