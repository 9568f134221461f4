"""The tree drawn in p2pshare.errors is the tree there is, and each error can be shown."""

import inspect
import re

from p2pshare import errors


def tree_in_docstring() -> dict[str, str]:
    """Class name to the name of its parent, read from the drawing."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        drawn = re.match(r"^    ([│├└─ ]*)([A-Z]\w+)(?: |$)", line)
        if drawn:
            depth = len(drawn[1]) // 4
            path[depth:] = [drawn[2]]
            parents[drawn[2]] = path[depth - 1] if depth else "Exception"
    return parents


def classes() -> dict[str, type[Exception]]:
    return {
        name: member
        for name, member in inspect.getmembers(errors, inspect.isclass)
        if issubclass(member, Exception) and member.__module__ == errors.__name__
    }


def test_docstring_draws_the_tree() -> None:
    actual = {name: error.__bases__[0].__name__ for name, error in classes().items()}
    assert tree_in_docstring() == actual


def test_each_error_can_be_shown_to_a_user() -> None:
    for name, error in classes().items():
        text = inspect.getdoc(error) or ""
        assert text, name
        assert "\n" not in text, name
        assert text.endswith("."), name


def test_one_root() -> None:
    assert all(issubclass(error, errors.P2PShareError) for error in classes().values())
