"""The store: one SQLite file, ``ledger.db``: the log's tables and the tables folded from them.

Only ``node`` imports this package. Log tables hold what was verified, byte for byte; folded
tables are disposable and are made again from the log by ``store.rebuild``.
"""
