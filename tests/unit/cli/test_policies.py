"""cli.policies: how an owner says on what conditions a thing is lent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from integration.cli_kit import Home, meet, one_error

from p2pshare.cli.policies import said_of, take_policy
from p2pshare.domain.bodies import NO_POLICY, LoanPolicy
from p2pshare.errors import DomainError


def test_what_is_not_said_stays_as_it_is() -> None:
    options = {"title": "Drill", "longest": None, "automatic": None}
    assert take_policy(options, NO_POLICY) is None
    assert options == {"title": "Drill"}
    current = LoanPolicy(longest_days=3, deposit="10 euros")
    assert take_policy({"renewals": "2"}, current) == LoanPolicy(
        longest_days=3, renewals=2, deposit="10 euros"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"longest": "3"}, LoanPolicy(longest_days=3)),
        ({"longest": "any"}, NO_POLICY),
        ({"renewals": "0"}, LoanPolicy(renewals=0)),
        ({"renewals": ""}, NO_POLICY),
        ({"automatic": True}, LoanPolicy(automatic=True)),
        ({"by_hour": True}, LoanPolicy(by_hour=True)),
        ({"buffer": "30m"}, LoanPolicy(buffer_minutes=30)),
        ({"buffer": "2H"}, LoanPolicy(buffer_minutes=120)),
        ({"buffer": "1 d"}, LoanPolicy(buffer_minutes=1440)),
        ({"buffer": "0"}, NO_POLICY),
        (
            {"notice": "Mind the cable", "hold_hours": 12},
            LoanPolicy(notice="Mind the cable", hold_hours=12),
        ),
    ],
)
def test_what_is_said(options, expected) -> None:
    assert take_policy(dict(options), NO_POLICY) == expected


@given(
    name=st.sampled_from(("longest", "renewals", "buffer")),
    typed=st.text(max_size=12) | st.from_regex(r"[0-9]{1,8} ?(m|min|h|d)?", fullmatch=True),
)
def test_whatever_is_typed_is_taken_or_refused_in_one_line(name, typed) -> None:
    try:
        policy = take_policy({name: typed}, NO_POLICY)
    except DomainError as refusal:
        said = str(refusal)
    else:
        said = ""
        assert policy is not None
    assert "\n" not in said


def test_only_what_is_set_is_told() -> None:
    assert said_of(NO_POLICY) == []
    policy = LoanPolicy(longest_days=3, renewals=0, buffer_minutes=90, by_hour=True, deposit="Ten")
    assert said_of(policy) == [
        "for at most 3 days",
        "longer at most 0 times",
        "rests 90 min between two loans",
        "also by the hour",
        "deposit: Ten",
    ]


def test_a_policy_travels_and_binds(ada: Home, ben: Home) -> None:
    drill = ada.json(
        *("offer", "add", "Drill", "--longest", "2", "--deposit", "Ten euros"),
        *("--notice", "Mind the cable", "--buffer", "1d"),
    )["listing"]
    meet(ada, ben)
    shown = ben.run("listing", "show", drill).out
    for words in ("for at most 2 days", "deposit: Ten euros", "rests 1 d", "Mind the cable"):
        assert words in shown
    refused = ben.run("loan", "request", drill, "--until", "2099-01-01")
    assert (refused.code, one_error(refused.err)) == (1, True)
    ada.json("listing", "edit", drill, "--longest", "any", "--buffer", "0")
    meet(ada, ben)
    shown = ben.run("listing", "show", drill).out
    assert "at most" not in shown
    assert "deposit: Ten euros" in shown


def test_what_to_say_at_the_hand_over_is_said_there(ada: Home, ben: Home) -> None:
    notice = "Mind the cable"
    drill = ada.json("offer", "add", "Drill", "--deposit", "Ten euros", "--notice", notice)
    meet(ada, ben)
    loan = ben.json("loan", "request", drill["listing"])["loan"]
    meet(ada, ben)
    assert notice not in ada.run("loan", "accept", loan).out
    assert f"At the hand-over: {notice}" in ada.run("loan", "hand-over", loan).out
    meet(ada, ben)
    assert f"At the hand-over: {notice}" in ben.run("loan", "receive", loan).out
    assert notice not in ben.run("loan", "give-back", loan).out
    whole = ben.json("loan", "show", loan)
    assert (whole["notice"], whole["deposit"]) == (notice, "Ten euros")
    for words in (notice, "Ten euros"):
        assert words in ben.run("loan", "show", loan).out


@pytest.mark.parametrize(
    "option",
    [
        ("--longest", "soon"),
        ("--longest", "-1"),
        ("--longest", "99999999"),
        ("--renewals", "-1"),
        ("--buffer", "x"),
        ("--buffer", "999999d"),
        ("--hold-hours", "0"),
        ("--hold-hours", "99999999"),
        ("--notice", "x" * 5000),
        ("--deposit", "a\nb"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(ada: Home, option) -> None:
    before = ada.dump()
    refused = ada.run("--json", "offer", "add", "Drill", *option)
    assert (refused.code, refused.out, one_error(refused.err)) == (1, "", True), refused.err
    assert ada.dump() == before
