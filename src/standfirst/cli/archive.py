"""`standfirst import`: an archive from another system, in bulk."""

from __future__ import annotations

import fcntl
import json
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from standfirst.conf import setup
from standfirst.kit.errors import Problem

if TYPE_CHECKING:
    from standfirst.archive.actions import Outcome, Shelf
    from standfirst.archive.reading import Copy, Progress, Refusal, Without

_EPILOG: Final = """\b
Examples:
  standfirst import --dry-run stories.jsonl
  standfirst import --source wordpress stories.jsonl
  standfirst import --source wordpress --pictures wp-content/uploads stories.jsonl
  standfirst import --section news/archive --json old/*.json"""

_KEPT: Final = 10_000
"""Refusals that `--json` tells one by one, of stories and of pictures."""


@click.command("import", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--section", metavar="PATH", default="", help="Home section of stories that name none, e.g. news/world.")
@click.option("--language", metavar="TAG", default="", help="Language of stories that name none, e.g. fr.")
@click.option(
    "--source",
    metavar="NAME",
    default="archive",
    show_default=True,
    help="Where they come from. Ids are told apart by it: keep it the same from run to run.",
)
@click.option(
    "--pictures",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Folder from which paths of pictures are seen; else that of the FILE that names them.",
)
@click.option("--dry-run", is_flag=True, help="Read and check everything, pictures too; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON object.")
def bring_in(
    files: tuple[Path, ...],
    section: str,
    language: str,
    source: str,
    pictures: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import published stories from FILEs: lines of JSON, one story a line, or ninjs 1 to 3.

    They are left as if they had been published here, each exactly once: broken off, even killed, the same command goes
    on where it was. What was imported before is passed over. What cannot be imported is refused with its line and a
    reason, and stops nothing else; the exit code is then 1. Pictures that the stories name come along if their files
    are there; nothing is fetched. One that is not taken is named with a reason, its story comes without it, and the
    exit code is 1 too. Progress goes to standard error. While it runs the newsroom works on, and the press prints what
    came when it has nothing more urgent to do.
    """
    home = setup.open_newsroom()
    from django.db import InterfaceError, OperationalError

    if not source.strip() or len(source) > 100:
        raise Problem("The name of the source is empty or longer than 100 characters: choose another with --source.")
    with _alone(home):
        try:
            run = _Run(files, _terms(section, language, pictures), source.strip(), dry_run, as_json)
            run.stories()
            run.relations()
        except KeyboardInterrupt:
            click.echo("\nBroken off. What is done stays done: the same command goes on from here.", err=True)
            sys.exit(130)
        except (OperationalError, InterfaceError) as error:
            raise Problem(
                f"The newsroom's database did not answer ({str(error).strip()}): what is done stays done, and the same "
                "command goes on from here."
            ) from error
    run.report()
    if run.refused or run.without:
        sys.exit(1)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """While nobody else imports on this machine: two would only wait for each other."""
    with open(home / "run" / "import.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Problem("Another import is running in this newsroom: wait until it is done.") from None
        yield


def _terms(section: str, language: str, pictures: Path | None) -> Any:
    from standfirst.archive import reading
    from standfirst.stories.languages import known_or
    from standfirst.stories.models import SiteFacts

    if language and not known_or(language, ""):
        raise Problem(f"“{language}” is no language that stories are written in: {reading.WRITTEN}.")
    if pictures is not None and not pictures.is_dir():
        raise Problem(f"“{click.format_filename(pictures)}” is no folder: give the one in which the pictures lie.")
    try:
        parts = reading.section_of(section)
    except ValueError:
        raise Problem(f"“{section}” cannot be the path of a section: write it like news/world.") from None
    return reading.Terms(section=parts, language=language or SiteFacts.current().language, pictures=pictures)


class _Run:
    """One run of the command."""

    def __init__(self, files: tuple[Path, ...], terms: Any, source: str, dry_run: bool, as_json: bool) -> None:
        from standfirst.archive.actions import Shelf
        from standfirst.archive.reading import Progress

        self.files, self.terms, self.source, self.dry_run, self.as_json = files, terms, source, dry_run, as_json
        self.shelf: Shelf = Shelf()
        self.progress: Progress = Progress(total=sum(path.stat().st_size for path in files if path.is_file()))
        self.imported = self.unchanged = self.refused = self.related = 0
        self.pictures = self.left_out = self.without = 0
        self.refusals: list[Refusal] = []
        self.pictures_refused: list[Without] = []
        self.began = time.monotonic()
        self.shown = 0.0
        self.seconds = 0.0

    def stories(self) -> None:
        """Read, check, and write unless this is a dry run."""
        from standfirst.archive import actions
        from standfirst.archive.reading import Copy, Refusal

        for number, chunk in enumerate(actions.chunks(self._read())):
            copies = [each for each in chunk if isinstance(each, Copy)]
            if number == 0 and (other := actions.elsewhere(source=self.source, copies=copies)):
                raise Problem(
                    f"Most of these stories came before with the source {other}, and would be here twice: run this "
                    f"again with `--source {shlex.quote(other)}`."
                )
            if self.dry_run:
                fresh, outcome = actions.rehearse(source=self.source, copies=copies, shelf=self.shelf)
            else:
                outcome = actions.take_in(source=self.source, copies=copies, shelf=self.shelf)
                fresh = [copy for copy, _ in outcome.imported]
            outcome.refused += [each for each in chunk if isinstance(each, Refusal)]
            order = {each.where: place for place, each in enumerate(chunk)}
            self._count(outcome, fresh, order)
            self._tell()
        self.seconds = time.monotonic() - self.began
        self._clear()

    def relations(self) -> None:
        """Give what was imported, now or in a run that was broken off, its related lists."""
        if self.dry_run:
            return
        from standfirst.archive import actions
        from standfirst.archive.models import Imported

        total = Imported.objects.unrelated().count()
        began = time.monotonic()
        while done := actions.relate():
            self.related += done
            if self._time_to_tell():
                rate = self.related / max(time.monotonic() - began, 0.001)
                left = _span((total - self.related) / max(rate, 0.001))
                self._show(f"Relating: {self.related:,} of {total:,} stories, {rate:,.0f} a second, {left} left")
        self._clear()

    def report(self) -> None:
        rate = self.imported / self.seconds if self.seconds else 0.0
        if self.as_json:
            report = {
                "source": self.source,
                "dry_run": self.dry_run,
                "imported": self.imported,
                "unchanged": self.unchanged,
                "refused": self.refused,
                "related": self.related,
                "sections_opened": self.shelf.opened,
                "authors_made": self.shelf.hired,
                "pictures": self.pictures,
                "pictures_left_out": self.left_out,
                "pictures_refused": self.without,
                "seconds": round(self.seconds, 3),
                "stories_per_second": round(rate, 1),
                "refusals": [{"where": each.where, "why": each.why} for each in self.refusals],
                "picture_refusals": [
                    {"where": each.where, "file": each.file, "why": each.why} for each in self.pictures_refused
                ],
            }
            click.echo(json.dumps(report, ensure_ascii=False, indent=2))
            return
        would = "would be imported" if self.dry_run else "imported"
        click.echo(
            f"{self.imported:,} stories {would}, {self.unchanged:,} were here already, {self.refused:,} refused"
            f" ({self.seconds:,.1f} s, {rate:,.0f} a second)."
        )
        if self.shelf.opened:
            opened = "Sections that would be opened" if self.dry_run else "Sections opened"
            click.echo(f"{opened}: {', '.join(self.shelf.opened)}")
        if self.shelf.hired:
            click.echo(f"Authors {'that would be made' if self.dry_run else 'made'}: {self.shelf.hired:,}.")
        if self.related:
            click.echo(f"Related lists made: {self.related:,}.")
        if self.pictures:
            click.echo(f"Their pictures {'would come' if self.dry_run else 'came'} along: {self.pictures:,}.")
        if self.without:
            click.echo(f"{self.without:,} pictures were not taken: their stories come without them.")
        if self.left_out:
            click.echo(
                f"{self.left_out:,} pictures and players in texts do not come along: they lie on other hosts, or their "
                "files are not in the folder."
            )
        if self.imported and not self.dry_run:
            click.echo("The press prints them: see `standfirst press status`.")

    def _read(self) -> Iterator[Copy | Refusal]:
        from standfirst.archive import reading

        for path in self.files:
            yield from reading.read(path, click.format_filename(path), self.terms, self.progress)

    def _count(self, outcome: Outcome, imported: list[Copy], order: dict[str, int]) -> None:
        """Note what became of a chunk, and tell what was refused in the order of its lines."""
        from standfirst.archive.reading import Refusal

        self.imported += len(imported)
        self.unchanged += outcome.unchanged
        told: list[Refusal | Without] = [*outcome.refused]
        for copy in imported:
            self.pictures += len(copy.pictures)
            self.left_out += copy.left_out
            told += copy.without
        for each in sorted(told, key=lambda each: order.get(each.where, 0)):
            if isinstance(each, Refusal):
                self._refuse(each)
            else:
                self._go_without(each)

    def _refuse(self, refusal: Refusal) -> None:
        self.refused += 1
        if self.as_json:
            if self.refused <= _KEPT:
                self.refusals.append(refusal)
        else:
            self._clear()
            click.echo(f"{refusal}", err=True)

    def _go_without(self, without: Without) -> None:
        self.without += 1
        if self.as_json:
            if self.without <= _KEPT:
                self.pictures_refused.append(without)
        else:
            self._clear()
            click.echo(f"{without}", err=True)

    def _tell(self) -> None:
        if self._time_to_tell():
            seconds = max(time.monotonic() - self.began, 0.001)
            part = self.progress.read / self.progress.total if self.progress.total else 1.0
            left = _span(seconds / part - seconds) if part else "some time"
            rate = (self.imported + self.unchanged) / seconds
            self._show(f"{part:4.0%}  {self.imported:,} stories, {rate:,.0f} a second, {left} left")

    def _time_to_tell(self) -> bool:
        if not sys.stderr.isatty() or time.monotonic() - self.shown < 0.5:
            return False
        self.shown = time.monotonic()
        return True

    def _show(self, line: str) -> None:
        click.echo(f"\r\x1b[K{line}", err=True, nl=False)

    def _clear(self) -> None:
        if sys.stderr.isatty():
            click.echo("\r\x1b[K", err=True, nl=False)


def _span(seconds: float) -> str:
    """E.g. "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
