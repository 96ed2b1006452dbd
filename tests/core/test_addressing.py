"""From roles to people, and who stands in for whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.addressing import Addressee, Roles, addressees, own_channel

ACME = Roles("O", "C", "M", "#acme")
O, C, M = "person:O", "person:C", "person:M"  # noqa: E741  # owner, CSM and manager


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("owner", Addressee(O, (C, M))),
        ("csm", Addressee(C, (O, M))),
        ("manager", Addressee(M, (O, C))),
        ("account_channel", Addressee("#acme")),
        ("#cs-risk", Addressee("#cs-risk")),
    ],
)
def test_each_role_is_somebody_and_others_stand_in(to: str, expected: Addressee) -> None:
    assert addressees([to], ACME) == (expected,)


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (replace(ACME, csm=None), Addressee(O, (M,))),
        (replace(ACME, manager=None), Addressee(O, (C,))),
        (replace(ACME, csm="O"), Addressee(O, (M,))),  # nobody stands in for themselves
        (replace(ACME, manager="C"), Addressee(O, (C,))),  # and nobody twice
        (replace(ACME, owner=None, manager=None), Addressee("person:", (C,))),
        (Roles(), Addressee("person:")),
    ],
)
def test_those_who_are_missing_or_the_same_stand_in_for_nobody(roles: Roles, expected: Addressee) -> None:
    assert addressees(["owner"], roles) == (expected,)


@pytest.mark.parametrize(
    ("to", "roles", "expected"),
    [
        ("csm", replace(ACME, csm=None), Addressee(O, (M,), "CSM")),
        ("manager", replace(ACME, manager=None), Addressee(O, (C,), "owner's manager")),
        ("csm", Roles(manager="M"), Addressee(M, (), "CSM")),
        ("csm", Roles(), Addressee("person:", (), "CSM")),
    ],
)
def test_where_the_crm_names_nobody_the_first_who_stands_in_is_told(to: str, roles: Roles, expected: Addressee) -> None:
    assert addressees([to], roles) == (expected,)


def test_who_is_meant_and_stands_in_hears_it_once_as_meant() -> None:
    without = replace(ACME, csm=None)
    assert addressees(["csm", "owner"], without) == (Addressee(O, (M,)),)
    assert addressees(["owner", "csm"], replace(ACME, csm="O")) == (Addressee(O, (M,)),)


def test_an_account_without_a_channel_leaves_it_out_and_tells_the_owner_where_nobody_else_is() -> None:
    without = replace(ACME, channel=None)
    assert addressees(["account_channel", "#cs-risk"], without) == (Addressee("#cs-risk"),)
    assert addressees(["account_channel"], without) == (Addressee(O, (C, M)),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#acme-success", "#acme-success"),
        ("acme-success", "#acme-success"),
        (" #Acme_Success ", "#acme_success"),
        ("kunde-müller", "#kunde-müller"),
        ("C024BE91L", "C024BE91L"),
        ("G0123456789", "G0123456789"),
        ("#C024BE91L", "#c024be91l"),  # a name, as it is written
        ("customers", "#customers"),
        (None, None),
        ("", None),
        ("#", None),
        ("two words", None),
        ("<!channel>", None),
        ("@dana", None),
        ("dana@ours.example", None),
        ("https://ours.slack.com/archives/C024BE91L", None),
        ("#" + "x" * 81, None),
    ],
)
def test_the_channel_of_an_account_is_a_name_or_an_id(text: str | None, expected: str | None) -> None:
    assert own_channel(text) == expected
