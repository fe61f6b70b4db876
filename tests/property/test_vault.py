"""Whatever is moved about in a vault's file, nothing opens as what it is not."""

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.kernel.errors import Refused
from safelight.run.identity import keys
from safelight.run.identity.file import VaultFile
from safelight.run.identity.keys import DataKeys, Kind

PERSONS = ("p-1", "p-2", "site-notes")
SECRETS = (bytes(32), bytes(range(32)))


class Place(NamedTuple):
    """Where a ciphertext belongs."""

    vault: int
    person: str
    kind: Kind


class Shelf:
    """Two vaults side by side, the second with another key, and a third with the first's."""

    def __init__(self, folder: Path) -> None:
        files = [VaultFile(folder / f"{number}.sqlite3") for number in range(3)]
        for file in files:
            file.rows(keys.SCHEMA)
        secrets = (*SECRETS, SECRETS[0])
        self.vaults = [DataKeys(file, key) for file, key in zip(files, secrets, strict=True)]
        for vault in self.vaults:
            for person in PERSONS:
                vault.seal(person, Kind.NOTE, b"")  # so that each has a key to try


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("vaults"))


places = st.builds(Place, st.integers(0, 2), st.sampled_from(PERSONS), st.sampled_from(Kind))


@given(data=st.binary(), home=places, away=places)
def test_ciphertext_opens_only_where_it_belongs(
    shelf: Shelf, data: bytes, home: Place, away: Place
) -> None:
    """Neither for another person, nor as another kind of record, nor in another vault."""
    sealed = shelf.vaults[home.vault].seal(home.person, home.kind, data)
    if home == away:
        assert shelf.vaults[away.vault].open(away.person, away.kind, sealed) == data
        return
    with pytest.raises(Refused) as caught:
        shelf.vaults[away.vault].open(away.person, away.kind, sealed)
    assert caught.value.code == "vault-readable"


@given(data=st.binary(), home=places, place=st.integers(0), bit=st.integers(0, 7))
def test_one_bent_bit_is_noticed(
    shelf: Shelf, data: bytes, home: Place, place: int, bit: int
) -> None:
    vault = shelf.vaults[home.vault]
    sealed = bytearray(vault.seal(home.person, home.kind, data))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(Refused):
        vault.open(home.person, home.kind, bytes(sealed))
