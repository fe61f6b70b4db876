"""``run.py bench clinic``: what a clinic bears, as the goals of its speed are set."""

from benchmarks import clinic_taps, clinic_year, register
from benchmarks.floor import Measured


def run() -> list[Measured]:
    """Measure everything."""
    return [*clinic_taps.run(), *register.run(), *clinic_year.run()]
