"""Writing the ledger for other programs and for people: ``formats`` names the formats there are.

A module for each reads what it needs and writes it to a stream; how a view becomes a document of
that format is decided in ``domain.exports``, and where the file is and gets its name in ``cli``.
"""
