"""What each customer bought, for how long, and how it goes about using it."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor
from random import Random
from typing import TYPE_CHECKING, Final

from bot.sandbox.company.ids import record_id
from bot.sandbox.company.model import HISTORY_DAYS, Story, Trait
from bot.sandbox.company.roster import CASTINGS, ENTERPRISE, MID_MARKET, SMALL

if TYPE_CHECKING:
    from bot.sandbox.company.roster import Casting

_DAY: Final = timedelta(days=1)
_SEATS: Final = {ENTERPRISE: (44, 72), MID_MARKET: (18, 34), SMALL: (6, 12)}
_SEAT_PRICE: Final = {ENTERPRISE: 1_440.0, MID_MARKET: 1_560.0, SMALL: 1_680.0}
_API_UNITS: Final = {ENTERPRISE: (20, 60), MID_MARKET: (6, 18), SMALL: (2, 5)}
_CREDITS: Final = {ENTERPRISE: (400_000, 900_000), MID_MARKET: (80_000, 240_000), SMALL: (20_000, 50_000)}
_USED_SEATS: Final = {
    Story.STEADY: (0.64, 0.84),
    Story.RENEWAL_DUE: (0.66, 0.84),
    Story.NEAR_LIMIT: (0.93, 1.0),
    Story.API_OVERAGE: (0.62, 0.82),
    Story.COMMIT_RUNS_OUT: (0.62, 0.82),
    Story.UNDERUSE: (0.2, 0.42),
    Story.FALLING: (0.78, 0.86),
    Story.ONBOARDING: (0.3, 0.4),
    Story.SILENT: (0.5, 0.7),
    Story.UNMATCHED: (0.6, 0.8),
}
"""Share of the seats whose users are about, at the height of the story."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One customer: its contract and its habits. Quantities are 0 where a product was not bought."""

    number: int
    account_id: str
    casting: Casting
    domain: str
    external_id: str | None
    customer: str
    """How usage names it."""
    start: date
    end: date
    term: int
    """Months."""
    before: date | None
    """Start of the contract before this one, where there was one."""
    notice_days: int
    auto_renew: bool
    seats: int
    api_units: int
    credits: int
    training_days: int
    seat_price: float
    users: int
    """Seats whose users are about at the height of the story."""
    api_share: float
    """Calls of a usual month / allowance."""
    credit_share: float
    """Credits used up to today / credits bought."""

    @property
    def story(self) -> Story:
        """What the account plays."""
        return self.casting.story

    @property
    def first_day(self) -> date:
        """The first day on which it was a customer."""
        return self.before or self.start


def plans(seed: int, today: date) -> list[Plan]:
    """Plan all customers."""
    return [_plan(number, casting, Random(f"{seed}:{number}"), today) for number, casting in enumerate(CASTINGS, 1)]  # noqa: S311 - sample data


def _plan(number: int, casting: Casting, random: Random, today: date) -> Plan:
    account_id = record_id("Account", 40_000 + number * 7)
    credits_bought = _credits(number, casting, random)
    start, end, term = _term(casting, random, today, yearly=credits_bought > 0)
    seats = random.randint(*_SEATS[casting.segment])
    domain = f"{_slug(casting)}.example"
    external_id = _external_id(number, casting)
    elapsed = (today - start) / (end - start)
    return Plan(
        number=number,
        account_id=account_id,
        casting=casting,
        domain=domain,
        external_id=external_id,
        customer=_customer(casting, account_id, domain, external_id),
        start=start,
        end=end,
        term=term,
        before=_before(casting, start, random, today),
        notice_days=random.choice((30, 60, 90)),
        auto_renew=random.random() < 0.6,  # noqa: PLR2004 - a share
        seats=seats,
        api_units=_api_units(number, casting, random),
        credits=credits_bought,
        training_days=random.choice((0, 0, 0, 2, 3, 5)),
        seat_price=_SEAT_PRICE[casting.segment],
        users=_users(casting.story, seats, random),
        api_share=_api_share(casting.story, random),
        credit_share=_credit_share(casting.story, elapsed, random),
    )


def _slug(casting: Casting) -> str:
    plain = unicodedata.normalize("NFKD", casting.name).encode("ascii", "ignore").decode().lower()
    return casting.slug or re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _external_id(number: int, casting: Casting) -> str | None:
    return None if casting.traits & {Trait.BY_DOMAIN, Trait.BY_ID} else f"cus_{1000 + number * 13}"


def _customer(casting: Casting, account_id: str, domain: str, external_id: str | None) -> str:
    if casting.story is Story.UNMATCHED:
        return f"legacy/{_slug(casting)}"
    return external_id or (account_id if Trait.BY_ID in casting.traits else domain)


def _term(casting: Casting, random: Random, today: date, *, yearly: bool) -> tuple[date, date, int]:
    end = today + casting.days_left * _DAY
    terms = [months for months in (12, 24, 36) if months_before(end + _DAY, months) <= today - 60 * _DAY]
    if casting.story is Story.ONBOARDING:
        terms = [12]
    # The whole of a prepaid commit must have been used within the history: its use to date is known then.
    term = 12 if yearly else random.choice(terms)
    return months_before(end + _DAY, term), end, term


def months_before(day: date, months: int) -> date:
    """Return the same day of a month so many months earlier, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _before(casting: Casting, start: date, random: Random, today: date) -> date | None:
    first_contract = random.random() < 0.25  # noqa: PLR2004 - a share
    if casting.story is Story.ONBOARDING or start < today - HISTORY_DAYS * _DAY:
        return None
    # Only those that play it are new: whoever signed lately has been a customer before.
    return None if first_contract and start < today - 150 * _DAY else months_before(start, 12)


def _users(story: Story, seats: int, random: Random) -> int:
    least, most = _USED_SEATS[story]
    share = random.uniform(least, most)
    if story is Story.NEAR_LIMIT:
        return ceil(seats * share)
    return max(1, floor(seats * share))


def _api_units(number: int, casting: Casting, random: Random) -> int:
    bought = casting.story is Story.API_OVERAGE or number % 3 == 0
    return random.randint(*_API_UNITS[casting.segment]) if bought else 0


def _api_share(story: Story, random: Random) -> float:
    return random.choice((1.3, 1.6, 2.1, 2.6)) if story is Story.API_OVERAGE else random.uniform(0.42, 0.68)


def _credits(number: int, casting: Casting, random: Random) -> int:
    usual = casting.story in {Story.STEADY, Story.NEAR_LIMIT} and number % 4 == 1 and casting.days_left < 330  # noqa: PLR2004 - days
    bought = casting.story is Story.COMMIT_RUNS_OUT or usual
    return round(random.randint(*_CREDITS[casting.segment]), -3) if bought else 0


def _credit_share(story: Story, elapsed: float, random: Random) -> float:
    if story is Story.COMMIT_RUNS_OUT:
        return random.uniform(0.86, 0.96)
    return elapsed * random.uniform(0.78, 0.95)
