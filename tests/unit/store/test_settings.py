"""store.settings: what a folder remembers by name, and what can stand there."""

import sqlite3
from contextlib import closing

import pytest

from p2pshare.domain.quiet_hours import NO_QUIET_HOURS, QuietHours
from p2pshare.store import settings
from p2pshare.store.migrations import create_latest
from p2pshare.store.settings import can_be, read_setting, write_setting


def test_the_last_value_set_is_read():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        create_latest(connection)
        assert read_setting(connection, settings.QUIET_HOURS) is None
        for value in ("off", "21:00-08:00"):
            write_setting(connection, settings.QUIET_HOURS, value)
            assert read_setting(connection, settings.QUIET_HOURS) == value


@pytest.mark.parametrize(
    ("name", "value", "possible"),
    [
        (settings.HOURS_SOFT_LIMIT, "none", True),
        (settings.HOURS_HARD_LIMIT, "1200", True),
        (settings.HOURS_HARD_LIMIT, "-5", False),
        (settings.QUIET_HOURS, str(QuietHours(0, 1439)), True),
        (settings.QUIET_HOURS, str(NO_QUIET_HOURS), True),
        (settings.QUIET_HOURS, "24:00-08:00", False),
        (settings.LAST_SAVED_SEARCH, "12", True),
        (settings.LAST_SAVED_SEARCH, "", False),
        ("of a later version", "anything", True),
    ],
)
def test_what_can_stand_there(name, value, possible):
    assert can_be(name, value) is possible
