"""Secrets kept at rest: encrypted in the database, by a key that lies outside of it.

AES-256-GCM. What is stored is "v1.<key's name>.<nonce and ciphertext>"; the key's name (8 hexadecimal digits of its
digest) tells "another key" apart from "damaged". The key file holds one key a line in URL-safe base64: the first
encrypts, all decrypt, so a key is renewed by putting a new line at the top and saving each secret again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from standfirst.kit.errors import Problem

_VERSION: Final = "v1"
_NONCE: Final = 12


class Unopened(Problem):
    """Secrets that cannot be opened: the key is gone or is another one, or they are damaged."""


class Secrets(Mapping[str, str]):
    """Secrets by name. They do not show when it is printed, logged or dumped in a traceback."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Secrets: {', '.join(self._values) or 'none'}>"

    def __reduce__(self) -> str:
        raise TypeError("Secrets are not pickled")

    def without(self, text: str) -> str:
        """`text` with every secret in it blotted out, for what a server said in its error."""
        for value in sorted(self._values.values(), key=len, reverse=True):
            for part in {value, *value.splitlines()}:
                if len(part) >= 4:
                    text = text.replace(part, "•••")
        return text


class Vault:
    """Encrypts and decrypts with the key in `path`, which is made when it is first needed, for its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lock(self, values: Mapping[str, str], *, purpose: str) -> str:
        """`values` encrypted, "" for none. `purpose` must be the same to open them.

        Raises:
            Problem: the key file can be neither read nor made.
        """
        if not values:
            return ""
        key = self._keys(make=True)[0]
        nonce = secrets.token_bytes(_NONCE)
        plain = msgspec.json.encode(dict(values))
        sealed = AESGCM(key).encrypt(nonce, plain, f"{_VERSION}:{purpose}".encode())
        return f"{_VERSION}.{_name(key)}.{base64.urlsafe_b64encode(nonce + sealed).decode('ascii')}"

    def open(self, token: str, *, purpose: str) -> Secrets:
        """What was locked.

        Raises:
            Unopened: the key is missing or another, or `token` is damaged. The message says what to do.
        """
        if not token:
            return Secrets()
        version, _, rest = token.partition(".")
        name, _, text = rest.partition(".")
        if version != _VERSION:
            raise Unopened("These secrets were stored by a newer program: update Standfirst, or enter them again.")
        keys = {_name(key): key for key in self._keys(make=False)}
        if not keys:
            raise Unopened(
                f"The key to the stored secrets is gone: put {self.path.name} back into the newsroom’s folder from "
                "your backup, or enter the secrets again."
            )
        if name not in keys:
            raise Unopened(
                f"The stored secrets belong to another key than the one in {self.path.name}: put the right file back "
                "from your backup, or enter the secrets again."
            )
        try:
            data = base64.urlsafe_b64decode(text.encode("ascii"))
            plain = AESGCM(keys[name]).decrypt(data[:_NONCE], data[_NONCE:], f"{_VERSION}:{purpose}".encode())
            return Secrets(msgspec.json.decode(plain, type=dict[str, str]))
        except (InvalidTag, ValueError, binascii.Error, msgspec.MsgspecError):
            raise Unopened("The stored secrets are damaged: enter them again.") from None

    def _keys(self, *, make: bool) -> list[bytes]:
        try:
            text = self.path.read_text("ascii")
        except FileNotFoundError:
            if not make:
                return []
            self._make()
            return self._keys(make=False)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no key file"
            raise Unopened(
                f"The key to the stored secrets, {self.path.name} cannot be read ({why}): mend it."
            ) from None
        keys = []
        for line in text.split():
            try:
                key = base64.urlsafe_b64decode(line.encode("ascii"))
            except (binascii.Error, ValueError):
                key = b""
            if len(key) != 32:
                raise Unopened(
                    f"The key to the stored secrets, {self.path.name}, is damaged: put it back from your backup."
                )
            keys.append(key)
        if not keys and make:
            raise Unopened(f"The key to the stored secrets, {self.path.name}, is empty: put it back from your backup.")
        return keys

    def _make(self) -> None:
        """Make the key. Two processes that do so at once end with the same: the file is linked into place whole."""
        aside = self.path.parent / f".{secrets.token_hex(8)}.part"
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "wb") as out:
                out.write(base64.urlsafe_b64encode(secrets.token_bytes(32)) + b"\n")
                out.flush()
                os.fsync(out.fileno())
            with suppress(FileExistsError):
                os.link(aside, self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise Problem(
                f"The key to the stored secrets, {self.path.name}, cannot be made ({error.strerror}): "
                "let the newsroom’s account write in its folder."
            ) from error
        finally:
            with suppress(FileNotFoundError):
                aside.unlink()


def _name(key: bytes) -> str:
    return hashlib.sha256(b"standfirst key name\0" + key).hexdigest()[:8]
