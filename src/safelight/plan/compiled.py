"""Loops compiled to machine code, with their types kept for the reader and the checker."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile on the first call, and keep the machine code for the next process."""
    return cast("Callable[P, R]", numba.njit(cache=True, nogil=True)(function))
