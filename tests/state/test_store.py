"""What the store keeps and answers: the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bot.core.episodes import Phase
from bot.state.judgements import StaleJudgementError
from bot.state.rows import Audit, Person, RuleVersion, Run, SlackIdentity, SourceState, Standing, Status
from bot.state.tables import AUDIT, TICKS
from tests.state.samples import ACME, DANA, LEASE, START, account, episode, judgement, message, notice, said, take_on

if TYPE_CHECKING:
    from bot.state.store import Store
    from tests.state.samples import Clock

DUE = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class TestTicks:
    def test_a_tick_is_claimed_once(self, store: Store) -> None:
        assert store.claim_tick("night", DUE, "a", LEASE)
        assert not store.claim_tick("night", DUE, "b", LEASE)
        assert not store.claim_tick("night", DUE, "a", LEASE)

    def test_other_moments_and_jobs_are_ticks_of_their_own(self, store: Store) -> None:
        assert store.claim_tick("night", DUE, "a", LEASE)
        assert store.claim_tick("night", DUE + timedelta(days=1), "b", LEASE)
        assert store.claim_tick("sweep", DUE, "b", LEASE)

    def test_one_moment_is_one_tick_in_every_time_zone(self, store: Store) -> None:
        assert store.claim_tick("night", DUE, "a", LEASE)
        berlin = DUE.astimezone(timezone(timedelta(hours=1)))
        assert not store.claim_tick("night", berlin, "b", LEASE)

    def test_a_tick_whose_lease_ran_out_is_handed_on(self, store: Store, clock: Clock) -> None:
        store.claim_tick("night", DUE, "a", LEASE)
        clock.forward(seconds=119)
        assert not store.claim_tick("night", DUE, "b", LEASE)
        clock.forward(seconds=1)
        assert store.claim_tick("night", DUE, "b", LEASE)

    def test_a_finished_tick_is_never_claimed_again(self, store: Store, clock: Clock) -> None:
        store.claim_tick("night", DUE, "a", LEASE)
        store.finish_tick("night", DUE, "a", "ok")
        clock.forward(days=1)
        assert not store.claim_tick("night", DUE, "b", LEASE)
        tick = store.last_finished("night")
        assert tick is not None
        assert (tick.scheduled_for, tick.worker, tick.finished_at, tick.outcome) == (DUE, "a", START, "ok")

    def test_a_worker_that_was_replaced_finishes_nothing(self, store: Store, clock: Clock) -> None:
        store.claim_tick("night", DUE, "a", LEASE)
        clock.forward(minutes=2)
        store.claim_tick("night", DUE, "b", LEASE)
        store.finish_tick("night", DUE, "a", "ok")
        assert store.last_finished("night") is None
        assert not store.extend_tick("night", DUE, "a", LEASE)

    def test_a_long_job_keeps_its_tick(self, store: Store, clock: Clock) -> None:
        store.claim_tick("night", DUE, "a", LEASE)
        clock.forward(seconds=100)
        assert store.extend_tick("night", DUE, "a", LEASE)
        clock.forward(seconds=100)
        assert not store.claim_tick("night", DUE, "b", LEASE)

    def test_a_moment_without_a_time_zone_is_refused(self, store: Store) -> None:
        with pytest.raises(sa.exc.StatementError, match="without a time zone"):
            store.claim_tick("night", DUE.replace(tzinfo=None), "a", LEASE)

    def test_runs_come_back_newest_first(self, store: Store) -> None:
        first = Run("night", date(2026, 3, 1), START, START + timedelta(seconds=9), ok=True, summary={"accounts": 60})
        second = replace(first, as_of=date(2026, 3, 2), ok=False, summary={"error": "salesforce: down"})
        store.record_run(first)
        store.record_run(second)
        assert store.runs() == (second, first)
        assert store.runs(job="sweep") == ()
        assert store.runs(limit=1) == (second,)


class TestAccounts:
    def test_an_account_comes_back_as_it_went_in(self, store: Store) -> None:
        store.commit(judgement(accounts=(ACME,)))
        assert store.find_account("Acme, Inc.") == ACME

    @pytest.mark.parametrize(
        "text",
        [
            "0015g00000KqXyZAAV",
            "0015g00000KqXyZ",
            " 0015g00000KqXyZ ",
            "0015g00000KqXyZaav",
            "acme-eu",
            "acme.example",
            "https://www.Acme.example/about",
            "acme inc",
            "ACME,  INC",
        ],
    )
    def test_an_account_is_found_by_id_domain_and_name(self, store: Store, text: str) -> None:
        store.commit(judgement(accounts=(ACME, account(1, "Bcme"))))
        assert store.find_account(text) == ACME

    @pytest.mark.parametrize("text", ["", "Acm", "0015G00000KQXYZ", "acme", "other.example", "%", "_"])
    def test_what_is_not_exact_is_not_found(self, store: Store, text: str) -> None:
        store.commit(judgement(accounts=(ACME, account(1, "Bcme"))))
        assert store.find_account(text) is None

    def test_an_account_stored_under_a_short_id_is_found_by_the_long_one(self, store: Store) -> None:
        short = replace(ACME, account_id="0015g00000KqXyZ")
        store.commit(judgement(accounts=(short,)))
        assert store.find_account("0015g00000KqXyZAAV") == short

    def test_of_two_accounts_with_one_name_none_is_guessed(self, store: Store) -> None:
        store.commit(judgement(accounts=(account(1, "Orion GmbH"), account(2, "orion gmbh"))))
        assert store.find_account("Orion GmbH") is None
        assert store.suggest("Orion GmbH", 2) == [("001000001", "Orion GmbH"), ("001000002", "orion gmbh")]

    def test_accounts_that_are_no_longer_delivered_are_removed(self, store: Store) -> None:
        store.commit(judgement(accounts=(ACME, account(1, "Bcme"))))
        done = store.commit(judgement(accounts=(account(1, "Bcme"),)))
        assert done.gone == 1
        assert store.find_account("acme.example") is None
        assert store.names() == [("001000001", "Bcme")]

    def test_a_source_that_delivered_no_account_leaves_those_that_there_are(self, store: Store) -> None:
        store.commit(judgement(accounts=(ACME,)))
        assert store.commit(judgement()).gone == 0
        assert store.find_account("acme.example") == ACME

    def test_a_renamed_account_is_known_by_its_new_name_at_once(self, store: Store) -> None:
        store.commit(judgement(accounts=(ACME,)))
        assert store.names() == [(ACME.account_id, "Acme, Inc.")]
        store.commit(judgement(accounts=(replace(ACME, name="Zeta"),)))
        assert store.names() == [(ACME.account_id, "Zeta")]
        assert store.find_account("Acme, Inc.") is None

    def test_the_nearest_names_are_suggested_nearest_first(self, store: Store) -> None:
        names = ["Northwind Traders", "Northern Wind", "Southridge", "Contoso", "Fabrikam", "Tailspin Toys"]
        store.commit(judgement(accounts=tuple(account(number, name) for number, name in enumerate(names))))
        near = store.suggest("nortwind traders")
        assert len(near) == 5
        assert near[0] == ("001000000", "Northwind Traders")
        assert near[1] == ("001000001", "Northern Wind")

    def test_a_number_that_is_none_is_refused_with_the_account(self, store: Store) -> None:
        broken = replace(ACME, metrics={"arr": math.nan})
        with pytest.raises(ValueError, match=r"account 0015g00000KqXyZAAV \(Acme, Inc.\).*unknown is None"):
            store.commit(judgement(accounts=(account(1, "Bcme"), broken)))
        assert store.names() == []


class TestEpisodes:
    def test_open_episodes_come_by_rule_and_subject(self, store: Store) -> None:
        first, second = episode("Acme"), episode("Bcme", phase=Phase.PENDING, fired_at=None, at_stake=None)
        done = episode("Ccme", phase=Phase.RESOLVED, resolved_at=START)
        store.commit(judgement(episodes=(first, second, done)))
        assert store.open_episodes() == {
            ("licence-underuse", "Acme"): first,
            ("licence-underuse", "Bcme"): second,
        }
        assert store.episode(done.episode_id) == done
        assert store.episode("nothing") is None

    def test_a_second_open_episode_of_a_rule_and_subject_is_refused_with_all_of_its_judgement(
        self, store: Store
    ) -> None:
        store.commit(judgement(episodes=(episode(),)))
        other = episode(episode_id="another")
        with pytest.raises(StaleJudgementError, match="run again"):
            store.commit(judgement(accounts=(ACME,), episodes=(other,), notices=(notice(other),)))
        assert store.find_account("acme.example") is None
        assert store.deliveries() == ()

    def test_an_episode_may_follow_one_that_ends_in_the_same_judgement(self, store: Store) -> None:
        store.commit(judgement(episodes=(episode(),)))
        ended = episode(phase=Phase.RESOLVED, resolved_at=START)
        follower = episode(episode_id="next", opened_on=date(2026, 3, 2))
        store.commit(judgement(episodes=(follower, ended)))
        assert store.episodes_of("Acme") == (follower, ended)

    def test_a_claim_between_reading_and_storing_is_kept(self, store: Store) -> None:
        before = episode()
        store.commit(judgement(episodes=(before,)))
        take_on(store, before.episode_id, "U1", START, lambda _e, _n: message())
        store.commit(judgement(episodes=(replace(before, severity="medium"),)))
        after = store.episode(before.episode_id)
        taken = replace(before, phase=Phase.CLAIMED, claimed_by="U1", claimed_at=START, notified_at=START, acts=1)
        assert after == replace(taken, severity="medium", notified_at=before.notified_at)

    def test_standings_are_those_of_the_last_night(self, store: Store) -> None:
        standing = Standing("r", "Acme", date(2026, 3, 1), said=False, reason="HELD", detail="salesforce is stale")
        other = replace(standing, subject="Other")
        store.commit(judgement(standings=(standing, other)))
        assert store.standings("Acme") == (standing,)
        store.commit(judgement(standings=(replace(other, said=True),)))
        assert store.standings() == (replace(other, said=True),)

    def test_a_version_of_a_rule_is_kept_as_it_was_first_seen(self, store: Store) -> None:
        first = RuleVersion("v1", "r", {"when": "arr > 1"}, START)
        second = RuleVersion("v2", "r", {"when": "arr > 2"}, START + timedelta(days=1))
        store.commit(judgement(rules=(first,)))
        store.commit(judgement(rules=(replace(first, first_seen=START + timedelta(days=1)), second)))
        assert store.rule_versions("r") == (second, first)
        assert store.rule_versions("other") == ()

    def test_a_claimed_episode_can_end(self, store: Store) -> None:
        store.commit(judgement(episodes=(episode(),)))
        take_on(store, episode().episode_id, "U1", START, lambda _e, _n: message())
        ended = episode(phase=Phase.RESOLVED, resolved_at=START, claimed_by="U1", claimed_at=START, acts=1)
        store.commit(judgement(episodes=(ended,)))
        assert store.open_episodes() == {}
        assert store.episode(ended.episode_id) == ended


class TestPeople:
    def test_people_come_back_as_they_went_in(self, store: Store) -> None:
        unknown = Person("005B", "Kim", None, None, active=False, timezone=None)
        store.commit(judgement(people=(DANA, unknown)))
        assert store.person("005A") == DANA
        assert store.people() == {"005A": DANA, "005B": unknown}
        assert store.person("005C") is None

    def test_who_somebody_is_in_slack_outlives_the_next_night(self, store: Store) -> None:
        found = SlackIdentity("U1", "D1", START)
        store.commit(judgement(people=(DANA,)))
        store.remember_slack("005A", found)
        store.commit(judgement(people=(replace(DANA, name="Dana R."),)))
        assert store.slack_identity("005A") == found

    def test_a_new_address_is_looked_up_anew(self, store: Store) -> None:
        store.commit(judgement(people=(DANA,)))
        store.remember_slack("005A", SlackIdentity("U1", "D1", START))
        store.commit(judgement(people=(replace(DANA, email="reyes@ours.example"),)))
        assert store.slack_identity("005A") is None


class TestSources:
    def test_a_failed_reading_keeps_how_far_the_earlier_ones_came(self, store: Store) -> None:
        good = SourceState("posthog", START, date(2026, 3, 1), None, 120, 2)
        store.commit(judgement(sources=(good,)))
        store.commit(judgement(sources=(SourceState("posthog", START, None, "down", None, None),)))
        assert store.sources() == (SourceState("posthog", START, date(2026, 3, 1), "down", None, None),)

    def test_a_source_that_left_the_settings_is_forgotten(self, store: Store) -> None:
        here, left = (SourceState(name, START, None, None, 1, 0) for name in ("a", "b"))
        store.commit(judgement(sources=(here, left)))
        store.commit(judgement(sources=(here,)))
        assert store.sources() == (here,)


class TestAudit:
    def test_lines_come_newest_first(self, store: Store) -> None:
        lines = tuple(Audit(START, "headroom", verb, "Acme", {"days": 14}) for verb in ("fired", "resolved"))
        store.commit(judgement(audit=lines))
        assert store.audit() == (lines[1], lines[0])
        assert store.audit("Bcme") == ()

    @pytest.mark.parametrize("statement", [sa.delete(AUDIT), sa.update(AUDIT).values(actor="nobody")])
    def test_nothing_in_it_can_be_changed(self, store: Store, statement: sa.Executable) -> None:
        store.commit(judgement(audit=(Audit(START, "headroom", "fired", "Acme", {}),)))
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), store._writing() as connection:
            connection.execute(statement)
        assert len(store.audit()) == 1


class TestOneTransaction:
    def test_the_same_judgement_again_changes_nothing(self, store: Store) -> None:
        first = replace(said(notice(episode())), accounts=(ACME,), people=(DANA,))
        assert [one.transition for one in store.commit(first).notices] == ["fired"]
        again = store.commit(first)
        assert (again.gone, again.notices) == (0, ())
        assert [one.status for one in store.deliveries()] == [Status.PENDING]

    def test_a_notice_is_new_once_under_its_key_whatever_its_id(self, store: Store) -> None:
        store.commit(said(notice(episode())))
        assert store.commit(said(replace(notice(episode()), notice_id="another"))).notices == ()

    def test_a_judgement_that_cannot_be_stored_leaves_nothing(self, store: Store) -> None:
        with pytest.raises(sa.exc.IntegrityError):
            store.commit(judgement(accounts=(ACME,), notices=(replace(notice(episode()), kind=None),)))  # type: ignore[arg-type]  # the fault
        assert store.names() == []

    def test_moments_come_back_in_utc(self, store: Store) -> None:
        tokyo = START.astimezone(timezone(timedelta(hours=9)))
        store.commit(judgement(episodes=(episode(fired_at=tokyo),)))
        back = store.episode(episode().episode_id)
        assert back is not None
        assert back.fired_at == START
        assert back.fired_at is not None
        assert back.fired_at.utcoffset() == timedelta(0)

    def test_the_store_has_a_clock_of_its_own(self, store: Store) -> None:
        store._clock = None
        assert abs(store.now() - datetime.now(UTC)) < timedelta(minutes=1)
        with store._reading() as connection:
            assert connection.execute(sa.select(TICKS)).all() == []


def test_what_fails_in_the_database_names_no_customer(store: Store) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught, store._engine.connect() as connection:
        connection.execute(sa.text("SELECT nothing FROM accounts WHERE name = :name"), {"name": "Acme, Inc."})
    assert "Acme" not in str(caught.value)
