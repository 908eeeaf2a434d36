"""`standfirst nginx` at the terminal. What nginx makes of it is tested beside the reader process."""

import re

import pytest
from click.testing import CliRunner

from standfirst.cli.main import standfirst
from standfirst.kit.errors import Problem


@pytest.fixture
def said():
    """What the last run told the person at the terminal."""
    return [""]


@pytest.fixture
def printed(monkeypatch, tmp_path, said):
    def run(*words, **environ):
        for name, value in {"STANDFIRST_HOME": str(tmp_path / "newsroom"), "PORT": "8000", **environ}.items():
            monkeypatch.setenv(name, value)
        result = CliRunner().invoke(standfirst, ["nginx", *words])
        if isinstance(result.exception, Problem):
            raise result.exception
        assert result.exit_code == 0, result.output
        said[:] = [result.stderr]
        return result.stdout

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


def test_readers_without_tls_are_sent_to_the_port_of_the_origin(printed):
    conf = printed(STANDFIRST_ORIGIN="https://news.example:8443")
    assert "listen 8443 ssl http2;" in conf
    assert "listen [::]:8443 ssl http2;" in conf
    assert "listen 80;" in conf
    assert "return 301 https://$host:8443$request_uri;" in conf
    behind = printed("--listen", "127.0.0.1:4443", STANDFIRST_ORIGIN="https://news.example")
    assert "listen 127.0.0.1:4443 ssl http2;" in behind
    assert "return 301 https://$host$request_uri;" in behind


@pytest.mark.parametrize("where", ["80", "*:80", "[::]:8443", "[::1]", "127.0.0.1", "localhost:8080"])
def test_it_listens_where_it_is_told(printed, where):
    assert f"listen {where};" in printed("--listen", where, STANDFIRST_ORIGIN="http://news.example")


@pytest.mark.parametrize(
    "where", ["foo", "99999", "0", "", "127.0.0.1:", "127.0.0.1:99999", "1.2.3:80", "::1", "80; include x", "8080\n"]
)
def test_what_nginx_cannot_listen_at_is_said(printed, where):
    with pytest.raises(Problem, match="give --listen a port such as 8443"):
        printed("--listen", where, STANDFIRST_ORIGIN="https://news.example")


def test_names_are_written_as_browsers_ask_for_them(printed):
    conf = printed(STANDFIRST_ORIGIN="https://zeitung-köln.example", STANDFIRST_HOSTS="www.zeitung-köln.example")
    assert "server_name xn--zeitung-kln-zfb.example www.xn--zeitung-kln-zfb.example;" in conf
    assert "/live/xn--zeitung-kln-zfb.example/fullchain.pem;" in conf
    with pytest.raises(Problem, match="is no host name: look at STANDFIRST_ORIGIN"):
        printed(STANDFIRST_ORIGIN="https://köln..example")


def test_it_says_if_nginx_would_not_be_believed(printed, said):
    printed(STANDFIRST_ORIGIN="https://news.example")
    assert said[0].count("\n") == 1
    assert 'write `trusted_proxies = "127.0.0.1"` in standfirst.toml' in said[0]
    printed(STANDFIRST_ORIGIN="https://news.example", STANDFIRST_TRUSTED_PROXIES="127.0.0.1")
    assert said[0] == ""
    printed(STANDFIRST_ORIGIN="http://news.example", STANDFIRST_TRUSTED_PROXIES="")
    assert said[0] == ""
