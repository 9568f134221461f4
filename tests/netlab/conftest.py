"""A laboratory for one test, taken down whatever happens in it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from netlab.laboratory import Lab


@pytest.fixture
async def make_lab(tmp_path: Path) -> AsyncIterator[Callable[[], Lab]]:
    """Makes labs; each ends with the test."""
    labs: list[Lab] = []

    def make() -> Lab:
        folder = tmp_path / f"lab-{len(labs)}"
        folder.mkdir()
        labs.append(Lab(folder))
        return labs[-1]

    try:
        yield make
    finally:
        for lab in labs:
            await lab.close()


@pytest.fixture
async def lab(make_lab: Callable[[], Lab]) -> Lab:
    """One switch, no host yet."""
    return make_lab()
