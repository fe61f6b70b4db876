"""The soaks of the clinic: blocks add up, a results file spares what was done, trouble is told."""

import json
from pathlib import Path

import pytest

from benchmarks import clinic_soak, soak
from benchmarks.clinic_soak import Block, YearsReport, operations, stormy_year, years, years_of


@pytest.fixture(autouse=True)
def short_years(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clinic_soak, "DAYS", 1)
    monkeypatch.setattr(clinic_soak, "YEARS_IN_A_BLOCK", 2)
    monkeypatch.setattr(clinic_soak, "OPERATIONS_IN_A_BLOCK", 200)


def test_years_add_up_over_blocks() -> None:
    seen: list[int] = []
    report = years(3, 1, seen.append, None)
    assert report.years == 3
    assert max(seen) == 3
    assert report.doses > 0
    assert report.broken == []


def test_results_file_spares_what_was_done(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    first = years(2, 1, lambda _: None, results)
    lines = results.read_text(encoding="utf-8")
    assert years(2, 1, lambda _: None, results) == first
    assert results.read_text(encoding="utf-8") == lines
    more = years(4, 1, lambda _: None, results)
    assert more.years == 4
    assert len(results.read_text(encoding="utf-8").splitlines()) == 2


def test_results_of_other_code_do_not_count(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    years(2, 1, lambda _: None, results)
    line = json.loads(results.read_text(encoding="utf-8"))
    results.write_text(json.dumps({**line, "code": "older"}) + "\n", encoding="utf-8")
    years(2, 1, lambda _: None, results)
    assert len(results.read_text(encoding="utf-8").splitlines()) == 2


def test_a_stormy_block_counts_its_troubles() -> None:
    report = stormy_year(Block("clinic-storm", 1, 1))
    assert report.years == 1
    assert report.taps > 0
    assert report.broken == []


def test_operations_on_registers_add_up() -> None:
    report = operations(500, 1, lambda _: None, None)
    assert (report.operations, report.broken) == (500, [])
    assert report.accepted > 0


def test_too_many_sessions_refused_by_mistake_are_told() -> None:
    report = YearsReport(years=1, sessions=1000, sessions_mistaken=2)
    assert clinic_soak._held(report).broken == ["0.200% of sessions were refused by mistake"]
    within = YearsReport(years=1, sessions=1000, sessions_mistaken=1)
    assert clinic_soak._held(within).broken == []


def test_what_must_never_happen_ends_the_soak_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = YearsReport(years=1, broken=["a dose too many"])
    monkeypatch.setattr(clinic_soak, "years", lambda *_, **__: broken)
    assert soak.main(["clinic", "--count", "1"]) == 1
    assert "a dose too many" in capsys.readouterr().out


def test_json_is_printed_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["clinic", "--count", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["clinic"]["years"] == 1


def test_a_block_is_the_same_for_the_same_seed() -> None:
    assert years_of(Block("clinic", 7, 1)) == years_of(Block("clinic", 7, 1))
