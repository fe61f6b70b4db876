"""The server as a process: what stands when it was told to stop."""

from pathlib import Path

from benchmarks.server import SITE, found_site
from safelight.run.store import journal
from safelight.wiring import Home, checkpoints_of
from tests.support.server import served


def test_server_that_is_told_to_stop_signs_a_last_checkpoint(tmp_path: Path) -> None:
    """SIGTERM, as a service manager sends it, ends in order: the newest entry is signed for."""
    home = Home(tmp_path / "home")
    found_site(home)
    with served(home.path) as server:
        pass
    assert server.process.returncode == 0
    driver = home.connect()
    size = journal.head(driver, SITE).seq
    driver.close()
    assert [point.size for point in checkpoints_of(home, SITE)][-1:] == [size]
