"""Every command can be given on some screen, and a screen asks for the codes that it will need."""

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

from safelight.run.domain.base import Rule
from safelight.run.domain.registry import COMMANDS

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "src" / "safelight" / "web" / "templates"
# What no form is for, and why.
ELSEWHERE = {
    "site.found": "a site is founded on the command line",
    "register.print": "written down by the page that prints, before anybody is handed the print",
}
# How a rule asks who stands there, and how a form does.
ASKS = re.compile(r"\brequire_(?:proof|two|destruction_witness)\(")
ASKED = re.compile(r"\b(?:proof_field|two)\(")
FORM = re.compile(r"\{%-? call form\(\"([a-z_.]+)\"")
GIVEN = re.compile(r"(?<!may\()\"([a-z_]+\.[a-z_]+)\"|/do/([a-z_]+\.[a-z_]+)\"")


def pages(folder: Path = TEMPLATES) -> dict[str, str]:
    """Return the templates of a folder by name."""
    found = folder.rglob("*.html")
    return {each.relative_to(folder).as_posix(): each.read_text("utf-8") for each in found}


def without_form(texts: Mapping[str, str]) -> set[str]:
    """Return the commands that no template gives."""
    every = "\n".join(texts.values())
    given = {name for found in GIVEN.findall(every) for name in found}
    return set(COMMANDS) - given


def without_code(texts: Mapping[str, str], rules: Mapping[str, Rule]) -> list[str]:
    """Return the forms whose rule wants a code that they do not ask for."""
    found = []
    for page, text in sorted(texts.items()):
        for form in FORM.finditer(text):
            rule = rules.get(form[1])
            if rule is None or not ASKS.search(inspect.getsource(rule.decide)):
                continue
            whole = text[form.start() : text.index("endcall", form.start())]
            if not ASKED.search(whole):
                found.append(f"{page}: {form[1]}")
    return found


def test_every_command_has_a_form() -> None:
    assert without_form(pages()) == set(ELSEWHERE)


def test_every_form_asks_for_the_code_that_its_rule_wants() -> None:
    assert without_code(pages(), COMMANDS) == []


def test_gate_finds_a_command_without_a_form() -> None:
    texts = pages()
    text = texts["clinic/licences.html"].replace(
        '"destruction_witness.withdraw"', '"nothing.at_all"'
    )
    assert "destruction_witness.withdraw" in without_form({**texts, "clinic/licences.html": text})


def test_gate_finds_a_form_that_asks_for_no_code() -> None:
    texts = pages()
    asked = '{{ proof_field(proof.needed, "authorise-") }}'
    assert asked in texts["clinic/licences.html"]
    text = texts["clinic/licences.html"].replace(asked, "")
    expected = ["clinic/licences.html: destruction_witness.authorise"]
    assert without_code({"clinic/licences.html": text}, COMMANDS) == expected
