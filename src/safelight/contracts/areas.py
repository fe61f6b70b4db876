"""What the code and the place of a small area give away: the census it is of, and a mix-up."""

import numpy as np
import numpy.typing as npt
import pandas as pd

OLD, NEW = 2011, 2021  # the censuses for which LSOAs were drawn
# The last codes issued for the census of 2011; those of 2021 run on from here, and areas that did
# not change kept their code.
LAST_OF_2011 = {"E": "E01033768", "W": "W01001958"}
# So many areas of 2021 have some new code among them wherever they lie: Kent and Medway have 79
# among 1,107.
ENOUGH = 500
# How far in metres a place's grid reference may lie from the one worked out from its longitude
# and latitude by the rough formula below; that formula errs by less than 9 km.
ROUGH = 15_000.0


def first_issued_in_2021(codes: pd.Series) -> npt.NDArray[np.bool_]:
    """Tell which LSOA codes were not yet issued in 2011."""
    last = np.where(codes.str.startswith("W"), LAST_OF_2011["W"], LAST_OF_2011["E"])
    return codes.to_numpy() > last


def surely_of_2011(codes: pd.Series) -> bool:
    """Tell whether so many LSOA codes without a new one can only be those of 2011."""
    return codes.nunique() >= ENOUGH and not first_issued_in_2021(codes).any()


def turned_on_the_grid(
    lon: pd.Series, lat: pd.Series, easting: pd.Series, northing: pd.Series
) -> pd.Series:
    """Tell where a grid reference fits its longitude and latitude only the other way round."""
    # Metres from the grid's origin at 2° W 49° N, which lies at 400 km E, −100 km N.
    east = 400_000 + (lon + 2) * np.cos(np.radians(lat)) * 111_320
    north = (lat - 49) * 111_250 - 100_000
    fits = (easting - east).abs().lt(ROUGH) & (northing - north).abs().lt(ROUGH)
    other = (northing - east).abs().lt(ROUGH) & (easting - north).abs().lt(ROUGH)
    turned: pd.Series = other & ~fits
    return turned
