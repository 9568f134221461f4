"""Own offers and wants as Murmurations profiles, schema offers_wants_schema-v0.1.0.

A profile is published on the web and shows how to reach a person, so nothing is made without that
person's consent, and nothing of anybody else. Where somebody lives is in no profile. The schema is
https://github.com/MurmurationsNetwork/MurmurationsLibrary, schemas/offers_wants_schema-v0.1.0.json;
a profile is one JSON document at an address of its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from p2pshare.domain.days import Zone, end_of_day_ms
from p2pshare.domain.text import clean_line
from p2pshare.domain.views import ListingView
from p2pshare.domain.vocabulary import TransactionType
from p2pshare.errors import DomainError

SCHEMA: Final = "offers_wants_schema-v0.1.0"

GEOGRAPHIC_SCOPES: Final = ("local", "regional", "national", "international")
"""How far away somebody may live whom a listing is for."""

TIME_CREDITS: Final = "time-credits"
"""The tag that says of ``receive-donate`` that it is for hours (DESIGN section 2)."""

#: RFC 5321 section 4.5.3.1.3, less the angle brackets; and what browsers and servers take.
_EMAIL_CHARACTERS_MAX: Final = 254
_ADDRESS_CHARACTERS_MAX: Final = 2000
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\]+@[^@\s<>\"(),:;\\.]+(\.[^@\s<>\"(),:;\\.]+)+")


#: A host, and whatever follows it (RFC 3986 section 3).
_WEB_PAGE = re.compile(r"https?://[^\s/?#@:]+(:[0-9]{1,5})?([/?#]\S*)?")

NO_CONSENT: Final = "a Murmurations profile is read by everybody and shows how to reach you"
"""What whoever did not agree is told."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person has agreed to publish: how to reach them, and for how far around.

    ``email`` or ``contact_form`` (a web page) may be empty, but not both.
    """

    email: str
    contact_form: str
    scope: str


def consent(
    given: bool, *, email: str = "", contact_form: str = "", scope: str = GEOGRAPHIC_SCOPES[0]
) -> Consent:
    """The consent of whoever says so. Raises DomainError if it was not given, or says nothing."""
    if not given:
        raise DomainError(NO_CONSENT)
    email = clean_line(email, _EMAIL_CHARACTERS_MAX, "the e-mail address")
    contact_form = clean_line(contact_form, _ADDRESS_CHARACTERS_MAX, "the address of the page")
    if not email and not contact_form:
        raise DomainError("say how you can be reached: by e-mail, or by a contact form on the web")
    if email and _EMAIL.fullmatch(email) is None:
        raise DomainError("that is no e-mail address; write it as ada@example.org")
    if contact_form and _WEB_PAGE.fullmatch(contact_form) is None:
        raise DomainError("the contact form must be a web page that begins with https://")
    if scope not in GEOGRAPHIC_SCOPES:
        raise DomainError(f"the scope is one of {', '.join(GEOGRAPHIC_SCOPES)}")
    return Consent(email, contact_form, scope)


def profile(listing: ListingView, agreed: Consent, zone: Zone) -> dict[str, Any]:
    """One profile; ``zone`` is where the last day of ``listing`` ends."""
    contact = {"email": agreed.email, "contact_form": agreed.contact_form}
    document: dict[str, Any] = {
        "linked_schemas": [SCHEMA],
        "exchange_type": listing.exchange_type,
        "item_type": listing.item_type,
        "transaction_type": transaction_types(listing.transaction_type),
        "tags": _tags(listing),
        "title": listing.title,
        "description": listing.description or listing.title,
        "geographic_scope": agreed.scope,
        "contact_details": {name: value for name, value in contact.items() if value},
    }
    if listing.expires is not None:
        document["expires_at"] = end_of_day_ms(listing.expires, zone) // 1000
    return document


def transaction_types(own: Iterable[str]) -> list[str]:
    """Our words in the schema's: hours are given as ``receive-donate``; unknown words are none."""
    known = {str(one) for one in TransactionType} - {TransactionType.HOURS}
    spoken = (
        TransactionType.RECEIVE_DONATE if one == TransactionType.HOURS else one for one in own
    )
    return [str(one) for one in dict.fromkeys(spoken) if one in known]


def _tags(listing: ListingView) -> list[str]:
    hours = [TIME_CREDITS] if TransactionType.HOURS in listing.transaction_type else []
    return [tag for tag in dict.fromkeys([*listing.tags, listing.category, *hours]) if tag]
