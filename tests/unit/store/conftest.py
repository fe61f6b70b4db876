"""The databases that the tests of the store run on."""

from tests.support.databases import database
from tests.support.postgres import postgres, postgres_address

__all__ = ["database", "postgres", "postgres_address"]
