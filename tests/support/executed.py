"""Fails a whole run of the tests where a hazard has no test that ran and passed.

A test that is skipped, or left out, shows nothing. Runs of a part of the tests are not judged.
"""

from collections.abc import Iterable

import pytest
from _pytest.config import ExitCode

MARK = "hazard"


class Executed:
    """A plugin that notes which hazards' tests passed, also where workers ran them."""

    def __init__(self, config: pytest.Config, hazards: Iterable[str]) -> None:
        """Take the hazards that there are."""
        self._config, self._left = config, set(hazards)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Write a test's hazards where its report carries them from a worker."""
        for item in items:
            marks = item.iter_markers(MARK)
            item.user_properties += [(MARK, each) for mark in marks for each in mark.args]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A hazard's control is shown by a test that was called and passed."""
        if report.when == "call" and report.passed:
            self._left -= {value for name, value in report.user_properties if name == MARK}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Fail a whole run that would have passed."""
        if self._left and exitstatus == ExitCode.OK and self.judges:
            session.exitstatus = ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which hazards no test showed to be controlled."""
        if self._left and self.judges:
            terminalreporter.section("hazards without a test that ran and passed", red=True)
            terminalreporter.line(", ".join(sorted(self._left)))

    @property
    def judges(self) -> bool:
        """Whether this is a whole run, and not one of its workers."""
        option = self._config.option
        narrowed = option.keyword or option.markexpr or option.deselect or option.collectonly
        whole = self._config.args_source is pytest.Config.ArgsSource.TESTPATHS
        return whole and not narrowed and not hasattr(self._config, "workerinput")
