"""The report: a tagged PDF that says what the pages say."""

import json
import re
import zlib
from pathlib import Path

import pytest

from safelight.web.plan.making.report import main, write_report
from safelight.web.plan.outcome import Outcome
from safelight.web.plan.reading import OUTCOME
from safelight.web.plan.sketch import Sketch, read_sketch
from tests.support.jobs import request
from tests.support.outcomes import lay_out_plan
from tests.support.shores import shore
from tests.support.web import configured

ASSUMPTIONS = Outcome._fields.index("assumptions")


@pytest.fixture
def plan(tmp_path: Path) -> tuple[Path, Sketch]:
    """A plan's folder, and the sketch that it was made over."""
    configured()
    sketch = read_sketch(shore(tmp_path))
    return lay_out_plan(tmp_path, sketch), sketch


def unpacked(pdf: bytes) -> str:
    """Return a PDF with its streams in clear, as far as they are texts of objects."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    clear = []
    for stream in streams:
        try:
            clear.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return (pdf + b"".join(clear)).decode("latin-1")


def test_the_report_is_tagged_and_has_title_language_and_alternative_texts(
    plan: tuple[Path, Sketch],
) -> None:
    folder, sketch = plan
    write_report(folder, sketch)
    text = unpacked((folder / "report.pdf").read_bytes())
    assert text.startswith("%PDF-1.7")
    assert "/StructTreeRoot" in text
    assert "/MarkInfo" in text
    assert re.search(r"/Lang ?\(en-GB\)", text)
    assert "<pdfuaid:part>1</pdfuaid:part>" in text
    assert re.search(r"<dc:title>.*?4 sites for ", text, re.DOTALL)
    for tag in ("/H1", "/H2", "/Table", "/TH", "/TD", "/Figure", "/Alt", "/Caption"):
        assert tag in text, tag


def test_a_figure_that_is_long_leaves_its_source_room(plan: tuple[Path, Sketch]) -> None:
    folder, sketch = plan
    write_report(folder, sketch)
    pages = (folder / "report.pdf").read_bytes()
    path = folder / OUTCOME
    outcome = json.loads(path.read_bytes())
    for one in outcome[ASSUMPTIONS]:
        one[1] = "; ".join(["0.25, 1.0"] * 6)
    path.write_bytes(json.dumps(outcome).encode())
    write_report(folder, sketch)
    assert page_count((folder / "report.pdf").read_bytes()) == page_count(pages)


def page_count(pdf: bytes) -> int:
    """Return how many pages a PDF has."""
    return max(map(int, re.findall(r"/Count (\d+)", unpacked(pdf))))


def test_texts_of_a_plan_are_never_read_as_markup(plan: tuple[Path, Sketch]) -> None:
    folder, sketch = plan
    path = folder / OUTCOME
    hostile = '#read(\\"/etc/passwd\\") *_$[ <label> @x'
    path.write_text(path.read_text(encoding="utf-8").replace("4 sites for", hostile), "utf-8")
    write_report(folder, sketch)
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_plan_makes_the_same_pages_without_outlines_too(tmp_path: Path) -> None:
    configured()
    sketch = read_sketch(shore(tmp_path, outlines=False))
    folder = lay_out_plan(tmp_path, sketch)
    write_report(folder, sketch)
    assert "/StructTreeRoot" in unpacked((folder / "report.pdf").read_bytes())


def test_a_plan_without_an_outcome_is_said_as_every_command_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = shore(tmp_path)
    nothing = tmp_path / request(1).id
    nothing.mkdir()
    assert main([str(nothing), str(made)]) == 2
    assert capsys.readouterr().err.startswith("safelight: ")
