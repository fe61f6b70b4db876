"""The house style, measured: each gate holds for the whole product, and each gate can fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.repository.metrics import (
    Module,
    deferred_imports,
    import_cycle,
    measure,
    owner,
    percentile,
)

ROOT = Path(__file__).parents[2]
FILE_LIMIT, FILE_MEDIAN, FILE_P95 = 500, 120, 300
FUNCTION_LIMIT, FUNCTION_MEDIAN, FUNCTION_P95 = 60, 8, 35
ANNOTATED = 0.98
DOCUMENTED = {
    "safelight.plan",
    "safelight.run.actions",
    "safelight.run.domain",
    "safelight.sources",
}

# Where whatever comes may be caught: the outermost frames of a process or thread, with the reason.
PROCESS_ENTRIES = {
    "safelight.run.actions.writer": "one tap's fault must not stop the thread that writes for all",
    "safelight.web.asgi": "the outermost frame of a request: whoever asked gets an answer",
    "safelight.web.live": "a board that fails must not end the stream",
    "safelight.web.replies": "says where an emergency is kept when even the layout is broken",
    "safelight.web.sessions": "no accounts database, and still an emergency is taken",
    "safelight.web.taps": "whoever tapped gets an answer, and emergencies are kept",
}

Complaints = Callable[[Sequence[Module]], list[str]]


def long_files(modules: Sequence[Module]) -> list[str]:
    return [f"{each.name}: {each.lines}" for each in modules if each.lines > FILE_LIMIT]


def long_functions(modules: Sequence[Module]) -> list[str]:
    return [
        f"{function.where}: {function.length}"
        for each in modules
        for function in each.functions
        if function.length > FUNCTION_LIMIT
    ]


def file_sizes(modules: Sequence[Module]) -> list[str]:
    lines = [each.lines for each in modules if each.lines]
    return over("file", lines, median=FILE_MEDIAN, p95=FILE_P95)


def function_sizes(modules: Sequence[Module]) -> list[str]:
    lengths = [function.length for each in modules for function in each.functions]
    return over("function", lengths, median=FUNCTION_MEDIAN, p95=FUNCTION_P95)


def over(what: str, sizes: Sequence[int], *, median: int, p95: int) -> list[str]:
    """Compare the middle and the long end of some sizes with their limits."""
    found = {"median": (percentile(sizes, 0.5), median), "p95": (percentile(sizes, 0.95), p95)}
    return [
        f"{what} {name}: {size} > {limit}" for name, (size, limit) in found.items() if size > limit
    ]


def unannotated(modules: Sequence[Module]) -> list[str]:
    functions = [function for each in modules for function in each.functions]
    bare = [function.where for function in functions if not function.is_annotated]
    return bare if len(bare) > (1 - ANNOTATED) * len(functions) else []


def broad_excepts(modules: Sequence[Module]) -> list[str]:
    return [
        f"{each.name}:{line}"
        for each in modules
        for line in each.broad_excepts
        if each.name not in PROCESS_ENTRIES
    ]


def undocumented(modules: Sequence[Module]) -> list[str]:
    return [name for each in modules if owner(each.name, DOCUMENTED) for name in each.undocumented]


def lines(count: int) -> str:
    """Make a module of so many lines."""
    return "VALUE = 1\n" * count


def function(length: int) -> str:
    """Make a function of so many lines."""
    return "def work() -> None:\n" + "    print()\n" * (length - 1)


@dataclass(frozen=True)
class Gate:
    """One rule of the house, and the smallest tree that breaks it."""

    complaints: Complaints
    offence: Mapping[str, str]
    also_tests: bool = False


GATES = {
    "file length": Gate(long_files, {"a.py": lines(FILE_LIMIT + 1)}, also_tests=True),
    "function length": Gate(
        long_functions, {"a.py": function(FUNCTION_LIMIT + 1)}, also_tests=True
    ),
    "file median": Gate(file_sizes, {"a.py": lines(FILE_MEDIAN + 1)}),
    "file p95": Gate(file_sizes, {"a.py": lines(FILE_P95 + 1), "b.py": lines(1)}),
    "function median": Gate(function_sizes, {"a.py": function(FUNCTION_MEDIAN + 1)}),
    "function p95": Gate(function_sizes, {"a.py": function(FUNCTION_P95 + 1), "b.py": function(2)}),
    "import cycle": Gate(
        import_cycle, {"a.py": "import b", "b.py": "from c import d", "c.py": "import a"}
    ),
    "deferred import": Gate(
        deferred_imports, {"a.py": "def late() -> None:\n    import b", "b.py": ""}
    ),
    "annotation": Gate(unannotated, {"a.py": "def bare(value): ..."}),
    "broad except": Gate(
        broad_excepts, {"a.py": "try:\n    ...\nexcept (OSError, Exception):\n    ..."}
    ),
    "bare except": Gate(broad_excepts, {"a.py": "try:\n    ...\nexcept:\n    ..."}),
    "function docstring": Gate(
        undocumented, {"safelight/run/domain/a.py": '"""A."""\ndef public() -> None: ...'}
    ),
    "method docstring": Gate(
        undocumented,
        {"safelight/run/actions/a.py": '"""A."""\nclass B:\n    """B."""\n    def c(self): ...'},
    ),
    "module docstring": Gate(undocumented, {"safelight/run/domain/a.py": "VALUE = 1"}),
}
BLAMELESS = {
    "a.py": '"""A."""\nfrom b import two\n\ndef one() -> int:\n    """One."""\n    return two()',
    "b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\n"
    "def two() -> int:\n    try:\n        return 2\n    except ValueError:\n        return 3\n"
    "    except BaseException:\n        print()\n        raise",
    "safelight/run/domain/c.py": '"""C."""\nclass Thing:\n    """A thing."""\n'
    "    def __len__(self) -> int:\n        return 0\ndef _own() -> None: ...",
}

every_gate = pytest.mark.parametrize("gate", GATES.values(), ids=list(GATES))


def plant(root: Path, tree: Mapping[str, str]) -> list[Module]:
    """Write a small tree of source files and measure it."""
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return measure(root, ".")


@every_gate
def test_product_passes_gate(gate: Gate) -> None:
    modules = measure(ROOT / "src", "safelight")
    if gate.also_tests:
        modules += measure(ROOT, "tests", "benchmarks", "run.py")
    assert gate.complaints(modules) == []


@every_gate
def test_gate_can_fail(gate: Gate, tmp_path: Path) -> None:
    assert gate.complaints(plant(tmp_path, gate.offence)) != []


@every_gate
def test_gate_lets_blameless_code_pass(gate: Gate, tmp_path: Path) -> None:
    assert gate.complaints(plant(tmp_path, BLAMELESS)) == []


def test_process_entries_exist_and_catch_broadly() -> None:
    entries = {each.name for each in measure(ROOT / "src", "safelight") if each.broad_excepts}
    assert set(PROCESS_ENTRIES) <= entries


def test_function_length_leaves_out_decorators_and_docstring(tmp_path: Path) -> None:
    source = '@cache\n@other\ndef f() -> int:\n    """One.\n\n    Two.\n    """\n    return 1\n'
    (module,) = plant(tmp_path, {"a.py": source})
    assert [function.length for function in module.functions] == [2]


def test_relative_import_counts_as_import_of_the_own_package(tmp_path: Path) -> None:
    tree = {"p/__init__.py": "from . import a", "p/a.py": "from .b import x", "p/b.py": "x = 1"}
    imports = {module.name: module.imports for module in plant(tmp_path, tree)}
    assert imports == {"p": [("p.a", False)], "p.a": [("p.b.x", False)], "p.b": []}
