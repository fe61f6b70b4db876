"""``demo-code`` and ``second-factor-reset`` as a person calls them."""

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from benchmarks.server import found_site
from safelight.cli.demonstration import SEES, make_accounts, refuse_live
from safelight.cli.opening import Address, prepare_accounts, serve_demonstration
from safelight.kernel.errors import Refused
from safelight.run.domain.base import Role
from safelight.web.accounts.codes import step_of
from safelight.web.accounts.service import create_staff
from safelight.wiring import Home, demo_secret, prepare_home, system_clock
from tests.support.server import SAFELIGHT, founding

STRANGER = "somebody-real"
Call = Callable[..., tuple[int, dict[str, Any]]]


def _fill(home: Home) -> None:
    prepare_accounts(home)
    make_accounts(home)
    make_accounts(home)  # as each start of the demonstration does
    create_staff(STRANGER, Role.NURSE, STRANGER, "four words for nobody")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the accounts of a demonstration, made in a process that Django may have."""
    home = Home(tmp_path_factory.mktemp("prepared") / "home")
    prepare_home(home)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(_fill, home).result()
    return home.path


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Home:
    """A copy of that home, to change."""
    return Home(Path(shutil.copytree(prepared, tmp_path / "home")))


@pytest.fixture
def safelight(home: Home) -> Call:
    """The command line over that home, answering in JSON."""

    def call(*arguments: str) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [*SAFELIGHT, *arguments, "--json"],
            env={**os.environ, "SAFELIGHT_HOME": str(home.path)},
            capture_output=True,
            check=False,
        )
        return done.returncode, json.loads(done.stdout)

    return call


def test_a_code_is_printed_for_demonstrations_until_the_factor_is_reset(
    home: Home, safelight: Call
) -> None:
    for role in (Role.NURSE, Role.WITNESS):
        code, said = safelight("demo-code", role.value)
        assert (code, said["login"]) == (0, role.value)
        assert step_of(demo_secret(home, role.value), said["code"], system_clock()) is not None
    code, said = safelight("demo-code", STRANGER)
    assert (code, said["error"]) == (2, "demonstration-account")
    assert safelight("second-factor-reset", Role.NURSE.value)[0] == 0
    assert safelight("demo-code", Role.NURSE.value)[1]["error"] == "demonstration-account"
    assert safelight("second-factor-reset", "nobody")[1]["error"] == "staff-known"
    with closing(sqlite3.connect(home.path / "accounts.sqlite3")) as accounts:
        listed = accounts.execute("select by, what, role from accounts_accountchange").fetchall()
    assert listed == [("machine", "factor_reset", "nurse")]


def test_a_home_with_a_live_site_has_no_demonstration(home: Home, safelight: Call) -> None:
    found_site(home)
    refuse_live(home)
    with founding(home) as floor:
        floor.do("real", "site.found", name="Real", kind="building", timezone="UTC", live=True)
    assert safelight("demo-code", Role.NURSE.value)[1]["error"] == "demonstration-home"
    with pytest.raises(Refused, match="real is live"):
        serve_demonstration(home, Address("127.0.0.1", 0))


def test_secrets_of_demonstrations_differ_by_account_and_home(tmp_path: Path) -> None:
    homes = [Home(tmp_path / name) for name in ("one", "other")]
    for home in homes:
        prepare_home(home)
    secrets = {demo_secret(home, login) for home in homes for login in SEES}
    assert len(secrets) == len(homes) * len(SEES)
