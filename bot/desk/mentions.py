"""Which accounts a message speaks of: by their addresses in the CRM, their ids, domains, and names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from bot.core.crm_links import account_ids, account_link, same_org
from bot.state.keys import name_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from bot.state.rows import AccountView

MOST: Final = 10
"""So many accounts are told of one message."""

_READ_MOST: Final = 4_000
_WORDS_MOST: Final = 300
_LONGEST_NAME: Final = 6
"""Words of a name, without the company's form."""
_LINK: Final = re.compile(r"<((?:https?://|mailto:)[^|>]+)(?:\|([^>]*))?>")
_REFERENCE: Final = re.compile(r"<[@#!][^>]*>")
_ADDRESS: Final = re.compile(r"\bhttps?://[^\s<>|]+")
_DOMAIN: Final = re.compile(r"(?<![\w.-])(?:[\w-]+\.)+[a-z]{2,}(?![\w-])", re.IGNORECASE)
_WORD: Final = re.compile(r"\w+")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_FORMS: Final = (
    "",
    "inc",
    "ltd",
    "limited",
    "llc",
    "corp",
    "corporation",
    "co",
    "gmbh",
    "ag",
    "plc",
    "sa",
    "bv",
    "group",
)
"""People leave out what the CRM writes behind a name."""


class Accounts(Protocol):
    """The accounts of the state store."""

    def find_account(self, text: str) -> AccountView | None:
        """Find the account that this name, id or domain means; None where none or several could be meant."""

    def could_mean(self, text: str) -> Sequence[tuple[int, AccountView]]:
        """Return every account that a text could mean, with the rank of what fits of it: best first."""

    def named(self, keys: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Return the ids of the accounts of some folded names, by name."""


def mentioned(text: str, accounts: Accounts) -> tuple[str, ...]:
    """Return the ids of the accounts that a message speaks of, at most `MOST`: what is certain comes first.

    `text` as Slack hands it on: links in angle brackets, three entities.
    """
    text = text[:_READ_MOST]
    found = dict.fromkeys(_certain(text, accounts))
    found |= dict.fromkeys(_by_name(_words_of(text), accounts))
    return tuple(found)[:MOST]


def _certain(text: str, accounts: Accounts) -> Iterator[str]:
    for url in _addresses(text):
        link = account_link(url)
        view = accounts.find_account(link.account_id) if link else None
        if link and view and same_org(link, view.url):
            yield view.account_id
    plain = _words_of(text)
    named = (*account_ids(plain), *dict.fromkeys(one.lower() for one in _DOMAIN.findall(plain)))
    # Of one domain there may be several: which of them the reader may see decides, and not how many there are.
    yield from (view.account_id for one in named[: 2 * MOST] for _, view in _best(accounts.could_mean(one)))


def _best(found: Sequence[tuple[int, AccountView]]) -> Sequence[tuple[int, AccountView]]:
    return [one for one in found if one[0] == found[0][0]]


def _addresses(text: str) -> Iterator[str]:
    yield from (_unescaped(link[1]) for link in _LINK.finditer(text))
    yield from _ADDRESS.findall(_LINK.sub(" ", text))


def _words_of(text: str) -> str:
    """Return what a person reads of a message, without addresses, people and channels."""
    shown = _LINK.sub(lambda link: " " if (link[2] or link[1]).startswith("http") else f" {link[2] or ''} ", text)
    return _unescaped(_ADDRESS.sub(" ", _REFERENCE.sub(" ", shown)))


def _unescaped(text: str) -> str:
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def _by_name(text: str, accounts: Accounts) -> Iterator[str]:
    """Yield the accounts whose names stand in a text; of names that begin at one word the longest counts."""
    words = _WORD.findall(text)[:_WORDS_MOST]
    runs = {place: _runs(words, place) for place, word in enumerate(words) if _may_begin(word)}
    known = accounts.named([key for some in runs.values() for run in some for key in _with_forms(run)])
    place = 0
    while place < len(words):
        for run in runs.get(place, ()):
            fitting = [one for key in _with_forms(run) for one in known.get(key, ())]
            if fitting:
                yield from fitting
                place += run.count(" ")
                break
        place += 1


def _runs(words: Sequence[str], place: int) -> list[str]:
    """Return the folded names that could begin at a word, the longest first."""
    last = min(_LONGEST_NAME, len(words) - place)
    return [key for count in range(last, 0, -1) if len(key := name_key(" ".join(words[place : place + count]))) > 1]


def _with_forms(run: str) -> Iterator[str]:
    yield from (f"{run} {form}".rstrip() for form in _FORMS)


def _may_begin(word: str) -> bool:
    # A customer may be called Target or Notion: written small, the word is only a word. Some scripts have no capitals.
    return word[0] != word[0].lower() or word[0] == word[0].upper()
