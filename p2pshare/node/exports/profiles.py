"""Murmurations profiles of one's own open listings, by consent.

A JSON list of profiles; or, in a ZIP archive, each profile as a document of its own, named by its
listing, to be unpacked on web space: the index takes one address for each.
"""

import json
from typing import TYPE_CHECKING, Any, TextIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from p2pshare.domain.exports.murmurations import consent, profile
from p2pshare.log.certificate import OPEN_CIRCLE
from p2pshare.node.exports.request import ExportRequest, Progress, Written

if TYPE_CHECKING:
    from p2pshare.node.ledger import Ledger


def write_profiles(
    ledger: "Ledger", stream: TextIO, _progress: Progress, request: ExportRequest
) -> Written:
    """Write the profiles of one person: others who use this computer have agreed to nothing.

    What was told to a closed circle stays there unless that circle is named. Raises DomainError
    without consent, UnknownReference if it does not say whose, or StoreError.
    """
    agreed = request.consent or consent(given=False)
    person = request.person or ledger.acting_person(None)
    zone = ledger.zone()
    views = ledger.queries.listings(
        ledger.today(),
        owners=[person.hex()],
        circle=request.circle_hex or OPEN_CIRCLE.hex(),
    )
    profiles = {view.listing: profile(view, agreed, zone) for view in views}
    if request.archive:
        _write_archive(stream, profiles)
    else:
        stream.write(_document(list(profiles.values())))
    return Written(len(profiles), "profiles")


def _write_archive(stream: TextIO, profiles: dict[str, Any]) -> None:
    with ZipFile(stream.buffer, "w") as archive:
        for listing, document in profiles.items():
            # Without a time of its own, the same listings give the same bytes.
            archive.writestr(ZipInfo(f"{listing}.json"), _document(document), ZIP_DEFLATED)


def _document(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, indent=1) + "\n"
