"""A payment of hours as exports need it; ``store.exported`` reads them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaymentView:
    """What one person was paid by another at once; a split has one for each ``place``.

    Ids are hex text, ``at_ms`` is min(signed time, time received), and ``corrects`` is the payment
    that this one sets right.
    """

    payment: str
    place: int
    circle: str
    payer: str
    payer_name: str
    payee: str
    payee_name: str
    minutes: int
    at_ms: int
    gift: bool
    corrects: str | None
    confirmed: bool
    desk: bool
