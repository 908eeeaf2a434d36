"""The walls between departments, and what every file of the project keeps to."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "standfirst"
PORTS = {
    "changes.ports.search",
    "changes.ports.surfaces",
    "changes.ports.wake",
    "desk.ports.fronts",
    "stories.ports.preview",
}
LARGEST_FILE = 1024 * 1024


def ranks() -> dict[str, int]:
    """Each department's layer as the import contract says it, 0 at the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "departments")
    return {name: rank for rank, layer in enumerate(layers) for name in re.findall(r"\w+", layer)}


def sources(*, but: str) -> Iterator[tuple[str, ast.Module]]:
    """Our modules as syntax trees, except where the path has a part in `but` (separated by spaces)."""
    for path in sorted(SOURCE.rglob("*.py")):
        if not set(path.relative_to(SOURCE).parts) & set(but.split()):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_bytes())


def tracked_files() -> list[Path]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("This is not a git checkout, so there is no list of tracked files.")
    trusting = ["-c", f"safe.directory={ROOT}"]  # the checkout may belong to another user than the one who tests
    listed = subprocess.run([git, *trusting, "-C", ROOT, "ls-files", "-z"], check=True, capture_output=True).stdout
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_department_imports_from_above_or_beside() -> None:
    # In a process of its own: it silences every logger that is there, also for the tests that follow.
    code = f"""if True:
        from importlinter.cli import lint_imports
        raise SystemExit(lint_imports(config_filename={str(ROOT / "pyproject.toml")!r}, no_cache=True))
    """
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_relations_between_tables_point_down_too() -> None:
    from django.apps import apps

    rank = ranks()
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        ours, _, own = model.__module__.partition(".")
        if ours != "standfirst":
            continue
        own = own.partition(".")[0]
        for field in model._meta.get_fields():
            if not field.is_relation or (field.auto_created and not field.concrete) or field.related_model is None:
                continue
            theirs, _, other = field.related_model.__module__.partition(".")
            other = other.partition(".")[0]
            if theirs == "standfirst" and other != own and rank[other] <= rank[own]:
                wrong.append(f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}")
    assert not wrong


def test_there_are_five_ports_and_each_is_filled() -> None:
    declared = {}
    for path in sorted(SOURCE.glob("*/ports.py")):
        module = importlib.import_module(f"standfirst.{path.parent.name}.ports")
        for name in module.__annotations__:
            declared[f"{path.parent.name}.ports.{name}"] = getattr(module, name, None)
    assert set(declared) == PORTS
    assert [name for name, value in declared.items() if not value] == []


def test_nothing_is_looked_up_by_a_string_name() -> None:
    forbidden = {"import_string", "import_module", "get_model", "get_registered_model", "__import__"}
    found = [
        f"{name}:{node.lineno} {word}"
        for name, tree in sources(but="migrations conf tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute)
        if (word := node.id if isinstance(node, ast.Name) else node.attr) in forbidden
    ]
    assert not found


def test_no_pattern_is_matched_wrongly_by_the_oldest_python_that_we_promise() -> None:
    # Python before 3.11.5 does not match groups that give nothing back, possessive or atomic, if what is in them may:
    # Debian 12 has 3.11.2. (CPython's issue 106052.)
    group = re.compile(r"[^(]\)[*+?]\+|\(\?>")
    found = [
        f"{name}:{node.lineno} {node.value!r}"
        for name, tree in sources(but="tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and group.search(str(node.value))
    ]
    assert not found


def test_no_save_does_more_than_its_own_row() -> None:
    """`save()` may open a transaction around the usual one, or what has Wagtail do its part of it once, or refuse;
    effects are the business of `actions.py`."""
    harmless = {"atomic", "super", "save", "full_clean", "written_once"}
    found = []
    for name, tree in sources(but="migrations tests"):
        methods = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "save"]
        for call in (node for method in methods for node in ast.walk(method) if isinstance(node, ast.Call)):
            word = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            if word not in harmless and not word[:1].isupper():
                found.append(f"{name}:{call.lineno} {word}()")
    assert not found


@pytest.mark.parametrize("module", ["standfirst.cli.main", "standfirst.reader", "standfirst.wire.formats"])
def test_it_loads_without_django(module: str) -> None:
    """The reader process and `wire parse` stay quick and small, so no import may bring Django in by the way."""
    code = f"""if True:
        import importlib, pkgutil, sys
        found = importlib.import_module("{module}")
        for _, name, _ in pkgutil.iter_modules(getattr(found, "__path__", ()), found.__name__ + "."):
            if not name.endswith((".tests", ".__main__")):
                importlib.import_module(name)
        print(*sorted({{"django", "wagtail"}} & set(sys.modules)))
    """
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ran.stderr, ran.stdout.strip()) == ("", "")


@pytest.mark.django_db
def test_every_change_of_a_table_has_its_migration(capsys: pytest.CaptureFixture[str]) -> None:
    from django.apps import apps
    from django.core.management import call_command

    ours = [app.label for app in apps.get_app_configs() if app.name.startswith("standfirst.")]
    try:
        call_command("makemigrations", *ours, check_changes=True, dry_run=True)
    except SystemExit:
        pytest.fail(capsys.readouterr().out)


def test_every_department_has_a_page_that_says_what_it_does() -> None:
    departments = {path.parent for path in SOURCE.glob("*/__init__.py")}
    assert sorted(folder.name for folder in departments if not (folder / "README.md").is_file()) == []


def test_every_department_has_its_layer() -> None:
    departments = {path.parent.name for path in SOURCE.glob("*/*.py")}
    assert departments - set(ranks()) == set()


def test_tracked_files_stay_small() -> None:
    large = [
        f"{path.relative_to(ROOT)}: {size}" for path in tracked_files() if (size := path.stat().st_size) > LARGEST_FILE
    ]
    assert not large


def test_no_tracked_file_names_a_package_registry() -> None:
    """What is installed is named by version and hash; where it comes from is for each machine to say."""
    registries = [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian", "org"),
    ]
    names = re.compile("|".join(re.escape(".".join(parts)) for parts in registries).encode())
    found = [str(path.relative_to(ROOT)) for path in tracked_files() if names.search(path.read_bytes())]
    assert not found


@pytest.mark.parametrize("name", ["runtime", "dev", "dev-binaries", "checkers"])
def test_every_requirement_is_pinned_by_hash_and_names_no_host(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = [
        line for line in re.sub(r" \\\n\s+", " ", text).splitlines() if line and not line.lstrip().startswith("#")
    ]
    assert entries
    pinned = re.compile(r"[a-z0-9._-]+==\S+( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+")
    assert [entry for entry in entries if not pinned.fullmatch(entry)] == []
    assert "://" not in text


def test_no_two_sets_of_requirements_disagree() -> None:
    versions: dict[str, set[str]] = {}
    for path in (ROOT / "requirements").glob("*.txt"):
        for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", path.read_text(), re.MULTILINE):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
