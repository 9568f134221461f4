"""What the audit reports: one fault each, fit to be shown to people and to programs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with a ledger.

    ``what`` is "header", "signature", "body" (of an entry: another computer's copy mends them),
    "column", "chain", "table" (``rebuild`` mends them) or "file" (the structure of the file; so
    does ``rebuild``). ``where`` is an entry id in hex, a row that has lost its id, or a table.
    """

    what: str
    where: str
    text: str
