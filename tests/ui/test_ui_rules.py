"""The rules of DESIGN section 11 that can be read from the syntax trees of ui/."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

UI = Path(__file__).resolve().parents[2] / "ui"
FILES = sorted(UI.rglob("*.py"))
PAGES = sorted((UI / "pages").glob("*.py"))
PAGE_LINES_MAX = 300
THREADS = {"asyncio", "threading", "concurrent", "multiprocessing", "queue", "_thread"}
MAY_MEET_THREADS = {"bridge.py"}
RICH = {"setHtml", "insertHtml", "setRichText", "setMarkdown", "appendHtml", "fromHtml"}


def relative(path: Path) -> str:
    return str(path.relative_to(UI))


def called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def faults(tree: ast.AST, name: str) -> list[str]:
    """What breaks a rule in a file of ui/ with this name."""
    found = []
    for node in calls(tree):
        call = called(node)
        line = f"line {node.lineno}"
        if call in ("exec", "exec_") and name != "app.py":
            found.append(f"{line}: exec() holds up the window; use open()")
        if call in ("getText", "getItem", "information", "warning", "critical", "question") and (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in ("QMessageBox", "QInputDialog", "QFileDialog")
        ):
            found.append(f"{line}: a static dialog holds up the window")
        if call == "result" and name not in MAY_MEET_THREADS:
            found.append(f"{line}: .result() on the Qt thread")
        if call == "QLabel":
            found.append(f"{line}: use PlainLabel")
        if call in RICH:
            found.append(f"{line}: rich text")
        if call == "connect" and any(isinstance(part, ast.Lambda) for part in node.args):
            found.append(f"{line}: a lambda outlives its widgets; use a bound method")
        if call == "setTextFormat" and "PlainText" not in ast.unparse(node):
            found.append(f"{line}: rich text")
    if name not in MAY_MEET_THREADS:
        found += [
            f"imports {module}" for module in imported(tree) if module.split(".")[0] in THREADS
        ]
    return found


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_file_keeps_the_rules(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert faults(tree, path.name) == []
    labels = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and "QLabel" in [ast.unparse(base) for base in node.bases]
    ]
    assert labels == (["PlainLabel"] if path.name == "plain.py" else [])


@pytest.mark.parametrize("path", PAGES, ids=relative)
def test_page_is_short_and_knows_no_other(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= PAGE_LINES_MAX
    others = {other.stem for other in PAGES} - {path.stem, "__init__"}
    for module in imported(ast.parse(text)):
        parts = set(module.strip(".").split("."))
        assert "window" not in parts
        assert "dialogs" not in parts, "a page tells by a signal, and the window opens dialogs"
        assert not (module.startswith(".") and "pages" in parts)
        assert not (module.startswith(".") and not module.startswith("..") and parts & others)


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_strings_are_ready_for_translation(path: Path) -> None:
    """What is set as text is ``self.tr(...)``, a variable, or without letters."""
    for node in calls(ast.parse(path.read_text(encoding="utf-8"))):
        if called(node) in (
            *("setText", "setWindowTitle", "setPlaceholderText", "setToolTip", "setAccessibleName"),
            *("push_button", "PlainLabel", "addItem"),
        ):
            for part in node.args[:1]:
                literal = isinstance(part, ast.Constant) and isinstance(part.value, str)
                if literal and any(letter.isalpha() for letter in part.value):
                    assert part.value in ("p2pshare", "1"), f"line {node.lineno}: {part.value!r}"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("dialog.exec()", "window.py"),
        ("QMessageBox.warning(self, 'x', 'y')", "window.py"),
        ("future.result()", "window.py"),
        ("QLabel('x')", "pages.py"),
        ("QtWidgets.QLabel('x')", "pages.py"),
        ("button.clicked.connect(lambda: self.close())", "window.py"),
        ("import asyncio", "window.py"),
        ("from concurrent.futures import Future", "app.py"),
        ("text.setHtml('x')", "window.py"),
        ("label.setTextFormat(Qt.TextFormat.RichText)", "window.py"),
    ],
)
def test_the_rules_find(source: str, name: str) -> None:
    assert faults(ast.parse(source), name)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("application.exec()", "app.py"),
        ("done.result()", "bridge.py"),
        ("import asyncio", "bridge.py"),
        ("PlainLabel('x')", "x.py"),
        ("button.clicked.connect(self.close)", "x.py"),
        ("backend.ask(lambda queries: queries.people(), self._on_people)", "x.py"),
    ],
)
def test_the_rules_let_pass(source: str, name: str) -> None:
    assert faults(ast.parse(source), name) == []
