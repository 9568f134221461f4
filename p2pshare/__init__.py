"""p2pshare: neighbours lend each other tools and teach each other skills, with no server.

This package is the core. It never imports Qt or ``p2pshare.ui``; the layers and what each may
import are in docs/architecture.md and are enforced by tests/unit/test_layers.py.
"""

__version__ = "0.1.0"
