"""Planning commands are known by name, and cost nothing until they are called."""

import subprocess
import sys

import pytest

from safelight.cli.app import LATER
from safelight.cli.lazy import Later, load

HEAVY = ("highspy", "numba", "pandas", "scipy", "shapely")


@pytest.mark.parametrize("name", LATER)
def test_every_late_command_is_in_its_module(name: str) -> None:
    assert load(name, LATER[name]).name == name


def test_a_command_that_its_module_lacks_is_noticed() -> None:
    with pytest.raises(KeyError):
        load("floor", Later("safelight.cli.data", ""))


@pytest.mark.parametrize("name", LATER)
def test_the_list_of_commands_names_it(name: str) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "safelight.cli", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f" {name} " in listed.stdout


def test_the_service_carries_nothing_of_planning() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import safelight.cli, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(told.stdout.split()) & set(HEAVY) == set()
