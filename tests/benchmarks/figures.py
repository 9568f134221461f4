"""Figures with their bounds, a table of them for people, and JSON for programs."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured value; ``at_most`` is what was asked, if something was."""

    what: str
    value: float
    unit: str
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the bound was kept, in words; empty where there is none."""
        if self.at_most is None:
            return ""
        return "kept" if self.value <= self.at_most else "MISSED"


def show(figures: Sequence[Figure]) -> None:
    """Print the table."""
    table = Table(title="p2pshare, measured here", title_justify="left")
    for column in ("what", "measured", "asked", ""):
        table.add_column(column, justify="left" if column in ("what", "") else "right")
    for figure in figures:
        asked = "" if figure.at_most is None else f"<= {figure.at_most:g} {figure.unit}"
        table.add_row(figure.what, f"{figure.value:.4g} {figure.unit}", asked, figure.verdict)
    Console(width=110).print(table)


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures as one JSON document."""
    document = {
        "machine": {"python": platform.python_version(), "system": platform.platform()},
        "figures": [{**asdict(figure), "verdict": figure.verdict} for figure in figures],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
