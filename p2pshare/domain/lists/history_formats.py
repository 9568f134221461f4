"""The lists that tell what was before, a table each: members, loans, and hours that were given.

Columns and their meaning are facts of those programs: Lend Engine's contact export and its report
of lent items (ContactExportController, ReportLoanRowsController), TimeOverflow's importers (files
without a row of names; amounts in seconds). The plain ones take what people call columns in
English, German, French and Spanish. What a lending library needs no more is known and never read:
where a member lives, was born, owes and of which sex.
"""

from typing import Final

from p2pshare.domain.lists.formats import Column, ListFormat, Use, columns, each

MEMBERS: Final = "members"
LOANS: Final = "loans"
HOURS: Final = "hours"

_FIRST_NAMES: Final = "first name|firstname|given name|vorname|prénom"
_LAST_NAMES: Final = "last name|lastname|surname|family name|nachname|nom de famille|apellidos"
_EMAILS: Final = "email|e-mail|mail|email address|courriel|correo|correo electrónico"
_TELEPHONES: Final = "telephone|phone|mobile|telefon|handy|téléphone|teléfono|móvil|phone number"
_NOTES: Final = "note|notes|notiz|notizen|bemerkung|remarque|remarques|nota|notas|comment|comments"

LEND_ENGINE_MEMBERS: Final = ListFormat(
    name="lend-engine-members",
    past=MEMBERS,
    source="Lend Engine",
    telling=("Contact ID", "Subscriber", "Added on", "Address line 1"),
    one_of=(Use.FIRST_NAME, Use.LAST_NAME),
    columns=(
        columns(Use.KEY, "Contact ID"),
        columns(Use.DETAIL, "Member ID", label="Member"),
        columns(Use.JOINED, "Added on"),
        columns(Use.FIRST_NAME, "First name"),
        columns(Use.LAST_NAME, "Last name"),
        columns(Use.DETAIL, "Membership", label="Membership"),
        columns(Use.EMAIL, "Email"),
        columns(Use.TELEPHONE, "Telephone"),
        *each(
            Use.UNUSED,
            "Subscriber|Street|Address line 1|City|County|State|Postcode|Country|Balance",
        ),
    ),
)

LEND_ENGINE_LOANS: Final = ListFormat(
    name="lend-engine-loans",
    past=LOANS,
    source="Lend Engine",
    telling=("Checked out", "Checked in"),
    one_of=(Use.TITLE,),
    columns=(
        columns(Use.KEY, "Loan", required=True),
        columns(Use.STATUS, "Status"),
        columns(Use.TITLE, "Item", required=True),
        columns(Use.ITEM_KEY, "Code"),
        columns(Use.MEMBER, "Member"),
        columns(Use.EMAIL, "Email"),
        columns(Use.FROM, "Checked out", required=True),
        columns(Use.UNTIL, "Due in|Due back|Due"),
        columns(Use.RETURNED, "Checked in"),
        *each(Use.UNUSED, "Serial|Fee|Deposit"),
    ),
)


def _at(use: Use, name: str) -> Column:
    return Column(use, (name,))


TIMEOVERFLOW_MEMBERS: Final = ListFormat(
    name="timeoverflow-members",
    past=MEMBERS,
    source="TimeOverflow",
    telling=(),
    by_position=True,
    one_of=(Use.FIRST_NAME,),
    columns=(
        _at(Use.KEY, "member_id"),
        _at(Use.JOINED, "entry_date"),
        _at(Use.FIRST_NAME, "first name"),
        _at(Use.LAST_NAME, "second name"),
        _at(Use.LAST_NAME, "third name"),
        _at(Use.UNUSED, "gender"),
        _at(Use.UNUSED, "date_of_birth"),
        _at(Use.TELEPHONE, "phone"),
        _at(Use.TELEPHONE, "alt_phone"),
        _at(Use.EMAIL, "email"),
    ),
)

TIMEOVERFLOW_TRANSFERS: Final = ListFormat(
    name="timeoverflow-transfers",
    past=HOURS,
    source="TimeOverflow",
    telling=(),
    by_position=True,
    one_of=(Use.SECONDS,),
    columns=(
        _at(Use.MEMBER, "source_id"),
        _at(Use.MEMBER_TYPE, "source_type"),
        _at(Use.RECEIVER, "destination_id"),
        _at(Use.RECEIVER_TYPE, "destination_type"),
        _at(Use.SECONDS, "amount"),
        _at(Use.FROM, "created_at"),
        _at(Use.TITLE, "reason"),
        _at(Use.UNUSED, "post_id"),
    ),
)

PLAIN_MEMBERS: Final = ListFormat(
    name="members",
    past=MEMBERS,
    source="a list",
    telling=(
        *_FIRST_NAMES.split("|"),
        *_LAST_NAMES.split("|"),
        *_EMAILS.split("|"),
        *_TELEPHONES.split("|"),
    ),
    one_of=(Use.MEMBER, Use.FIRST_NAME, Use.LAST_NAME),
    columns=(
        columns(
            Use.KEY,
            "id|ref|key|number|no|member id|member number|membership number|nr|nummer"
            "|mitgliedsnummer|numéro|numéro de membre|número|número de socio|kennung",
        ),
        columns(Use.MEMBER, "name|member|full name|mitglied|nom|membre|nombre|socio|socia"),
        columns(Use.FIRST_NAME, _FIRST_NAMES),
        columns(Use.LAST_NAME, _LAST_NAMES),
        columns(Use.EMAIL, _EMAILS),
        columns(Use.TELEPHONE, _TELEPHONES),
        columns(
            Use.JOINED,
            "joined|member since|since|entry date|added on|mitglied seit|beitritt|eintritt"
            "|membre depuis|adhésion|alta|miembro desde|fecha de alta",
        ),
        columns(Use.NOTE, _NOTES),
    ),
)

PLAIN_LOANS: Final = ListFormat(
    name="loans",
    past=LOANS,
    source="a list",
    telling=(
        *("from", "borrower", "borrowed by", "lent to", "checked out", "checked in", "returned"),
        *("ausgeliehen", "ausgeliehen an", "entliehen", "zurückgegeben", "zurück"),
        *("emprunteur", "emprunté", "rendu", "prestatario", "prestado", "devuelto"),
    ),
    one_of=(Use.TITLE,),
    columns=(
        columns(Use.KEY, "id|ref|key|loan|loan id|number|no|nr|nummer|numéro|número"),
        columns(
            Use.TITLE,
            "item|title|thing|tool|item name|gegenstand|titel|ding|artikel|werkzeug|objet|titre"
            "|outil|article|objeto|título|herramienta|artículo",
        ),
        columns(
            Use.ITEM_KEY,
            "item id|listing|code|item code|sku|barcode|asset tag|inventory number"
            "|inventarnummer|inventory code|numéro d'inventaire|número de inventario",
        ),
        columns(
            Use.MEMBER,
            "member|borrower|borrowed by|lent to|name|mitglied|ausgeliehen an|entleiher|ausleiher"
            "|emprunteur|membre|nom|prestatario|socio|nombre",
        ),
        columns(Use.EMAIL, _EMAILS),
        columns(
            Use.FROM,
            "from|checked out|lent|loaned|date|out|start|von|ausgeliehen|entliehen|du|emprunté"
            "|desde|prestado",
            required=True,
        ),
        columns(Use.UNTIL, "until|due|due in|due back|to|end|bis|fällig|jusqu'au|au|hasta"),
        columns(
            Use.RETURNED,
            "returned|checked in|back|in|zurückgegeben|zurück|rückgabe|rendu|retour|devuelto"
            "|devolución",
        ),
        columns(Use.NOTE, _NOTES),
    ),
)

HISTORY_FORMATS: Final = {
    one.name: one
    for one in (
        LEND_ENGINE_MEMBERS,
        LEND_ENGINE_LOANS,
        TIMEOVERFLOW_MEMBERS,
        TIMEOVERFLOW_TRANSFERS,
        PLAIN_MEMBERS,
        PLAIN_LOANS,
    )
}
"""Every format of history by its name on the command line; the order they are looked for in."""

#: A status (Lend Engine's words) of what was arranged and never lent.
NEVER_LENT_WORDS: Final = frozenset(["pending", "cancelled", "canceled", "reserved"])
