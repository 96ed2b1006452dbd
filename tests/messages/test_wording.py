"""Catalogues of wording: what is wrong with them is told with file and line, before anybody is spoken to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.errors import TemplateError
from bot.messages.render import Templates
from bot.messages.wording import Shelf, catalogue_faults, placeholders, read_catalogue
from tests.messages.making import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

HEAD = (
    'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)
MANY = 'msgid "{count} alert"\nmsgid_plural "{count} alerts of {name}"\n'


def written(folder: Path, text: str, name: str = "de") -> Path:
    (folder / "wording").mkdir(exist_ok=True)
    path = folder / "wording" / f"{name}.po"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{name} uses {share}", {"name", "share"}),
        ("100 %", set()),
        ("{{literal}}", set()),
        ("{name.__class__}", None),
        ("{0}", None),
        ("{name!r}", None),
        ("{name:>99999999}", None),
        ("{", None),
    ],
)
def test_braces_hold_names_and_nothing_else(text: str, names: set[str] | None) -> None:
    assert placeholders(text) == (None if names is None else frozenset(names))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('msgid "{name} left"\nmsgstr "weg"\n', "the translation of '{name} left' has to hold {name}"),
        ('msgid "{name} left"\nmsgstr "{nam} weg"\n', "has to hold {name}"),
        ('msgid "left"\nmsgstr "{name} weg"\n', "has to hold nothing in braces"),
        ('msgid "{name} left"\nmsgstr "{name.x} weg"\n', "may hold names in braces, and no other braces"),
        (MANY + 'msgstr[0] "ein"\nmsgstr[1] ""\n', "'{count} alert' wants 2 forms, one for each number"),
    ],
)
def test_a_translation_that_could_not_be_said_is_a_fault_with_its_line(text: str, problem: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(TemplateError) as error:
        read_catalogue(path)
    line = HEAD.count("\n") + 1
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert problem in str(error.value)


def test_a_form_of_the_plural_may_say_its_number_in_words(tmp_path: Path) -> None:
    path = written(tmp_path, MANY + 'msgstr[0] "ein Alarm von {name}"\nmsgstr[1] "{count} Alarme von {name}"\n')
    assert len(list(read_catalogue(path))) == 2


def test_what_is_not_translated_yet_or_doubtful_is_no_fault(tmp_path: Path) -> None:
    path = written(tmp_path, 'msgid "{a}"\nmsgstr ""\n\n#, fuzzy\nmsgid "{b}"\nmsgstr "{c}"\n')
    assert Shelf([tmp_path]).of("de").gettext("{b}") == "{b}"
    assert read_catalogue(path) is not None


def test_every_fault_of_every_catalogue_is_told_with_those_of_the_templates(tmp_path: Path) -> None:
    written(tmp_path, 'msgid "{name} left"\nmsgstr "weg"\n')
    written(tmp_path, "", name="klingon")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "title.j2").write_text("{{ nobody }}", encoding="utf-8")
    with pytest.raises(TemplateError) as error:
        Templates([tmp_path, SHIPPED])
    text = str(error.value)
    assert "has to hold {name}" in text
    assert "'klingon' is no language; name it like de.po or pt_BR.po" in text
    assert "unknown variable 'nobody'" in text


def test_a_file_that_is_no_catalogue_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "nothing of the kind\n")
    (fault,) = catalogue_faults([tmp_path])
    assert fault.startswith(f"{path}:")
    assert "no catalogue" in fault


def test_the_shelf_names_the_languages_that_there_are(tmp_path: Path) -> None:
    written(tmp_path, "", name="fr")
    assert Shelf([tmp_path]).languages() == ("en", "fr")


@pytest.mark.parametrize("path", sorted((SHIPPED / "wording").glob("*.po")), ids=lambda path: path.stem)
def test_the_shipped_catalogues_have_no_fault(path: Path) -> None:
    read_catalogue(path)
