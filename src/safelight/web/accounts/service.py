"""What can be done with accounts: make one, change one, read the session of one."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from safelight.kernel.clock import Clock
from safelight.kernel.errors import Invalid, Refused
from safelight.run.domain.base import Actor, Role
from safelight.web.accounts.factors import enrolled
from safelight.web.ports import Proof
from safelight.web.sessions import SessionCache, Signed, form_token

if TYPE_CHECKING:
    from django.contrib.sessions.models import Session

    from safelight.web.accounts.models import Staff

# What a session remembers of a second factor: when it was given, and under which enrolment.
PROVED_AT: Final = "proved_at"
PROVED_WITH: Final = "proved_with"


class Colleague(NamedTuple):
    """Somebody who may be asked to witness, as lists of people show them."""

    staff: str
    name: str
    role: str
    enrolled: bool  # has a second factor


# Models can be imported only once Django is set up; this module can be at any time.
def _accounts() -> "type[Staff]":
    return cast("type[Staff]", apps.get_model("accounts", "Staff"))


def _sessions() -> "type[Session]":
    return cast("type[Session]", apps.get_model("sessions", "Session"))


def create_staff(
    login: str, role: Role, display_name: str, password: str, *, any_password: bool = False
) -> str:
    """Make an account and return its random staff id.

    Raises:
        Invalid: for a login name that is empty or taken, or a password that is too weak;
            ``any_password`` is for demonstrations, whose passwords stand on the screen.

    """
    name = tidy_login(login)
    if role is Role.ANYONE or not name:
        raise Invalid("staff-new", "An account needs a login name and a role.", "Give both.")
    staff = _accounts()(
        id=f"staff-{secrets.token_hex(6)}", login=name, role=role, display_name=display_name
    )
    if not any_password:
        require_good_password(password, staff)
    staff.set_password(password)
    try:
        with transaction.atomic():
            staff.save(force_insert=True)
    except IntegrityError as error:
        raise Invalid(
            "login-free", f"The login name {name!r} is taken.", "Choose another one."
        ) from error
    return staff.id


def first_password() -> str:
    """Return a random password for somebody's first log-in."""
    return secrets.token_urlsafe(15)


def tidy_login(login: str) -> str:
    """Return a login name in its one spelling."""
    return login.strip().casefold()[:40]


def require_good_password(password: str, staff: "Staff") -> None:
    """Refuse a password that is short, common, or like the person's own names."""
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise Invalid(
            "password-strong",
            " ".join(error.messages),
            "Three or four words that have nothing to do with each other make a good one.",
        ) from error


def find_staff(login: str) -> "Staff":
    """Return an account by login name; refuses an unknown one."""
    found = _accounts().objects.filter(login=tidy_login(login)).first()
    if found is None:
        raise Refused("staff-known", f"There is no account {login!r}.", "Check the login name.")
    return found


def active_staff(wanted: str) -> "Staff | None":
    """Return an active account by staff id or login name, or None."""
    active = _accounts().objects.filter(is_active=True)
    return active.filter(pk=wanted).first() or active.filter(login=tidy_login(wanted)).first()


def display_names(wanted: Iterable[str] | None = None) -> dict[str, str]:
    """Return what to call members of staff, past ones too, by their ids; all if none are given."""
    found = _accounts().objects.all()
    if wanted is not None:
        found = found.filter(pk__in=list(wanted))
    return dict(found.values_list("id", "display_name"))


def colleagues_of(staff_id: str) -> list[Colleague]:
    """Return everybody else who is active, by name."""
    rows = (
        _accounts()
        .objects.filter(is_active=True)
        .exclude(pk=staff_id)
        .order_by("display_name", "login")
        .values_list("id", "display_name", "login", "role", "factor__confirmed_at")
    )
    return [
        Colleague(key, name if name == login else f"{name} ({login})", role, since is not None)
        for key, name, login, role, since in rows
    ]


def set_password(staff: "Staff", password: str, sessions: SessionCache | None = None) -> None:
    """Give a new password; every session under the old one ends."""
    require_good_password(password, staff)
    staff.set_password(password)
    _save(staff, "password", sessions)


def set_role(staff: "Staff", role: Role, sessions: SessionCache | None = None) -> None:
    """Give another role, at once."""
    staff.role = role
    _save(staff, "role", sessions)


def set_active(staff: "Staff", *, active: bool, sessions: SessionCache | None = None) -> None:
    """Let somebody in again, or shut them out at once."""
    staff.is_active = active
    _save(staff, "is_active", sessions)


def _save(staff: "Staff", field: str, sessions: SessionCache | None) -> None:
    staff.save(update_fields=[field])
    if sessions is not None:
        sessions.forget_staff(staff.id)


def session_loader(secret: bytes, clock: Clock) -> Callable[[str], Signed | None]:
    """Return what reads a session from the accounts database."""

    def load(key: str) -> Signed | None:
        row = _sessions().objects.filter(session_key=key, expire_date__gt=clock()).first()
        if row is None:
            return None
        session = SessionStore().decode(row.session_data)
        staff = _staff_of(session)
        if staff is None:
            return None
        return Signed(
            actor=Actor(staff.id, Role(staff.role), _proved_at(session, staff)),
            display_name=staff.display_name,
            token=form_token(secret, key),
            ends=row.expire_date,
        )

    return load


def remember_proof(session_key: str, proof: Proof) -> None:
    """Keep in a session that a second factor was given; a session that ended stays ended.

    Its end does not move, as it would if Django saved it.
    """
    with transaction.atomic():
        row = _sessions().objects.filter(session_key=session_key).first()
        if row is None:
            return
        session = SessionStore().decode(row.session_data)
        session |= {PROVED_AT: proof.at.isoformat(), PROVED_WITH: proof.factor}
        row.session_data = SessionStore().encode(session)
        row.save(update_fields=["session_data"])


def _proved_at(session: dict[str, object], staff: "Staff") -> datetime | None:
    """Return when a second factor was given in a session, if that enrolment still counts."""
    told = session.get(PROVED_AT)
    if told is None:
        return None
    factor = enrolled(staff)
    same = factor is not None and factor.pk == session.get(PROVED_WITH)
    return datetime.fromisoformat(str(told)) if same else None


def _staff_of(session: dict[str, object]) -> "Staff | None":
    """Return the active account that a session belongs to, under its present password."""
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    staff = (
        _accounts().objects.filter(pk=cast("str", session.get(SESSION_KEY)), is_active=True).first()
    )
    if staff is None:
        return None
    hashed = str(session.get(HASH_SESSION_KEY, ""))
    return staff if constant_time_compare(hashed, staff.get_session_auth_hash()) else None
