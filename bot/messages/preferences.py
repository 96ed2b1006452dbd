"""What somebody chose for themselves: as a card, as a modal, and what is wrong with what they filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.choices import COMPANY, KEYS, NONE, OFF, told
from bot.core.preferences import CHOOSABLE, Rhythm
from bot.core.working_time import WEEK
from bot.messages.escape import mrkdwn
from bot.messages.home.filters import PREFERENCES, kind_word
from bot.messages.message import Button, Buttons, Fields, Headline, Message, Note, Text
from bot.messages.speech import msg
from bot.messages.views.modal import Clock, Modal, Pick, Several, Write
from bot.messages.wording import locale_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import time

    from bot.core.choices import Problem
    from bot.core.preferences import Preferences
    from bot.messages.speech import Speech

CALLBACK: Final = "preferences"

PROBLEMS: Final = (
    msg("there is no such preference; wanted one of {keys}"),
    msg("wanted hours like 18:00-08:00, or off, or company"),
    msg("begins when it ends; say off for no quiet hours"),
    msg("wanted at least one day, like mon-fri"),
    msg("no day is called “{word}”; wanted mon, tue, wed, thu, fri, sat or sun"),
    msg("wanted daily, weekly or never"),
    msg("wanted a time like 08:30, or company"),
    msg("there is no such language here; wanted one of {languages}"),
    msg("wanted a time zone like Europe/Berlin{near}"),
    msg("wanted all, none, or some of {kinds}"),
)
"""What the core says of values that cannot be taken."""

_OWN: Final = "own"
_FROM, _TO = "quiet_from", "quiet_to"


@dataclass(frozen=True, slots=True)
class Company:
    """What holds for whoever has chosen nothing."""

    languages: Sequence[str] = ("en",)
    """Those that there are."""
    language: str = "en"
    zone: str = "UTC"
    quiet: bool = False
    """Whether notices to people wait until they are at work ..."""
    hours: str = "09:00-17:00"
    """... which is then."""
    days: frozenset[int] = frozenset(range(5))


def problem_in(problem: Problem, speech: Speech) -> str:
    """Say what is wrong with one value. Plain text."""
    return speech.t(problem.text, **problem.values)


def preferences_message(preferences: Preferences, company: Company, typed: str, speech: Speech) -> Message:
    """Show what somebody chose. `typed`: how it is changed by typing, like `/headroom prefs`; empty: not at all."""
    title = speech.t("Your preferences")
    pairs = tuple((label, mrkdwn(value)) for label, value in shown(preferences, company, speech))
    example = f"`{typed} quiet=18:00-08:00 digest=weekly`"
    how = speech.t("Or type it: {example}; `company` undoes a choice.", example=example)
    change = Button(speech.t("Change…"), PREFERENCES, style="primary")
    note = speech.t("These are about what comes to you directly; channels are told at once.")
    blocks = (Headline(title), Fields(pairs), *((Text(how),) if typed else ()), Note((note,)), Buttons((change,)))
    return speech.write(Message("answer", mrkdwn(title), blocks))


def shown(preferences: Preferences, company: Company, speech: Speech) -> tuple[tuple[str, str], ...]:
    """Write every choice as label and value. Plain text."""
    return (
        (speech.t("Quiet hours"), _quiet(preferences, company, speech)),
        (speech.t("Working days"), _days(preferences, company, speech)),
        (speech.t("Digest"), _digest(preferences, speech)),
        (speech.t("Alerts by direct message"), _kinds(preferences, speech)),
        (speech.t("Language"), _or_company(_language(preferences.language), _language(company.language), speech)),
        (speech.t("Time zone"), preferences.timezone or speech.t("as in the CRM, else {zone}", zone=company.zone)),
    )


def _quiet(preferences: Preferences, company: Company, speech: Speech) -> str:
    own = preferences.has_quiet_hours
    if own is None:
        if not company.quiet:
            return speech.t("none, as for the company")
        return speech.t("outside of {hours}, as for the company", hours=company.hours)
    if not own:
        return speech.t("none")
    return speech.t("{begin} to {end}", begin=f"{preferences.quiet_from:%H:%M}", end=f"{preferences.quiet_to:%H:%M}")


def _days(preferences: Preferences, company: Company, speech: Speech) -> str:
    if preferences.working_days is not None:
        return _day_names(preferences.working_days, speech)
    return speech.t("{value}, as for the company", value=_day_names(company.days, speech))


def _day_names(days: frozenset[int], speech: Speech) -> str:
    return ", ".join(day_name(day, speech) for day in sorted(days))


def day_name(day: int, speech: Speech) -> str:
    """Name a day of the week; Monday is 0."""
    return (
        speech.t("Monday"),
        speech.t("Tuesday"),
        speech.t("Wednesday"),
        speech.t("Thursday"),
        speech.t("Friday"),
        speech.t("Saturday"),
        speech.t("Sunday"),
    )[day]


def _digest(preferences: Preferences, speech: Speech) -> str:
    at = preferences.digest_time
    when = speech.t(", not before {time}", time=f"{at:%H:%M}") if at is not None else ""
    if preferences.digest is Rhythm.NEVER:
        return speech.t("never")
    if preferences.digest is Rhythm.DAILY:
        return speech.t("daily") + when
    return speech.t("weekly, on {day}", day=day_name(preferences.digest_day, speech)) + when


def _kinds(preferences: Preferences, speech: Speech) -> str:
    if preferences.kinds is None:
        return speech.t("all")
    return ", ".join(kind_word(kind, speech) for kind in CHOOSABLE if kind in preferences.kinds) or speech.t("none")


def _or_company(own: str, company: str, speech: Speech) -> str:
    return own or speech.t("{value}, as for the company", value=company)


def _language(language: str | None) -> str:
    """Name a language in itself, as its readers look for it."""
    locale = locale_of(language) if language else None
    return (locale.get_display_name() if locale is not None else None) or language or ""


def preferences_modal(preferences: Preferences, company: Company, speech: Speech) -> Modal:
    """Ask for every preference, with what is chosen filled in."""
    keys = told(preferences)
    quiet = keys["quiet"] if keys["quiet"] in {COMPANY, OFF} else _OWN
    return Modal(
        CALLBACK,
        speech.t("Preferences"),
        (
            Pick("quiet", speech.t("Quiet hours"), _quiet_choices(company, speech), quiet),
            Clock(_FROM, speech.t("My quiet hours begin"), _own(preferences, _FROM), optional=True),
            Clock(_TO, speech.t("My quiet hours end"), _own(preferences, _TO), optional=True),
            Several("days", speech.t("Working days"), _day_choices(speech), _ticked(preferences), optional=True,
                    hint=speech.t("None: as for the company.")),
            Pick("digest", speech.t("Digest"), _digest_choices(speech), keys["digest"]),
            Pick("digest_day", speech.t("Day of a weekly digest"), _day_choices(speech), keys["digest_day"]),
            Clock("digest_time", speech.t("Digest not before"), preferences.digest_time, optional=True),
            Several("kinds", speech.t("Alerts by direct message"), _kind_choices(speech), _wanted(preferences),
                    optional=True, hint=speech.t("Channels get them all the same; alerts about Headroom always come.")),
            Pick("language", speech.t("Language"), _languages(company, speech), keys["language"]),
            Write("timezone", speech.t("Time zone"), "Europe/Berlin", preferences.timezone or "", most=64,
                  optional=True, hint=speech.t("Empty: as in the CRM, else {zone}.", zone=company.zone)),
        ),
        submit=speech.t("Save"),
        close=speech.t("Cancel"),
    )  # fmt: skip


def wanted_of(fields: Mapping[str, str | None]) -> dict[str, str]:
    """Turn the fields of the modal into what could have been typed, key by key; fields that are not there stay out."""
    wanted = {key: fields[key] or (NONE if key == "kinds" else COMPANY) for key in KEYS if key in fields}
    if wanted.get("quiet") == _OWN:
        wanted["quiet"] = f"{fields.get(_FROM) or '?'}-{fields.get(_TO) or '?'}"
    return wanted


def faults_of(problems: Mapping[str, Problem], fields: Mapping[str, str | None], speech: Speech) -> dict[str, str]:
    """Say what is wrong with the fields of the modal, by their names."""
    return dict(_fault(key, problem, fields, speech) for key, problem in problems.items())


def _fault(key: str, problem: Problem, fields: Mapping[str, str | None], speech: Speech) -> tuple[str, str]:
    if key != "quiet":
        return key, problem_in(problem, speech)
    for name in (_FROM, _TO):
        if not fields.get(name):
            return name, speech.t("Choose a time, or other quiet hours above.")
    return _TO, speech.t("Quiet hours that begin when they end are none: choose that above.")


def _quiet_choices(company: Company, speech: Speech) -> tuple[tuple[str, str], ...]:
    as_company = speech.t("As for the company: none")
    if company.quiet:
        as_company = speech.t("As for the company: outside of {hours}", hours=company.hours)
    return ((as_company, COMPANY), (speech.t("My own, as below"), _OWN), (speech.t("None: at any time"), OFF))


def _day_choices(speech: Speech) -> tuple[tuple[str, str], ...]:
    return tuple((day_name(day, speech), word) for day, word in enumerate(WEEK))


def _digest_choices(speech: Speech) -> tuple[tuple[str, str], ...]:
    return (
        (speech.t("Daily"), Rhythm.DAILY.value),
        (speech.t("Weekly"), Rhythm.WEEKLY.value),
        (speech.t("Never"), Rhythm.NEVER.value),
    )


def _kind_choices(speech: Speech) -> tuple[tuple[str, str], ...]:
    return tuple((kind_word(kind, speech), kind) for kind in CHOOSABLE)


def _languages(company: Company, speech: Speech) -> tuple[tuple[str, str], ...]:
    as_company = speech.t("As for the company: {language}", language=_language(company.language))
    return ((as_company, COMPANY), *((_language(one), one) for one in company.languages))


def _own(preferences: Preferences, name: str) -> time | None:
    moment: time | None = getattr(preferences, name)
    return moment if preferences.has_quiet_hours else None


def _ticked(preferences: Preferences) -> tuple[str, ...]:
    return tuple(WEEK[day] for day in sorted(preferences.working_days or ()))


def _wanted(preferences: Preferences) -> tuple[str, ...]:
    return CHOOSABLE if preferences.kinds is None else tuple(kind for kind in CHOOSABLE if kind in preferences.kinds)
