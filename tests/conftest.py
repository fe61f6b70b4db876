"""How deep Hypothesis digs: the same examples every time in CI, many new ones in a soak.

``pytest --hypothesis-profile=deep tests/property`` digs for as long as you like to wait.
"""

from hypothesis import HealthCheck, settings

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
