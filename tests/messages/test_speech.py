"""Figures, dates and texts as each reader has them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.metrics import METRICS
from bot.core.verdicts import Scope
from bot.messages import wording, words
from bot.messages.speech import ENGLISH, Speech, speech_of
from tests.messages.making import CHURN, SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.messages.render import Templates

GERMAN, FRENCH, TURKISH, PORTUGUESE = (Speech(language) for language in ("de", "fr", "tr", "pt_BR"))
EVERYWHERE = [Speech(language) for language in ("en", "de", "fr", "es", "pt_BR", "tr", "ar", "he", "hi", "ja", "zh_CN")]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A user's folder whose catalogues go before those that ship."""
    (tmp_path / "wording").mkdir()
    wording.use([tmp_path, SHIPPED])
    yield tmp_path / "wording"
    wording.use([SHIPPED])


def catalogue(folder: Path, language: str, texts: str) -> None:
    head = f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    plural = '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    (folder / f"{language}.po").write_text(head + plural + texts, encoding="utf-8")
    wording.use([folder.parent, SHIPPED])


@pytest.mark.parametrize(
    ("speech", "value", "text"),
    [
        (GERMAN, 1234, "1.234"),
        (GERMAN, 12.5, "12,5"),
        (GERMAN, 1_250_000, "1,25 Mio."),
        (GERMAN, 999_999.6, "1 Mio."),
        (GERMAN, 123_456_789, "123 Mio."),
        (GERMAN, 2.5e9, "2,5 Mrd."),
        (GERMAN, 1e-7, "1E-7"),
        (FRENCH, 1234.5, "1 234"),
        (TURKISH, 0.123456, "0,123"),
        (Speech("hi"), 120_000, "1,20,000"),
        (ENGLISH, 1_250_000, "1.25 million"),
    ],
)
def test_numbers_are_written_as_in_the_readers_language(speech: Speech, value: float, text: str) -> None:
    assert speech.number(value) == text


@pytest.mark.parametrize(
    ("speech", "value", "text"),
    [
        (GERMAN, 120_000.0, "120.000 USD"),
        (GERMAN, -0.25, "-0,25 USD"),
        (GERMAN, 1.2e6, "1,2 Mio. USD"),
        (PORTUGUESE, 120_000.0, "USD 120.000"),
        (ENGLISH, 120_000.0, "USD 120,000"),
    ],
)
def test_an_amount_names_its_currencys_code_where_the_language_has_the_sign(
    speech: Speech, value: float, text: str
) -> None:
    assert speech.money(value, "USD") == text


@pytest.mark.parametrize(
    ("speech", "value", "text"),
    [
        (GERMAN, 0.41, "41 %"),
        (GERMAN, 0.996, "99,6 %"),
        (GERMAN, 57.3, "5.730 %"),
        (TURKISH, 0.41, "%41"),
        (PORTUGUESE, 0.41, "41%"),
        (GERMAN, -0.4, "−40 %"),
    ],
)
def test_a_share_is_written_as_in_the_readers_language(speech: Speech, value: float, text: str) -> None:
    assert speech.percent(value) == text


@pytest.mark.parametrize(
    ("speech", "days", "text"),
    [
        (GERMAN, 45, "in 45 Tagen"),
        (GERMAN, -1, "vor 1 Tag"),
        (FRENCH, 1095, "dans 1 095 jours"),
        (ENGLISH, 45, "in 45 days"),
        (GERMAN, 10**12, "in 1.000.000.000.000 Tagen"),
    ],
)
def test_a_distance_in_days_has_its_direction(speech: Speech, days: int, text: str) -> None:
    assert speech.days(days) == text


def test_a_length_in_days_has_the_number_of_the_language() -> None:
    assert [GERMAN.span(count) for count in (1, 2, 1200)] == ["1 Tag", "2 Tage", "1.200 Tage"]


def test_a_date_names_its_month() -> None:
    assert [one.day(date(2026, 3, 31)) for one in (ENGLISH, GERMAN, FRENCH, PORTUGUESE)] == [
        "31 Mar 2026", "31. März 2026", "31 mars 2026", "31 de mar. de 2026",
    ]  # fmt: skip


def test_a_moment_is_of_the_day_that_it_is_where_the_reader_lives() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert Speech("de", "Europe/Berlin").day(late) == "2. März 2026"
    assert Speech("en", "America/New_York").moment(late) == "1 Mar 2026, 18:30 America/New_York"
    assert ENGLISH.day(late.isoformat()) == "1 Mar 2026"


@given(
    share=st.floats(min_value=-100, max_value=100).filter(lambda one: abs(one) > 1e-8),
    speech=st.sampled_from(EVERYWHERE),
)
def test_nearly_nothing_is_not_nothing_in_any_language(share: float, speech: Speech) -> None:
    assert speech.percent(share) != speech.percent(0)
    assert (speech.percent(share) == speech.percent(1)) == (abs(share - 1) < 1e-9)


@given(value=st.floats(allow_nan=True, allow_infinity=True), speech=st.sampled_from(EVERYWHERE))
def test_every_figure_can_be_written_in_every_language(value: float, speech: Speech) -> None:
    for write in (speech.number, speech.percent, speech.change, speech.span, speech.days, speech.ratio):
        text = write(value)
        assert text
        assert "\u00a0" not in text
    assert speech.money(value, "USD")
    assert (words.known(value) is None) == (speech.number(value) == speech.unknown)


@pytest.mark.parametrize("speech", EVERYWHERE, ids=lambda one: one.language)
def test_what_nobody_knows_is_never_zero(speech: Speech) -> None:
    for scope in Scope:
        for name in METRICS[scope]:
            assert speech.show(None, name, scope) == speech.unknown


def test_a_language_without_a_catalogue_has_its_own_figures_and_english_texts() -> None:
    assert FRENCH.t("{name} may be about to leave", name="Acme") == "Acme may be about to leave"
    assert FRENCH.many("{count} more alert for today", "{count} more alerts for today", 1234) == (
        "1 234 more alerts for today"
    )


def test_what_is_no_language_is_spoken_to_in_english() -> None:
    assert Speech("xx-unheard-of").percent(0.41) == "41 %"


def test_texts_come_from_the_catalogue_with_the_plural_forms_of_the_language(own: Path) -> None:
    catalogue(
        own,
        "de",
        'msgid "{name} may be about to leave"\nmsgstr "{name} könnte gehen"\n\n'
        'msgid "{count} more alert for today"\nmsgid_plural "{count} more alerts for today"\n'
        'msgstr[0] "noch ein Alarm"\nmsgstr[1] "noch {count} Alarme"\n',
    )
    assert GERMAN.t("{name} may be about to leave", name="Acme") == "Acme könnte gehen"
    said = [GERMAN.many("{count} more alert for today", "{count} more alerts for today", n) for n in (0, 1, 2000)]
    assert said == ["noch 0 Alarme", "noch ein Alarm", "noch 2.000 Alarme"]


def test_a_users_catalogue_goes_before_the_shipped_one_text_by_text(own: Path) -> None:
    shipped = GERMAN.t("Claim")
    catalogue(own, "de", 'msgid "unknown"\nmsgstr "weiß niemand"\n')
    assert GERMAN.percent(None) == "weiß niemand"
    assert GERMAN.t("Claim") == shipped


def test_english_can_be_reworded_too(own: Path) -> None:
    catalogue(own, "en", 'msgid "unknown"\nmsgstr "not known"\n')
    assert ENGLISH.money(None) == "not known"


def test_a_region_falls_back_to_its_language(own: Path) -> None:
    catalogue(own, "pt", 'msgid "unknown"\nmsgstr "desconhecido"\n')
    assert PORTUGUESE.unknown == "desconhecido"


def test_a_message_knows_how_it_is_written(templates: Templates) -> None:
    message = templates.alert(CHURN(), Speech("de", "Europe/Berlin"))
    assert speech_of(message) == Speech("de", "Europe/Berlin")


def test_a_label_keeps_its_capital_where_nouns_have_one() -> None:
    assert GERMAN.running("Auslastung") == "Auslastung"
    assert FRENCH.running("Utilisation") == "utilisation"
    assert ENGLISH.running("ARR") == "ARR"


def test_the_name_of_a_month_stands_alone_in_every_language() -> None:
    march = date(2026, 3, 1)
    assert [one.month(march) for one in (ENGLISH, GERMAN, FRENCH)] == ["March", "März", "mars"]
    assert Speech("cs").month(march) == "březen", "not března, as beside a day"
