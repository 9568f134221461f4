"""Lists from other programs: bytes in; rows to be offered here, and what is wrong with others, out.

``decoding`` makes text of bytes, ``records`` cuts it into cells, ``formats`` has a table for each
program, ``cells`` reads single values, ``plain`` takes the markup out of HTML, ``reading`` joins
them. All of it is pure and bounded, whatever the bytes; what becomes of the rows is decided in
``node.importing``.
"""
