"""Lists that come with the program and that a person can add to: synonyms, and what is assumed.

The bundled ones are read once, from ``p2pshare.resources``; a person's own are files in the data
folder, written by hand. What they mean is ``domain.synonyms``'s and ``domain.impact``'s.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from p2pshare.domain.impact import Assumptions, changed, read_assumptions
from p2pshare.domain.matching import Vocabulary
from p2pshare.domain.synonyms import ReadSynonyms, Synonyms, read_synonyms
from p2pshare.errors import NodeError
from p2pshare.limits import ASSUMPTIONS_BYTES_MAX, SYNONYMS_BYTES_MAX
from p2pshare.node.categories import bundled_categories

SYNONYMS_FILE: Final = "synonyms.txt"
ASSUMPTIONS_FILE: Final = "assumptions.json"

_Stamp = tuple[int, int, int]


@cache
def bundled_synonyms() -> Synonyms:
    """Our synonyms."""
    text = files("p2pshare.resources").joinpath(SYNONYMS_FILE).read_text(encoding="utf-8")
    return read_synonyms(text, SYNONYMS_FILE).synonyms


@cache
def bundled_assumptions() -> Assumptions:
    """What we assume."""
    return read_assumptions(files("p2pshare.resources").joinpath(ASSUMPTIONS_FILE).read_bytes())


def assumptions_of(folder: Path) -> Assumptions:
    """What is assumed in a folder: ours, with what the person has changed.

    Raises DomainError for a wrong list, NodeError for one that cannot be read.
    """
    data = _read(folder / ASSUMPTIONS_FILE, ASSUMPTIONS_BYTES_MAX)
    ours = bundled_assumptions()
    return ours if data is None else changed(ours, data, ASSUMPTIONS_FILE)


def own_synonyms(folder: Path) -> ReadSynonyms:
    """The person's own synonyms, and what is wrong with the list; none if there is no list."""
    try:
        data = _read(folder / SYNONYMS_FILE, SYNONYMS_BYTES_MAX)
        text = "" if data is None else data.decode("utf-8-sig")
    except NodeError as error:
        return ReadSynonyms(Synonyms(), (f"{error}; only the list of the program is used",))
    except UnicodeDecodeError:
        fault = f"{SYNONYMS_FILE} is not text in UTF-8; only the list of the program is used"
        return ReadSynonyms(Synonyms(), (fault,))
    return read_synonyms(text, SYNONYMS_FILE)


class Words:
    """The vocabulary of a folder, read anew when the person has written to the list.

    For one thread. A list with mistakes never keeps anybody from anything: what is good of it is
    used, and who looks at matches is told of the rest.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp: _Stamp | None = None
        self._vocabulary: Vocabulary | None = None

    def vocabulary(self) -> Vocabulary:
        """Our categories and synonyms with the person's own."""
        stamp = _stamp(self._folder / SYNONYMS_FILE)
        if self._vocabulary is None or stamp != self._stamp:
            own = own_synonyms(self._folder).synonyms
            self._vocabulary = Vocabulary(bundled_categories(), bundled_synonyms() + own)
            self._stamp = stamp
        return self._vocabulary


def _stamp(path: Path) -> _Stamp | None:
    """What changes when a file is written; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: Path, most: int) -> bytes | None:
    """A small file, or None if there is none. Raises NodeError."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NodeError(f"{path.name} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise NodeError(f"{path.name} is too large, at most {most // 1024} KiB are possible")
    return data
