"""Writes what follows from the code: reference pages, and the template and catalogues of translators' phrases.

`python docs/generate.py`. Tests hold that they are fresh.
"""

# ruff: noqa: INP001 - a script beside the pages that it writes

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from standfirst.cli.main import standfirst
from standfirst.conf.options import OPTIONS
from standfirst.pages.catalogues import renewed, template
from standfirst.pages.words import LOCALE, PHRASES, language_name, shipped, words
from standfirst.people.roles import ROLES

REFERENCE: Final = Path(__file__).resolve().parent / "reference"

MADE: Final = "<!-- Made by docs/generate.py from the code. Change it there. -->\n"

MAY: Final[dict[str, str]] = {
    "wagtailadmin.access_admin": "sign in to the newsroom",
    "add_page": "start stories; edit and hand in one's own",
    "change_page": "edit any story",
    "publish_page": "publish, schedule, unpublish",
    "lock_page": "lock a story",
    "unlock_page": "unlock a story that somebody else locked",
    "bulk_delete_page": "delete a section together with drafts in it",
    "wire.view_item": "read the wire",
    "wire.take_item": "take, spike, settle offers, see to files that could not be read",
    "wire.view_feed": "see the feeds",
    "wire.add_feed": "add feeds",
    "wire.change_feed": "change feeds",
    "stories.kill_story": "kill",
    "stories.withhold_story": "withhold",
    "stories.restore_story": "undo another person's kill or withholding, lift an embargo",
    "pictures.kill_picture": "kill pictures",
    "pictures.restore_picture": "undo another person's kill of a picture",
    "stories.correct_story": "publish corrections, clarifications, updates",
    "desk.curate_front": "decide what stands on fronts, mark stories as breaking",
    "stories.add_author": "add authors",
    "stories.change_author": "change authors",
    "stories.add_topic": "add topics",
    "stories.change_topic": "change topics",
    "stories.change_sitefacts": "change the facts of the newsroom",
    "people.view_user": "see accounts",
    "people.add_user": "make accounts",
    "people.change_user": "change accounts and roles",
    "people.delete_user": "delete accounts",
    "add_image": "add pictures, change one's own",
    "change_image": "change any picture",
    "choose_image": "use pictures",
    "add_document": "add files, change one's own",
    "choose_document": "use files",
}
"""What each permission lets a person do, in the order in which the page tells it."""


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, break_on_hyphens=False) + "\n"


def commands() -> Iterator[tuple[str, click.Command]]:
    """(full name, command) of every command that does something, in the order of the help."""

    def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if not isinstance(command, click.Group):
            yield name, command
            return
        context = click.Context(command)
        for word in command.list_commands(context):
            below = command.get_command(context, word)
            if below is not None:
                yield from walk(f"{name} {word}", below)

    return walk("standfirst", standfirst)


def command_line() -> str:
    """`reference/command-line.md`."""
    parts = [
        MADE,
        "# Command line\n",
        _paragraph("""
            Every command tells the same with `--help`. Those that act on a newsroom find it by `STANDFIRST_HOME`, and
            must be given the same [options](options.md) as `standfirst serve`: set them in `standfirst.toml` in the
            newsroom's folder, and every command has them. A mistake of yours ends in one sentence and exit code 1;
            wrong usage in exit code 2.
        """),
    ]
    for name, command in commands():
        context = click.Context(command, info_name=name)
        parts.append(f"## `{name}`\n")
        parts.append(f"    {name} {' '.join(command.collect_usage_pieces(context))}\n")
        parts.append(inspect.cleandoc(command.help or "") + "\n")
        rows = [record for option in command.params if (record := option.get_help_record(context))]
        if rows:
            parts.append("| option | |\n|---|---|")
            parts += [f"| `{flags}` | {says} |" for flags, says in rows if says]
            parts.append("")
        if command.epilog:
            examples = re.sub(r"\bExamples?:\s*|\x08", "", command.epilog).strip().splitlines()
            shown = [line for line in examples if re.match(r"\s*(\w+=\S+ )*(standfirst|curl) ", line)]
            parts.append("```console")
            parts += [f"$ {line.strip()}" for line in shown]
            parts.append("```\n")
    return "\n".join(parts).rstrip() + "\n"


def options() -> str:
    """`reference/options.md`."""
    parts = [
        MADE,
        "# Options\n",
        _paragraph("""
            None is needed to start. A value comes from the environment variable, else from `standfirst.toml` in the
            newsroom's folder (keys in lower case, without `STANDFIRST_`), else from the default. A value that cannot be
            used, or a key that is none, stops the start with its name.
        """),
        "| environment | `standfirst.toml` | default | |\n|---|---|---|---|",
    ]
    for name, default, says in OPTIONS:
        key = name.removeprefix("STANDFIRST_").lower()
        shown = "—" if name == "STANDFIRST_HOME" else f"`{key}`"
        parts.append(f"| `{name}` | {shown} | {f'`{default}`' if default != '' else 'empty'} | {says} |")
    parts += [
        "",
        "```toml",
        "# standfirst.toml",
        'origin = "https://news.example"',
        "port = 8000",
        'trusted_proxies = "127.0.0.1"',
        'database_url = "postgresql://standfirst@localhost/standfirst"',
        "```\n",
        "The file holds secrets if you put any in it (`database_url`, `mail`, `secret_key`): `chmod 600`.",
    ]
    return "\n".join(parts) + "\n"


def roles() -> str:
    """`reference/roles.md`."""
    parts = [
        MADE,
        "# Roles and permissions\n",
        _paragraph("""
            A person has one role or several; permissions belong to roles, never to a person. They are put right at each
            start of `standfirst serve`. The source of this page is `src/standfirst/people/roles.py`.
        """),
    ]
    parts += [f"- **{role.name}.** {role.says}" for role in ROLES]
    parts += ["", "| may | " + " | ".join(role.name for role in ROLES) + " |", "|---|" + ":-:|" * len(ROLES)]
    for permission, says in MAY.items():
        has = [permission in {*role.pages, *role.permissions, *role.collections} for role in ROLES]
        parts.append(f"| {says} | " + " | ".join("✓" if it else "" for it in has) + " |")
    parts += [
        "",
        _paragraph("""
            Beside the table: nobody undoes a kill or a withholding that they ordered themselves, whatever their role.
            What reporters hand in is approved by editors, wire editors and publishers. Whoever takes items or changes
            feeds may open the files as received. What was published once can be deleted by nobody.
        """),
    ]
    return "\n".join(parts)


def interface_texts() -> str:
    parts = [
        "# Interface texts",
        "",
        MADE,
        _paragraph("""
            What readers' pages say by themselves, in the page's language; failing that in the site's; failing that in
            English. See [Add a language](../how-to/add-a-language.md). English stands in
            `src/standfirst/pages/words.py`, the others in `src/standfirst/pages/locale/`.
        """),
        "## Languages",
        "",
        "| code | language | phrases | state |",
        "|---|---|--:|---|",
        f"| `en` | English | {len(PHRASES)} | the source |",
    ]
    english = words("en")
    for catalogue in shipped().languages.values():
        state = "**draft: awaits a native reader**" if catalogue.drafts else "signed off"
        name = language_name(catalogue.language, english)
        parts.append(f"| `{catalogue.language}` | {name} | {len(catalogue.texts)} | {state} |")
    parts += [
        "",
        "## Phrases",
        "",
        _paragraph("""
            Templates call a phrase by its name, as in `w.home`. One that counts is called with a number, as in
            `w.results(3)`. What stands in braces is filled in by the page.
        """),
        "| name | English | note |",
        "|---|---|---|",
    ]
    for phrase in PHRASES:
        text = f"{phrase.english} / {phrase.plural}" if phrase.plural else phrase.english
        context = f"Context “{phrase.context}”. " if phrase.context else ""
        parts.append(f"| `{phrase.name}` | `{text}` | {context}{phrase.note} |")
    return "\n".join(parts) + "\n"


PAGES: Final = {
    "command-line.md": command_line,
    "interface-texts.md": interface_texts,
    "options.md": options,
    "roles.md": roles,
}


def main() -> None:
    (LOCALE / "standfirst.pot").write_text(template(PHRASES), encoding="utf-8")
    for path in sorted(LOCALE.glob("*.po")):
        path.write_text(renewed(path.read_text(encoding="utf-8"), PHRASES), encoding="utf-8")
    shipped.cache_clear()
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
