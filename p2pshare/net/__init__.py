"""Sockets, TLS, the link handshake, mDNS discovery, and which peers to hold.

Imports ``errors``, ``clock``, ``limits``, ``domain``, ``log`` (keys) and ``sync``; never ``store``:
what a peer sends is handed up as bytes and ``node`` joins it with the ledger.
"""
