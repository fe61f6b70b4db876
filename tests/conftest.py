"""How deep Hypothesis digs, and what a whole run has to show.

The same examples every time in CI, many new ones in a soak: ``pytest --hypothesis-profile=deep
tests/property`` digs for as long as you like to wait.
"""

import pytest
from hypothesis import HealthCheck, settings

from safelight.run.domain.clinic.hazards import HAZARDS
from tests.support.executed import Executed

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "ci",
    max_examples=100,
    stateful_step_count=40,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=SLOW,
)
settings.register_profile(
    "deep",
    max_examples=5_000,
    stateful_step_count=100,
    deadline=None,
    print_blob=True,
    suppress_health_check=SLOW,
)
settings.load_profile("ci")


def pytest_configure(config: pytest.Config) -> None:
    """Have a whole run fail where no test showed that a hazard is controlled."""
    config.pluginmanager.register(Executed(config, [hazard.id for hazard in HAZARDS]))
