"""The composition root of the window: the entry point ``p2pshare``, and the only place that builds.

Order of the end (DESIGN section 11): the window closes, the bridge stops the node and joins its
thread, then Qt ends. Qt is imported only here and below, after it is known that it can start.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from p2pshare.errors import NodeError
from p2pshare.node.config import (
    Config,
    NetworkConfig,
    default_folder,
    interfaces_from_environment,
    parse_interface,
    parse_peer,
)

Parsed = TypeVar("Parsed")

QT_PACKAGES: Final = (
    "libegl1 libgl1 libxkbcommon0 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libglib2.0-0"
    " libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0"
    " libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1"
)
"""What Qt's wheels expect of the system, by the names of Debian's packages; .ci/open has them too.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the window; the exit code is Qt's, 1 if it cannot start, 2 for wrong usage."""
    options = _options(arguments)
    if not _has_display():
        sys.stderr.write(
            "p2pshare: there is no display here; use the command line: p2pshare-cli --help\n"
        )
        return 1
    try:
        from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
        from PySide6.QtWidgets import QApplication

        from .bridge import Bridge
        from .interrupts import Interrupts
        from .theme import colours, palette, style_sheet
        from .window import MainWindow
    except ImportError as error:
        sys.stderr.write(
            f"p2pshare: Qt's system libraries are missing ({error}); on Debian or Ubuntu run:"
            f" sudo apt-get install -y {QT_PACKAGES}\n"
        )
        return 1
    application = QApplication(sys.argv[:1])
    application.setApplicationName("p2pshare")
    application.setApplicationDisplayName("p2pshare")
    application.setDesktopFileName("p2pshare")
    translator = QTranslator(application)
    translations = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(QLocale.system(), "qtbase", "_", translations):
        application.installTranslator(translator)

    def dress() -> None:
        scheme = colours()
        application.setPalette(palette(scheme))
        application.setStyleSheet(style_sheet(scheme))

    application.setStyle("Fusion")
    dress()
    application.styleHints().colorSchemeChanged.connect(dress)
    bridge = Bridge(Config(options.data, _network(options)))
    window = MainWindow(bridge)
    bridge.ready.connect(window.ready)
    bridge.failed.connect(window.start_failed)
    application.aboutToQuit.connect(bridge.stop)
    window.show()
    interrupts = Interrupts(application)
    bridge.start()
    code = application.exec()
    interrupts.end()
    bridge.stop()
    return code


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="p2pshare", description="Share tools and skills with your neighbours."
    )
    parser.add_argument("--data", type=Path, default=None, help="the folder with your ledger")
    parser.add_argument(
        "--interface", action="append", default=[], metavar="IP", type=_usage(parse_interface)
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--peer", action="append", default=[], type=_usage(parse_peer))
    parser.add_argument("--no-discovery", action="store_true")
    options = parser.parse_args(arguments)
    options.data = options.data or default_folder()
    try:
        options.interface = tuple(options.interface) or interfaces_from_environment()
    except NodeError as error:
        parser.error(str(error))
    return options


def _usage(parse: Callable[[str], Parsed]) -> Callable[[str], Parsed]:
    """``parse``, with its NodeError as what argparse reports in one line."""

    def parsed(text: str) -> Parsed:
        try:
            return parse(text)
        except NodeError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def _network(options: argparse.Namespace) -> NetworkConfig:
    return NetworkConfig(
        interfaces=options.interface,
        port=options.port,
        peers=tuple(options.peer),
        discovery=not options.no_discovery,
    )


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
