"""An account of the state store, as what a template is previewed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.app import open_facts, open_state
from bot.core.episodes import Phase
from bot.core.verdicts import Scope
from bot.errors import HeadroomError
from bot.facts.courses import CourseBook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.courses import Course
    from bot.core.episodes import Episode
    from bot.load import Loaded
    from bot.preview.subject import Subject
    from bot.state.rows import AccountView
    from bot.state.store import Store


def subject_of(loaded: Loaded, name: str, sample: Subject) -> Subject:
    """Return an account with the open alert of a rule that uses the template; with a made-up one where none is open.

    Raises HeadroomError where there is no such account, or the template is about no account.
    """
    if sample.rule.scope is not Scope.ACCOUNT:
        raise HeadroomError(f"--account: template '{sample.template}' is about each {sample.rule.scope}")
    with open_state(loaded.settings, new=False) as store:
        view = store.find_account(name)
        if view is None:
            near = ", ".join(known for _, known in store.suggest(name))
            raise HeadroomError(f"--account {name}: no such account{f'; near it: {near}' if near else ''}")
        return _of(store, loaded, view, sample)


def _of(store: Store, loaded: Loaded, view: AccountView, sample: Subject) -> Subject:
    return sample.but(
        account_id=view.account_id,
        name=view.name,
        url=view.url,
        owner=store.person(view.owner_id) if view.owner_id else None,
        csm=store.person(view.csm_id) if view.csm_id else None,
        as_of=view.as_of,
        m=dict(view.metrics),
        lines=view.lines,
        company=loaded.settings.company,
        # No company of the sample beside an account that there is.
        others=(),
        courses=tuple(_courses(loaded, view)) if sample.courses else (),
        told={"before": view.before, "before_on": view.before_on, "opportunity": view.opportunity},
        **_alert(store, loaded, view, sample),
    )


def _courses(loaded: Loaded, view: AccountView) -> Sequence[Course]:
    return CourseBook(open_facts(loaded.settings)).of((view.account_id,)).get(view.account_id, ())


def _alert(store: Store, loaded: Loaded, view: AccountView, sample: Subject) -> dict[str, Any]:
    rules = {rule.name: rule for rule in loaded.rules if rule.template == sample.template}
    opened = [
        one for one in store.episodes_of(view.account_id) if one.rule in rules and one.phase is not Phase.RESOLVED
    ]
    if not opened:
        # Made up: what is seen is the account's own, so that no figure of the sample stands beside it.
        arr = view.metrics.get("arr")
        seen = tuple(
            item for item in sample.evidence if all(view.metrics.get(name) == now for name, now in item.values)
        )
        return {"evidence": seen, "at_stake": arr if isinstance(arr, float) else None}
    episode: Episode = opened[0]
    rule = rules[episode.rule]
    return {"rule": rule, "evidence": episode.evidence, "at_stake": episode.at_stake, "phase": episode.phase}
