"""What other programs are given: views in, plain documents of lists, maps, texts and numbers out.

A module for each format: ``murmurations``, ``valueflows``, ``spreadsheet``. All of it is pure: what
is read from the ledger, and how a file is written, is decided in ``node.exports``.
"""
