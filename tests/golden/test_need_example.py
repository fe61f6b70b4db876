"""The shipped example: whole, honest about its sources, and what the published tables give."""

import json
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
import shapely

from safelight.contracts.need import draws_of
from safelight.plan.need.estimate import Request, estimate_need
from safelight.plan.need.inputs import NAMES, Tables
from safelight.plan.parameters import shipped_parameters
from safelight.sources.example import example_need, example_need_path, example_outlines_path
from safelight.sources.shelf import Shelf
from tests.support.shared import DATA, needs_data

LARGEST_OUTLINES = 300_000  # bytes
KENT_AND_MEDWAY = 221  # MSOAs of 2021


@pytest.fixture(scope="module")
def example() -> pd.DataFrame:
    return example_need()[0]


def test_example_is_kent_and_medway_with_draws(example: pd.DataFrame) -> None:
    assert len(example) == KENT_AND_MEDWAY
    assert example["district"].nunique() == 13
    assert draws_of(example).shape == (KENT_AND_MEDWAY, 200)
    assert draws_of(example).mean(axis=1) == pytest.approx(example["deaths"], rel=1e-4)


def test_every_area_has_its_outline_around_its_people(example: pd.DataFrame) -> None:
    path = example_outlines_path()
    assert path.stat().st_size < LARGEST_OUTLINES
    features = json.loads(path.read_text("utf-8"))["features"]
    outlines = {
        each["properties"]["code"]: shapely.geometry.shape(each["geometry"]) for each in features
    }
    assert set(outlines) == set(example["code"])
    assert all(outline.is_valid for outline in outlines.values())
    people = shapely.points(example["lon"], example["lat"])
    near = [
        outlines[code].distance(point) < 0.01
        for code, point in zip(example["code"], people, strict=True)
    ]
    assert all(near)


def test_example_says_whose_data_it_rests_on() -> None:
    _, provenance = example_need()
    notice = (files("safelight.sources.example") / "NOTICE").read_text("utf-8")
    assert provenance.sources
    assert any("Open Government Licence v3.0" in each for each in provenance.attribution)
    for owner in ("Crown copyright", "Royal Mail", "Open Government Licence v3.0"):
        assert owner in notice


@needs_data
def test_example_is_what_the_published_tables_give(example: pd.DataFrame) -> None:
    shelf = Shelf(DATA)
    tables = Tables(*(shelf.read(name) for name in NAMES))
    request = Request("kent", draws=200, seed=1, level="msoa")
    again = estimate_need(tables, request, shipped_parameters("planning-need")).table
    assert again["code"].tolist() == example["code"].tolist()
    columns = again.select_dtypes(np.number).columns
    off = (again[columns] / example[columns] - 1).abs().max()
    assert off.max() < 0.02, f"{example_need_path()} is old: {off[off > 0.02].to_dict()}"
