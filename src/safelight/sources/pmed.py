"""OR-Library: uncapacitated p-median instances with known optima (Beasley 1985).

An instance is a graph: the first line gives nodes, edges and p, each further line an undirected
edge and its cost. Where an edge is listed twice the last cost counts, as its author notes; taking
the lesser gives 5,718 instead of 5,819 for the first instance.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from safelight.kernel.errors import Invalid
from safelight.sources.cells import AGAIN, FIRST_ROW, read_text
from safelight.sources.column import count, text
from safelight.sources.table import Table

PUBLISHER = "OR-Library, J. E. Beasley"
LICENCE = "freely usable"
ATTRIBUTION = (
    "Source: OR-Library, J. E. Beasley, European Journal of Operational Research 21, 1985."
)
HEADER = ["nodes", "edges", "p"]


class Instance(NamedTuple):
    """A p-median problem: choose ``p`` of the nodes, each node also a demand of one."""

    p: int
    distances: npt.NDArray[np.float64]  # nodes × nodes, shortest paths


def _lines(path: Path, first: int, width: int) -> dict[int, list[str]]:
    """Return the cells of each line that has any, by row from ``first`` on."""
    lines = enumerate(read_text(path).splitlines(), start=1)
    rows = {row: line.split() for row, line in lines if row >= first and line.strip()}
    for row, cells in rows.items():
        if len(cells) != width:
            raise Invalid(
                "table-file",
                f"{path.name}, row {row}: {len(cells)} cells where {width} are due.",
                AGAIN,
                file=path.name,
                row=row,
            )
    return rows


def _load_edges(path: Path) -> pd.DataFrame:
    """Read an instance as text cells, one row per edge, the header's three figures in each."""
    rows = _lines(path, 1, 3)
    first = rows.pop(1, ["", "", ""])
    frame = pd.DataFrame.from_dict(rows, "index", columns=["from", "to", "cost"], dtype=str)
    return frame.assign(**dict(zip(HEADER, first, strict=True)))


def _whole(edges: pd.DataFrame) -> pd.DataFrame:
    """Return an instance; raises Invalid where it does not list the edges it says it has."""
    name, listed = edges["file"].iloc[0], int(edges["edges"].iloc[0])
    if listed != len(edges):
        raise Invalid(
            "table-rows",
            f"{name} lists {len(edges):,} edges; its first line says {listed:,}.",
            AGAIN,
            file=name,
        )
    return edges


def _load_optima(path: Path) -> pd.DataFrame:
    rows = _lines(path, FIRST_ROW, 2)
    return pd.DataFrame.from_dict(rows, "index", columns=["instance", "optimum"], dtype=str)


def instance(edges: pd.DataFrame, name: str) -> Instance:
    """Return one instance out of the table ``pmed``; distances by Dijkstra's algorithm.

    Raises:
        Invalid: There is no such instance, or its edges are fewer than its first line says.
    """
    own = edges[edges["file"] == name]
    if own.empty:
        held = ", ".join(edges["file"].unique())
        raise Invalid("instance-known", f"There is no instance {name!r}.", f"Held: {held}.")
    nodes, listed, p = (int(own[figure].iloc[0]) for figure in HEADER)
    if len(own) != listed or own[["from", "to"]].to_numpy().max() > nodes:
        raise Invalid(
            "table-rows",
            f"{name} lists {len(own):,} edges; its first line says {listed:,} and {nodes} nodes.",
            AGAIN,
        )
    low, high = np.sort(own[["from", "to"]].to_numpy() - 1, axis=1).T
    last = pd.DataFrame({"low": low, "high": high, "cost": own["cost"].to_numpy()})
    last = last.drop_duplicates(["low", "high"], keep="last")
    graph = csr_array((last["cost"].astype(float), (last["low"], last["high"])), (nodes, nodes))
    return Instance(p, dijkstra(graph, directed=False))


INSTANCES = Table(
    name="pmed",
    title="p-median instances on graphs of 100 to 400 nodes",
    publisher=PUBLISHER,
    licence=LICENCE,
    attribution=ATTRIBUTION,
    edition="pmed1 to pmed20",
    file="pmed[0-9]*.txt",
    columns={
        **{name: count(name, low=1) for name in HEADER},
        **{name: count(name, low=1) for name in ("from", "to", "cost")},
    },
    many=True,
    load=_load_edges,
    shape=_whole,
)

OPTIMA = Table(
    name="pmed-optima",
    title="Optimal values of the p-median instances",
    publisher=PUBLISHER,
    licence=LICENCE,
    attribution=ATTRIBUTION,
    edition="pmed1 to pmed20",
    file="pmedopt.txt",
    columns={
        "instance": text("instance", unique=True, pattern=r"pmed\d+"),
        "optimum": count("optimum", low=1),
    },
    rows=20,
    load=_load_optima,
)

TABLES = (INSTANCES, OPTIMA)
