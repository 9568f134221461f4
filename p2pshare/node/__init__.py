"""The node: joins log, store, sync and net into one installation.

``node.ingest`` is the one path by which entries enter the ledger, whoever wrote them;
``node.facade`` is what the window and the command line see.
"""
