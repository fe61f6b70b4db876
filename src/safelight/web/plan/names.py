"""Who asked: jobs hold ids, names stay in the accounts."""

from collections.abc import Iterable

from safelight.web.accounts.models import Staff
from safelight.web.plan.shelf import SERVICE


def names_of(staff: Iterable[str]) -> dict[str, str]:
    """Return what to call whoever asked; an id without an account is its own name."""
    wanted = {each for each in staff if each}
    found = Staff.objects.filter(id__in=wanted)
    own = {SERVICE: "Safelight itself"}
    return {each: own.get(each, each) for each in wanted} | {
        one.id: one.display_name for one in found
    }
