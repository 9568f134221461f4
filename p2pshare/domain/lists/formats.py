"""The programs whose lists are read, a table each: which column says what.

Columns and their meaning are facts of those programs (Homebox io_row.go, Snipe-IT's importer, Lend
Engine's ItemImportController, leihs' csv_import); the plain format takes what people call columns
in English, German, French and Spanish. What is about money, purchases, serial numbers, whereabouts
and borrowers is known and never read: a listing is open to everybody nearby.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from p2pshare.domain.alike import bare


class Use(Enum):
    """What a column is taken for."""

    KEY = auto()  # what identifies the row in the other program
    TITLE = auto()
    SUMMARY = auto()  # the first paragraph of the description
    DESCRIPTION = auto()
    MARKUP = auto()  # a description in HTML
    DETAIL = auto()  # a line of the description, after its label
    NOTE = auto()  # the title if nothing else is, else a paragraph of the description
    CATEGORY = auto()
    TAGS = auto()
    QUANTITY = auto()
    EXCHANGE_TYPE = auto()
    ITEM_TYPE = auto()
    KIND = auto()  # an exchange or item type, or anything else
    TRANSACTION_TYPE = auto()
    EXPIRES = auto()
    ARCHIVED = auto()  # yes: not offered any more
    SOLD = auto()  # anything: not offered any more
    STATUS = auto()  # one of GONE_WORDS: not offered any more
    LENDABLE = auto()  # no: not offered
    UNUSED = auto()
    # Of what was before (history_formats):
    ITEM_KEY = auto()  # what identifies the item in the other program
    MEMBER = auto()  # the name of who borrowed, or of a member
    FIRST_NAME = auto()
    LAST_NAME = auto()
    EMAIL = auto()
    TELEPHONE = auto()
    JOINED = auto()
    FROM = auto()
    UNTIL = auto()
    RETURNED = auto()
    RECEIVER = auto()  # who was given hours; MEMBER gave them
    MEMBER_TYPE = auto()  # a member, or the organization itself
    RECEIVER_TYPE = auto()
    SECONDS = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the names it goes by (the first one is shown), and its use.

    Of several columns of one use the first in the table that says something is taken; all of those
    that make up the description are.
    """

    use: Use
    names: tuple[str, ...]
    label: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class ListFormat:
    """A program's lists. ``telling`` are columns of which one at least gives it away.

    ``exact``: names are told apart by case and accents. ``prefix`` of its columns, if they have
    one. ``tag_separators`` in order of preference. ``one_of`` are uses of which one must be there.
    ``past``: it tells what was before ("members", "loans" or "hours"), and not what is offered, and
    ``source`` is what its program is called. ``by_position``: it has no row with names; its columns
    stand in the order of the table.
    """

    name: str
    columns: tuple[Column, ...]
    telling: tuple[str, ...]
    exact: bool = False
    prefix: str = ""
    tag_separators: str = ";,|"
    one_of: tuple[Use, ...] = (Use.TITLE,)
    past: str | None = None
    source: str = ""
    by_position: bool = False

    def form(self, name: str) -> str:
        """A column's name as it is compared."""
        return name.strip() if self.exact else bare(name)


def columns(use: Use, names: str, *, label: str = "", required: bool = False) -> Column:
    """One column, its names apart by bars."""
    return Column(use, tuple(names.split("|")), label, required)


def each(use: Use, names: str) -> tuple[Column, ...]:
    """Several columns of one use, a name each."""
    return tuple(Column(use, (name,)) for name in names.split("|"))


HOMEBOX: Final = ListFormat(
    name="homebox",
    exact=True,
    prefix="HB.",
    telling=("HB.name", "HB.import_ref", "HB.asset_id", "HB.location"),
    tag_separators=";",
    columns=(
        columns(Use.TITLE, "HB.name", required=True),
        columns(Use.KEY, "HB.import_ref"),
        columns(Use.KEY, "HB.asset_id"),
        columns(Use.DESCRIPTION, "HB.description"),
        columns(Use.DETAIL, "HB.manufacturer", label="Manufacturer"),
        columns(Use.DETAIL, "HB.model_number", label="Model"),
        columns(Use.TAGS, "HB.tags|HB.labels"),
        columns(Use.QUANTITY, "HB.quantity"),
        columns(Use.ARCHIVED, "HB.archived"),
        *each(Use.SOLD, "HB.sold_to|HB.sold_date|HB.sold_time|HB.sold_price"),
        *each(
            Use.UNUSED,
            "HB.parent_import_ref|HB.location|HB.url|HB.insured|HB.notes|HB.purchase_price"
            "|HB.purchase_from|HB.purchase_date|HB.purchase_time|HB.serial_number"
            "|HB.lifetime_warranty|HB.warranty_expires|HB.warranty_details|HB.sold_notes",
        ),
    ),
)

SNIPE_IT: Final = ListFormat(
    name="snipe-it",
    telling=("Asset Tag",),
    one_of=(Use.TITLE,),
    columns=(
        columns(Use.KEY, "Asset Tag", required=True),
        columns(Use.TITLE, "Name|Asset Name|Item Name"),
        columns(Use.TITLE, "Model|Model Name"),
        columns(Use.DESCRIPTION, "Model Notes"),
        columns(Use.DETAIL, "Manufacturer", label="Manufacturer"),
        columns(Use.DETAIL, "Model Number|Model No", label="Model"),
        columns(Use.CATEGORY, "Category"),
        columns(Use.STATUS, "Status|Status Label"),
        *each(
            Use.UNUSED,
            "Company|Supplier|Location|Order Number|Asset Notes|Serial|Purchase Date"
            "|Purchase Cost|Checkout Type|Checked Out To: Username|Checked Out To: First Name"
            "|Checked Out To: Last Name|Checked Out To: Email|Checked Out To: Location"
            "|Asset EOL Date",
        ),
    ),
)

LEND_ENGINE: Final = ListFormat(
    name="lend-engine",
    telling=(
        *("Short description", "Long description", "Components", "Care information"),
        *("Loan fee", "Loan period", "Reservable", "Keywords", "Price paid"),
    ),
    tag_separators=",;|",
    columns=(
        columns(Use.KEY, "Code"),
        columns(Use.KEY, "Id"),
        columns(Use.TITLE, "Name", required=True),
        columns(Use.SUMMARY, "Short description"),
        columns(Use.MARKUP, "Long description"),
        columns(Use.DETAIL, "Components", label="Components"),
        columns(Use.DETAIL, "Condition", label="Condition"),
        columns(Use.DETAIL, "Care information", label="Care"),
        columns(Use.DETAIL, "Brand", label="Brand"),
        columns(Use.TAGS, "Keywords"),
        columns(Use.CATEGORY, "Category"),
        columns(Use.LENDABLE, "Reservable"),
        *each(Use.UNUSED, "Serial|Price paid|Value|Loan fee|Loan period"),
    ),
    one_of=(Use.KEY,),
)

LEIHS: Final = ListFormat(
    name="leihs",
    telling=("inventory_code",),
    one_of=(Use.KEY,),
    columns=(
        columns(Use.KEY, "inventory_code", required=True),
        columns(Use.TITLE, "model_name|model|name|product"),
        columns(Use.NOTE, "note"),
        columns(Use.DETAIL, "model_id", label="Model", required=True),
        columns(Use.CATEGORY, "properties_anschaffungskategorie"),
        columns(Use.LENDABLE, "is_borrowable"),
        *each(
            Use.UNUSED,
            "serial_number|building|room|is_inventory_relevant|invoice_number|invoice_date|price"
            "|supplier_name|properties_project_number",
        ),
    ),
)

PLAIN: Final = ListFormat(
    name="csv",
    telling=(),
    columns=(
        columns(
            Use.KEY,
            "id|listing|key|code|ref|reference|référence|referencia|referenz|kennung|asset id"
            "|asset tag|sku|barcode|inventory number|inventory code|inventarnummer|inventar-nr"
            "|numéro d'inventaire|número de inventario|código",
        ),
        columns(Use.TITLE, "title|titel|titre|título"),
        columns(Use.TITLE, "name|nom|nombre|bezeichnung|benennung|désignation|denominación"),
        columns(
            Use.TITLE,
            "item|item name|thing|tool|gegenstand|ding|artikel|werkzeug|objet|article|outil"
            "|objeto|artículo|cosa|herramienta|product|produkt|produit|producto",
        ),
        columns(
            Use.DESCRIPTION,
            "description|beschreibung|beschrieb|descriptif|descripción|details|détails|detalles"
            "|text|texte|texto",
        ),
        columns(
            Use.CATEGORY,
            "category|kategorie|catégorie|categoría|categories|kategorien|catégories|categorías"
            "|group|gruppe|groupe|grupo|rubrik|rubrique|sachgruppe",
        ),
        columns(
            Use.TAGS,
            "tags|tag|labels|keywords|schlagworte|schlagwörter|schlagwort|stichworte|stichwörter"
            "|étiquettes|mots-clés|etiquetas|palabras clave",
        ),
        columns(
            Use.QUANTITY,
            "quantity|qty|count|amount|number of items|pieces|anzahl|menge|stück|stückzahl"
            "|quantité|nombre de pièces|cantidad|unidades",
        ),
        columns(Use.EXCHANGE_TYPE, "exchange_type|offer or want"),
        columns(Use.ITEM_TYPE, "item_type"),
        columns(Use.KIND, "type|typ|art|tipo|kind"),
        columns(Use.TRANSACTION_TYPE, "transaction_type|transaction_types|transaction types|terms"),
        columns(Use.EXPIRES, "expires|expiry|valid until|gültig bis|expire|expire le|vence"),
        columns(Use.ARCHIVED, "archived|archiviert|archivé|archivado"),
        *each(Use.SOLD, "sold|sold to|verkauft an"),
        columns(Use.LENDABLE, "borrowable|lendable|ausleihbar|verleihbar|prêtable|prestable"),
        # The other columns of our own spreadsheet (cli.export).
        *each(Use.UNUSED, "available|photos|person|person_name|circle|updated"),
    ),
)

FORMATS: Final = {one.name: one for one in (HOMEBOX, SNIPE_IT, LEND_ENGINE, LEIHS, PLAIN)}
"""Every format by its name on the command line; the order in which they are looked for."""

#: Part of a status that takes a thing out of use, in Snipe-IT's words.
GONE_WORDS: Final = frozenset(
    ["archived", "retired", "lost", "stolen", "broken", "disposed", "sold"]
)

#: A French number, and a Spanish name: a number where another column has the name.
TWO_MEANINGS: Final = {"nombre": Use.QUANTITY}
