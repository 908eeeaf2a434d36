"""The reader as a process: its port, its words, its end."""

import signal
import socket
import subprocess
import sys
from contextlib import suppress

import pytest

from standfirst.kit.errors import Problem
from standfirst.kit.listening import answers, listening
from standfirst.reader.tests.newsstand import PATIENCE, Newsstand, until


def reader(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "standfirst.reader", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_port_in_use_gets_one_clear_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = reader("--home", str(tmp_path), "--port", str(port))
    assert said.returncode == 3
    assert said.stderr == f"Port {port} is in use: stop the other program or choose another with PORT={port + 1}.\n"


def test_two_readers_do_not_share_a_port(tmp_path):
    stand = Newsstand(tmp_path)
    try:
        assert reader("--home", str(tmp_path), "--port", str(stand.port)).returncode == 3
        assert stand.http.get("/-/alive").status_code == 204
    finally:
        assert stand.stop() == 0


def test_a_port_is_free_again_as_soon_as_the_reader_is_gone(tmp_path):
    first = Newsstand(tmp_path)
    until(lambda: first.http.get("/-/alive").status_code == 204)
    first.process.kill()
    first.process.wait()
    first.stop()
    second = Newsstand(tmp_path, port=first.port)
    assert second.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_with_readers_idle_on_their_connections(tmp_path, number):
    stand = Newsstand(tmp_path)
    idle = []
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", stand.port))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(1000)
        idle.append(connection)
    assert stand.stop(number) == 0
    for connection in idle:
        connection.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--port", "80000"), "'80000' is not a port from 1 to 65535"),
        (("--newsroom", "localhost:8001"), "is not an address like http://127.0.0.1:8001"),
        (("--memory", "-1"), "'-1' is not a number above 0"),
        (("--host", "no-such-host.invalid"), "is no address of this machine"),
        (("--host", "192.0.2.1"), "cannot listen at 192.0.2.1"),
    ],
)
def test_options_that_cannot_be_meant_are_named(tmp_path, options, words):
    said = reader("--home", str(tmp_path), "--port", "8000", *options)
    assert said.returncode != 0
    assert words in said.stderr
    assert "Traceback" not in said.stderr


def test_it_knows_no_django():
    code = "import sys, standfirst.reader.__main__; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name in ("django", "wagtail", "PIL", "lxml", "minijinja"):
        assert f"'{name}'" not in loaded


def test_a_head_that_does_not_come_is_not_waited_for(tmp_path):
    stand = Newsstand(tmp_path, "--head-seconds", "1")
    stand.write("/", "the front")
    try:
        silent = socket.create_connection(("127.0.0.1", stand.port), timeout=PATIENCE)
        half = socket.create_connection(("127.0.0.1", stand.port), timeout=PATIENCE)
        half.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        dripping = socket.create_connection(("127.0.0.1", stand.port), timeout=PATIENCE)
        dripping.setblocking(False)

        def dropped() -> bool:
            """A byte now and then is no proof of life."""
            try:
                dripping.send(b"G")
                return dripping.recv(1000) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True

        until(dropped)
        for connection in (silent, half):
            # Told that it took too long, or not; but never kept.
            while connection.recv(1000):
                pass
            connection.close()
        dripping.close()
        assert stand.http.get("/").text == "the front"
    finally:
        assert stand.stop() == 0


def test_a_body_that_nobody_asked_for_is_not_taken(tmp_path):
    stand = Newsstand(tmp_path)
    stand.write("/", "the front")
    try:
        before = stand.memory()
        with socket.create_connection(("127.0.0.1", stand.port), timeout=PATIENCE) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n")
            with suppress(OSError):
                for _ in range(400):
                    connection.sendall(b"x" * 100_000)
            with suppress(ConnectionError):
                assert connection.recv(1000).startswith(b"HTTP/1.1 405")
        assert stand.memory() - before < 20_000_000
        assert stand.http.get("/").status_code == 200
    finally:
        assert stand.stop() == 0


def test_what_is_being_sent_is_sent_to_its_end(tmp_path):
    stand = Newsstand(tmp_path)
    body = bytes(range(250)) * 80_000
    stand.write("/pictures/abcdef0123.mp4", body)
    with socket.create_connection(("127.0.0.1", stand.port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /pictures/abcdef0123.mp4 HTTP/1.1\r\nHost: x\r\n\r\n")
        got = bytearray(connection.recv(1000))
        stand.process.send_signal(signal.SIGTERM)
        until(lambda: refused(stand.port))
        # Nobody new is let in, and who is in gets all that was promised.
        while piece := connection.recv(1 << 16):
            got += piece
    assert bytes(got).partition(b"\r\n\r\n")[2] == body
    assert stand.stop() == 0


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionError:
        return True
    return False


def handed(*options: str, descriptor: int) -> "subprocess.Popen[bytes]":
    """A reader process that gets its socket from us."""
    command = [sys.executable, "-m", "standfirst.reader", *options, "--socket", str(descriptor)]
    return subprocess.Popen(command, pass_fds=[descriptor], stderr=subprocess.DEVNULL)


def ask(host: str, port: int) -> bytes:
    with socket.create_connection((host, port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /-/alive HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return connection.recv(12)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_takes_a_socket_that_listens_and_leaves_what_waits_there_to_the_next(tmp_path, host):
    try:
        doorstep = listening(host, 0)
    except Problem as problem:
        pytest.skip(str(problem))
    with doorstep:
        port = doorstep.getsockname()[1]
        options = ("--home", str(tmp_path), "--host", host, "--port", str(port))
        first = handed(*options, descriptor=doorstep.fileno())
        assert ask(host, port) == b"HTTP/1.1 204"
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE) == 0
        with socket.create_connection((host, port), timeout=PATIENCE) as early:
            early.sendall(b"GET /-/alive HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            second = handed(*options, descriptor=doorstep.fileno())
            assert early.recv(12) == b"HTTP/1.1 204"
        second.send_signal(signal.SIGTERM)
        assert second.wait(PATIENCE) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, port), timeout=PATIENCE)


def test_it_opens_its_own_socket_at_an_address_of_version_6(tmp_path):
    try:
        with listening("::1", 0) as probe:
            port = probe.getsockname()[1]
    except Problem as problem:
        pytest.skip(str(problem))
    command = [sys.executable, "-m", "standfirst.reader", "--home", str(tmp_path), "--host", "::1", "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        until(answers("::1", port, "/-/alive"))
        assert ask("::1", port) == b"HTTP/1.1 204"
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_what_is_no_socket_is_named(tmp_path):
    said = reader("--home", str(tmp_path), "--socket", "2")
    assert said.returncode == 2
    assert "is not the descriptor of a socket that listens" in said.stderr
