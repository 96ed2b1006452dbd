"""The file of rates, and the settings that name it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot.core.currencies import Currencies, Rate, rates_table
from bot.core.located import Fault
from bot.load import load_all
from bot.rates import read_rates
from tests.loading import QUICK, faults, write

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "currency,from_day,rate\nusd,2026-01-01,0.95\nUSD, 2026-03-01 ,0.92\nEUR,2026-01-01,1\n"


def read(folder: Path, text: str) -> tuple[tuple[Rate, ...], list[str]]:
    path, found = folder / "rates.csv", list[Fault]()
    path.write_text(text, encoding="utf-8")
    rates = read_rates(path, "EUR", found)
    return rates, [f"{fault.mark.line}: {fault.problem}" for fault in found]


def test_rates_are_read_by_currency_and_day(tmp_path: Path) -> None:
    rates, told = read(tmp_path, GOOD)
    assert told == []
    assert rates == (
        Rate("USD", date(2026, 1, 1), 0.95),
        Rate("USD", date(2026, 3, 1), 0.92),
        Rate("EUR", date(2026, 1, 1), 1.0),
    )


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    rows = [
        "dollar,2026-01-01,0.9", "USD,31.01.2026,0.9", "USD,2026-01-01,zero", "USD,2026-01-01,0",
        "USD,2026-01-01,nan", "USD,2026-01-01,-1", "EUR,2026-01-01,1.1", "USD,2026-01-01,0.9", "usd,2026-01-01,0.8",
        "USD",
    ]  # fmt: skip
    rates, told = read(tmp_path, "currency,from_day,rate\n" + "\n".join(rows) + "\n")
    assert rates == (Rate("USD", date(2026, 1, 1), 0.9),)
    assert told == [
        "2: currency: wanted a code of three letters, like USD, and not 'DOLLAR'",
        "3: from_day: wanted a day like 2026-01-31, and not '31.01.2026'",
        "4: rate: wanted a number like 0.92, and not 'zero'",
        "5: rate: wanted a number above 0, and not '0'",
        "6: rate: wanted a number above 0, and not 'nan'",
        "7: rate: wanted a number above 0, and not '-1'",
        "8: rate: one EUR is one EUR, as `report_in` says; remove the line",
        "10: USD of 2026-01-01 already stands in line 9; remove one of them",
        "11: rate: wanted a number like 0.92, and not ''",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "1: the header has no column currency and from_day and rate"),
        ("currency,rate\n", "1: the header has no column from_day"),
    ],
)
def test_a_header_without_a_column_is_told(tmp_path: Path, text: str, fault: str) -> None:
    assert read(tmp_path, text) == ((), [fault])


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = list[Fault]()
    assert read_rates(tmp_path / "none.csv", "EUR", found) == ()
    (fault,) = found
    assert "cannot be read: No such file" in fault.problem


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_bytes(b"currency,from_day,rate\n\xff\n")
    found = list[Fault]()
    assert read_rates(tmp_path / "rates.csv", "EUR", found) == ()
    assert "is not UTF-8 text" in found[0].problem


def test_without_currencies_there_are_no_rates() -> None:
    assert rates_table(None).num_rows == 0


RULES = "- {name: r, kind: upsell, when: arr > 1, to: [owner], template: upsell}\n"


def test_the_settings_name_the_currency_and_the_file_beside_them(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "rates.csv").write_text(GOOD)
    loaded = load_all(write(tmp_path, QUICK + "currencies: {report_in: EUR, rates: rates.csv}\n"))
    assert isinstance(loaded.currencies, Currencies)
    assert (loaded.currencies.report_in, len(loaded.currencies.rates)) == ("EUR", 3)


def test_without_the_key_there_are_no_currencies(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES)
    assert load_all(write(tmp_path, QUICK)).currencies is None


def test_faults_of_the_file_are_told_with_those_of_the_rest(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("currency,from_day,rate\nUSD,2026-01-01,free\n")
    told = faults(write(tmp_path, QUICK + "currencies: {report_in: EUR, rates: rates.csv}\n"))
    assert "rates.csv:2: rate: wanted a number like 0.92, and not 'free'" in told
    assert any(fault.startswith("rules.yaml: cannot be read") for fault in told)


@pytest.mark.parametrize(
    ("currencies", "fault"),
    [
        (
            "{report_in: euro, rates: r.csv}",
            "currencies.report_in: does not have the right form; wanted: a code of three capital letters",
        ),
        ("{report_in: EUR}", "currencies.rates: this key is missing; wanted: a CSV file with the columns"),
    ],
)
def test_faults_of_the_keys_say_what_is_wanted(tmp_path: Path, currencies: str, fault: str) -> None:
    (told,) = faults(write(tmp_path, QUICK + f"currencies: {currencies}\n"))
    assert fault in told
