"""Layouts of a printed register: data, so that another country's needs a file and no code.

A layout says which lines stand in which part, what each column shows, and every word around them.
What a column shows is a text in which ``{word}`` stands for a value of the line; a part of it in
``[brackets]`` is left out where one of its values is missing.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, Literal

import msgspec

from safelight.kernel.errors import Invalid, Refused
from safelight.run.domain.register_entities import (
    CORRECTED,
    COUNTED,
    DESTROYED,
    OPENING,
    RECEIVED,
    SUPPLIED,
    WASTED,
)

KINDS: Final = (OPENING, RECEIVED, SUPPLIED, WASTED, DESTROYED, COUNTED, CORRECTED)
ADMINISTERED: Final = "administered"  # a supply in a session here, told apart from any other
MONTHS: Final = 12
WORD = re.compile(r"\{([a-z_]*)\}")

# What the texts of a layout can show.
OF_REGISTER: Final = frozenset(
    "premises site drug form strength register first last printed printer".split()
)
OF_LINE: Final = frozenset(
    "number mark date entered late quantity change in out balance counted units batch expires "
    "supplier address document person prescriber staff witness reason method refers_to was now "
    "session".split()
)
OF_SUM: Final = frozenset(("brought", "carried", "came", "went", "lines", *KINDS))
OF_PAGE: Final = frozenset(("page", "pages"))
OF_DATE: Final = frozenset(("day", "month", "year"))


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column: its heading, and what it shows for each kind of line, or for all of them."""

    head: str
    show: str | dict[str, str]
    width: int
    align: Literal["left", "right"] = "left"
    join: bool = False  # with a neighbour that says the same, into one wide cell

    def shows(self, kind: str, *, on_premises: bool) -> str:
        """Return what stands here on a line of a kind, as it is written in the layout."""
        if isinstance(self.show, str):
            return self.show
        if on_premises and kind == SUPPLIED and ADMINISTERED in self.show:
            return self.show[ADMINISTERED]
        return self.show.get(kind, "")


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table: the kinds of lines that stand in it, and its columns."""

    title: str
    empty: str
    kinds: tuple[str, ...]
    column: tuple[Column, ...]


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A label and what stands beside it."""

    label: str
    show: str


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a register is printed."""

    id: str
    title: str
    language: str
    citation: str
    approver: str
    holds_from: date
    date: str
    late: str
    late_days: int  # that an entry may take without being called late
    head: str
    page: str
    footnote: str
    part: tuple[Part, ...]
    fact: tuple[Item, ...] = ()
    summary: tuple[Item, ...] = ()
    statement: str = ""
    signature: tuple[str, ...] = ()
    region: str = ""
    paper: Literal["a4", "a3", "us-letter"] = "a4"
    landscape: bool = False
    decimal: str = "."
    group: str = ""
    months: tuple[str, ...] = ()
    terms: dict[str, str] = {}  # words for codes; the code's own where there are none
    digest: str = ""

    def term(self, code: str) -> str:
        """Return the words for a code."""
        return self.terms.get(code) or code.replace("_", " ")


def load_layout(path: Path) -> Layout:
    """Read a layout.

    Raises:
        Invalid: naming the file and what is wrong in it.

    """
    try:
        raw = path.read_bytes()
        tables = tomllib.loads(raw.decode())
        own = tables.pop("layout", {})
        digest = hashlib.sha256(raw).hexdigest()
        layout = msgspec.convert({**own, **tables, "digest": digest}, Layout)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.MsgspecError) as error:
        raise _invalid(path, str(error)) from error
    for problem in _problems(layout):
        raise _invalid(path, problem)
    return layout


def installed_layouts(*folders: Path) -> dict[str, Layout]:
    """Return the layouts in these folders by id; those of a later folder take precedence."""
    found = (load_layout(path) for folder in folders for path in sorted(folder.glob("*.toml")))
    return {layout.id: layout for layout in found}


def layout_of(layouts: dict[str, Layout], wanted: str) -> Layout:
    """Return a layout by id; refuses an unknown one."""
    if wanted not in layouts:
        raise Refused(
            "layout-known",
            f"There is no layout {wanted!r}.",
            f"Choose one of {', '.join(sorted(layouts)) or 'none: install one first'}.",
            layout=wanted,
        )
    return layouts[wanted]


def _problems(layout: Layout) -> Iterator[str]:
    """Yield what would make a print lose lines or words."""
    placed = [kind for part in layout.part for kind in part.kinds]
    for kind in KINDS:
        if placed.count(kind) != 1:
            yield f"lines of the kind {kind} stand in {placed.count(kind)} parts, not in one"
    for kind in set(placed) - set(KINDS):
        yield f"there is no kind {kind}"
    if layout.months and len(layout.months) != MONTHS:
        yield f"it names {len(layout.months)} months"
    for part in layout.part:
        for column in part.column:
            yield from _problems_of(column, part)
    for text, known in _texts(layout):
        for word in WORD.findall(text):
            if word not in known:
                yield f"{{{word}}} cannot be shown in {text!r}"


def _problems_of(column: Column, part: Part) -> Iterator[str]:
    if column.width < 1:
        yield f"the column {column.head!r} has no width"
    told = set(column.show) if isinstance(column.show, dict) else set()
    for kind in told - {*part.kinds, ADMINISTERED}:
        yield f"the column {column.head!r} shows {kind}, which is not in its part"


def _texts(layout: Layout) -> Iterable[tuple[str, frozenset[str]]]:
    """Yield each text of a layout with what it can show."""
    yield layout.date, OF_DATE
    yield layout.head, OF_REGISTER
    yield layout.page, OF_PAGE
    yield layout.footnote, OF_LINE
    yield layout.late, frozenset({"entered"})
    for fact in layout.fact:
        yield fact.show, OF_REGISTER
    for item in layout.summary:
        yield item.show, OF_SUM
    for part in layout.part:
        for column in part.column:
            shown = [column.show] if isinstance(column.show, str) else column.show.values()
            yield from ((text, OF_LINE) for text in shown)


def _invalid(path: Path, problem: str) -> Invalid:
    return Invalid(
        "layout-file",
        f"{path.name} cannot be read: {problem}.",
        "Compare it with the layouts that are shipped.",
        file=path.name,
    )
