"""The composition root of the window: the entry point ``p2pshare``.

The window is not built yet, so this module says so and points to the command line. It must not
import Qt before there is a window to show.
"""

import sys

NOT_BUILT_YET = (
    "The p2pshare window is not built yet; use the command line: "
    "p2pshare-cli --help, or p2pshare-cli demo to see it at work."
)


def main() -> int:
    """Say in one line that the window is not built yet; the exit code is 0."""
    sys.stdout.write(NOT_BUILT_YET + "\n")
    return 0
