"""SFTP servers, by the machine's own OpenSSH client.

The host's key is pinned in the settings: a connection to anything else is refused. Passwords reach `ssh` through
SSH_ASKPASS, never on a command line; keys lie in a folder of their own for as long as a look lasts. Nothing of the
account's own SSH settings, known hosts or keys is used, and the connection goes to a judged address.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from standfirst.kit.outgoing import Unfetched, resolve
from standfirst.wire.transports import _shared
from standfirst.wire.transports._files import Entry
from standfirst.wire.transports._remote import AFTERWARDS, Afterwards, take
from standfirst.wire.transports._shared import Job, News, SecretField, Trouble

KIND: Final = "sftp"
LINGERS: Final = False


class Settings(_shared.Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which server, and what happens to the files there."""

    CHOICES: ClassVar = AFTERWARDS

    host: Annotated[str, Meta(title="Server", description="E.g. sftp.agency.example", max_length=253)]
    port: Annotated[int, Meta(title="Port", ge=1, le=65_535)] = 22
    user: Annotated[str, Meta(title="User name", max_length=200)]
    host_key: Annotated[
        str,
        Meta(
            title="Key of the server",
            description="As “ssh-keyscan sftp.agency.example” prints it, compared with what the agency told you.",
            max_length=4000,
        ),
    ]
    folder: Annotated[str, Meta(title="Folder", description="Empty: where one arrives.", max_length=500)] = ""
    afterwards: Annotated[Literal["move", "delete", "leave"], Meta(title="Files that were taken in are")] = "delete"
    patterns: Annotated[
        tuple[str, ...], Meta(title="Only names like", description="One a line, e.g. *.xml. Empty: every file.")
    ] = ()


SECRETS: Final = (
    SecretField("password", "Password", "Or a key, below."),
    SecretField("key", "Private key", "As OpenSSH writes it, BEGIN OPENSSH PRIVATE KEY and all.", lines=True),
    SecretField("passphrase", "Passphrase of the key"),
)

_KEY: Final = re.compile(
    r"(ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp(?:256|384|521)|sk-[\w@.-]+) ([A-Za-z0-9+/=]{50,2000})"
)
_ROW: Final = re.compile(
    r"(?P<mode>[-a-zA-Z+.]{10,12})\s+\S+\s+\S+\s+\S+\s+(?P<size>\d+)\s+(?P<when>\S+\s+\S+\s+\S+)\s(?P<name>.+)\Z"
)
_ODD: Final = re.compile(r"[\x00-\x1f\x7f\\]")
_BATCH: Final = 50
"""Files fetched over one connection."""


def check(settings: Settings, secrets: frozenset[str]) -> Iterator[tuple[str, str]]:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.:_-]*|\[[0-9A-Fa-f:.]+\]", settings.host):
        yield "host", "Give the name of the server only, e.g. sftp.agency.example."
    if not re.fullmatch(r"[^\s\x00-\x1f@:/'\"\\-][^\s\x00-\x1f:'\"\\]*", settings.user):
        yield "user", "This is no user name."
    if not keys_in(settings.host_key):
        yield "host_key", "Enter the server’s key as ssh-keyscan prints it: “ssh-ed25519 AAAA…”."
    if _ODD.search(settings.folder) or '"' in settings.folder:
        yield "folder", "There is a sign in the folder’s name that cannot be used."
    if not {"password", "key"} & secrets:
        yield "password", "Enter a password or a private key."


def keys_in(text: str) -> list[str]:
    """The public keys in what `ssh-keyscan` printed, or in a line of known_hosts: "type base64"."""
    return [f"{match.group(1)} {match.group(2)}" for match in _KEY.finditer(text)]


def fetch(job: Job) -> Iterator[News]:
    settings: Settings = job.settings
    program = shutil.which("sftp")
    if program is None or shutil.which("ssh") is None:
        raise Trouble(
            "This machine has no SFTP client: install OpenSSH’s (the package openssh-client on Debian).",
            retry_after=600,
        )
    about = f"{settings.host}:{settings.port}/{settings.folder.strip('/')}".rstrip("/")
    with tempfile.TemporaryDirectory(prefix="standfirst-sftp-") as place:
        shelf = _Shelf(job, about, program, Path(place))
        try:
            yield from take(job, shelf, patterns=settings.patterns, afterwards=settings.afterwards, about=about)
        finally:
            shelf.close()


class _Shelf:
    """Batches of commands for `sftp`, each over a connection of its own."""

    def __init__(self, job: Job, about: str, program: str, place: Path) -> None:
        self._job, self._about, self._place = job, about, place
        self._settings: Settings = job.settings
        self._fetched: dict[str, Path] = {}
        self._next: list[Entry] = []
        self._going: list[tuple[Entry, Afterwards]] = []
        self._stuck: list[Entry] = []
        try:
            address = resolve(self._settings.host, self._settings.port, allow_private=job.allow_private)[0]
        except Unfetched as error:
            raise Trouble(str(error)) from None
        self._environ = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": str(place), "LC_ALL": "C.UTF-8"}
        known = place / "known_hosts"
        known.write_text("".join(f"source {key}\n" for key in keys_in(self._settings.host_key)), "ascii")
        options = {
            "HostName": str(address),
            "HostKeyAlias": "source",
            "UserKnownHostsFile": str(known),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "UpdateHostKeys": "no",
            "User": self._settings.user,
            "Port": str(self._settings.port),
            "ConnectTimeout": "20",
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "2",
            "NumberOfPasswordPrompts": "1",
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "PermitLocalCommand": "no",
            "ForwardAgent": "no",
            # Asked for by SSH_ASKPASS; a batch would never ask.
            "BatchMode": "no",
        }
        secrets = job.secrets
        if key := secrets.get("key"):
            path = place / "key"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="ascii", errors="replace") as out:
                out.write(key.replace("\r\n", "\n").strip() + "\n")
            options["IdentityFile"] = str(path)
            options["PreferredAuthentications"] = "publickey,password,keyboard-interactive"
        else:
            options["IdentityFile"] = "none"
            options["PreferredAuthentications"] = "password,keyboard-interactive"
        ask = place / "ask"
        # It answers what is asked: the passphrase for a key, the password for anything else.
        ask.write_text(
            '#!/bin/sh\ncase "$1" in *assphrase*) printf "%s\\n" "$SOURCE_PASSPHRASE";; '
            '*) printf "%s\\n" "$SOURCE_PASSWORD";; esac\n',
            "ascii",
        )
        ask.chmod(0o700)
        self._environ |= {
            "SSH_ASKPASS": str(ask),
            "SSH_ASKPASS_REQUIRE": "force",
            "DISPLAY": ":",
            "SOURCE_PASSWORD": secrets.get("password", ""),
            "SOURCE_PASSPHRASE": secrets.get("passphrase", ""),
        }
        self._command = [program, "-F", "none", *(f"-o{name}={value}" for name, value in options.items())]

    def close(self) -> None:
        """What was still to be moved or deleted, is."""
        if self._going:
            self._flush()

    # --- what `take` asks for

    def entries(self) -> list[Entry]:
        out = self._run(["ls -lan"], f"Listing {self._about}")
        found = []
        for line in out.splitlines():
            match = _ROW.match(line)
            if match is None or not match.group("mode").startswith("-"):
                continue
            name = match.group("name")
            if "/" in name or _ODD.search(name) or '"' in name:
                continue
            found.append(Entry(name, int(match.group("size")), match.group("when")))
        return found

    def ahead(self, entries: Sequence[Entry]) -> None:
        self._next = list(entries)

    def read(self, entry: Entry, limit: int) -> bytes:
        if entry.size > limit:
            raise ValueError(f"It has {entry.size:,} bytes, the limit is {limit:,}: take it in by hand.")
        if entry.path not in self._fetched:
            batch = [one for one in self._next if one.path not in self._fetched and one.size <= limit]
            at = batch.index(entry) if entry in batch else -1
            self._get(batch[at : at + _BATCH] if at >= 0 else [entry])
        path = self._fetched.pop(entry.path, None)
        if path is None or not path.exists():
            raise ValueError("The server does not give it: it is asked for again at the next look.")
        size = path.stat().st_size
        if size != entry.size:
            path.unlink()
            raise ValueError("It changed while it was fetched: it is looked at again.")
        data = path.read_bytes()
        path.unlink()
        return data

    def _get(self, entries: Sequence[Entry]) -> None:
        commands: list[str] = []
        total = 0
        for entry in entries:
            local = self._place / f"file-{time.monotonic_ns()}-{len(commands)}"
            self._fetched[entry.path] = local
            # The dash: one that cannot be had does not end the batch. In quotes, no sign stands for others.
            commands.append(f'-get "{entry.path}" "{local}"')
            total += entry.size
            if total > 200_000_000:
                break
        self._run(commands, f"Fetching {len(commands)} files")

    def away(self, entries: Iterable[Entry], how: Afterwards) -> list[Entry]:
        self._going += [(entry, how) for entry in entries]
        if len(self._going) >= _BATCH or self._job.stopping():
            self._flush()
        stuck, self._stuck = self._stuck, []
        return stuck

    def finish(self) -> list[Entry]:
        if self._going:
            self._flush()
        stuck, self._stuck = self._stuck, []
        return stuck

    def _flush(self) -> None:
        """Move and delete over one connection. What is cut short here comes again, and is recognised."""
        going, self._going = self._going, []
        commands = ['-mkdir "done"'] if any(how == "move" for _, how in going) else []
        for entry, how in going:
            name = entry.path
            if how == "delete":
                commands.append(f'-rm "{name}"')
            else:
                commands.append(f'-rename "{name}" "done/{time.time_ns()}-{entry.path}"')
        self._run(commands, f"Moving {len(going)} files away")
        here = {(one.path, one.size) for one in self.entries()}
        self._stuck += [entry for entry, _ in going if (entry.path, entry.size) in here]

    # --- the program

    def _run(self, commands: Sequence[str], says: str) -> str:
        self._job.say(says)
        folder = [f'cd "{self._settings.folder}"'] if self._settings.folder.strip() else []
        batch = "\n".join([*folder, *commands, "bye", ""])
        seconds = self._job.limits.seconds + 2.0 * len(commands)
        try:
            done = subprocess.run(
                [*self._command, "-b", "-", "source"],
                input=batch.encode(),
                capture_output=True,
                env=self._environ,
                cwd=self._place,
                timeout=seconds,
                check=False,
                start_new_session=True,  # no terminal to ask at
            )
        except subprocess.TimeoutExpired:
            raise Trouble(f"{self._about} took longer than {seconds:.0f} seconds: it is tried again.") from None
        except OSError as error:
            raise Trouble(f"The SFTP client could not be started ({error.strerror}): check the machine.") from None
        if done.returncode:
            raise self._refused(done.stderr.decode("utf-8", "replace"))
        return done.stdout.decode("utf-8", "surrogateescape")

    def _refused(self, said: str) -> Trouble:
        host = self._settings.host
        if "Host key verification failed" in said or "REMOTE HOST IDENTIFICATION" in said:
            return Trouble(
                f"{host} shows another key than the one that is entered: somebody may stand in between. Ask the agency "
                "before you enter the new one."
            )
        if ("Permission denied" in said and "publickey" in said) or "Too many authentication failures" in said:
            return Trouble(f"{host} does not let us in: enter user name, password or key again.")
        if "invalid format" in said or "error in libcrypto" in said or "incorrect passphrase" in said:
            return Trouble("The private key cannot be used: enter it again, and its passphrase.")
        if "No such file" in said or "stat remote" in said or "not a directory" in said.lower():
            return Trouble(f"There is no folder {self._settings.folder} there: check its name.")
        last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no reason given")
        return Trouble(f"The connection to {host} failed ({last[:200]}): it is tried again.")


__all__ = ["KIND", "LINGERS", "SECRETS", "Settings", "check", "fetch", "keys_in"]
