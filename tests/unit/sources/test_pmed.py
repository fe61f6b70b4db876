"""p-median instances: shortest paths, and the last cost of an edge that is listed twice."""

from pathlib import Path

from safelight.sources import pmed
from tests.support.published import read_sample, refusal

# A triangle whose edge 1-2 is listed three times, the other way round at last.
TEXT = " 3 4 1 \n 1 2 5 \n 1 2 1 \n 2 3 4 \n 2 1 7 \n\n"


def test_last_cost_of_an_edge_counts(tmp_path: Path) -> None:
    edges = read_sample(pmed.INSTANCES, tmp_path, TEXT, "pmed1.txt.gz")
    found = pmed.instance(edges, "pmed1")
    assert found.p == 1
    assert found.distances.tolist() == [[0, 7, 11], [7, 0, 4], [11, 4, 0]]


def test_way_round_is_taken_where_it_is_shorter(tmp_path: Path) -> None:
    text = "3 3 1\n1 2 9\n2 3 1\n1 3 2\n"
    found = pmed.instance(read_sample(pmed.INSTANCES, tmp_path, text, "pmed2.txt"), "pmed2")
    assert found.distances[0].tolist() == [0, 3, 2]


def test_instance_that_is_cut_short_is_not_read(tmp_path: Path) -> None:
    error = refusal(read_sample, pmed.INSTANCES, tmp_path, "3 2 1\n1 2 9\n", "pmed1.txt")
    assert error.message == "pmed1 lists 1 edges; its first line says 2."


def test_instance_with_a_node_too_many_is_refused(tmp_path: Path) -> None:
    edges = read_sample(pmed.INSTANCES, tmp_path, "2 1 1\n1 3 9\n", "pmed1.txt")
    message = "pmed1 lists 1 edges; its first line says 1 and 2 nodes."
    assert refusal(pmed.instance, edges, "pmed1").message == message


def test_unknown_instance_is_refused_with_those_there_are(tmp_path: Path) -> None:
    edges = read_sample(pmed.INSTANCES, tmp_path, TEXT, "pmed1.txt")
    assert refusal(pmed.instance, edges, "pmed2").remedy == "Held: pmed1."


def test_wrong_line_is_named_by_row(tmp_path: Path) -> None:
    error = refusal(read_sample, pmed.INSTANCES, tmp_path, "3 1 1\n1 2\n", "pmed1.txt")
    assert error.message == "pmed1.txt, row 2: 2 cells where 3 are due."
    error = refusal(read_sample, pmed.INSTANCES, tmp_path, "3 1 1\n1 2 x\n", "pmed1.txt")
    assert error.message == "pmed1.txt, row 2, column 'cost': 'x' is not a number."


def test_optima_are_read_by_instance(tmp_path: Path) -> None:
    text = "Data file   Optimal solution value\npmed1       5819\npmed2       4093\n"
    frame = read_sample(pmed.OPTIMA, tmp_path, text)
    assert dict(zip(frame["instance"], frame["optimum"], strict=True)) == {
        "pmed1": 5819,
        "pmed2": 4093,
    }
