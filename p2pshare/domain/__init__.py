"""The domain: what a listing, an agreement and an hour account are, and what may be done with them.

Pure: no I/O, no clock, no randomness; it imports only ``errors`` and ``limits``. Bottom-up:
``text``, ``days``, ``vocabulary``, ``nesting`` are helpers; ``bodies`` says what entries say;
``ordering`` puts them into causal order; ``person``, ``listing``, ``hours`` and ``agreement`` fold
them into states; ``commands`` are what a person can do, and ``rules`` turns a state and a command
into bodies to sign, or into a DomainError.

Importing the package registers the agreements that come with p2pshare.
"""

# Each registers its table and kinds.
from p2pshare.domain import gift as gift
from p2pshare.domain import hold as hold
from p2pshare.domain import loan as loan
from p2pshare.domain import repair as repair
from p2pshare.domain import session as session
