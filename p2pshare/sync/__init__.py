"""Sync: what two linked devices say to each other, sans-I/O (DESIGN section 7).

``engine`` takes frozen events and returns frozen effects; ``node`` executes them. Nothing here has
a socket, a clock, a database or randomness of its own. docs/protocol.md section 7 is this package.
"""
