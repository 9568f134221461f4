"""Two neighbours with a ledger each, and the program run in this process: fast and as real."""

from pathlib import Path

import pytest
from integration.cli_kit import Home


def _set_up(folder: Path, name: str) -> Home:
    home = Home(folder, in_process=True)
    home.json("init", "--name", name)
    return home


@pytest.fixture
def ada(tmp_path: Path) -> Home:
    """Ada's computer, with nothing in the ledger but who she is."""
    return _set_up(tmp_path / "ada", "Ada")


@pytest.fixture
def ben(tmp_path: Path) -> Home:
    """Ben's computer."""
    return _set_up(tmp_path / "ben", "Ben")
