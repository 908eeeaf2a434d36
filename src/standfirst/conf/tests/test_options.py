import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from standfirst.conf.options import OPTIONS, load
from standfirst.kit.errors import Misconfigured


def test_it_needs_no_setting_at_all(tmp_path: Path) -> None:
    options = load({"STANDFIRST_HOME": str(tmp_path)})
    assert (options.home, options.origin, options.trusted_proxies) == (tmp_path, "http://127.0.0.1:8000", ())


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    (tmp_path / "standfirst.toml").write_text('port = 8443\nlog_level = "debug"\ntrusted_proxies = "127.0.0.1, ::1"\n')
    options = load({"STANDFIRST_HOME": str(tmp_path), "STANDFIRST_LOG_LEVEL": "ERROR"})
    assert (options.port, options.origin, options.log_level) == (8443, "http://127.0.0.1:8443", "ERROR")
    assert options.trusted_proxies == ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("PORT", "0"),
        ("STANDFIRST_NEWSROOM_PORT", "65536"),
        ("STANDFIRST_MAIL", "mail.example"),
        ("STANDFIRST_MAIL", "smtp://desk:secret@mail.example:submission"),
        ("DATABASE_URL", "postgresql://newsroom:secret@[::1/news"),
        ("DATABASE_URL", "sqlite:///newsroom.sqlite3"),
        ("PRESS_DATABASE_URL", "mysql://press@localhost/press"),
        ("STANDFIRST_WIRE_LIMIT", "-1"),
        ("STANDFIRST_ORIGIN", "news.example"),
        ("STANDFIRST_ORIGIN", "https://news.example/front"),
        ("STANDFIRST_ORIGIN", "http://[::1"),
        ("STANDFIRST_ORIGIN", "http://news.example:99999"),
        ("STANDFIRST_ORIGIN", "https://me:secret@news.example"),
        ("STANDFIRST_RANKING_SECONDS", "5"),
        ("STANDFIRST_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_value_that_cannot_be_used_stops_the_start_with_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        load({"STANDFIRST_HOME": str(tmp_path), name: value})


@pytest.mark.parametrize("line", ["prot = 8443\n", 'home = "elsewhere"\n', "port = \n"])
def test_a_file_that_cannot_be_meant_stops_the_start_too(tmp_path: Path, line: str) -> None:
    (tmp_path / "standfirst.toml").write_text(line)
    with pytest.raises(Misconfigured, match=r"standfirst\.toml"):
        load({"STANDFIRST_HOME": str(tmp_path)})


def test_there_are_few_options_and_each_says_what_it_is() -> None:
    assert len(OPTIONS) <= 25
    assert all(says.endswith(".") for _, _, says in OPTIONS)


@pytest.mark.parametrize(
    ("mail", "expected"),
    [
        ("smtp://localhost:2525", ["localhost", 2525, "", "", False, False]),
        # A password never goes over an open line.
        ("smtp://desk:p%40ss%2Fword@mail.example:587", ["mail.example", 587, "desk", "p@ss/word", True, False]),
        ("smtps://desk:secret@mail.example", ["mail.example", 465, "desk", "secret", False, True]),
    ],
)
def test_mail_goes_where_the_option_says(tmp_path: Path, mail: str, expected: list[object]) -> None:
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL")
    asked = ", ".join(f"settings.EMAIL_{name}" for name in names)
    told = subprocess.run(
        [sys.executable, "-c", f"import json; from standfirst.conf import settings; print(json.dumps([{asked}]))"],
        env={**os.environ, "STANDFIRST_HOME": str(tmp_path), "STANDFIRST_MAIL": mail},
        capture_output=True,
        check=True,
    )
    assert json.loads(told.stdout) == expected


def test_the_newsroom_answers_to_international_names_as_browsers_write_them(tmp_path: Path) -> None:
    names = {"STANDFIRST_ORIGIN": "https://zeitung-köln.example:8443", "STANDFIRST_HOSTS": "www.köln.example"}
    tell = "from standfirst.conf import settings as s; print(s.ALLOWED_HOSTS, s.CSRF_TRUSTED_ORIGINS)"
    environ = {**os.environ, "STANDFIRST_HOME": str(tmp_path), **names}
    said = subprocess.run([sys.executable, "-c", tell], env=environ, capture_output=True, text=True, check=True).stdout
    assert "['xn--zeitung-kln-zfb.example', '127.0.0.1'," in said
    assert "'https://xn--zeitung-kln-zfb.example:8443', 'https://www.xn--kln-sna.example'" in said
