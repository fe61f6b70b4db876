"""Collects the rules from the source: name, words and remedy of every refusal, by syntax alone.

``python -m tests.repository.rules`` writes them to docs/rules.md.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.repository.metrics import Module, measure

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "rules.md"
PACKAGES = ("safelight/run/domain", "safelight/run/actions")
REFUSING = frozenset({"refuse", "Refused"})
HEAD = """# The rules

Every rule that can say no, as the source says it; `safelight` shows the same words. Names in
brackets stand for values. Written by `python -m tests.repository.rules`: change the source, not
this page.

| Rule | Says | Remedy | Where |
|---|---|---|---|
"""


class Refusal(NamedTuple):
    """One refusal as the source writes it."""

    rule: str
    message: str
    remedy: str
    where: str


def sources(root: Path = ROOT / "src") -> list[Module]:
    """Read the modules that may refuse."""
    return measure(root, *PACKAGES)


def refusals(modules: Sequence[Module]) -> list[Refusal]:
    """Return every refusal, with its name spelled out where a function builds it."""
    calls = _calls_by_name(modules)
    found = []
    for module in modules:
        constants = _constants(module.tree)
        for function, call in _refusing(module.tree):
            message, remedy = (spoken(words) for words in [*call.args, None, None][1:3])
            found += [
                Refusal(name, message, remedy, module.name.rpartition(".")[2])
                for name in _names(call.args[0], function, constants, calls)
            ]
    return sorted(set(found))


def _refusing(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Yield each call that refuses, with the function that it stands in."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name != "refuse":
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _called(node) in REFUSING:
                    yield function, node


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _constants(tree: ast.Module) -> dict[str, str]:
    """Return the texts that a module gives a name."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found |= _assigned(target, node.value)
    return found


def _assigned(target: ast.expr, value: ast.expr) -> dict[str, str]:
    match target, value:
        case ast.Name(id=name), ast.Constant(value=str(text)):
            return {name: text}
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            pairs = [_assigned(*pair) for pair in zip(names, values, strict=True)]
            return {name: text for pair in pairs for name, text in pair.items()}
    return {}


def _calls_by_name(modules: Iterable[Module]) -> dict[str, list[ast.Call]]:
    found: dict[str, list[ast.Call]] = {}
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                found.setdefault(_called(node), []).append(node)
    return found


def _names(
    first: ast.expr,
    function: ast.FunctionDef,
    constants: Mapping[str, str],
    calls: Mapping[str, list[ast.Call]],
) -> list[str]:
    """Return the names that a refusal may carry; built ones from what callers hand over."""
    match first:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.Name(id=name) if name in constants:
            return [constants[name]]
        case ast.JoinedStr():
            parameter = next(node.id for node in ast.walk(first) if isinstance(node, ast.Name))
            given = _handed_over(function, parameter, calls)
            return [spoken(first).replace(f"[{parameter}]", each) for each in given]
    message = f"line {first.lineno}: the name of this rule cannot be read from the source"
    raise ValueError(message)


def _handed_over(
    function: ast.FunctionDef, parameter: str, calls: Mapping[str, list[ast.Call]]
) -> list[str]:
    """Return the texts that callers hand over for a parameter, however many calls lie between."""
    names = [argument.arg for argument in function.args.args if argument.arg != "self"]
    place, found = names.index(parameter), set()
    # ``accept`` hands its vocabulary on to ``require``.
    called = ["require", "accept"] if function.name == "require" else [function.name]
    for call in (call for name in called for call in calls.get(name, [])):
        argument = dict(enumerate(call.args)).get(place)
        if isinstance(argument, ast.Constant):
            found.add(str(argument.value))
    return sorted(found)


def spoken(words: ast.expr | None) -> str:
    """Return a text as the source writes it, with names in brackets for values."""
    text = ""
    match words:
        case ast.Constant(value=str(text)):
            pass
        case ast.JoinedStr(values=parts):
            text = "".join(map(spoken, parts))
        case ast.FormattedValue(value=value) | (ast.Name() as value):
            text = f"[{_short(value)}]"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            text = spoken(left) + spoken(right)
        case ast.IfExp(body=body, orelse=orelse):
            text = f"{spoken(body)} Or: {spoken(orelse)}"
    return text


def _short(value: ast.expr) -> str:
    """Return the name that stands for a value: of ``visit.handle``, ``handle``."""
    nodes = list(ast.walk(value))
    names = [node.attr for node in nodes if isinstance(node, ast.Attribute)]
    names += [node.id for node in nodes if isinstance(node, ast.Name) and node.id[0] != "_"]
    match value:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
    useful = [name for name in names if name not in {"join", "replace", "sorted", "len"}]
    return useful[0] if useful else "value"


def page(found: Sequence[Refusal]) -> str:
    """Return the page of all rules; those that say the same stand on one line."""
    lines: dict[tuple[str, ...], list[str]] = {}
    for rule, *rest in found:
        lines.setdefault(tuple(rest), []).append(f"`{rule}`")
    rows = [
        f"| {', '.join(rules)} | {' | '.join(map(_cell, rest))} |\n"
        for rest, rules in lines.items()
    ]
    return HEAD + "".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def texts_in(folder: Path) -> set[str]:
    """Return every text constant of the tests below a folder."""
    return {
        node.value
        for path in folder.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(refusals(sources())), encoding="utf-8")
