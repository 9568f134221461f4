"""The log: keys, certificates, entries, sealing, feeds as trees, and whether an entry counts.

Pure functions over bytes; no storage, no sockets, no clock. ``store`` keeps what is verified here
and ``sync`` carries it. docs/protocol.md sections 1 to 3 are implemented in this package.
"""
