"""The sentences of the standard sharing terms, by what is signed and by language.

The English sentence is what a term means; the others say the same. A sentence that has landed never
changes: another wording is another version (``domain.terms`` pins a digest of each). Data only.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Signed text -> language -> sentence.
SENTENCES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "BORROW-7D/1": {
            "en": "Bring it back within 7 days.",
            "de": "Bring es innerhalb von 7 Tagen zurück.",
            "fr": "Rendez-le dans les 7 jours.",
            "es": "Devuélvelo en un plazo de 7 días.",
        },
        "BORROW-14D/1": {
            "en": "Bring it back within 14 days.",
            "de": "Bring es innerhalb von 14 Tagen zurück.",
            "fr": "Rendez-le dans les 14 jours.",
            "es": "Devuélvelo en un plazo de 14 días.",
        },
        "BORROW-28D/1": {
            "en": "Bring it back within 28 days.",
            "de": "Bring es innerhalb von 28 Tagen zurück.",
            "fr": "Rendez-le dans les 28 jours.",
            "es": "Devuélvelo en un plazo de 28 días.",
        },
        "ASK-A-DAY-BEFORE/1": {
            "en": "Ask for it at least one day before you need it.",
            "de": "Frag mindestens einen Tag, bevor du es brauchst.",
            "fr": "Demandez-le au moins un jour avant d'en avoir besoin.",
            "es": "Pídelo al menos un día antes de necesitarlo.",
        },
        "CLEAN-RETURN/1": {
            "en": "Give it back clean.",
            "de": "Gib es sauber zurück.",
            "fr": "Rendez-le propre.",
            "es": "Devuélvelo limpio.",
        },
        "REFILL/1": {
            "en": "Refill or recharge what you used up before you give it back.",
            "de": "Fülle oder lade vor der Rückgabe wieder auf, was du verbraucht hast.",
            "fr": "Avant de le rendre, remplissez ou rechargez ce que vous avez consommé.",
            "es": "Antes de devolverlo, rellena o recarga lo que hayas gastado.",
        },
        "REPORT-DAMAGE/1": {
            "en": "Say so at once if something breaks or is missing.",
            "de": "Sag sofort Bescheid, wenn etwas kaputtgeht oder fehlt.",
            "fr": "Prévenez tout de suite si quelque chose casse ou manque.",
            "es": "Avisa enseguida si algo se rompe o falta.",
        },
        "REPLACE-IF-LOST/1": {
            "en": "If you lose it, replace it or pay what it is worth.",
            "de": "Wenn du es verlierst, ersetze es oder bezahle, was es wert ist.",
            "fr": "Si vous le perdez, remplacez-le ou payez ce qu'il vaut.",
            "es": "Si lo pierdes, repónlo o paga lo que vale.",
        },
        "NO-LENDING-ON/1": {
            "en": "Do not lend it on to anybody else.",
            "de": "Verleihe es nicht weiter.",
            "fr": "Ne le prêtez à personne d'autre.",
            "es": "No se lo prestes a nadie más.",
        },
        "ADULTS-ONLY/1": {
            "en": "Only adults may borrow or use it.",
            "de": "Nur Erwachsene dürfen es ausleihen oder benutzen.",
            "fr": "Seuls les adultes peuvent l'emprunter ou l'utiliser.",
            "es": "Solo los adultos pueden pedirlo prestado o usarlo.",
        },
        "TRAINING-NEEDED/1": {
            "en": "Use it only after you have been shown how.",
            "de": "Benutze es erst, wenn du eingewiesen worden bist.",
            "fr": "Ne vous en servez qu'une fois qu'on vous a montré comment.",
            "es": "Úsalo solo después de que te hayan enseñado cómo.",
        },
        "NO-RESALE/1": {
            "en": "Do not sell it; if you no longer need it, give it away.",
            "de": "Verkaufe es nicht; wenn du es nicht mehr brauchst, verschenke es.",
            "fr": "Ne le vendez pas ; si vous n'en avez plus besoin, donnez-le.",
            "es": "No lo vendas; si ya no lo necesitas, regálalo.",
        },
        "PAY-IT-FORWARD/1": {
            "en": "You owe nothing for it; do somebody else a good turn instead.",
            "de": "Du schuldest nichts dafür; tu stattdessen jemand anderem etwas Gutes.",
            "fr": "Vous ne devez rien en échange ; rendez plutôt service à quelqu'un d'autre.",
            "es": "No debes nada a cambio; en su lugar, haz un favor a otra persona.",
        },
    }
)
