"""Every rule that can say no is tried by a test, says what to do, and stands in docs/rules.md."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from tests.repository.rules import PAGE, ROOT, Refusal, page, refusals, sources, texts_in

TESTS = [ROOT / "tests" / each for each in ("spec", "property", "unit", "journeys", "faults")]


def untried(found: Sequence[Refusal], folders: Iterable[Path]) -> list[str]:
    """Name the rules that no test names."""
    texts = set().union(*map(texts_in, folders))
    return sorted({each.rule for each in found} - texts)


def speechless(found: Sequence[Refusal]) -> list[str]:
    """Name the rules whose message or remedy is no whole sentence."""
    return [
        each.rule
        for each in found
        if not (each.message.endswith(".") and each.remedy.endswith("."))
    ]


def plant(root: Path, source: str) -> list[Refusal]:
    """Read the rules of a small source tree."""
    path = root / "safelight" / "run" / "domain" / "a.py"
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    return refusals(sources(root))


def test_every_rule_is_tried() -> None:
    assert untried(refusals(sources()), TESTS) == []


def test_every_refusal_says_what_to_do() -> None:
    assert speechless(refusals(sources())) == []


def test_page_of_rules_is_current() -> None:
    told = "run `python -m tests.repository.rules`"
    assert PAGE.read_text(encoding="utf-8") == page(refusals(sources())), told


def test_gate_finds_a_rule_that_nobody_tries(tmp_path: Path) -> None:
    found = plant(tmp_path, 'def f():\n    raise refuse("never-tried", "No.", "Do it.")\n')
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_a.py").write_text('"""Never-tried."""\nrule = "tried"\n', encoding="utf-8")
    assert untried(found, [tests]) == ["never-tried"]
    (tests / "test_b.py").write_text('rule = "never-tried"\n', encoding="utf-8")
    assert untried(found, [tests]) == []


@pytest.mark.parametrize(
    "call",
    [
        'refuse("mute", "No.", "")',
        'refuse("mute", "", "Do it.")',
        'Refused("mute", "No.")',
        'refuse("mute", f"No {a}.", f"Do {b}")',
    ],
)
def test_gate_finds_a_refusal_without_a_remedy(call: str, tmp_path: Path) -> None:
    assert speechless(plant(tmp_path, f"def f(a, b):\n    raise {call}\n")) == ["mute"]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        pytest.param('def f(): raise refuse("a", "N.", "D.")', ["a"], id="as it stands"),
        pytest.param('A = "a"\ndef f(): raise refuse(A, "N.", "D.")', ["a"], id="by a constant"),
        pytest.param(
            'A, B = "a", "b"\ndef f(): raise Refused(B, "N.", "D.")', ["b"], id="by one of two"
        ),
        pytest.param(
            'def f(x, what): raise refuse(f"known-{what}", "N.", "D.")\nf(1, "b")\nf(2, "a")',
            ["known-a", "known-b"],
            id="built from what callers hand over",
        ),
        pytest.param(
            'class C:\n    def require(self, what): raise refuse(f"known-{what}", "N.", "D.")\n'
            'c.require("a", 1)\nc.accept("b")',
            ["known-a", "known-b"],
            id="built in a method, and handed on",
        ),
    ],
)
def test_names_are_read_from_the_source(source: str, names: list[str], tmp_path: Path) -> None:
    assert [each.rule for each in plant(tmp_path, source)] == names


def test_name_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        plant(tmp_path, 'def f(a):\n    raise refuse(a.name, "No.", "Do it.")\n')


def test_words_are_read_with_names_for_values(tmp_path: Path) -> None:
    source = (
        'def f(visit, free):\n    raise refuse("a", f"{visit.handle} has {len(visit.episodes)}.", '
        '"Go." if free else f"Wait for {_spoken(visit.end):%H}.")\n'
    )
    expected = Refusal("a", "[handle] has [episodes].", "Go. Or: Wait for [end].", "a")
    assert plant(tmp_path, source) == [expected]
