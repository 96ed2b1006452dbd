"""How somebody is spoken to: as they chose, else as Slack has it, else as the company does."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from bot.core.choices import chosen
from bot.core.preferences import NOTHING_CHOSEN, Preferences
from bot.load import load_all
from bot.messages.preferences import Company
from bot.messages.speech import Speech
from bot.personal import company_of, spoken_to
from bot.slack.askers import Who
from tests.loading import QUICK, write

if TYPE_CHECKING:
    from pathlib import Path

    from bot.load import Loaded
    from bot.state.store import Store

COMPANY = Company(("de", "en", "pt_BR"), language="de", zone="Europe/Berlin")


class Choices:
    """Everybody chose the same."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def preferences(self, _user: str) -> Preferences:
        return self._preferences


@pytest.mark.parametrize(
    ("typed", "locale", "zone", "wanted"),
    [
        ({}, "en-US", "America/New_York", Speech("en", "America/New_York")),
        ({}, "pt-BR", "America/Sao_Paulo", Speech("pt_BR", "America/Sao_Paulo")),
        ({}, "pt-PT", "Europe/Lisbon", Speech("de", "Europe/Lisbon")),
        ({}, "", "", Speech("de", "Europe/Berlin")),
        ({"language": "en", "timezone": "Asia/Tokyo"}, "pt-BR", "America/Sao_Paulo", Speech("en", "Asia/Tokyo")),
    ],
)
def test_own_choices_go_before_slacks_and_slacks_before_the_companys(
    typed: dict[str, str], locale: str, zone: str, wanted: Speech
) -> None:
    store = cast("Store", Choices(chosen(NOTHING_CHOSEN, typed)))
    assert spoken_to(store, COMPANY, "U1", Who(locale=locale, zone=zone)) == wanted


def test_the_companys_way_is_that_of_the_settings(tmp_path: Path) -> None:
    from_settings = company_of(_loaded(tmp_path, "working_time: {quiet: true, hours: '08:00-16:30', days: [sun, mon]}"))
    assert (from_settings.quiet, from_settings.hours) == (True, "08:00-16:30")
    assert from_settings.days == frozenset({0, 6})
    assert from_settings.zone == "UTC"


def _loaded(folder: Path, more: str) -> Loaded:
    (folder / "rules.yaml").write_text("[]\n")
    (folder / "accounts.csv").write_text("Id,Name\n")
    return load_all(write(folder, f"{QUICK}{more}\n"))
