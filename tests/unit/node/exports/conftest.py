"""Ada's lived-in computer: made once, and a copy of it for each test."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from unit.node.computers import Computer
from unit.node.exports.ledger_to_export import live


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Ada's computer, when everything has happened; nobody has it open."""
    folder = tmp_path_factory.mktemp("neighbours")
    live(folder)
    return folder / "ada"


@pytest.fixture
def ada(lived_in: Path, tmp_path: Path) -> Iterator[Computer]:
    """Ada's computer, for one test."""
    folder = Path(shutil.copytree(lived_in, tmp_path / "ada"))
    with closing(Computer(folder)) as computer:
        yield computer
