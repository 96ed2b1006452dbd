"""What all lists share: which words are understood, whose accounts are meant, which of them may be seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from bot.core.book import Whose, team_of
from bot.core.located import did_you_mean
from bot.desk.asking import Answer
from bot.messages.escape import mrkdwn, short
from bot.messages.message import Headline, Message, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import date

    from bot.core.episode import Episode
    from bot.desk.asking import Asker, Question
    from bot.messages.speech import Speech
    from bot.state.lists import Listed, OpenAlert
    from bot.state.rows import AccountView, Person

FROM: Final = "from"
FULL: Final = "full"
EVERY_ROW: Final = 1_000_000
_WORD_MOST: Final = 40
_Item = TypeVar("_Item")


class Books(Protocol):
    """What the state store tells lists."""

    def snapshot_day(self) -> date | None:
        """Return the day that the accounts are as of; None before the first night."""

    def due(self, first: date, last: date, people: Collection[str] | None = None) -> tuple[Listed, ...]:
        """Return the accounts whose deadline lies between two days; by deadline, the largest ARR first."""

    def alerts(self, rules: Collection[str], people: Collection[str] | None = None) -> tuple[OpenAlert, ...]:
        """Return the alerts of some rules that people were told of and that are neither over nor closed."""

    def has_accounts(self, people: Collection[str]) -> bool:
        """Tell whether somebody is owner or CSM of any account."""

    def managers(self) -> Mapping[str, str | None]:
        """Return who everybody's manager is."""

    def views(self, account_ids: Collection[str]) -> Mapping[str, AccountView]:
        """Return some accounts in full, by id."""

    def episodes_by_id(self, episode_ids: Collection[str]) -> Mapping[str, Episode]:
        """Return some episodes in full, by id."""

    def some_people(self, person_ids: Collection[str]) -> Mapping[str, Person]:
        """Return some people of the CRM, by id."""

    def person_in_slack(self, user_id: str) -> Person | None:
        """Return the person of the CRM who was found to be this Slack user."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for."""

    whose: Whose | None = None
    """None: nobody's in particular."""
    days: int | None = None
    start: int = 1
    """Number of the first row, from 1."""
    full: bool = False
    """Whether every row is to be shown, where there is room for them."""


class UnknownWordError(Exception):
    """A word that the list does not understand."""

    def __init__(self, word: str, known: Sequence[str]) -> None:
        super().__init__(word)
        self.word = word
        self.known = known


def read(text: str, horizons: Sequence[int] = ()) -> Wanted:
    """Read the words after a list's name, in any order: `90`, `mine`, `from 21`, `full`. Raises UnknownWordError."""
    wanted: dict[str, object] = {}
    words = iter(text.lower().split())
    numbers = [str(one) for one in horizons]
    for word in words:
        if word in set(Whose):
            wanted["whose"] = Whose(word)
        elif word in numbers:
            wanted["days"] = int(word)
        elif word == FULL:
            wanted["full"] = True
        elif word == FROM:
            wanted["start"] = _number(next(words, ""))
        else:
            raise UnknownWordError(word, [*numbers, *Whose, FROM, FULL])
    return Wanted(**wanted)  # type: ignore[arg-type]  # each has the type of its field


def _number(word: str) -> int:
    # Digits of other alphabets are digits to Python, too; a number of any length is none of a row.
    if not (word.isascii() and word.isdigit() and 0 < len(word) < len(str(EVERY_ROW))):
        raise UnknownWordError(f"{FROM} {word}".strip(), [f"{FROM} 21"])
    return max(int(word), 1)


def first_row(wanted: Wanted, total: int) -> int:
    """Return the number of the first row to show: a list that has become shorter begins anew."""
    return wanted.start if wanted.start <= total else 1


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose accounts a list is about."""

    whose: Whose
    people: frozenset[str] | None
    """Their owners or CSMs; None: whoever they are."""


def scope_of(asker: Asker, whose: Whose | None, books: Books) -> Scope | None:
    """Return whose accounts are meant; None where they are the asker's and nobody knows who that is.

    Where nothing is said they are the asker's own if there are any, else all.
    """
    person = asker.person
    if whose is None:
        whose = Whose.MINE if person and books.has_accounts((person.person_id,)) else Whose.ALL
    if whose is Whose.ALL:
        return Scope(whose, None)
    if person is None:
        return None
    if whose is Whose.MINE:
        return Scope(whose, frozenset((person.person_id,)))
    return Scope(whose, team_of(person.person_id, books.managers()))


def seen(asker: Asker, items: Sequence[_Item], account_of: Callable[[_Item], str]) -> list[_Item]:
    """Leave only what the asker may see: the rest is neither shown nor counted nor summed."""
    readable = asker.sight.readable({account_of(item) for item in items})
    return [item for item in items if account_of(item) in readable]


def names_of(books: Books, views: Iterable[AccountView]) -> dict[str, str]:
    """Return the names of the people who answer for some accounts, by id."""
    ids = {one for view in views for one in (view.owner_id, view.csm_id) if one}
    return {person_id: person.name for person_id, person in books.some_people(ids).items()}


def answerable(view: AccountView, names: Mapping[str, str]) -> str | None:
    """Return who answers for an account: its owner, else its CSM; None where it has neither, or nobody knows them."""
    return names.get(view.owner_id or "") or names.get(view.csm_id or "")


def unknown_word(error: UnknownWordError, question: Question, usage: str) -> Answer:
    """Say that a word is not understood, and which are."""
    speech = question.asker.speech
    title = speech.t("I do not understand “{word}”", word=mrkdwn(short(error.word, _WORD_MOST)))
    near = _sentence(did_you_mean(error.word, error.known))
    told = speech.t("This is how it is asked: `{usage}`", usage=mrkdwn(f"{question.command} {usage}"))
    return _no(title, f"{mrkdwn(near)} {told}".strip(), speech)


def _sentence(near: str) -> str:
    """Let what follows a fault stand by itself."""
    said = near.removeprefix("; ")
    return f"{said[:1].upper()}{said[1:]}{'' if said.endswith('?') or not said else '.'}"


def nobody(question: Question) -> Answer:
    """Say that nobody knows which accounts are the asker's."""
    speech = question.asker.speech
    title = speech.t("I do not know which accounts are yours")
    if question.asker.user:
        why = speech.t("Your address in Slack is that of no active user of the CRM, or of several.")
    else:
        why = speech.t("Say who asks: `--as EMAIL`, with the address of a user of the CRM.")
    return _no(title, f"{why} {speech.t('The word `all` shows all accounts that you may see.')}", speech)


def nothing_read(speech: Speech) -> Answer:
    """Say that no night has been yet."""
    title = speech.t("No accounts have been read yet")
    told = speech.t("Headroom has not finished its first reading of contracts and usage. Ask again after the next run.")
    return _no(title, told, speech)


def _no(title: str, text: str, speech: Speech) -> Answer:
    message = speech.write(Message("answer", title, (Headline(title), Text(text))))
    return Answer(message, {"rows": []}, found=False)
