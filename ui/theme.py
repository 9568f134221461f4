"""Colours and the style sheet, light and dark by the system.

One table of named colours for each scheme; the style sheet and every painting delegate take
theirs from here. Contrast of text on its ground is at least 4.5 to 1 (WCAG 2.1, 1.4.3); a test
computes it.
"""

from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette


@dataclass(frozen=True, slots=True)
class Colours:
    """A scheme: ``ground`` behind all, ``surface`` of cards and fields, ``ink`` of text."""

    ground: str
    surface: str
    raised: str
    line: str
    ink: str
    quiet: str
    accent: str
    accent_ink: str
    accent_soft: str
    good: str
    warn: str
    bad: str


LIGHT: Final = Colours(
    ground="#f6f4ef",
    surface="#ffffff",
    raised="#efebe2",
    line="#d9d3c5",
    ink="#23261f",
    quiet="#5d6155",
    accent="#2f6b4a",
    accent_ink="#ffffff",
    accent_soft="#dcebdf",
    good="#2a6a43",
    warn="#8a5300",
    bad="#a3262a",
)

DARK: Final = Colours(
    ground="#1b1d1a",
    surface="#242723",
    raised="#2e322c",
    line="#41463d",
    ink="#eceee8",
    quiet="#a9afa1",
    accent="#7cc598",
    accent_ink="#10241a",
    accent_soft="#2b4435",
    good="#86d0a0",
    warn="#e8b565",
    bad="#f29491",
)


def is_dark() -> bool:
    """Whether the system asks for dark windows."""
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def colours() -> Colours:
    """The scheme of the system now."""
    return DARK if is_dark() else LIGHT


def palette(scheme: Colours) -> QPalette:
    """The scheme as a Qt palette, for what the style sheet does not reach."""
    made = QPalette()
    for role, colour in (
        (QPalette.ColorRole.Window, scheme.ground),
        (QPalette.ColorRole.WindowText, scheme.ink),
        (QPalette.ColorRole.Base, scheme.surface),
        (QPalette.ColorRole.AlternateBase, scheme.raised),
        (QPalette.ColorRole.Text, scheme.ink),
        (QPalette.ColorRole.Button, scheme.raised),
        (QPalette.ColorRole.ButtonText, scheme.ink),
        (QPalette.ColorRole.PlaceholderText, scheme.quiet),
        (QPalette.ColorRole.Highlight, scheme.accent),
        (QPalette.ColorRole.HighlightedText, scheme.accent_ink),
        (QPalette.ColorRole.ToolTipBase, scheme.surface),
        (QPalette.ColorRole.ToolTipText, scheme.ink),
    ):
        made.setColor(role, QColor(colour))
    return made


def style_sheet(scheme: Colours) -> str:
    """The style sheet in this scheme."""
    text = files("p2pshare.resources").joinpath("window.qss").read_text(encoding="utf-8")
    names = {name: getattr(scheme, name) for name in Colours.__dataclass_fields__}
    shade = "dark" if scheme is DARK else "light"
    for name in ("arrow", "arrow-up"):
        arrow = files("p2pshare.resources").joinpath(f"{name}-{shade}.svg")
        names[name.replace("-", "_")] = str(arrow).replace("\\", "/")
    return Template(text).substitute(names)
