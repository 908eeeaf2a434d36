"""`standfirst nginx` at the terminal. What nginx makes of it is tested beside the reader process."""

import re

import pytest
from click.testing import CliRunner

from standfirst.cli.main import standfirst
from standfirst.kit.errors import Problem


@pytest.fixture
def printed(monkeypatch, tmp_path):
    def run(*words, **environ):
        for name, value in {"STANDFIRST_HOME": str(tmp_path / "newsroom"), "PORT": "8000", **environ}.items():
            monkeypatch.setenv(name, value)
        result = CliRunner().invoke(standfirst, ["nginx", *words])
        if isinstance(result.exception, Problem):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_it_prints_a_server_for_this_newsroom(printed, tmp_path):
    conf = printed(STANDFIRST_ORIGIN="https://news.example", STANDFIRST_HOSTS="www.news.example")
    assert "server_name news.example www.news.example;" in conf
    assert "listen 443 ssl http2;" in conf
    assert "listen [::]:443 ssl http2;" in conf
    assert "ssl_certificate /etc/letsencrypt/live/news.example/fullchain.pem;" in conf
    assert "return 301 https://$host$request_uri;" in conf
    assert f"root {tmp_path}/newsroom/output/pages;" in conf
    assert "server 127.0.0.1:8000;" in conf
    assert f"client_max_body_size {32 << 20};" in conf
    # Every brace that is no part of a word stands in its pair.
    bare = re.sub(r'"(?:\\.|[^"\\])*"', "", conf)
    assert bare.count("{") == bare.count("}")


def test_it_needs_no_certificate_for_plain_http(printed):
    conf = printed("--listen", "127.0.0.1:8080", STANDFIRST_ORIGIN="http://news.example", STANDFIRST_HOST="0.0.0.0")
    assert "listen 127.0.0.1:8080;" in conf
    assert "ssl" not in conf
    assert "server 127.0.0.1:8000;" in conf
    assert "listen 80;" in printed(STANDFIRST_ORIGIN="http://news.example")


def test_what_cannot_be_served_is_said(printed):
    with pytest.raises(Problem, match="cannot both listen at port 8000: set STANDFIRST_ORIGIN"):
        printed(STANDFIRST_ORIGIN="")
    with pytest.raises(Problem, match="go together"):
        printed("--key", "x.key", STANDFIRST_ORIGIN="https://news.example")
    with pytest.raises(Problem, match="https://"):
        printed("--key", "x.key", "--certificate", "x.pem", STANDFIRST_ORIGIN="http://news.example")
