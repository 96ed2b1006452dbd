"""Texts in the languages that people read: one catalogue a language, in gettext's PO format. English is the source.

A catalogue is `wording/<language>.po` in a folder of templates; a user's folder goes before the shipped one, text by
text. What no catalogue has is said in English.
"""

from __future__ import annotations

import gettext
import string
import threading
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from bot.core.located import Fault, Mark
from bot.errors import TemplateError
from bot.shipped import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from babel.messages.catalog import Catalog, Message

FOLDER: Final = "wording"
"""Name of the folder of catalogues within a folder of templates."""

_ENGLISH: Final = gettext.NullTranslations()


def locale_of(language: str) -> Locale | None:
    """Return how a language writes figures and dates, by `de`, `pt_BR` or `pt-BR`; None where that is no language."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


def placeholders(text: str) -> frozenset[str] | None:
    """Return the names that stand in braces in a text; None where braces hold anything but a name."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return None
    names = [(name, form, conversion) for _, name, form, conversion in parts if name is not None]
    # `{name.attribute}` and the like would let a catalogue reach into what is to be set in; `{}` is filled in later.
    if any(form or conversion or not (name == "" or name.isidentifier()) for name, form, conversion in names):
        return None
    return frozenset(name for name, _, _ in names)


def read_catalogue(path: Path) -> Catalog:
    """Read a catalogue. Raises TemplateError with every fault of it, each with file and line."""
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except PoFileError as error:
        raise TemplateError(str(Fault(Mark(str(path), error.lineno), f"no catalogue: {error}"))) from error
    except (OSError, ValueError, LookupError) as error:
        raise TemplateError(str(Fault(Mark(str(path)), f"no catalogue in PO format: {error}"))) from error
    faults = list(_faults(path, catalogue))
    if faults:
        raise TemplateError("\n".join(map(str, faults)))
    return catalogue


def catalogues(folder: Path) -> list[Path]:
    """Return the catalogues of a folder of templates."""
    return sorted((folder / FOLDER).glob("*.po"))


def catalogue_faults(folders: Sequence[Path]) -> Iterator[str]:
    """Tell the faults of every catalogue in a user's folders of templates; what ships is held by tests."""
    for path in (path for folder in folders if folder != TEMPLATES for path in catalogues(folder)):
        if locale_of(path.stem) is None:
            yield str(Fault(Mark(str(path)), f"'{path.stem}' is no language; name it like de.po or pt_BR.po"))
        try:
            read_catalogue(path)
        except TemplateError as error:
            yield str(error)


def _faults(path: Path, catalogue: Catalog) -> Iterator[Fault]:
    for message in catalogue:
        if message.id and not message.fuzzy:
            for problem in _problems(message, catalogue.num_plurals):
                yield Fault(Mark(str(path), message.lineno), problem)


def _problems(message: Message, plurals: int) -> Iterator[str]:
    sources = message.id if isinstance(message.id, (tuple, list)) else (message.id,)
    targets = [message.string] if isinstance(message.string, str) else list(message.string or ())
    if not any(targets):
        return  # not translated yet: English stands in
    if len(sources) > 1 and (len(targets) != plurals or not all(targets)):
        yield f"'{sources[0]}' wants {plurals} forms, one for each number of the language"
    allowed = frozenset[str]().union(*(placeholders(one) or () for one in sources))
    # A plural form may leave `{count}` out where it says the number in words; everything else has to be said.
    needed = allowed - {"count"} if len(sources) > 1 else allowed
    for target in filter(None, targets):
        names = placeholders(target)
        if names is None:
            yield f"the translation of '{sources[0]}' may hold names in braces, and no other braces"
        elif not needed <= names <= allowed:
            wanted = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "nothing in braces"
            yield f"the translation of '{sources[0]}' has to hold {wanted}"


class Shelf:
    """The catalogues of some folders of templates, each read when it is first wanted. Safe to use from threads."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._read: dict[str, gettext.NullTranslations] = {}
        self._reading = threading.Lock()

    def of(self, language: str) -> gettext.NullTranslations:
        """Return a language's texts; English where there is no catalogue. Raises TemplateError for a faulty one."""
        found = self._read.get(language)
        if found is None:
            with self._reading:
                found = self._read[language] = self._chained(language)
        return found

    def languages(self) -> tuple[str, ...]:
        """Name the languages that there are texts for: English, and those of the catalogues."""
        return tuple(sorted({"en", *(path.stem for folder in self._folders for path in catalogues(folder))}))

    def _chained(self, language: str) -> gettext.NullTranslations:
        name = language.replace("-", "_")
        # `pt_BR` before `pt`, and within each the user's folder before the shipped one.
        names = dict.fromkeys((name, name.split("_")[0]))
        paths = [folder / FOLDER / f"{name}.po" for name in names for folder in self._folders]
        found = [_translations(path) for path in paths if path.is_file()]
        for former, latter in pairwise(found):
            former.add_fallback(latter)
        return found[0] if found else _ENGLISH


def _translations(path: Path) -> gettext.NullTranslations:
    compiled = BytesIO()
    write_mo(compiled, read_catalogue(path))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


_shelves: Final = [Shelf([TEMPLATES])]


def use(folders: Sequence[Path]) -> None:
    """Let every reader of this process be spoken to from the catalogues of these folders, first one first.

    Process-wide, as the log is: a message that is changed in place was written by another run, and says no more of its
    wording than its language.
    """
    _shelves[0] = Shelf(folders)


def shelf() -> Shelf:
    """Return the catalogues in use: those that ship, unless `use` named others."""
    return _shelves[0]
