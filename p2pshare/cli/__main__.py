"""``python -m p2pshare.cli`` is p2pshare-cli: how the demo starts its children."""

import sys

from p2pshare.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
