"""The categories that come with the program, and their icons.

Read once, from ``p2pshare.resources``; what they mean is ``domain.categories``'s.
"""

from functools import cache
from importlib.resources import files

from p2pshare.domain.categories import Categories, read_categories


@cache
def bundled_categories() -> Categories:
    """Our categories."""
    data = files("p2pshare.resources").joinpath("categories.json").read_bytes()
    return read_categories(data)


@cache
def category_icon(identifier: str) -> bytes:
    """The icon of the category with this id: SVG, 24 x 24, drawn in the current colour.

    Raises KeyError if there is no such category.
    """
    category = bundled_categories()[identifier]
    folder = files("p2pshare.resources").joinpath("icons", "categories")
    return folder.joinpath(f"{category.id}.svg").read_bytes()
