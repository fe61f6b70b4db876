"""What pages show of a plan, and its report as tagged PDF: ``python -m …report FOLDER SHOWN``.

It is the last step of a plan's job, so that no page waits for it. FOLDER is the job's, SHOWN the
one in which the need table was sketched.
"""

import json
import sys
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import typst

from safelight.kernel.errors import Invalid, SafelightError
from safelight.sources.files import write_whole
from safelight.web.jobs.records import read_request
from safelight.web.plan.commands import PDF, PLAN
from safelight.web.plan.draw import REPORT_STYLE, areas_map
from safelight.web.plan.making.gathering import gather
from safelight.web.plan.making.telling import told
from safelight.web.plan.outcome import Step, reach_colours
from safelight.web.plan.reading import OUTCOME, read_outcome
from safelight.web.plan.sketch import Sketch, read_sketch

STANDARD: Final = "ua-1"  # PDF/UA-1: tagged, with a language, a title and alternative texts
TEMPLATE, NOTHING = "report.typ", '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 1"/>'


def write_report(folder: Path, sketch: Sketch) -> None:
    """Write the report of the plan in a job's folder; raises Invalid where it cannot be made."""
    outcome = read_outcome(folder)
    data = told(outcome, sketch, read_request(folder))
    with TemporaryDirectory() as place:
        room = Path(place)
        template = files("safelight.web.plan.making").joinpath(TEMPLATE)
        (room / TEMPLATE).write_bytes(template.read_bytes())
        _draw(room / "map.svg", outcome.step(outcome.chosen), sketch)
        for one in outcome.alternatives:
            if one.step is not None:
                _draw(room / f"{one.kind}.svg", one.step, sketch)
        (room / "data.json").write_text(json.dumps(data), encoding="utf-8")
        write_whole(folder / PDF, _typeset(room))


def _typeset(room: Path) -> bytes:
    try:
        # The fonts that come with it, so that every machine sets the same pages.
        compiler = typst.Compiler(str(room / TEMPLATE), root=str(room), ignore_system_fonts=True)
        made = compiler.compile(format="pdf", pdf_standards=[STANDARD])
    except typst.TypstError as error:
        raise Invalid(
            "report", f"The report cannot be set: {error}.", "The plan itself is complete."
        ) from error
    return bytes(made)  # type: ignore[arg-type]  # one document, not a list of pages


def _draw(path: Path, step: Step, sketch: Sketch) -> None:
    colours = reach_colours(step, (area.code for area in sketch.areas))
    drawing = areas_map(sketch, colours, pins=step.pins, style=REPORT_STYLE)
    path.write_text(drawing or NOTHING, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write the report, and say what is wrong as every command does."""
    folder, shown = map(Path, arguments)
    try:
        sketch = read_sketch(shown)
        outcome = gather(folder / PLAN, Path(sketch.table), read_request(folder).title)
        write_whole(folder / OUTCOME, msgspec.json.encode(outcome))
        write_report(folder, sketch)
    except SafelightError as error:
        sys.stderr.write(f"safelight: {error.message}\n{error.remedy}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
