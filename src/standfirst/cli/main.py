"""The command `standfirst`, and the register of its commands.

To add a command: write one function here that imports and returns it, and one line in `COMMANDS` (or in a group's
register). The import stands inside the function, so that `standfirst wire parse` starts without Django.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import click

from standfirst import __version__
from standfirst.kit.errors import Problem

Loader = Callable[[], click.Command]


class LazyGroup(click.Group):
    """A group that knows its commands' names and short helps, and imports a command only when it is called."""

    def __init__(self, *, register: Mapping[str, tuple[Loader, str]], **options: Any) -> None:
        super().__init__(**options)
        self.register = register

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.register)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self.register.get(cmd_name)
        return entry[0]() if entry else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_load, short) in self.register.items()])


# --- loaders, one a command ---------------------------------------------------------------------------------------


def _wire_parse() -> click.Command:
    from standfirst.cli.wire import parse

    return parse


def _wire_take_in() -> click.Command:
    from standfirst.cli.wire_intake import take_in

    return take_in


def _wire_run() -> click.Command:
    from standfirst.cli.wire_run import run

    return run


def _wire_fetch() -> click.Command:
    from standfirst.cli.wire_run import fetch

    return fetch


def _wire_sources() -> click.Command:
    from standfirst.cli.wire_run import list_sources

    return list_sources


def _wire_replay() -> click.Command:
    from standfirst.cli.wire_replay import replay

    return replay


def _wire_index() -> click.Command:
    from standfirst.cli.wire_index import index

    return index


def _press_run() -> click.Command:
    from standfirst.cli.press import run

    return run


def _press_proof() -> click.Command:
    from standfirst.cli.press import proof

    return proof


def _press_status() -> click.Command:
    from standfirst.cli.press import status

    return status


def _search_rebuild() -> click.Command:
    from standfirst.cli.search import rebuild

    return rebuild


def _import() -> click.Command:
    from standfirst.cli.archive import bring_in

    return bring_in


def _serve() -> click.Command:
    from standfirst.cli.serve import serve

    return serve


def _demo() -> click.Command:
    from standfirst.cli.demo import demo

    return demo


def _words() -> click.Command:
    from standfirst.cli.words import words

    return words


def _check() -> click.Command:
    from standfirst.cli.check import check

    return check


def _theme_check() -> click.Command:
    from standfirst.cli.theme import check

    return check


def _theme_apply() -> click.Command:
    from standfirst.cli.theme import apply

    return apply


def _theme_new() -> click.Command:
    from standfirst.cli.theme import new

    return new


def _nginx() -> click.Command:
    from standfirst.cli.nginx import nginx

    return nginx


# --- registers ----------------------------------------------------------------------------------------------------

WIRE: Final[dict[str, tuple[Loader, str]]] = {
    "parse": (_wire_parse, "Read wire files and print their items as JSON."),
    "take-in": (_wire_take_in, "Take files in as if a feed had delivered them."),
    "replay": (_wire_replay, "Show what today's readers make of every file received; --apply it."),
    "index": (_wire_index, "Write the wire list's search index anew."),
    "run": (_wire_run, "Fetch from all sources, and read what came."),
    "fetch": (_wire_fetch, "Fetch from one source, now."),
    "sources": (_wire_sources, "List the sources with their state."),
}


PRESS: Final[dict[str, tuple[Loader, str]]] = {
    "run": (_press_run, "Print what changed, or everything."),
    "proof": (_press_proof, "Check the laws of the press; repair with --mend."),
    "status": (_press_status, "Backlog, oldest change, last bake, pages, bytes."),
}


SEARCH: Final[dict[str, tuple[Loader, str]]] = {
    "rebuild": (_search_rebuild, "Make the index of the readers' search anew."),
}


def _press() -> click.Command:
    return LazyGroup(name="press", register=PRESS, help="The press: print pages, prove them, see what waits.")


def _wire() -> click.Command:
    return LazyGroup(name="wire", register=WIRE, help="Agency copy: fetch it, read files, take them in.")


THEME: Final[dict[str, tuple[Loader, str]]] = {
    "new": (_theme_new, "Begin a theme: put an example, or parts of ours, into the newsroom's folder."),
    "check": (_theme_check, "Say what is wrong with a theme, without using it."),
    "apply": (_theme_apply, "Print every page with the theme as it is now."),
}


def _theme() -> click.Command:
    return LazyGroup(name="theme", register=THEME, help="How the site looks: colours, faces, logo, own components.")


def _search() -> click.Command:
    return LazyGroup(name="search", register=SEARCH, help="The readers' search.")


COMMANDS: Final[dict[str, tuple[Loader, str]]] = {
    "serve": (_serve, "Run the newsroom: reader, newsroom and worker."),
    "demo": (_demo, "Run a newsroom with demonstration copy."),
    "wire": (_wire, "Agency copy: fetch it, read files, take them in."),
    "import": (_import, "Bring in an archive from another system."),
    "press": (_press, "The press: print pages, prove them, see what waits."),
    "theme": (_theme, "How the site looks: begin a theme, check it, apply it."),
    "words": (_words, "Languages of readers' pages; check a translation."),
    "search": (_search, "The readers' search: make its index anew."),
    "nginx": (_nginx, "Print an nginx configuration for this newsroom."),
    "check": (_check, "Configuration and health, each finding with a remedy."),
}

standfirst = LazyGroup(
    name="standfirst",
    register=COMMANDS,
    help="Run a newsroom's publishing: agency wire in, a fast and accountable news site out.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
click.version_option(__version__, prog_name="standfirst")(standfirst)


def main() -> None:
    """Run the command line. A mistake of the user's ends in one sentence and a non-zero exit, not in a traceback."""
    try:
        standfirst(prog_name="standfirst")
    except Problem as problem:
        click.echo(f"standfirst: {problem}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output has gone away, as `head` does.
        sys.stderr.close()
        sys.exit(1)
