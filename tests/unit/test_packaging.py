"""Packaging and the top of the tree (DESIGN section 3), with the traps that were met there."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

TOP_LEVEL = {
    *("p2pshare", "ui", "resources", "tests", "docs", "pyproject.toml", "README.md"),
    *("Makefile", "LICENSE", "CHANGELOG.md"),
}
SOURCES = {"p2pshare": "p2pshare", "ui": "p2pshare/ui", "resources": "p2pshare/resources"}
TEXTS = ("*.py", "*.md", "*.toml", "*.lock", "*.txt", "Makefile", "run", "setup")
LAYOUT_OF_LOCK = re.compile(
    r"[a-z0-9-]+==[^ ]+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|#.*|"
)


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, object]:
    return tomllib.loads((repository / "pyproject.toml").read_text())


def folders_with_code(repository: Path) -> set[str]:
    """The dotted name of each folder that holds a module, as it is installed."""
    found = set()
    for source, installed in SOURCES.items():
        for module in (repository / source).rglob("*.py"):
            inside = module.parent.relative_to(repository / source)
            found.add(".".join((*installed.split("/"), *inside.parts)))
    return found


def source_files(repository: Path) -> set[str]:
    """Each file that must be in the wheel, by its path there."""
    found = set()
    for source, installed in SOURCES.items():
        for path in (repository / source).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                found.add(f"{installed}/{path.relative_to(repository / source).as_posix()}")
    return found


def test_package_list_names_each_folder_with_code(
    repository: Path, project: dict[str, dict[str, dict[str, list[str]]]]
) -> None:
    listed = project["tool"]["setuptools"]["packages"]
    assert listed == sorted(listed)
    missing = folders_with_code(repository) - set(listed)
    assert not missing, "importable when editable, absent from the wheel"


def test_each_folder_with_code_is_a_package(repository: Path) -> None:
    for source in SOURCES:
        for module in (repository / source).rglob("*.py"):
            assert (module.parent / "__init__.py").exists(), module.parent


def test_wheel_holds_what_the_tree_holds(repository: Path, built_wheel: Path) -> None:
    with zipfile.ZipFile(built_wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        entry_points = archive.read(
            next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
        ).decode()
        licence = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
    assert names == source_files(repository)
    assert "p2pshare-cli = p2pshare.cli:main" in entry_points
    assert "p2pshare = p2pshare.ui.app:main" in entry_points
    assert licence


def test_building_leaves_the_tree_alone(repository: Path, built_wheel: Path) -> None:
    assert repository not in built_wheel.parents
    assert not (repository / "build").exists()
    assert not list(repository.glob("*.egg-info"))


def test_wheel_runs_without_the_tree(
    wheel_environment: dict[str, str], wheel_folder: Path, tmp_path: Path
) -> None:
    program = (
        "import importlib.resources, p2pshare.ui.app, sys\n"
        "print(p2pshare.ui.app.__file__)\n"
        "print(importlib.resources.files('p2pshare.resources') / '__init__.py')\n"
        "assert 'PySide6' not in sys.modules\n"
        "sys.exit(p2pshare.ui.app.main([]))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=_without_display(wheel_environment),
        capture_output=True,
        text=True,
        check=False,
    )
    module, resources = ran.stdout.splitlines()
    assert Path(module).is_relative_to(wheel_folder)
    assert Path(resources).is_relative_to(wheel_folder)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1
    assert "p2pshare-cli" in ran.stderr


def test_window_command_is_installed(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("p2pshare")
    ran = subprocess.run(
        [command],
        cwd=tmp_path,
        env=_without_display(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr.count("\n") == 1
    assert "p2pshare-cli" in ran.stderr


def _without_display(environment: Mapping[str, str]) -> dict[str, str]:
    hidden = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    return {name: value for name, value in environment.items() if name not in hidden}


def test_editable_install_imports_the_tree(repository: Path, tmp_path: Path) -> None:
    program = "import p2pshare, p2pshare.ui.app as a; print(p2pshare.__file__); print(a.__file__)"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert [Path(line) for line in ran.stdout.splitlines()] == [
        repository / "p2pshare" / "__init__.py",
        repository / "ui" / "app.py",
    ]


def test_top_level_holds_nothing_else(repository: Path) -> None:
    ignored = {"build", "dist", "htmlcov", "bench-results.json"}
    found = {path.name for path in repository.iterdir() if not path.name.startswith(".")}
    found = {name for name in found - ignored if not name.endswith(".egg-info")}
    assert found == TOP_LEVEL
    assert {path.name for path in (repository / ".ci").iterdir()} == {
        "run",
        "open",
        "requirements.lock",
        "setup",
        "test",
    }


def test_licence_is_apache_unmodified(repository: Path) -> None:
    text = (repository / "LICENSE").read_text()
    assert text.splitlines()[0].strip() == "Apache License"
    assert "Version 2.0, January 2004" in text
    assert len(text) == 11357


# --- the lock -----------------------------------------------------------------------------------


def locked(repository: Path) -> dict[str, str]:
    lines = (repository / ".ci" / "requirements.lock").read_text().splitlines()
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", "\n".join(lines), flags=re.MULTILINE))


def test_lock_has_versions_and_hashes_only(repository: Path) -> None:
    for line in (repository / ".ci" / "requirements.lock").read_text().splitlines():
        assert LAYOUT_OF_LOCK.fullmatch(line), line


def test_lock_holds_each_dependency_at_an_allowed_version(
    repository: Path, project: dict[str, dict[str, list[str]]]
) -> None:
    from packaging.requirements import Requirement

    versions = locked(repository)
    wanted = project["project"]["dependencies"]
    optional = project["project"]["optional-dependencies"]["dev"]  # type: ignore[call-overload]
    for text in [*wanted, *optional]:
        requirement = Requirement(text)
        assert versions[requirement.name.lower()] in requirement.specifier, text


def test_what_runs_here_is_what_the_lock_says(repository: Path) -> None:
    different = {
        name: (version, importlib.metadata.version(name))
        for name, version in locked(repository).items()
        if importlib.metadata.version(name) != version
    }
    assert different == {}


def test_no_registry_address_in_the_tree(repository: Path) -> None:
    hosts = ["py" + "pi.org", "python" + "hosted.org", "--" + "index-url", "--" + "find-links"]
    places = [repository / name for name in ("p2pshare", "ui", "resources", "tests", ".ci", "docs")]
    paths = [path for place in places for pattern in TEXTS for path in place.rglob(pattern)]
    paths += [path for path in repository.iterdir() if path.is_file()]
    found = [
        f"{path}: {host}"
        for path in paths
        for host in hosts
        if host in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == []


# --- what the window may not do -------------------------------------------------------------------


def test_resources_are_read_through_importlib_only(repository: Path) -> None:
    found = [
        str(path)
        for folder in ("p2pshare", "ui")
        for path in (repository / folder).rglob("*.py")
        if re.search(r"__file__|[\"'](\.\./)*resources/", path.read_text())
    ]
    assert found == []


def test_setup_of_a_finished_folder_is_quick_and_silent(repository: Path) -> None:
    stamp = repository / ".venv" / "p2pshare-setup"
    if not stamp.exists() or sys.prefix != os.fspath(repository / ".venv"):
        pytest.skip("this folder was not set up by make")
    before = stamp.stat().st_mtime_ns
    ran = subprocess.run(
        ["make", "--no-print-directory", "setup"],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (ran.stdout, ran.stderr) == ("", "")
    assert stamp.stat().st_mtime_ns == before


def test_documents_name_files_that_exist(repository: Path) -> None:
    documents = [*(repository / "docs").rglob("*.md"), repository / "README.md"]
    named = {
        (document.name, path)
        for document in documents
        for path in re.findall(r"(?:tests|p2pshare|ui|\.ci)/[\w./-]*\w", document.read_text())
    }
    assert len(named) > 40
    assert [one for one in sorted(named) if not (repository / one[1]).exists()] == []
