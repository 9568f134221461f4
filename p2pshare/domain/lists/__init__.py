"""Lists from other programs: bytes in; rows to be offered here, and what is wrong with others, out.

``decoding`` makes text of bytes, ``records`` cuts it into cells, ``formats`` and
``history_formats`` have a table for each program, ``columns`` finds out which it is, and
``opening`` joins these. ``cells`` and ``dates`` read single values, ``plain`` takes the markup out
of HTML. Of ``rows`` of them ``reading`` makes listings, ``history_reading`` history. All of it is
pure and bounded, whatever the bytes; what becomes of the rows is decided in ``node.importing``.
"""
