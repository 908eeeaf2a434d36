"""Documentation that fails the build: what it names exists, and what exists is named."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import click
import pytest
from PIL import Image

from standfirst.cli.main import standfirst
from standfirst.conf.options import OPTIONS
from standfirst.people.roles import ROLES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "standfirst"
REFERENCE = DOCS / "reference"
LARGEST_IMAGE = 300_000


def pages() -> list[Path]:
    """Every page that a person may read: of the documentation, of the root, and each department's own."""
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *SOURCE.glob("*/README.md")])


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(name: str) -> str:
    return (REFERENCE / name).read_text("utf-8")


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- what exists is named -----------------------------------------------------------------------------------------


def test_the_generated_pages_are_what_the_code_says_now(generate: ModuleType) -> None:
    stale = [name for name, page in generate.PAGES.items() if text(name) != page()]
    assert not stale, "Run `python docs/generate.py` and commit what it writes."


def test_every_command_and_every_option_of_it_is_documented(generate: ModuleType) -> None:
    page = text("command-line.md")
    for name, command in generate.commands():
        _, found, section = page.partition(f"## `{name}`\n")
        assert found, name
        section = section.partition("\n## ")[0]
        assert command.help, f"{name} does not say what it does."
        assert "```console" in section, f"{name} shows no example."
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts[0]} does not say what it does."
                assert option.opts[-1] in section, f"{name} {option.opts[0]}"


def test_every_option_is_documented() -> None:
    page = text("options.md")
    assert [name for name, _, _ in OPTIONS if f"| `{name}` |" not in page] == []


def test_every_role_and_each_of_its_permissions_is_documented(generate: ModuleType) -> None:
    page = text("roles.md")
    assert [role.name for role in ROLES if f"**{role.name}.**" not in page] == []
    granted = {word for role in ROLES for word in (*role.pages, *role.permissions, *role.collections)}
    assert granted == set(generate.MAY)


def test_every_finding_of_the_check_is_documented_and_no_other() -> None:
    found = {
        match
        for path in SOURCE.rglob("*.py")
        if "tests" not in path.parts
        for match in re.findall(r"\"(standfirst\.[EWI]\d{3})\"", path.read_text("utf-8"))
    }
    assert found
    assert set(re.findall(r"standfirst\.[EWI]\d{3}", text("checks.md"))) == found


def test_every_page_of_the_documentation_can_be_found_from_its_index() -> None:
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [target for _, target, _ in links(page) if target.is_file()]
    assert [named(path) for path in DOCS.rglob("*.md") if path not in reached] == []


# --- what is named exists -----------------------------------------------------------------------------------------


def prose(page: Path) -> str:
    """A page without its code."""
    without_fences = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", without_fences)


def links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """(as written, the file, the heading) of every link of a page that leads to a file of ours."""
    for written in re.findall(r"!?\[[^\]]*\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"[a-z]+:", written):
            path, _, heading = unquote(written).partition("#")
            yield written, (page.parent / path).resolve() if path else page, heading


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = [written for written, target, _ in links(page) if not target.exists()]
    assert not dead
    lost = [written for written, target, heading in links(page) if heading and heading not in anchors(target)]
    assert not lost


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    """Files named in code, such as `docs/decisions/wire-intake.md`, from the root or beside the page."""
    code = re.findall(r"`((?:src|docs|tests|requirements)/[\w./-]+\.\w+)`", page.read_text("utf-8"))
    places = (ROOT, SOURCE, DOCS, page.parent)
    assert [name for name in code if not any((place / name).exists() for place in places)] == []


def commands_of(page: Path) -> Iterator[str]:
    """Every `standfirst ...` that a page tells its reader to type."""
    whole = page.read_text("utf-8")
    for fence in re.findall(r"^```(?:console|sh)?\n(.*?)^```", whole, re.DOTALL | re.MULTILINE):
        for line in fence.splitlines():
            typed = re.sub(r"^[$#] ", "", line.strip())
            for part in re.split(r"\s\|\|?\s|\s>", typed):
                if match := re.match(r"(?:\w+=\S+ |sudo .*?|exec )*(?:\S*/bin/)?(standfirst(?: .*)?)$", part.strip()):
                    yield match[1]
    without_fences = re.sub(r"^```.*?^```", "", whole, flags=re.DOTALL | re.MULTILINE)
    for match in re.findall(r"`(?:\S*/bin/)?(standfirst [a-z][^`\n]*)`", without_fences):
        yield match


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_command_that_is_shown_can_be_typed(page: Path) -> None:
    for typed in commands_of(page):
        words = [word for word in shlex.split(typed, comments=True)[1:] if word != "..."]
        command: click.Command = standfirst
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            below = command.get_command(click.Context(command), words[0])
            assert below is not None, typed
            command, words = below, words[1:]
        known = {flag for option in command.params for flag in option.opts} | {"--help", "-h"}
        assert [word for word in words if re.match(r"--?[a-z]", word) and word not in known] == [], typed


def test_every_target_of_make_that_is_shown_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    shown = {
        (named(page), target)
        for page in pages()
        for target in re.findall(r"(?:^ {4}|\$ |`)(?:\w+=\S+ )*make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert {entry for entry in shown if entry[1] not in targets} == set()


def test_every_image_is_used_and_small() -> None:
    used = {target for page in pages() for _, target, _ in links(page)}
    images = [path for path in (DOCS / "images").iterdir() if path.is_file()]
    assert images
    assert [named(path) for path in images if path not in used] == []
    assert [named(path) for path in images if path.stat().st_size > LARGEST_IMAGE] == []
    for path in images:
        with Image.open(path) as image:
            image.verify()


def test_the_examples_are_what_the_tutorial_says() -> None:
    from standfirst.wire import formats

    read = [formats.parse((DOCS / "examples" / f"harbour-lamps-{number}.xml").read_bytes()) for number in (1, 2, 3)]
    assert {parsed.format for parsed in read} == {"newsml-g2"}
    items = [item for parsed in read for item in parsed.items]
    assert len({(item.provider, item.item_id) for item in items}) == 1
    assert [item.version_order for item in items] == [1, 2, 3]
    assert [item.status for item in items] == ["usable", "usable", "canceled"]
    assert [item.editorial_types for item in items] == [(), ("correction",), ()]
    assert all(item.ednotes and not any(note.public for note in item.ednotes) for item in items)
    assert not any(item.oddities for item in items)


def test_the_cast_of_the_demonstration_is_as_the_readme_says() -> None:
    from standfirst.demo.actions import CAST

    readme = (ROOT / "README.md").read_text("utf-8")
    for username, name, roles in CAST:
        assert f"| `{username}` | {name} | {roles[0].lower()} |" in readme
