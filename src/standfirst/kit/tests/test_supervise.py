"""The supervisor, with real small processes. Nothing here depends on how fast the machine is, only on patience."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

PATIENCE = 30.0

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="Looks for processes in /proc; there is none here.")

# Runs three children: one steady, one that starts a grandchild, and whatever the test names.
SUPERVISOR = """
import sys
from pathlib import Path
from standfirst.kit.supervise import AlreadyRunning, Child, run

home = Path(sys.argv[1])
children = []
for pair in sys.argv[2:]:
    name, _, code = pair.partition("=")
    ready = (lambda mark: lambda: mark.exists())(home / f"{name}.ready")
    children.append(Child(name, [sys.executable, "-c", code, str(home)], {"CAST": name}, ready, frozenset({3})))
try:
    code = run(children, home=home, grace=GRACE, on_ready=lambda: (home / "all.ready").touch())
except AlreadyRunning as problem:
    print(problem)
    code = 9
sys.exit(code)
"""

PREFACE = """
import os, signal, subprocess, sys, time
from pathlib import Path
home, cast = Path(sys.argv[1]), os.environ["CAST"]
def note(name, pid):
    # Whole or not at all: the test looks at any moment, also while a child that came back writes over its forerunner's.
    new = home / f"{name}.pid.new"
    new.write_text(str(pid))
    new.replace(home / f"{name}.pid")
"""
STEADY = (
    PREFACE
    + """
print("I am", cast, flush=True)
note(cast, os.getpid())
(home / f"{cast}.ready").touch()
while True: time.sleep(60)
"""
)
PARENT = (
    PREFACE
    + """
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
note("grandchild", inner.pid)
note(cast, os.getpid())
(home / f"{cast}.ready").touch()
inner.wait()
"""
)
DEAF = (
    PREFACE
    + """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
note(cast, os.getpid())
(home / f"{cast}.ready").touch()
while True: time.sleep(60)
"""
)
POLITE = (
    PREFACE
    + """
def leave(*_):
    (home / f"{cast}.left").touch()
    print("goodbye", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
note(cast, os.getpid())
(home / f"{cast}.ready").touch()
while True: time.sleep(60)
"""
)


class Run:
    """A supervisor in a process of its own."""

    def __init__(self, home: Path, grace: float = 10.0, **children: str):
        self.home = home
        home.mkdir(exist_ok=True)
        self.said = home / "said.txt"
        with self.said.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    SUPERVISOR.replace("GRACE", str(grace)),
                    str(home),
                    *(f"{name}={code}" for name, code in children.items()),
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def until_ready(self):
        until(lambda: (self.home / "all.ready").exists())
        return self

    def pid(self, name: str) -> int:
        return int((self.home / f"{name}.pid").read_text())

    def status(self):
        return json.loads((self.home / "run/processes.json").read_text())

    def is_known(self) -> bool:
        with suppress(FileNotFoundError):
            return self.status()["supervisor"] == self.process.pid
        return False

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def until(true):
    last = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < last, "waited in vain"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    except ProcessLookupError:
        return False
    return state != "Z"


@pytest.fixture
def start(tmp_path):
    runs = []

    def begin(grace: float = 10.0, **children: str) -> Run:
        runs.append(Run(tmp_path / "home", grace, **children))
        return runs[-1]

    yield begin
    for run in runs:
        with suppress(ProcessLookupError):
            run.process.kill()
        run.process.wait(PATIENCE)
    for mark in (tmp_path / "home").glob("*.pid"):
        until(lambda mark=mark: not lives(int(mark.read_text())))


def test_it_starts_all_says_when_they_are_up_and_ends_all_of_them_with_their_children(start):
    run = start(alice=STEADY, bob=PARENT, carol=POLITE).until_ready()
    pids = [run.pid(name) for name in ("alice", "bob", "carol", "grandchild")]
    assert all(lives(pid) for pid in pids)
    status = run.status()
    assert status["supervisor"] == run.process.pid
    assert [status["children"][name]["pid"] for name in ("alice", "bob", "carol")] == pids[:3]
    assert {child["state"] for child in status["children"].values()} == {"running"}

    assert run.end() == 0
    assert not any(lives(pid) for pid in pids)
    assert (run.home / "carol.left").exists()
    assert not (run.home / "run/processes.json").exists()
    said = run.said.read_text()
    assert "alice | I am alice\n" in said
    assert "carol | goodbye\n" in said


def test_control_c_ends_them_too(start):
    run = start(alice=STEADY, bob=PARENT).until_ready()
    pids = [run.pid(name) for name in ("alice", "bob", "grandchild")]
    assert run.end(signal.SIGINT) == 0
    assert not any(lives(pid) for pid in pids)


def test_started_in_the_background_by_a_shell_it_hears_control_c_and_under_nohup_no_hang_up(start):
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        run = start(alice=STEADY)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    run.until_ready().process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    assert lives(run.pid("alice"))
    assert run.end(signal.SIGINT) == 0
    assert not lives(run.pid("alice"))


def test_a_child_that_dies_comes_back_and_the_others_never_notice(start):
    run = start(alice=STEADY, bob=PARENT).until_ready()
    alice, bob, grandchild = run.pid("alice"), run.pid("bob"), run.pid("grandchild")
    os.kill(bob, signal.SIGKILL)
    until(lambda: run.pid("bob") != bob and run.status()["children"]["bob"]["state"] == "running")
    assert run.pid("alice") == alice
    assert lives(alice)
    # What the dead one had started does not stay behind with its port.
    assert not lives(grandchild)
    assert run.status()["children"]["bob"]["restarts"] == 1
    assert run.status()["children"]["bob"]["exit"] == -signal.SIGKILL
    assert "bob ended (SIGKILL); it is started again in 0.25 s." in run.said.read_text()
    assert run.end() == 0


def test_a_child_that_cannot_stay_up_is_tried_again_ever_more_slowly(start):
    run = start(alice=STEADY, bob=PREFACE + "sys.exit('no luck today')")
    until(lambda: "started again in 1 s" in run.said.read_text())
    said = run.said.read_text()
    assert "bob   | no luck today" in said
    assert said.index("again in 0.25 s") < said.index("again in 0.5 s") < said.index("again in 1 s")
    assert lives(run.pid("alice"))
    assert not (run.home / "all.ready").exists()
    assert run.end() == 0


def test_a_child_that_does_not_listen_is_made_to_end_after_the_grace_period(start):
    run = start(grace=0.5, alice=STEADY, deaf=DEAF).until_ready()
    pids = [run.pid("alice"), run.pid("deaf")]
    assert run.end() == 0
    assert not any(lives(pid) for pid in pids)


def test_a_second_control_c_does_not_wait_for_the_grace_period(start):
    run = start(grace=3600, deaf=DEAF).until_ready()
    run.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert run.end(signal.SIGINT) == 0
    assert not lives(run.pid("deaf"))


def test_a_final_exit_code_ends_all_and_is_handed_on(start):
    run = start(alice=STEADY, bob=PREFACE + "print('Port 8000 is in use', flush=True); sys.exit(3)")
    assert run.process.wait(PATIENCE) == 3
    assert "bob   | Port 8000 is in use" in run.said.read_text()
    assert "started again" not in run.said.read_text()


def test_killed_outright_it_leaves_nobody_behind_not_even_grandchildren_and_the_deaf(start):
    run = start(grace=0.5, alice=STEADY, bob=PARENT, deaf=DEAF).until_ready()
    pids = [run.pid(name) for name in ("alice", "bob", "deaf", "grandchild")]
    run.process.kill()
    run.process.wait(PATIENCE)
    until(lambda: not any(lives(pid) for pid in pids))


def test_killed_at_the_moment_of_starting_it_leaves_nobody_behind(start):
    for _ in range(5):
        run = start(grace=0.5, alice=STEADY, bob=PARENT)
        until(lambda run=run: run.is_known())
        run.process.kill()
        run.process.wait(PATIENCE)
        status = run.status()
        pids = [child["pid"] for child in status["children"].values() if child["pid"]]
        until(lambda pids=pids: not any(lives(pid) for pid in pids))


def test_a_guard_that_was_killed_is_replaced(start):
    run = start(grace=0.5, alice=STEADY, bob=PARENT).until_ready()
    old = guards_of(run.process.pid)
    assert len(old) == 1
    os.kill(old[0], signal.SIGKILL)
    until(lambda: guards_of(run.process.pid) not in ([], old))
    pids = [run.pid(name) for name in ("alice", "bob", "grandchild")]
    run.process.kill()
    run.process.wait(PATIENCE)
    until(lambda: not any(lives(pid) for pid in pids))


def guards_of(supervisor: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == supervisor and b"guard.py" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def test_a_home_is_served_once(start):
    first = start(alice=STEADY).until_ready()
    second = start(alice=STEADY)
    assert second.process.wait(PATIENCE) == 9
    assert "is being served already: stop that first" in first.said.read_text()
    assert lives(first.pid("alice"))


def test_after_an_outright_kill_the_next_one_waits_for_the_children_to_be_gone(start):
    first = start(grace=1.0, deaf=DEAF).until_ready()
    deaf = first.pid("deaf")
    first.process.kill()
    first.process.wait(PATIENCE)
    (first.home / "all.ready").unlink()
    second = start(grace=1.0, deaf=DEAF).until_ready()
    assert not lives(deaf)
    assert second.end() == 0


def test_a_socket_is_handed_to_each_life_and_closed_at_the_end(tmp_path):
    """What came to it while nobody was there is answered by the next, and nobody waits when all have ended."""
    answering = """
import os, socket, sys
with socket.socket(fileno=int(sys.argv[1])) as door:
    while True:
        with door.accept()[0] as visitor:
            visitor.sendall(str(os.getpid()).encode())
"""
    supervising = """
import socket, sys
from standfirst.kit.listening import listening
from standfirst.kit.supervise import Child, run

door = listening("127.0.0.1", 0)
print(door.getsockname()[1], flush=True)
child = Child("alice", [sys.executable, "-c", sys.argv[1], str(door.fileno())], sockets=(door,))
sys.exit(run([child, Child("bob", [sys.executable, "-c", "import time; time.sleep(600)"])], output=sys.stderr.buffer))
"""

    def visit() -> int:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as visitor:
            return int(visitor.recv(20))

    command = [sys.executable, "-c", supervising, answering]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as supervisor:
        try:
            port = int(supervisor.stdout.readline())
            first = visit()
            os.kill(first, signal.SIGKILL)
            until(lambda: not lives(first))  # dying, it may still take a visitor along
            second = visit()
            assert second != first
        finally:
            supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(PATIENCE) == 0
    with pytest.raises(ConnectionRefusedError):
        visit()
