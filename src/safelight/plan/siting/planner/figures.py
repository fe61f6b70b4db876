"""What a building and a mobile stop cost, hold and are open for: read from planning parameters."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import Parameter, Parameters

METRES_IN_A_MILE: Final = 1609.344
HOURS_IN_A_WEEK: Final = 168.0
WEEKS_IN_A_YEAR: Final = 365.25 / 7
BUILDING, MOBILE = "building", "mobile"
KINDS: Final = (BUILDING, MOBILE)
MAY_BE_NOUGHT: Final = frozenset(
    {
        "backup_weight",
        "building_capital",
        "building_running_cost",
        "discount_rate",
        "stop_running_cost",
        "vehicle_capital",
        "vehicle_running_cost",
    }
)
SHARES: Final = frozenset({"willingness", "least_share", "usable_share"})
MOST_BACKUP: Final = 0.5


class Kind(NamedTuple):
    """One kind of site, of the size that the parameters give it."""

    name: str
    capital: float  # £
    running: float  # £ a year
    life: float  # years over which the capital is spread
    open_share: float  # hours open a week, of 168
    capacity: float  # episodes a year
    visits: float  # a vehicle's visits a week that it takes; 0 for a building


class Vehicle(NamedTuple):
    """What one vehicle costs, and how many stops it serves."""

    capital: float  # £
    running: float  # £ a year
    life: float  # years
    visits: float  # visits a week


class Figures(NamedTuple):
    """Every figure that siting takes from the parameters, with the parameters themselves."""

    kinds: Mapping[str, Kind]
    vehicle: Vehicle
    willingness: float
    episodes_per_person: float
    discount_rate: float
    metres_per_minute: float  # straight-line metres walked in a minute
    parameters: Parameters
    changed: Mapping[str, float]  # figures given by hand, by name


def read_figures(parameters: Parameters, changed: Mapping[str, float] | None = None) -> Figures:
    """Return the figures of a parameter set, some of them replaced by hand.

    Raises Invalid for a name that the set lacks, and for a figure that is negative, nought where
    that makes no sense, or a share above 1.
    """
    changed = dict(changed or {})
    values = dict(parameters.values)
    for name, value in changed.items():
        if name not in values:
            raise Invalid(
                "planning-parameter",
                f"There is no siting figure {name!r}.",
                f"Take one of {', '.join(sorted(values))}.",
                name=name,
            )
        unit = parameters[name].unit
        values[name] = Parameter(value, unit, "Given by hand for this plan")
    used = Parameters(parameters.id, parameters.version, parameters.title, values)
    for name, parameter in values.items():
        if isinstance(parameter.value, int | float):
            _check_figure(name, float(parameter.value), parameter.unit)
    number = used.number
    return Figures(
        kinds={BUILDING: _building(used), MOBILE: _mobile(used)},
        vehicle=Vehicle(
            number("vehicle_capital"),
            number("vehicle_running_cost"),
            number("vehicle_life"),
            number("mobile_visits_a_vehicle"),
        ),
        willingness=number("willingness"),
        episodes_per_person=number("episodes_per_person"),
        discount_rate=number("discount_rate"),
        metres_per_minute=number("walking_speed") * 1000 / 60 / number("detour"),
        parameters=used,
        changed=changed,
    )


def _check_figure(name: str, value: float, unit: str) -> None:
    low_enough = value >= 0 if name in MAY_BE_NOUGHT else value > 0
    most = MOST_BACKUP if name == "backup_weight" else 1.0 if name in SHARES else float("inf")
    if low_enough and value <= most:
        return
    raise Invalid(
        "siting-figure",
        f"The siting figure {name} is {value:g} ({unit}).",
        f"Give a figure {'of 0 or more' if name in MAY_BE_NOUGHT else 'above 0'}"
        f"{f' and at most {most:g}' if most < float('inf') else ''}.",
        name=name,
    )


def _building(values: Parameters) -> Kind:
    number = values.number
    hours = number("building_hours_a_week")
    return Kind(
        BUILDING,
        number("building_capital"),
        number("building_running_cost"),
        number("building_life"),
        _open_share(hours),
        _capacity(values, number("building_booths"), hours),
        0.0,
    )


def _mobile(values: Parameters) -> Kind:
    number = values.number
    visits = number("mobile_visits_a_week")
    hours = visits * number("mobile_hours_a_visit")
    capacity = _capacity(values, number("mobile_seats"), hours)
    return Kind(MOBILE, 0.0, number("stop_running_cost"), 1.0, _open_share(hours), capacity, visits)


def _open_share(hours: float) -> float:
    if hours <= HOURS_IN_A_WEEK:
        return hours / HOURS_IN_A_WEEK
    raise Invalid(
        "siting-hours",
        f"A site cannot be open {hours:g} hours a week.",
        f"Give at most {HOURS_IN_A_WEEK:g}.",
        hours=hours,
    )


def _capacity(values: Parameters, places: float, hours: float) -> float:
    """Return episodes a year: places × hours × episodes in an hour × share of time usable."""
    an_hour = values.number("episodes_per_booth_hour") * values.number("usable_share")
    return places * hours * WEEKS_IN_A_YEAR * an_hour


def annuity(capital: float, life: float, rate: float) -> float:
    """Return what a capital sum costs a year over its life: ``rate·K / (1 − (1 + rate)^−life)``.

    The formula is that of Irwin et al. 2017 (Harm Reduction Journal 14:29); without interest it is
    the sum divided by the years.
    """
    if rate == 0:
        return capital / life
    return capital * rate / (1 - float((1 + rate) ** -life))
