"""The rules of DESIGN sections 3 and 11 about who may import what, read from the syntax trees."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
UI_FILE_LINES_MAX = 400

# Unit-test files that are about the project, or about a whole package, and not about one module.
OF_NO_MODULE = {
    "layers",
    "packaging",
    "setup",
    "vectors",
    "properties",
    "properties_feeds",
    "properties_quotas",
    "every_table",
    "protocol",
    "toy_agreement",
    "toy_agreement_log",
}

# A package imports only what stands left of it; names in one tuple are peers that may not meet.
ORDER = [
    ("errors", "clock", "limits"),
    ("domain",),
    ("log",),
    ("store",),
    ("sync",),
    ("net",),
    ("node",),
    ("cli",),
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
NEVER = {("sync", "store"), ("net", "store")}
UI_MAY_IMPORT = (
    "p2pshare.domain",
    "p2pshare.node.facade",
    "p2pshare.node.events",
    "p2pshare.node.config",  # the composition root and the bridge build the node from it
    "p2pshare.clock",
    "p2pshare.limits",
    "p2pshare.errors",
    "p2pshare.resources",
)
QT = {"PySide6", "shiboken6", "PyQt6", "PyQt5", "qtpy"}
INPUT_AND_OUTPUT = {
    *("asyncio", "io", "multiprocessing", "os", "pathlib", "select", "shutil", "signal", "socket"),
    *("sqlite3", "ssl", "subprocess", "tempfile", "threading", "queue", "http", "urllib"),
    *("sqlite_utils", "websockets", "zeroconf"),
}
IMPURE = {
    "domain": INPUT_AND_OUTPUT | {"time", "random", "secrets", "uuid", "logging", "cryptography"},
    "log": INPUT_AND_OUTPUT - {"os"} | {"time", "random", "uuid"},
    "sync": INPUT_AND_OUTPUT | {"time"},
}
NO_CLOCK = ("domain", "log", "sync")
CLOCK_CALLS = {"now", "utcnow", "today"}
TASK_MAKERS = {"create_task", "ensure_future"}
TASK_MODULE = REPOSITORY / "p2pshare" / "net" / "tasks.py"

CORE_FILES = sorted((REPOSITORY / "p2pshare").rglob("*.py"))
UI_FILES = sorted((REPOSITORY / "ui").rglob("*.py"))
TEST_FILES = sorted((REPOSITORY / "tests").rglob("*.py"))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(level, dotted name) of each import, with the imported name where it may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.level, ".".join(filter(None, (node.module, alias.name)))
        elif isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"}:
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant):
                    yield 0, str(argument.value)


def called(node: ast.Call) -> str:
    """The last name of what is called: ``b`` for ``a.b()``."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def package_of(path: Path) -> str:
    """``log`` for p2pshare/log/entry.py, ``clock`` for p2pshare/clock.py, "" for the root."""
    parts = path.relative_to(REPOSITORY / "p2pshare").with_suffix("").parts
    return "" if parts[0] == "__init__" else parts[0]


def layer_faults(package: str, tree: ast.Module) -> list[str]:
    """What a module of ``package`` may not import, of p2pshare, Qt and the standard library."""
    faults = []
    for level, name in imports(tree):
        top, *rest = name.split(".")
        if level:
            faults.append(f"relative import of {name}")
        elif top in QT or top == "ui" or name.startswith("p2pshare.ui"):
            faults.append(f"{name}: the core imports neither Qt nor ui")
        elif top == "p2pshare" and rest and rest[0] in RANK and package in RANK:
            target = rest[0]
            if target == package:
                continue
            if RANK[target] >= RANK[package] or (package, target) in NEVER:
                faults.append(f"{package} imports {target}")
            if target == "clock" and package in NO_CLOCK:
                faults.append(f"{package} reads a clock")
        elif top in IMPURE.get(package, ()):
            faults.append(f"{package} is without I/O and imports {name}")
    if package in NO_CLOCK:
        faults += [
            f"line {node.lineno}: {called(node)}() reads a clock"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and called(node) in CLOCK_CALLS
        ]
    return faults


def ui_faults(tree: ast.Module) -> list[str]:
    """What a module of ui may not import."""
    faults = []
    for level, name in imports(tree):
        allowed = any(name == ok or name.startswith(ok + ".") for ok in UI_MAY_IMPORT)
        if not level and name.split(".")[0] == "p2pshare" and not allowed:
            faults.append(name)
        if not level and name.split(".")[0] == "ui":
            faults.append(f"{name}: use a relative import")
    return faults


def bare_tasks(tree: ast.Module) -> list[int]:
    """Lines that start a task which nobody holds; a TaskGroup's own create_task is fine."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "asyncio":
            lines += [node.lineno for alias in node.names if alias.name in TASK_MAKERS]
        if not isinstance(node, ast.Call) or called(node) not in TASK_MAKERS:
            continue
        owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        if owner == "asyncio" or "loop" in owner:
            lines.append(node.lineno)
    return lines


def sleeps(tree: ast.Module) -> list[int]:
    """Lines of time.sleep, asyncio.sleep(not 0) and qWait: sleeping is not synchronisation."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in {"time", "asyncio"}:
            lines += [node.lineno for alias in node.names if alias.name == "sleep"]
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        zero = bool(node.args) and isinstance(node.args[0], ast.Constant) and not node.args[0].value
        slept = node.func.attr == "sleep" and owner in {"time", "asyncio"}
        if node.func.attr == "qWait" or (slept and not (owner == "asyncio" and zero)):
            lines.append(node.lineno)
    return lines


def relative(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("path", CORE_FILES, ids=relative)
def test_core_module_imports_only_what_stands_below_it(path: Path) -> None:
    assert layer_faults(package_of(path), parse(path)) == []


@pytest.mark.parametrize("path", UI_FILES, ids=relative)
def test_ui_module_imports_domain_types_and_the_facade(path: Path) -> None:
    assert ui_faults(parse(path)) == []


def test_every_folder_of_the_core_has_a_place_in_the_order() -> None:
    known = {*RANK, ""}
    assert {package_of(path) for path in CORE_FILES} <= known


@pytest.mark.parametrize("path", [*CORE_FILES, *UI_FILES], ids=relative)
def test_module_has_a_docstring_and_holds_its_tasks(path: Path) -> None:
    tree = parse(path)
    assert ast.get_docstring(tree), "no module docstring"
    if path != TASK_MODULE:
        assert bare_tasks(tree) == [], "tasks are started by p2pshare.net.tasks only"


@pytest.mark.parametrize("path", UI_FILES, ids=relative)
def test_ui_file_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= UI_FILE_LINES_MAX


@pytest.mark.parametrize("path", TEST_FILES, ids=relative)
def test_tests_neither_sleep_nor_import_ui(path: Path) -> None:
    tree = parse(path)
    assert sleeps(tree) == [], "wait for an event, a signal or a condition instead"
    assert [name for level, name in imports(tree) if name.split(".")[0] == "ui"] == []


def test_each_unit_test_file_mirrors_a_module() -> None:
    unit = REPOSITORY / "tests" / "unit"
    strays = []
    for path in unit.rglob("test_*.py"):
        folder = path.relative_to(unit).parent
        module = path.stem.removeprefix("test_")
        if module in OF_NO_MODULE:
            continue
        if folder == Path():
            mirrored = [REPOSITORY / root / f"{module}.py" for root in ("p2pshare", "tests")]
        elif folder.parts[0] == "ui":
            mirrored = [REPOSITORY / folder / f"{module}.py"]
        else:
            mirrored = [REPOSITORY / "p2pshare" / folder / f"{module}.py"]
            mirrored.append(REPOSITORY / "p2pshare" / folder / module / "__init__.py")
        if not any(candidate.exists() for candidate in mirrored):
            strays.append(relative(path))
    assert strays == []


# --- the checks above can fail ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("domain", "import time"),
        ("domain", "from p2pshare.log import entry"),
        ("domain", "from p2pshare import store"),
        ("domain", "from datetime import date\ndate.today()"),
        ("domain", "from p2pshare.clock import Clock"),
        ("log", "from p2pshare.store.tables import rows"),
        ("sync", "import p2pshare.store"),
        ("sync", "import socket"),
        ("net", "def late():\n    from p2pshare.store import blobs"),
        ("net", "import importlib\nimportlib.import_module('p2pshare.store')"),
        ("store", "from p2pshare.node import facade"),
        ("node", "from PySide6.QtCore import QObject"),
        ("node", "from p2pshare.cli import main"),
        ("cli", "from p2pshare.ui import app"),
        ("cli", "import ui"),
        ("net", "from . import tasks"),
    ],
)
def test_layer_check_finds(package: str, source: str) -> None:
    assert layer_faults(package, ast.parse(source))


@pytest.mark.parametrize(
    ("package", "source"),
    [
        (
            "domain",
            "import hashlib, msgspec\nfrom datetime import date\nfrom p2pshare import limits",
        ),
        ("log", "import os\nfrom p2pshare.domain.text import clean"),
        (
            "node",
            "import asyncio\nfrom p2pshare.store import ledger\nfrom p2pshare.clock import Clock",
        ),
    ],
)
def test_layer_check_lets_pass(package: str, source: str) -> None:
    assert layer_faults(package, ast.parse(source)) == []


@pytest.mark.parametrize(
    "source",
    [
        "from p2pshare.store import ledger",
        "import p2pshare.node",
        "import ui.app",
        "from ui import app",
    ],
)
def test_ui_check_finds(source: str) -> None:
    assert ui_faults(ast.parse(source))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import asyncio\nasyncio.create_task(x())", True),
        ("from asyncio import ensure_future", True),
        ("asyncio.get_running_loop().create_task(x())", True),
        ("self._loop.create_task(x())", True),
        (
            "async def f():\n    async with TaskGroup() as group:\n        group.create_task(x())",
            False,
        ),
    ],
)
def test_task_check(source: str, found: bool) -> None:
    assert bool(bare_tasks(ast.parse(source))) is found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("time.sleep(1)", True),
        ("time.sleep(0)", True),
        ("from time import sleep", True),
        ("async def f(): await asyncio.sleep(0.1)", True),
        ("async def f(delay): await asyncio.sleep(delay)", True),
        ("QTest.qWait(5)", True),
        ("async def f(): await asyncio.sleep(0)", False),
        ("'time.sleep(1)'", False),
    ],
)
def test_sleep_check(source: str, found: bool) -> None:
    assert bool(sleeps(ast.parse(source))) is found


def test_python_is_new_enough() -> None:
    assert sys.version_info >= (3, 11)
