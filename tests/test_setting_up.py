"""Which Python `make` sets an environment up with."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "requirements/python.sh"

Make = Callable[..., Path]


@pytest.fixture
def python(tmp_path: Path) -> Make:
    """Makes a Python that answers the script's questions as a test wants."""

    def make(folder: str, *, fits: bool = True, optimised: bool = True) -> Path:
        file = tmp_path / folder / "python3"
        file.parent.mkdir()
        answers = f"*ensurepip*) exit {int(not fits)};; *CONFIG_ARGS*) exit {int(optimised)};; *) exit 9"
        file.write_text(f'#!/bin/sh\ncase "$2" in {answers};; esac\n')
        file.chmod(0o755)
        return file

    return make


def chosen(first: Path, system: Path | str) -> str:
    said = subprocess.run(
        ["/bin/sh", str(SCRIPT), str(system)],
        env={"PATH": str(first.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.strip()


def test_the_python_first_on_the_path_is_taken(python: Make) -> None:
    assert chosen(python("path"), python("system")) == "python3"


def test_one_compiled_without_optimisation_gives_way_to_the_systems(python: Make) -> None:
    system = python("system")
    assert chosen(python("path", optimised=False), system) == str(system)


def test_one_that_is_too_old_or_makes_no_environments_gives_way_to_the_systems(python: Make) -> None:
    system = python("system")
    assert chosen(python("path", fits=False), system) == str(system)


@pytest.mark.parametrize("system", ["missing", "old"])
def test_it_stays_where_the_systems_would_not_do(python: Make, tmp_path: Path, system: str) -> None:
    other = python("system", fits=False) if system == "old" else tmp_path / "python3"
    assert chosen(python("path", optimised=False), other) == "python3"


def test_a_real_python_fits(python: Make) -> None:
    assert chosen(python("path", fits=False), sys.executable) == sys.executable
