"""Makes a newsroom's folder fit to run: databases, tables, roles, and at the very first start an administrator."""

from __future__ import annotations

import gc
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from standfirst.kit.errors import Problem
from standfirst.kit.files import write_atomically

FOLDERS = ("run", "output", "private", "received", "reads", "mail")
FIRST_PASSWORD = "first-password"  # noqa: S105 - the name of a file

Say = Callable[[str], None]


def boot() -> None:
    """Start Django in this process. Raises `Problem` for a setting that cannot be used."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "standfirst.conf.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    # Nothing that is loaded now is ever garbage: looking for some would take a fifth of the time.
    gc.disable()
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise Problem(str(error)) from error
    finally:
        gc.freeze()
        gc.enable()


def settle() -> None:
    """For a process that will run for long, when all is loaded: that stays, and of what comes little makes circles.

    Looking through everything for what nobody holds any more takes up to 130 ms, in which a publication would wait.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@contextmanager
def answering() -> Iterator[None]:
    """Around what needs the database: raises `Problem` if it does not answer."""
    from django.db import OperationalError

    try:
        yield
    except OperationalError as error:
        why = (str(error).strip().splitlines() or ["no reason given"])[0]
        raise Problem(
            f"The newsroom's database does not answer ({why}): check that it runs and that DATABASE_URL is right."
        ) from error


def nothing_here(home: Path) -> str | None:
    """A sentence if no newsroom was ever opened in `home`, None otherwise."""
    from standfirst.changes import databases

    if databases.gone() is None or (home / "output" / ".newsroom").exists():
        return None
    return (
        f"There is no newsroom in {home}: start one with `standfirst serve` or `standfirst demo`, "
        "or name its folder with STANDFIRST_HOME."
    )


def lay_folders(home: Path) -> None:
    """Make the newsroom's folder and what is in it. Raises `Problem` where that is not allowed."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        for name in FOLDERS:
            (home / name).mkdir(exist_ok=True, mode=0o755 if name == "output" else 0o700)
    except OSError as error:
        raise Problem(
            f"The newsroom's folder {home} cannot be made ({error.strerror}): choose another with STANDFIRST_HOME."
        ) from error


def lay_databases(home: Path) -> bool:
    """Make the SQLite files that are missing, before Django opens them. True if the newsroom's is new.

    Raises:
        Problem: the newsroom's database is missing although the newsroom has been running: an empty one in its place
            would be taken for the truth.
    """
    import django.conf

    settings = django.conf.settings
    new = False
    for alias in ("default", "press"):
        database = settings.DATABASES[alias]
        if not database["ENGINE"].endswith("sqlite3"):
            continue
        path = home / ("newsroom.sqlite3" if alias == "default" else "press.sqlite3")
        if path.exists():
            continue
        if alias == "default":
            if (home / "output" / ".newsroom").exists():
                raise Problem(
                    f"The newsroom's database is gone: {path.name} is missing in {home}, but pages were published. "
                    "Put the file back from your backup, or choose an empty folder with STANDFIRST_HOME."
                )
            new = True
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        path.chmod(0o600)
    return new


def migrate(say: Say) -> None:
    """Bring the tables up to date, if they are not."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    say("Making the database's tables ..." if len(plan) > 50 else "Bringing the database up to date ...")
    call_command("migrate", interactive=False, verbosity=0)


def open_newsroom() -> Path:
    """Start Django on a newsroom that is there, for a command that works on it; returns the newsroom's folder.

    Raises:
        Problem: there is none, or its database is gone or does not answer.
    """
    boot()
    from django.conf import settings

    from standfirst.changes import databases

    home: Path = settings.HOME
    if problem := nothing_here(home) or databases.gone():
        raise Problem(problem)
    lay_folders(home)
    lay_databases(home)
    with answering():
        if not is_open():
            raise Problem(
                f"There is no newsroom in {home} yet: start one with `standfirst serve` or `standfirst demo`."
            )
    return home


def prepare(say: Say = lambda sentence: None) -> Path:
    """Everything up to the point where the processes can start. Safe to repeat; returns the newsroom's folder."""
    from django.conf import settings

    home: Path = settings.HOME
    lay_folders(home)
    lay_databases(home)
    migrate(say)
    from standfirst.people import actions as people

    people.ensure_roles()
    return home


def is_open() -> bool:
    """True once there is a newsroom in the database."""
    from standfirst.stories.models import SiteFacts

    return SiteFacts.objects.exists()


def first_administrator(home: Path) -> tuple[str, str]:
    """Hire the first administrator with a made-up password, kept in the newsroom's folder. Returns (name, password)."""
    from standfirst.people import actions as people
    from standfirst.people.roles import ROLES

    password = "-".join(secrets.token_hex(2) for _ in range(4))
    people.hire(username="admin", name="First Administrator", roles=[role.name for role in ROLES], password=password)
    write_atomically(home / FIRST_PASSWORD, f"{password}\n".encode(), mode=0o600)
    return "admin", password


def first_password(home: Path) -> str | None:
    """The made-up password while its file is there and it still works."""
    from standfirst.people.models import User

    try:
        password = (home / FIRST_PASSWORD).read_text("utf-8").strip()
    except OSError:
        return None
    user = User.objects.filter(username="admin").first()
    return password if user is not None and user.check_password(password) else None
