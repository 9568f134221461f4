"""The command line, p2pshare-cli (DESIGN section 12): arguments in, commands out, answers printed.

``app`` has the global options and turns errors into one line and an exit code; each family of
commands has a module; ``session`` opens the ledger, ``output`` prints. Nothing here decides a
rule, and nothing heavy is imported before a command needs it, so that the program starts quickly.
"""

from p2pshare.cli.app import main

__all__ = ["main"]
