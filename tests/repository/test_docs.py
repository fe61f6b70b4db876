"""The documents name what there is: every command, and every decision."""

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from typer import Typer
from typer.core import TyperGroup
from typer.main import get_command

from safelight.cli.app import LATER
from safelight.cli.lazy import Later, load

ROOT = Path(__file__).parents[2]
DECISIONS = Path("docs/decisions")


def commands(command: object, path: str = "safelight") -> list[str]:
    """List the full names of a command's subcommands, down to the last."""
    if not isinstance(command, TyperGroup):
        return [path]
    named = sorted(command.commands.items())
    return [found for name, each in named for found in commands(each, f"{path} {name}")]


def missing_commands(app: Typer, readme: str, later: Mapping[str, Later]) -> list[str]:
    """Name the commands that a text does not mention, those imported later among them."""
    whole = commands(get_command(app))
    whole += [
        each for name in later for each in commands(load(name, later[name]), f"safelight {name}")
    ]
    return [each for each in whole if not re.search(rf"{each}\b", readme)]


def unlinked_decisions(root: Path) -> list[str]:
    """Name the decision records that neither index links to."""
    linked: set[Path] = set()
    for index in (Path("ARCHITECTURE.md"), DECISIONS / "README.md"):
        text = (root / index).read_text(encoding="utf-8") if (root / index).exists() else ""
        targets = re.findall(r"\]\(([^)#]+\.md)[^)]*\)", text)
        linked |= {(root / index.parent / target).resolve() for target in targets}
    records = [path for path in (root / DECISIONS).glob("*.md") if path.name != "README.md"]
    return sorted(path.name for path in records if path.resolve() not in linked)


def test_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert missing_commands(import_module("safelight.cli").app, readme, LATER) == []


def test_gate_finds_a_command_that_the_readme_leaves_out() -> None:
    app, journal = Typer(), Typer()
    app.command("serve")(lambda: None)
    journal.command("verify")(lambda: None)
    journal.command("export")(lambda: None)
    app.add_typer(journal, name="journal")
    readme = "Run `safelight serve`, or `safelight journal export`."
    late = {"data": Later("safelight.cli.data", "")}
    assert missing_commands(app, readme, late) == [
        "safelight journal verify",
        "safelight data add",
        "safelight data check",
        "safelight data list",
    ]


def test_every_decision_is_linked() -> None:
    assert unlinked_decisions(ROOT) == []


def test_gate_finds_a_decision_that_nothing_links_to(tmp_path: Path) -> None:
    folder = tmp_path / DECISIONS
    folder.mkdir(parents=True)
    for name in ("0001-one.md", "0002-two.md", "0003-three.md"):
        (folder / name).touch()
    (folder / "README.md").write_text("[One](0001-one.md)", encoding="utf-8")
    (tmp_path / "ARCHITECTURE.md").write_text(
        "[Two](docs/decisions/0002-two.md#why)", encoding="utf-8"
    )
    assert unlinked_decisions(tmp_path) == ["0003-three.md"]
