"""Two words are alike whatever their case, accents and hyphens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pshare.domain.alike import bare


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Catégorie", "categorie"),
        ("CATE\u0301GORIE", "categorie"),
        ("  Inventar-Nr. ", "inventar nr"),
        ("item_type", "item type"),
        ("Schlüssel", "schlussel"),
        ("Straße", "strasse"),
        ("numéro d'inventaire", "numero d inventaire"),
        ("...", ""),
        ("", ""),
    ],
)
def test_bare(text: str, expected: str) -> None:
    assert bare(text) == expected


@given(st.text())
def test_bare_is_stable_and_without_gaps(text: str) -> None:
    once = bare(text)
    assert "  " not in once
    assert once == once.strip()
