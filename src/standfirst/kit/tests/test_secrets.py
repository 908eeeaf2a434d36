import os
import stat
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from standfirst.kit.secrets import Secrets, Unopened, Vault

HUSH = "correct horse battery"


def test_what_is_locked_is_not_readable_and_opens_again(tmp_path: Path):
    vault = Vault(tmp_path / "secrets.key")
    token = vault.lock({"password": HUSH}, purpose="wire")
    assert HUSH not in token
    assert token != vault.lock({"password": HUSH}, purpose="wire")
    assert vault.open(token, purpose="wire")["password"] == HUSH
    assert stat.S_IMODE(os.stat(tmp_path / "secrets.key").st_mode) == 0o600
    assert vault.lock({}, purpose="wire") == ""
    assert dict(vault.open("", purpose="wire")) == {}


def test_a_lost_another_or_damaged_key_is_a_sentence_with_a_remedy(tmp_path: Path):
    path = tmp_path / "secrets.key"
    token = Vault(path).lock({"password": HUSH}, purpose="wire")
    key = path.read_bytes()
    path.unlink()
    with pytest.raises(Unopened, match="is gone: put secrets"):
        Vault(path).open(token, purpose="wire")
    Vault(path).lock({"a": "b"}, purpose="wire")
    with pytest.raises(Unopened, match="another key"):
        Vault(path).open(token, purpose="wire")
    path.write_bytes(b"nonsense\n")
    with pytest.raises(Unopened, match="damaged"):
        Vault(path).open(token, purpose="wire")
    path.write_bytes(b"")
    with pytest.raises(Unopened, match="empty"):
        Vault(path).lock({"a": "b"}, purpose="wire")
    path.write_bytes(key)
    for wrong in (token[:-8] + "AAAAAAA=", token[:20], "v1.", "nonsense", "v9.x.y"):
        with pytest.raises(Unopened):
            Vault(path).open(wrong, purpose="wire")
    with pytest.raises(Unopened):
        Vault(path).open(token, purpose="mail")


def test_a_new_key_on_top_locks_and_the_old_one_still_opens(tmp_path: Path):
    path, other = tmp_path / "secrets.key", tmp_path / "other.key"
    old = Vault(path).lock({"password": HUSH}, purpose="wire")
    Vault(other).lock({"a": "b"}, purpose="wire")
    path.write_bytes(other.read_bytes() + path.read_bytes())
    assert Vault(path).open(old, purpose="wire")["password"] == HUSH
    assert Vault(other).open(Vault(path).lock({"a": "c"}, purpose="wire"), purpose="wire")["a"] == "c"


def test_processes_that_need_the_key_at_once_make_one(tmp_path: Path):
    vault = Vault(tmp_path / "secrets.key")
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: vault.lock({"password": HUSH}, purpose="wire"), range(16)))
    assert all(vault.open(token, purpose="wire")["password"] == HUSH for token in tokens)
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.key"]


def test_secrets_do_not_show_when_they_are_printed_or_told(tmp_path: Path):
    known = Secrets({"password": HUSH, "key": "line one\nline two"})
    assert HUSH not in f"{known} {known!r} {known!s} {[known]}"
    assert known.without(f"530 Login {HUSH} incorrect; line two") == "530 Login ••• incorrect; •••"
    try:
        known["token"]
    except KeyError:
        assert HUSH not in traceback.format_exc()
