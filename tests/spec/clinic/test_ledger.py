"""The arithmetic of a controlled-drugs register, by example."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from safelight.kernel.errors import Refused
from safelight.run.domain.base import When
from safelight.run.domain.clinic.ledger import (
    LARGEST,
    Totals,
    find_register,
    is_late,
    line_id,
    put_back,
    register_for,
    register_of,
    require_in_cabinet,
    require_room,
    require_since_opening,
    require_whole_units,
    supply,
    take_out,
    totals,
    waste,
)
from safelight.run.domain.register_entities import Line, Register
from safelight.run.domain.site import Site
from tests.support.registers import AMPOULE, HEROIN, by, opened
from tests.support.sites import ADA, BEN, NOW, given, protocol

LATER = When(9, NOW - timedelta(minutes=5), NOW, ADA, BEN)
REGISTER = Register(
    id=HEROIN,
    drug="diamorphine",
    form="ampoule",
    strength=AMPOULE,
    opened_at=NOW,
    opening=5_000_000,
    prepared=200_000,
)


def refused_by(check: object, *arguments: object) -> Refused:
    with pytest.raises(Refused) as caught:
        check(*arguments)  # type: ignore[operator]
    return caught.value


def stock(site: Site) -> tuple[int, int, int]:
    """Return balance, cabinet and what is prepared."""
    register = register_of(site, HEROIN)
    return register.balance, register.cabinet, register.prepared


def newest(site: Site) -> Line:
    """Return the newest line of the register."""
    register = register_of(site, HEROIN)
    found = site.changes["line", line_id(HEROIN, register.lines)]
    assert isinstance(found, Line)
    return found


def test_register_is_found_by_id_and_by_what_it_is_for() -> None:
    site = opened().site
    assert register_of(site, HEROIN) is register_for(site, "diamorphine", "ampoule", AMPOULE)
    assert find_register(site, "diamorphine", "ampoule", 1) is None


def test_register_that_is_not_there_is_refused_with_those_that_are() -> None:
    site = opened().site
    refused = refused_by(register_of, site, "cd-none")
    assert (refused.code, refused.values["wanted"]) == ("register-known", "cd-none")
    assert refused.remedy == f"Choose one of {HEROIN}."
    refused = refused_by(register_for, site, "diamorphine", "ampoule", 30_000)
    assert (refused.code, refused.values["wanted"]) == (
        "register-known",
        "diamorphine ampoule 30 mg",
    )
    assert "open one first" in refused_by(register_of, Site("north"), "cd-none").remedy


def test_totals_are_the_terms_and_what_they_come_to() -> None:
    register = replace(REGISTER, received=70, supplied=60, wasted=5, destroyed=4)
    assert totals(register) == Totals(5_000_000, 70, 60, 5, 4, 5_000_001, 200_000, 4_800_001)


def test_preparing_takes_out_of_the_cabinet_and_leaves_the_balance() -> None:
    site = opened().site
    site = take_out(site, HEROIN, 200_000, LATER)
    assert stock(site) == (5_000_000, 4_800_000, 200_000)
    site = take_out(site, HEROIN, 100_000, LATER)
    assert stock(site) == (5_000_000, 4_700_000, 300_000)
    site = put_back(site, HEROIN, 100_000, LATER)
    assert stock(site) == (5_000_000, 4_800_000, 200_000)
    assert register_of(site, HEROIN).lines == 1


def test_dose_is_a_line_with_patient_and_prescriber() -> None:
    site = take_out(opened().site, HEROIN, 200_000, LATER)
    site = supply(
        site,
        HEROIN,
        190_000,
        LATER,
        person="p-1",
        prescriber="s-dee",
        session="v-1",
        document="rx-1",
    )
    assert stock(site) == (4_810_000, 4_800_000, 10_000)
    assert register_of(site, HEROIN).supplied == 190_000
    assert newest(site) == Line(
        id=f"{HEROIN}-2",
        register=HEROIN,
        number=2,
        seq=9,
        kind="supplied",
        at=LATER.happened_at,
        recorded_at=NOW,
        staff=ADA,
        change=-190_000,
        balance=4_810_000,
        witness=BEN,
        document="rx-1",
        person="p-1",
        prescriber="s-dee",
        session="v-1",
    )


def test_rest_of_a_dose_is_wasted_out_of_what_was_prepared() -> None:
    site = take_out(opened().site, HEROIN, 200_000, LATER)
    site = waste(site, HEROIN, 10_000, LATER, reason="residue", session="v-1", person="p-1")
    assert stock(site) == (4_990_000, 4_800_000, 190_000)
    line = newest(site)
    assert (line.kind, line.change, line.balance) == ("wasted", -10_000, 4_990_000)
    assert (line.reason, line.session, line.person) == ("residue", "v-1", "p-1")
    assert register_of(site, HEROIN).wasted == 10_000


def test_wastage_without_a_session_comes_out_of_the_cabinet() -> None:
    site = take_out(opened().site, HEROIN, 200_000, LATER)
    site = waste(site, HEROIN, 100_000, LATER, reason="broken")
    assert stock(site) == (4_900_000, 4_700_000, 200_000)
    assert newest(site).session is None


def test_use_of_what_was_never_prepared_comes_out_of_the_cabinet() -> None:
    """A fact is applied as it is, and nothing that is kept apart falls below nothing."""
    site = take_out(opened().site, HEROIN, 100_000, LATER)
    assert stock(supply(site, HEROIN, 200_000, LATER)) == (4_800_000, 4_800_000, 0)
    assert stock(waste(site, HEROIN, 200_000, LATER, session="v-1")) == (4_800_000, 4_800_000, 0)
    assert stock(put_back(site, HEROIN, 200_000, LATER)) == (5_000_000, 5_000_000, 0)


def test_everybody_who_had_a_hand_in_it_is_remembered_once() -> None:
    site = opened().site
    assert register_of(site, HEROIN).handlers == (ADA, BEN)
    for staff, witness in [("s-cy", ADA), ("s-cy", None), (BEN, "s-dee")]:
        site = take_out(site, HEROIN, 1, When(9, NOW, NOW, staff, witness))
        site = put_back(site, HEROIN, 1, When(9, NOW, NOW, "s-fay", witness))
    site = supply(site, HEROIN, 1, When(9, NOW, NOW, "s-gil"))
    assert register_of(site, HEROIN).handlers == (ADA, BEN, "s-cy", "s-fay", "s-dee", "s-gil")
    assert newest(site).witness is None


@pytest.mark.parametrize("quantity", [0, 100_000, 4_800_000])
def test_what_lies_in_the_cabinet_can_be_taken(quantity: int) -> None:
    require_in_cabinet(REGISTER, quantity)


def test_more_than_lies_in_the_cabinet_cannot_be_taken() -> None:
    refused = refused_by(require_in_cabinet, REGISTER, 4_800_001)
    assert refused.code == "cabinet-holds"
    assert refused.message.startswith("By the register 4800 mg are in the cabinet, and 4800.001")


@pytest.mark.parametrize("quantity", [-100_000, 0, 50_000, 100_001])
def test_only_whole_units_leave_the_cabinet(quantity: int) -> None:
    require_whole_units(REGISTER, AMPOULE)
    require_whole_units(REGISTER, 3 * AMPOULE)
    assert refused_by(require_whole_units, REGISTER, quantity).code == "whole-units"


def test_unit_of_one_microgram_is_a_unit() -> None:
    require_whole_units(replace(REGISTER, strength=1), 1)


def test_slip_beyond_what_a_register_holds_is_refused() -> None:
    require_room(LARGEST)
    require_room(LARGEST - 1, 1)
    assert refused_by(require_room, LARGEST, 1).code == "register-holds"
    assert refused_by(require_room, LARGEST + 1).code == "register-holds"


def test_what_came_before_the_opening_is_in_the_opening_stock() -> None:
    require_since_opening(REGISTER, given())
    refused = refused_by(require_since_opening, REGISTER, by(late=timedelta(microseconds=1)))
    assert refused.code == "since-opening"


@pytest.mark.parametrize(
    ("at", "recorded_at", "late"),
    [
        pytest.param((1, 13, 0), (1, 13, 23), False, id="on the day"),
        pytest.param((1, 13, 0), (1, 14, 23), False, id="on the next day"),
        pytest.param((1, 13, 23), (1, 15, 0), True, id="on the day after that"),
        # 23:30 UTC in June is the next day in London.
        pytest.param((6, 13, 23), (6, 15, 22), False, id="by the days of the place"),
        pytest.param((6, 13, 23), (6, 15, 23), True, id="by the days of the place, and late"),
    ],
)
def test_line_is_late_after_the_next_day(
    at: tuple[int, int, int], recorded_at: tuple[int, int, int], *, late: bool
) -> None:
    took_place, entered = (datetime(2025, *day, 30, tzinfo=UTC) for day in (at, recorded_at))
    line = Line(f"{HEROIN}-1", HEROIN, 1, 1, "wasted", took_place, entered, ADA)
    assert is_late(line, "Europe/London", protocol()) is late
    assert not is_late(line, "Europe/London", protocol(values={"register_late_days": 2}))


def test_line_states_a_quantity_without_a_sign_and_a_footnote_what_it_should_be() -> None:
    line = Line(f"{HEROIN}-1", HEROIN, 1, 1, "wasted", NOW, NOW, ADA, change=-5)
    assert line.stated == 5
    assert replace(line, was=5, now=0, change=5).stated == 0
