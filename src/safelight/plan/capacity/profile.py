"""A service from its profile: what was measured, and cited or assumed values for the rest."""

import tomllib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.distributions import (
    FOR_EVER,
    NO_TIME,
    Distribution,
    constant,
    empirical,
    exponential,
    gamma,
    lognormal,
)
from safelight.plan.capacity.hours import DAYS, parse_hours
from safelight.plan.capacity.service import HOURS, WEEKDAYS, Route, Service
from safelight.plan.parameters import Parameters

ASSUMPTION = "Assumption"
MAKERS: dict[str, tuple[Callable[..., Distribution], tuple[str, ...]]] = {
    "constant": (constant, ("minutes",)),
    "exponential": (exponential, ("mean",)),
    "lognormal": (lognormal, ("median", "spread")),
    "gamma": (gamma, ("mean", "shape")),
    "empirical": (empirical, ("values",)),
}


class GivenRoute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A route as a profile writes it."""

    name: str
    share: float
    place: str
    minutes: dict[str, Any] = {}
    episodes: tuple[float, ...] = (1.0,)


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody has said about a service; None is what they have not said.

    A duration is written as ``{ distribution = "lognormal", median = 13, spread = 0.45 }``:
    constant (minutes), exponential (mean), lognormal (median, spread), gamma (mean, shape) or
    empirical (values).
    """

    hours: str | None = None
    visits_per_day: float | None = None
    injecting_share: float | None = None
    smoking_share: float | None = None
    routes: tuple[GivenRoute, ...] | None = None
    injecting_minutes: dict[str, Any] | None = None
    smoking_minutes: dict[str, Any] | None = None
    booth_cleaning: dict[str, Any] | None = None
    seat_clearing: dict[str, Any] | None = None
    aftercare: dict[str, Any] | None = None
    patience: dict[str, Any] | None = None
    longest_queue: int | None = None
    leaves_share: float | None = None
    last_entry_minutes: float = 0.0
    people_per_worker: float | None = None
    minimum_staff: int | None = None
    hour_weights: tuple[float, ...] | None = None
    weekday_weights: dict[str, float] | None = None
    month_day_weights: dict[str, float] | None = None


class Used(NamedTuple):
    """A value that nobody gave and the plan has used."""

    name: str
    value: str
    citation: str

    @property
    def is_assumed(self) -> bool:
        """Tell whether nothing but an assumption stands behind it."""
        return self.citation.startswith(ASSUMPTION)


def parse_profile(text: str) -> Profile:
    """Read a profile; raises Invalid for what is not one."""
    try:
        return msgspec.convert(tomllib.loads(text), Profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid(
            "capacity-profile",
            f"The profile cannot be read: {error}.",
            f"It may hold {', '.join(Profile.__struct_fields__)}.",
        ) from error


def service_of(profile: Profile, parameters: Parameters) -> tuple[Service, list[Used]]:
    """Return the service, and every value that had to be taken from the parameters.

    Raises Invalid without a number of visits, for which there is no default, and for whatever no
    service can be.
    """
    if profile.visits_per_day is None:
        raise Invalid(
            "capacity-visits",
            "Nothing says how many people come.",
            "Give --visits-per-day, or --need with --reach. There is no default: published "
            "volumes per booth differ fourteenfold.",
        )
    filler = _Filler(parameters)
    has_rhythm = profile.hour_weights or profile.weekday_weights or profile.month_day_weights
    if not has_rhythm:
        filler.text("arrivals")
    patience = FOR_EVER
    if profile.patience is not None:
        patience = minutes_of("patience", profile.patience)
    elif not profile.leaves_share:
        filler.text("patience")
    service = Service(
        hours=parse_hours(profile.hours or filler.text("hours")),
        visits_per_day=profile.visits_per_day,
        routes=_routes(profile, filler),
        booth_cleaning=filler.minutes("booth_cleaning", profile.booth_cleaning),
        seat_clearing=_seat_clearing(profile, filler),
        aftercare=filler.minutes("aftercare", profile.aftercare),
        patience=patience,
        longest_queue=profile.longest_queue or 0,
        leaves_share=profile.leaves_share or 0.0,
        last_entry_minutes=profile.last_entry_minutes,
        people_per_worker=filler.number("people_per_worker", profile.people_per_worker),
        minimum_staff=int(filler.number("minimum_staff", profile.minimum_staff)),
        hour_weights=profile.hour_weights or (1.0,) * HOURS,
        weekday_weights=_weekdays(profile.weekday_weights or {}),
        month_day_weights=_month_days(profile.month_day_weights or {}),
    )
    return service, filler.used


def minutes_of(name: str, given: Mapping[str, Any]) -> Distribution:
    """Return a duration as a profile writes it; raises Invalid for what is none."""
    maker, wanted = MAKERS.get(str(given.get("distribution")), (constant, ("",)))
    if set(given) != {"distribution", *wanted}:
        shapes = "; ".join(f"{kind} with {' and '.join(of)}" for kind, (_, of) in MAKERS.items())
        raise Invalid(
            "capacity-profile",
            f"'{name}' is no distribution of minutes: {dict(given)}.",
            f"Give a distribution: {shapes}.",
            name=name,
        )
    try:
        values = [
            tuple(map(float, given[of])) if of == "values" else float(given[of]) for of in wanted
        ]
    except (TypeError, ValueError) as error:
        raise Invalid(
            "capacity-profile", f"'{name}' has something that is no number.", "Give numbers."
        ) from error
    return maker(*values)


class _Filler:
    """Takes what a profile leaves out from the parameters, and remembers it."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.used: list[Used] = []

    def text(self, name: str) -> str:
        parameter = self.parameters[name]
        self.used.append(Used(name, f"{parameter.value} {parameter.unit}", parameter.citation))
        return str(parameter.value)

    def number(self, name: str, given: float | None) -> float:
        if given is not None:
            return given
        self.text(name)
        return self.parameters.number(name)

    def minutes(self, name: str, given: Mapping[str, Any] | None) -> Distribution:
        if given is not None:
            return minutes_of(name, given)
        return constant(self.number(f"{name}_minutes", None))

    def stay(self, name: str, given: Mapping[str, Any] | None) -> Distribution:
        if given:
            return minutes_of(name, given)
        return gamma(self.number(name, None), self.number("minutes_shape", None))


def _routes(profile: Profile, filler: _Filler) -> tuple[Route, ...]:
    if profile.routes is not None:
        return tuple(
            Route(
                each.name,
                each.share,
                each.place,
                minutes_of(each.name, each.minutes) if each.minutes else NO_TIME,
                each.episodes,
            )
            for each in profile.routes
        )
    injecting = filler.number("injecting_share", profile.injecting_share)
    smoking = filler.number("smoking_share", profile.smoking_share)
    further = filler.number("further_episode_share", None)
    episodes = (1 - further, further) if further else (1.0,)
    routes = []
    if injecting:
        minutes = filler.stay("injecting_minutes", profile.injecting_minutes)
        routes.append(Route("injecting", injecting, "booth", minutes, episodes))
    if smoking:
        minutes = filler.stay("smoking_minutes", profile.smoking_minutes)
        routes.append(Route("smoking", smoking, "smoking_seat", minutes, episodes))
    rest = round(1.0 - injecting - smoking, 9)
    if rest:
        routes.append(Route("other", rest, "none", NO_TIME))
    return tuple(routes)


def _seat_clearing(profile: Profile, filler: _Filler) -> Distribution:
    """Return the clearing of smoking seats; nothing is assumed where nobody smokes."""
    routes = profile.routes or ()
    if profile.smoking_share or any(each.place == "smoking_seat" for each in routes):
        return filler.minutes("seat_clearing", profile.seat_clearing)
    return NO_TIME


def _weekdays(given: Mapping[str, float]) -> tuple[float, ...]:
    if set(given) - set(DAYS):
        raise Invalid(
            "capacity-profile",
            f"weekday_weights names {', '.join(given)}.",
            f"Use {', '.join(DAYS)}.",
        )
    return tuple(given.get(day, 1.0) for day in DAYS[:WEEKDAYS])


def _month_days(given: Mapping[str, float]) -> dict[int, float]:
    try:
        return {int(day): weight for day, weight in given.items()}
    except ValueError as error:
        raise Invalid(
            "capacity-profile",
            f"month_day_weights names {', '.join(given)}.",
            "Name days of the month from 1 to 31.",
        ) from error
