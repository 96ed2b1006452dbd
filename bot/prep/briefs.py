"""Makes the briefs of accounts from the state store and, for the daily use, from the facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from bot.core.brief.brief import make_brief
from bot.core.courses import most_telling, told
from bot.core.episode import Phase
from bot.core.metrics import ACCOUNT_METRICS
from bot.desk.prep import Prepared
from bot.messages.brief.slack import KIND, card
from bot.messages.brief.write import document
from bot.messages.context import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from bot.core.brief.brief import Basis
    from bot.core.chart import Spec
    from bot.core.courses import Course
    from bot.core.episode import Episode
    from bot.messages.message import Button, Chart, Message
    from bot.messages.render import Templates
    from bot.messages.speech import Speech
    from bot.state.rows import AccountView, Person

    Courses = Callable[[Collection[str]], Mapping[str, Sequence[Course]]]
    """Returns the daily use of the lines of some accounts; nothing of an account means that it is not known."""
    Charts = Callable[[Spec, Speech], Chart]

_RISKS = "churn_risk"


class Known(Protocol):
    """Who has to do with accounts, and their alerts: the state store."""

    def person(self, person_id: str) -> Person | None:
        """Return a person of the CRM."""

    def episodes_of(self, account_id: str) -> Sequence[Episode]:
        """Return the alerts of an account, open or not."""


@dataclass(frozen=True, slots=True)
class BriefMaker:
    """Makes briefs. Safe between threads where its parts are."""

    store: Known
    basis: Basis
    courses: Courses
    templates: Templates
    company: str
    charts: Charts | None = None
    """Makes a chart's block of what it shows; None: briefs have none."""

    def prepared(self, view: AccountView, speech: Speech) -> Prepared:
        """Make the brief of an account, in the words of one reader."""
        return self.made(view, self.courses((view.account_id,)).get(view.account_id, ()), speech)

    def made(self, view: AccountView, courses: Sequence[Course], speech: Speech) -> Prepared:
        """Make the same where the daily use was read before."""
        by_line = {one.line_id: one for one in courses}
        brief = make_brief(view, self._names(view), self._episodes(view.account_id), by_line, self.basis)
        chart = self._chart(courses, view.name, speech, at_risk=bool(brief.risks))
        return Prepared(brief, document(brief, speech, chart))

    def card(self, view: AccountView, prepared: Prepared, speech: Speech, buttons: Sequence[Button] = ()) -> Message:
        """Write the essentials: title, sentence and summary are the template's. Raises TemplateError."""
        laid_out = card(prepared.document, speech, buttons=buttons)
        given = {
            "account": Account.of(view, self._people(view)),
            "m": {**dict.fromkeys(ACCOUNT_METRICS), **prepared.brief.m},
            "currency": prepared.brief.m.get("currency"),
            "lines": view.lines,
            "reason": prepared.document.verdict,
            "as_of": view.as_of,
            "company": self.company,
        }
        # Headline and sentence, which the template writes, come first in every card.
        message = self.templates.composed("brief", given, laid_out.blocks[2:], speech)
        return replace(message, kind=KIND)

    def _names(self, view: AccountView) -> tuple[str | None, str | None]:
        people = self._people(view)
        owner, csm = (people.get(one) if one else None for one in (view.owner_id, view.csm_id))
        return (owner.name if owner else None, csm.name if csm else None)

    def _people(self, view: AccountView) -> dict[str, Person]:
        ids = {one for one in (view.owner_id, view.csm_id) if one}
        return {one: person for one in ids if (person := self.store.person(one)) is not None}

    def _episodes(self, account_id: str) -> list[Episode]:
        return [one for one in self.store.episodes_of(account_id) if one.phase is not Phase.RESOLVED]

    def _chart(self, courses: Sequence[Course], name: str, speech: Speech, *, at_risk: bool) -> Chart | None:
        if self.charts is None:
            return None
        kind = _RISKS if at_risk else KIND
        specs = (told(course, kind, name) for course in most_telling(courses, kind))
        spec = next((one for one in specs if one is not None), None)
        return None if spec is None else self.charts(spec, speech)
