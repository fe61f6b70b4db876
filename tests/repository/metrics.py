"""Measures the shape of Python code from its syntax alone: nothing is imported or run."""

import ast
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

TYPE_CHECKING = "TYPE_CHECKING"
AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BROAD = {"Exception", "BaseException"}


@dataclass(frozen=True)
class Function:
    """One function or method: where it is, how long, and whether its types are written down."""

    where: str
    length: int
    is_annotated: bool


@dataclass(frozen=True)
class Module:
    """One source file, and what its syntax tells."""

    name: str
    text: str
    is_package: bool

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax of the whole file."""
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        """Physical lines of the file."""
        return len(self.text.splitlines())

    @cached_property
    def functions(self) -> list[Function]:
        """Every function and method; one inside another counts on its own as well."""
        found = [node for node in ast.walk(self.tree) if isinstance(node, FUNCTIONS)]
        return [
            Function(f"{self.name}.{node.name}:{node.lineno}", _length(node), _is_annotated(node))
            for node in found
        ]

    @cached_property
    def imports(self) -> list[tuple[str, bool]]:
        """Dotted targets of imports, and whether each waits inside a function.

        Imports for the type checker alone are left out: they cannot make a cycle at run time.
        """
        return list(_imports(self.tree, self, deferred=False))

    @property
    def broad_excepts(self) -> list[int]:
        """Lines of the handlers that swallow whatever comes."""
        handlers = (node for node in ast.walk(self.tree) if isinstance(node, ast.ExceptHandler))
        return [handler.lineno for handler in handlers if _is_broad(handler)]

    @property
    def undocumented(self) -> list[str]:
        """Public names without a docstring, and the module itself if it has none."""
        own = [] if ast.get_docstring(self.tree) else [self.name]
        return own + [
            f"{self.name}.{name}"
            for name, node in _public(self.tree, prefix="")
            if not ast.get_docstring(node)
        ]


def measure(root: Path, *folders: str) -> list[Module]:
    """Read the Python files of some folders below a root; names are dotted from that root."""
    paths = [path for folder in folders for path in _python_files(root / folder)]
    return [_read(path, root) for path in paths]


def import_cycle(modules: Sequence[Module]) -> list[str]:
    """Name the modules of one circle of imports; none if there is no circle."""
    known = {module.name for module in modules}
    graph = {
        module.name: {
            found
            for target, deferred in module.imports
            if not deferred and (found := owner(target, known)) not in {None, module.name}
        }
        for module in modules
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def deferred_imports(modules: Sequence[Module]) -> list[str]:
    """Name the imports of the measured code that wait inside a function."""
    known = {module.name for module in modules}
    return [
        f"{module.name} imports {target}"
        for module in modules
        for target, deferred in module.imports
        if deferred and owner(target, known)
    ]


def owner(target: str, known: set[str]) -> str | None:
    """Find the module that holds a dotted name."""
    while target and target not in known:
        target = target.rpartition(".")[0]
    return target or None


def percentile(values: Sequence[int], share: float) -> int:
    """Take the smallest value that this share of the values do not exceed; 0 for no values."""
    if not values:
        return 0
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _python_files(path: Path) -> list[Path]:
    """List one file or the files below a folder, in a fixed order."""
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def _read(path: Path, root: Path) -> Module:
    """Read one file under the name by which it is imported."""
    parts = path.relative_to(root).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module(name, path.read_text(encoding="utf-8"), is_package)


def _length(node: AnyFunction) -> int:
    """Count the lines from def to the end, less the docstring."""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        docstring = node.body[0]
        length -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return length


def _is_annotated(node: AnyFunction) -> bool:
    """Say whether every parameter and the result have a type."""
    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    if named and named[0].arg in {"self", "cls"}:
        named = named[1:]
    starred = [argument for argument in (node.args.vararg, node.args.kwarg) if argument]
    return node.returns is not None and all(each.annotation for each in [*named, *starred])


def _imports(node: ast.AST, module: Module, *, deferred: bool) -> Iterator[tuple[str, bool]]:
    """Walk down to every import, keeping in mind whether a function stands around it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and TYPE_CHECKING in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from ((alias.name, deferred) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = _base(child, module)
            yield from ((f"{base}.{alias.name}".lstrip("."), deferred) for alias in child.names)
        else:
            inside = deferred or isinstance(child, FUNCTIONS)
            yield from _imports(child, module, deferred=inside)


def _base(node: ast.ImportFrom, module: Module) -> str:
    """Turn the left part of a from-import into an absolute name."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _is_broad(handler: ast.ExceptHandler) -> bool:
    """Say whether a handler swallows any error; one that tidies up and raises again does not."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in BROAD for node in ast.walk(handler.type))


def _public(
    node: ast.Module | ast.ClassDef, prefix: str
) -> Iterator[tuple[str, AnyFunction | ast.ClassDef]]:
    """Yield what others may use: no leading underscore, and not inside a function."""
    for child in node.body:
        if not isinstance(child, (*FUNCTIONS, ast.ClassDef)) or child.name.startswith("_"):
            continue
        if any(
            ast.unparse(each).endswith(("overload", ".setter")) for each in child.decorator_list
        ):
            continue
        yield prefix + child.name, child
        if isinstance(child, ast.ClassDef):
            yield from _public(child, f"{prefix}{child.name}.")
