"""What the values of a brief are called, and the sentences that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.core.brief.cadence import Move
from bot.core.brief.dates import Clash
from bot.core.brief.discount import Quadrant
from bot.core.brief.quantity import Ground, Unsized
from bot.core.brief.risks import CHURN, UPSELL, Seen
from bot.messages.escape import plain, short
from bot.messages.speech import msg

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.core.brief.dates import Contradiction
    from bot.core.brief.risks import Risk
    from bot.messages.speech import Speech

_PLAY_MOST: Final = 400

MOVES: Final[Mapping[Move, str]] = {
    Move.SAVE_PLAN: msg("Save plan: agree on the reasons, owners and dates with the customer's sponsor"),
    Move.REVIEW: msg("Business review: goals, value shown, open points"),
    Move.PROPOSAL: msg("Proposal with the value shown and the quantity to propose"),
    Move.NEGOTIATE: msg("Negotiate quantity, price and term"),
    Move.SIGNATURE: msg("Signature: papers with whoever signs"),
    Move.LEGAL: msg("Legal: last clauses, purchase order"),
}

UNSIZED: Final[Mapping[Unsized, str]] = {
    Unsized.KIND: msg(
        "it is not known whether these are seats, an allowance or a commit; `products` in the settings says"
    ),
    Unsized.NO_METER: msg("nothing measures its use; `products` in the settings names the meter"),
    Unsized.NO_END: msg("it runs on without an end, so there is no coming term"),
    Unsized.TOO_FAR: msg("the coming term ends more than five years ahead"),
    Unsized.NO_HISTORY: msg("its daily use is not known"),
    Unsized.NOT_DAILY: msg("its use is told by the month, which is too coarse for a forecast of the term"),
    Unsized.TOO_LITTLE_HISTORY: msg("its history is too short"),
    Unsized.NO_USE: msg("there was no use that could be carried forward"),
    Unsized.NO_PERIOD: msg("it is not known how often the allowance resets"),
}

GROUNDS: Final[Mapping[Ground, str]] = {
    Ground.PRICES: msg(
        "overage costs {times} the price of a unit bought ahead, so what is enough in {share} of cases is cheapest"
    ),
    Ground.NO_OVERAGE_PRICE: msg("the overage price is unknown, so the service level of {share} decides"),
    Ground.OVERAGE_NO_DEARER: msg(
        "overage is no dearer than buying ahead ({times} the price), so the service level of {share} decides"
    ),
}

QUADRANTS: Final[Mapping[Quadrant, str]] = {
    Quadrant.CHEAP_AND_IDLE: msg(
        "High discount, low utilization: a lower price does not bring use. Work on adoption or the quantity before the "
        "price, and give no further discount."
    ),
    Quadrant.CHEAP_AND_USED: msg(
        "High discount, high utilization: it pays little for much use. Phase the discount out in steps, with the value "
        "shown as the reason."
    ),
    Quadrant.DEAR_AND_IDLE: msg(
        "Low discount, low utilization: it pays nearly the list price for what it does not use. Expect a request for "
        "less; offer the right quantity first."
    ),
    Quadrant.DEAR_AND_USED: msg(
        "Low discount, high utilization: price and use fit. Room for an expansion, with a price for volume if need be."
    ),
    Quadrant.UNKNOWN: msg("Discount or utilization is unknown, so they cannot be compared."),
}

PLAYS: Final[Mapping[str, str]] = {
    "licence-underuse": msg(
        "Find out who has no licence and needs one; enable teams; else propose the right quantity."
    ),
    "utilization-falling": msg("Ask the champion what has changed since then; agree on a plan of adoption with dates."),
    "usage-cliff": msg("Call today: rule out a technical fault first, then ask for the reason."),
    "near-limit": msg("Offer more before it hurts, with the run-out date as the reason."),
    "overage": msg("Put what is used into the contract, at a better price than overage."),
    "run-out-before-renewal": msg("Offer a top-up or an early renewal before the run-out."),
    Seen.URGENT_CASES: msg("See the urgent cases solved, and say so, before the renewal is talked about."),
    Seen.SINGLE_USER: msg("Win a second sponsor and train more users: if this one leaves, the use goes too."),
    Seen.POWER_USERS_LOST: msg("Find out where they went, and who takes their work on."),
    Seen.RED: msg("Make a save plan with the customer's sponsor: reasons, owners, dates."),
    CHURN: msg("Talk to the customer about it, agree on what to do, by whom and by when."),
    UPSELL: msg("Bring it into the proposal, with the figures above as the reason."),
}
"""What to do, by name of a rule or of what the figures show, else by kind of rule."""

_SEEN: Final[Mapping[str, str]] = {
    Seen.URGENT_CASES: msg("Urgent cases are open"),
    Seen.SINGLE_USER: msg("Much of the use hangs on one user"),
    Seen.POWER_USERS_LOST: msg("Users who used it most are gone"),
    Seen.RED: msg("Health is red"),
}

_CLASHES: Final[Mapping[Clash, str]] = {
    Clash.NOTICE_AFTER_END: msg("{of}: the last day to give notice, {one}, lies after the end, {other}"),
    Clash.CLOSE_AFTER_END: msg("The opportunity is to close on {one}, after the first line ends on {other}"),
    Clash.ENDS_BEFORE_START: msg("{of}: the term begins on {one} and ends on {other}, before that"),
    Clash.SEVERAL_ENDS: msg("Lines end on different days, from {one} to {other}: settle what is renewed when"),
    Clash.AUTO_RENEW_DIFFERS: msg("Of the lines that end on {one}, some renew by themselves and some do not"),
}


def clash(one: Contradiction, speech: Speech) -> str:
    """Say what does not fit together."""
    text = speech.t(_CLASHES[one.clash])
    return text.format(of=plain(short(one.of)), one=speech.day(one.one), other=speech.day(one.other))


def risk(one: Risk, speech: Speech) -> str:
    """Name a risk: as the rule is called, or in words."""
    seen = _SEEN.get(one.name)
    return speech.t(seen) if seen else plain(one.name)


def play(one: Risk, speech: Speech) -> str:
    """Say what to do about a risk: the settings' words, else what ships for it or for its kind."""
    if one.play:
        return plain(short(one.play, _PLAY_MOST))
    return speech.t(PLAYS.get(one.name) or PLAYS.get(one.kind) or PLAYS[CHURN])
