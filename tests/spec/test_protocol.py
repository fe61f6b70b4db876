"""Protocol packs: what they say, what they leave out, and adopting one, by example."""

from collections.abc import Callable

import pytest

from safelight.kernel.errors import Invalid, Refused
from safelight.run.domain import protocol as protocols
from safelight.run.domain.base import MANAGEMENT, Role
from safelight.run.domain.entities import Adopted
from safelight.run.domain.protocol import Protocol, ProtocolAdopted, parse_protocol
from safelight.run.domain.site import Site
from tests.support.floors import ADOPTED, Fields
from tests.support.sites import (
    BEN,
    NOW,
    TODAY,
    decide,
    done,
    given,
    protocol,
    refusal,
    site_with,
    stored,
)

MANAGER = given(role=Role.MANAGER)
ADOPT: Fields = {"pack": "pack-small", "version": "1", "digest": "0" * 64, "approver": BEN}
SOURCE = {"citation": "made up", "approver": "nobody", "holds_from": TODAY}
EMPTY = Protocol("empty", "1", "Empty", example=True, values={}, codes={})


def test_adopt_puts_a_pack_in_force() -> None:
    """The journal keeps which pack was in force, by its digest, and who approved it."""
    assert decide(site_with(), "protocol.adopt", ADOPT, MANAGER) == [ADOPTED]
    assert stored(ADOPTED) == ADOPTED
    site = done(site_with(), "protocol.adopt", ADOPT, MANAGER)
    assert site.adopted == Adopted("in-force", "pack-small", "1", "0" * 64, NOW, BEN, example=True)


def test_adopted_last_is_in_force() -> None:
    """A newer pack takes the place of the older one."""
    newer = ProtocolAdopted("pack-small", "2", "1" * 64, BEN, example=False)
    site = site_with(ADOPTED, newer)
    assert site.adopted is not None
    assert (site.adopted.version, site.adopted.example) == ("2", False)


ADOPTS_REFUSED: dict[str, tuple[Site, Fields, str]] = {
    "another pack": (site_with(), {"pack": "pack-large"}, "pack-known"),
    "another version": (site_with(), {"version": "2"}, "pack-known"),
    "a file that somebody changed": (site_with(), {"digest": "f" * 64}, "pack-known"),
    "an example in a live service": (site_with(live=True), {}, "pack-approved"),
}


@pytest.mark.parametrize(("site", "fields", "rule"), ADOPTS_REFUSED.values(), ids=ADOPTS_REFUSED)
def test_adopt_refuses(site: Site, fields: Fields, rule: str) -> None:
    """A pack that is not here, or that nobody approved, is refused by the rule of that name."""
    assert refusal(site, "protocol.adopt", {**ADOPT, **fields}, MANAGER).code == rule


def test_adopt_takes_an_approved_pack_in_a_live_service() -> None:
    """A pack that is no example may be adopted anywhere."""
    by = given(role=Role.MANAGER, pack=protocol(example=False))
    (fact,) = decide(site_with(live=True), "protocol.adopt", ADOPT, by)
    assert fact == ProtocolAdopted("pack-small", "1", "0" * 64, BEN, example=False)


def test_number_that_a_rule_needs() -> None:
    """A value that is there is given; one that is missing is refused by its name."""
    assert protocol().number("minimum_staff") == 2
    with pytest.raises(Refused) as caught:
        EMPTY.number("minimum_staff")
    assert caught.value.code == "protocol-value"
    assert caught.value.message == "The protocol pack empty 1 does not say minimum_staff."
    assert caught.value.values == {"pack": "empty", "value": "minimum_staff"}


def test_optional_number_may_be_missing() -> None:
    """A value that only advises is nothing where the pack leaves it out."""
    assert (protocol().optional("minimum_staff"), EMPTY.optional("minimum_staff")) == (2, None)


@pytest.mark.parametrize(
    ("pack", "code", "is_required", "is_accepted"),
    [
        pytest.param(protocol(), "heroin", True, True, id="a code that the pack lists"),
        pytest.param(protocol(), "tea", False, False, id="a code that it does not list"),
        pytest.param(EMPTY, "heroin", False, True, id="a pack without that vocabulary"),
    ],
)
def test_codes_of_a_pack(
    pack: Protocol, code: str, *, is_required: bool, is_accepted: bool
) -> None:
    """A code has to be listed; where the pack lists none, only an emergency takes any."""
    assert _passes(pack.require, code) is is_required
    assert _passes(pack.accept, code) is is_accepted


def _passes(check: Callable[..., None], code: str) -> bool:
    try:
        check("substances", code)
    except Refused as refused:
        return refused.code != "known-substances"
    return True


def test_refusal_of_a_code_lists_the_choices() -> None:
    """The refusal of a code names what the pack lists, or that it lists nothing."""
    with pytest.raises(Refused) as caught:
        protocol().require("routes", "nasal", "moonlight")
    assert caught.value.remedy == "Choose one of injecting, nasal, smoking."
    with pytest.raises(Refused) as caught:
        EMPTY.require("routes", "nasal")
    assert caught.value.remedy == "Choose one of none: the pack lists none."


def test_parse_reads_a_whole_pack() -> None:
    """A pack is read from its tables, and carries the digest of its file."""
    tables = {
        "pack": {"id": "mine", "version": "3", "title": "Mine", "example": False},
        "values": {"minimum_staff": {"value": 4, "unit": "people", **SOURCE}},
        "codes": {"routes": {"words": {"oral": "Swallowed"}, **SOURCE}},
    }
    pack = parse_protocol(tables, "a" * 64)
    assert (pack.id, pack.version, pack.digest, pack.example) == ("mine", "3", "a" * 64, False)
    assert (pack.number("minimum_staff"), pack.words("routes")) == (4, {"oral": "Swallowed"})


@pytest.mark.parametrize(
    ("part", "said"),
    [
        pytest.param({"values": {"x": {"value": 4, "unit": "people"}}}, "citation", id="no source"),
        pytest.param(
            {"values": {"x": {"value": "four", "unit": "people", **SOURCE}}}, "int", id="a word"
        ),
        pytest.param({"colours": {}}, "colours", id="a table of no known name"),
    ],
)
def test_parse_says_what_is_wrong(part: Fields, said: str) -> None:
    """A pack that cannot be read is refused with the place and the remedy."""
    head = {"pack": {"id": "mine", "version": "3", "title": "Mine", "example": False}}
    with pytest.raises(Invalid) as caught:
        parse_protocol({**head, "values": {}, "codes": {}, **part}, "a" * 64)
    assert caught.value.code == "protocol-pack"
    assert said in caught.value.message
    assert caught.value.remedy.endswith(".")


@pytest.mark.hazard("H28")
@pytest.mark.parametrize(
    "hold",
    [
        pytest.param({"measure": "spo3", "below": 92}, id="a measure that nobody takes"),
        pytest.param({"measure": "looked_for_signs", "below": 1}, id="what is no finding"),
        pytest.param({"measure": "spo2"}, id="no limit"),
        pytest.param({"measure": "spo2", "among": ["poss_3"]}, id="findings of a number"),
        pytest.param({"measure": "sedation", "below": 3}, id="a limit of findings"),
        pytest.param({"measure": "sedation", "among": []}, id="no finding"),
        pytest.param({"measure": "sedation", "among": ["poss_3", "poss 4"]}, id="a slip"),
        pytest.param({"measure": "signs", "among": ["poss_3"]}, id="a finding of another kind"),
    ],
)
def test_hold_that_could_never_be_met_is_no_pack(hold: Fields) -> None:
    """A slip in a pack would else give doses that it means to hold."""
    with pytest.raises(Invalid) as caught:
        parse_protocol(pack_with(hold), "0" * 64)
    assert caught.value.code == "protocol-holds"
    assert "too_bad" in caught.value.message


@pytest.mark.parametrize(
    "hold",
    [
        {"measure": "spo2", "below": 92},
        {"measure": "etco2_tenths", "above": 65},
        {"measure": "breathing_rate", "below": 0},
        {"measure": "sedation", "among": ["poss_3"]},
        {"measure": "signs", "among": ["unsteady"]},
    ],
)
def test_hold_that_can_be_met_is_taken(hold: Fields) -> None:
    assert parse_protocol(pack_with(hold), "0" * 64).holds[0].measure == hold["measure"]


def test_code_of_a_hold_goes_into_the_journal_and_has_its_shape() -> None:
    with pytest.raises(Invalid, match=r"holds.*code"):
        parse_protocol(pack_with({"measure": "spo2", "below": 9, "code": "Too bad"}), "0" * 64)


def pack_with(hold: Fields) -> Fields:
    """Return the tables of a pack with one hold."""
    words = {"sedation_levels": {"poss_3": "Drowsy"}, "intoxication_signs": {"unsteady": "So"}}
    return {
        "pack": {"id": "p", "version": "1", "title": "P", "example": True},
        "values": {},
        "codes": {name: {**SOURCE, "words": each} for name, each in words.items()},
        "holds": [{"code": "too_bad", "text": "Too bad", **SOURCE, **hold}],
    }


def test_only_managers_adopt() -> None:
    """Which pack is in force is a manager's decision."""
    assert {rule.may for rule in protocols.COMMANDS.values()} == {MANAGEMENT}
