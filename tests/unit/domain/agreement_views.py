"""Agreements as people see them, made up for tests: Ada owns, Ben asks, times are in UTC."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from p2pshare.domain.agreement import AGREEMENTS
from p2pshare.domain.bodies import BusyPeriod
from p2pshare.domain.days import end_ms
from p2pshare.domain.reminder_views import ListingDays
from p2pshare.domain.views import AgreementView, SignedMoveView
from p2pshare.limits import DAY_MINUTES, INTEGER_MAX

ADA, BEN, CARL = "aa" * 32, "bb" * 32, "cc" * 32


def at(text: str) -> int:
    """The instant of an ISO text, in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def agreement(
    kind: str, state: str, moved: str = "2026-11-20T12:00", **fields: Any
) -> AgreementView:
    """Ada's drill for Ben, from 23 to 28 November 2026; last moved at ``moved``."""
    days: dict[str, Any] = {
        "from_day": "2026-11-23",
        "until_day": "2026-11-28",
        "from_minute": 0,
        "until_minute": DAY_MINUTES,
    }
    days |= {name: value for name, value in fields.items() if name in days}
    due_ms = end_ms(days["until_day"], days["until_minute"], 0)
    moved_ms = at(moved)
    given = {
        "agreement": "0d" * 16,
        "kind": kind,
        "listing": "d1" * 16,
        "title": "Drill",
        "owner": ADA,
        "owner_name": "Ada",
        "asker": BEN,
        "asker_name": "Ben",
        "state": state,
        "underlying_state": state,
        "quantity": 1,
        "note": "",
        "due_at_ms": due_ms if kind == "loan" and state != "requested" else None,
        "closed_ms": None,
        "overdue": False,
        "conflict": False,
        "denied": (),
        "signed_by": (SignedMoveView("request", BEN, moved_ms, ""),),
        "circle": "00" * 32,
        **days,
    }
    return AgreementView(**(given | fields))


def busy(from_day: str, until_day: str | None, **fields: Any) -> BusyPeriod:
    """A promise of one thing, whole days; in the house unless ``out``."""
    given = {"quantity": 1, "out": False, "tag": b"\0" * 8}
    return BusyPeriod(from_day=from_day, until_day=until_day, **(given | fields))


def listing_days(*periods: BusyPeriod, quantity: int = 1, waiting: int = 0) -> ListingDays:
    """What Ada has published of her drill, at noon on 21 November."""
    return ListingDays(quantity, periods, waiting, at("2026-11-21T12:00"))


_DAYS = st.one_of(
    st.integers(1, 28).map(lambda day: f"2026-11-{day:02}"),
    st.sampled_from(["1970-01-01", "1970-01-02", "8999-12-31", "9999-12-31"]),
)
_MINUTES = st.one_of(st.sampled_from([0, DAY_MINUTES]), st.integers(0, DAY_MINUTES))
_INSTANTS = st.one_of(
    st.integers(at("2026-11-01T00:00"), at("2026-12-01T00:00")),
    st.sampled_from([0, 1, INTEGER_MAX]),
)
_TEXTS = st.one_of(st.just("Drill"), st.text(max_size=20))


@st.composite
def agreements(draw: st.DrawFn) -> AgreementView:
    """Any agreement of Ada's with Ben that a fold could show, signed by whomever as they like."""
    table = draw(st.sampled_from(sorted(AGREEMENTS.values(), key=lambda table: table.kind)))
    underlying = draw(st.sampled_from(sorted(table.states)))
    moves = draw(st.lists(_INSTANTS, min_size=1, max_size=4))
    return agreement(
        table.kind,
        draw(st.sampled_from([underlying, underlying, "disputed"])),
        underlying_state=underlying,
        agreement=draw(st.binary(min_size=16, max_size=16)).hex(),
        owner=ADA,
        asker=ADA if table.alone else BEN,
        title=draw(_TEXTS),
        owner_name=draw(_TEXTS),
        asker_name=draw(_TEXTS),
        from_day=draw(_DAYS),
        until_day=draw(_DAYS),
        from_minute=draw(_MINUTES),
        until_minute=draw(_MINUTES),
        due_at_ms=draw(st.none() | _INSTANTS),
        offered_until_ms=draw(st.none() | _INSTANTS),
        asked_until=draw(st.sampled_from([None, "2026-11-30T24:00", "2026-11-30T15:00"])),
        signed_by=tuple(SignedMoveView("request", BEN, at_ms, "") for at_ms in moves),
    )


@st.composite
def listings(draw: st.DrawFn) -> ListingDays:
    """Anything an owner may have published of a listing."""
    periods = draw(
        st.lists(
            st.builds(
                BusyPeriod,
                _DAYS,
                st.none() | _DAYS,
                st.integers(1, 3),
                st.booleans(),
                st.binary(min_size=8, max_size=8),
                _MINUTES,
                _MINUTES,
            ),
            max_size=4,
        )
    )
    return ListingDays(
        draw(st.integers(1, 3)), tuple(periods), draw(st.integers(0, 2)), draw(_INSTANTS)
    )
