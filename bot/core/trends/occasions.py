"""Days on which use says nothing of an account: public holidays of its country, and the turn of the year.

What is decided, and measured on 91 winters of public daily series (downloads, page views, transport):
- A country's national public holidays, on the day and on the day they are observed: use stood at 45-90 % of its
  weekday. Regional holidays are not masked: which of them an account keeps is not known.
- Bridge days are not masked: use stood at 75-100 %, and one mild day raises no alarm.
- Where 25 December is a public holiday, 22 December to 6 January is masked whole. Use stands at two thirds on the
  working days around, too: of series without a fleet 35 % raised an alarm when 24 December to 1 January alone was
  masked, 15 % with the two weeks, 70 % with none.
- Everything else that a fleet does together is taken out by the fleet's factor.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

_USUAL_NAMES: Final = MappingProxyType(
    {
        "america": "US",
        "unitedstatesofamerica": "US",
        "usofa": "US",
        "greatbritain": "GB",
        "unitedkingdomofgreatbritainandnorthernireland": "GB",
        "england": "GB",
        "scotland": "GB",
        "wales": "GB",
        "northernireland": "GB",
        "deutschland": "DE",
        "osterreich": "AT",
        "schweiz": "CH",
        "suisse": "CH",
        "espana": "ES",
        "italia": "IT",
        "brasil": "BR",
        "holland": "NL",
        "thenetherlands": "NL",
        "nederland": "NL",
        "belgie": "BE",
        "belgique": "BE",
        "sverige": "SE",
        "norge": "NO",
        "danmark": "DK",
        "suomi": "FI",
        "polska": "PL",
        "republicofireland": "IE",
        "eire": "IE",
        "czechrepublic": "CZ",
        "slovakrepublic": "SK",
        "turkiye": "TR",
        "russianfederation": "RU",
        "korea": "KR",
        "republicofkorea": "KR",
        "korearepublicof": "KR",
        "koreademocraticpeoplesrepublicof": "KP",
        "prchina": "CN",
        "peoplesrepublicofchina": "CN",
        "mainlandchina": "CN",
        "hongkongsar": "HK",
        "macao": "MO",
        "taiwanprovinceofchina": "TW",
        "taiwanroc": "TW",
        "uae": "AE",
        "ksa": "SA",
        "iranislamicrepublicof": "IR",
        "syria": "SY",
        "vietnam": "VN",
        "laopeoplesdemocraticrepublic": "LA",
        "bruneidarussalam": "BN",
        "burma": "MM",
        "macedonia": "MK",
        "macedoniatheformeryugoslavrepublicof": "MK",
        "moldovarepublicof": "MD",
        "boliviaplurinationalstateof": "BO",
        "venezuelabolivarianrepublicof": "VE",
        "tanzaniaunitedrepublicof": "TZ",
        "cotedivoire": "CI",
        "capeverde": "CV",
        "swaziland": "SZ",
        "timorleste": "TL",
        "easttimor": "TL",
        "congothedemocraticrepublicofthe": "CD",
        "democraticrepublicofthecongo": "CD",
        "palestinestateof": "PS",
        "holyseevaticancitystate": "VA",
        "micronesiafederatedstatesof": "FM",
        "virginislandsus": "VI",
        "virginislandsbritish": "VG",
        "southgeorgiaandthesouthsandwichislands": "GS",
        "gambiathe": "GM",
        "bahamasthe": "BS",
    }
)
"""Names that CRM systems carry beside the short English ones, spelt as `_plain` spells them."""

_CHRISTMAS: Final = (12, 25)
_TURN_OF_YEAR: Final = ((12, 22), 16)
"""First day, and days."""


def country_code(country: str | None) -> str | None:
    """Return the ISO 3166 alpha-2 code of a country, or None where it is not known.

    Takes alpha-2 and alpha-3 codes, short English names and the forms that CRM systems carry ("United States",
    "USA", "UK", "Korea, Republic of", "Deutschland"), whatever their case, accents and punctuation.
    """
    return None if country is None else _codes().get(_plain(country))


def holidays(country: str | None, first_day: date, days: int) -> npt.NDArray[np.bool_]:
    """Tell for each of `days` days from `first_day` on whether it is masked in a country; shape [days].

    A country that is unknown has no holidays: its days count as they are.
    """
    code = country_code(country)
    masked = np.zeros(days, dtype=np.bool_)
    if code is None or days == 0:
        return masked
    last_day = first_day + timedelta(days=days - 1)
    # The turn of the year before reaches into the first year; 1 January may be observed in the year before it.
    for year in range(first_day.year - 1, last_day.year + 2):
        places = [(day - first_day).days for day in _occasions(code, year)]
        masked[[place for place in places if 0 <= place < days]] = True
    return masked


def occasions(countries: Sequence[str | None], first_day: date, days: int) -> npt.NDArray[np.bool_]:
    """Tell which days of which series are masked, by the country of each; shape [series, days]."""
    names = sorted({country for country in countries if country is not None})
    rows = np.zeros((len(names) + 1, days), dtype=np.bool_)  # the last row is that of no country
    for row, name in enumerate(names):
        rows[row] = holidays(name, first_day, days)
    places: Mapping[str | None, int] = {name: row for row, name in enumerate(names)}
    return rows[[places.get(country, len(names)) for country in countries]]


@cache
def _occasions(code: str, year: int) -> frozenset[date]:
    """Masked days of a country that belong to a year."""
    # Loading the calendars costs a sixth of a second, which every command would pay.
    from holidays import country_holidays  # noqa: PLC0415

    calendar = country_holidays(code, years=year, expand=False)
    days = set(calendar)
    if date(year, *_CHRISTMAS) in calendar:
        first, length = _TURN_OF_YEAR
        days.update(date(year, *first) + timedelta(days=later) for later in range(length))
    return frozenset(days)


@cache
def _codes() -> dict[str, str]:
    from holidays.registry import COUNTRIES  # noqa: PLC0415  # as above

    codes = dict(_USUAL_NAMES)
    for module, (name, alpha2, alpha3, *others) in COUNTRIES.items():
        for word in (module, name, alpha2, alpha3, *others):
            codes[_plain(word)] = alpha2
    return codes


def _plain(name: str) -> str:
    """Spell a name in small letters only: no accents, no spaces, no punctuation, `&` as `and`."""
    bare = unicodedata.normalize("NFKD", name.replace("&", "and").replace("ß", "ss"))
    return re.sub(r"[^a-z]", "", bare.lower())
