"""A laboratory for one test, taken down whatever happens in it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from netlab.laboratory import Lab, remove_remains


@pytest.fixture
async def make_lab(tmp_path: Path) -> AsyncIterator[Callable[[], Lab]]:
    """Makes labs; each ends with the test."""
    remove_remains()
    labs: list[Lab] = []

    def make() -> Lab:
        folder = tmp_path / f"lab-{len(labs)}"
        folder.mkdir()
        labs.append(Lab(folder))
        labs[-1].build()
        return labs[-1]

    try:
        yield make
    finally:
        outcomes = await asyncio.gather(*(lab.close() for lab in labs), return_exceptions=True)
        failures = [outcome for outcome in outcomes if outcome is not None]
        assert not failures, failures


@pytest.fixture
async def lab(make_lab: Callable[[], Lab]) -> Lab:
    """One switch, no host yet."""
    return make_lab()
