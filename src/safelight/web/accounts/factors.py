"""Second factors: enrolled, checked, reset. A code is good once, whoever else tries it meanwhile.

The secrets are sealed under a key that is derived from the web key. They are worth nothing to
whoever has the accounts database alone, and the part of the program that faces the network never
holds the vault's key, which opens names.
"""

import base64
import hmac
import logging
import secrets
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.apps import apps
from django.db import transaction
from django.db.models import Q

from safelight.kernel.clock import Clock
from safelight.kernel.errors import Refused
from safelight.web.accounts.codes import new_secret, step_of
from safelight.web.ports import Proof
from safelight.web.throttle import Throttle

if TYPE_CHECKING:
    from safelight.web.accounts.models import SecondFactor, Staff

_NONCE = 12
_KEY = 32
_log = logging.getLogger("safelight.web")


def _factors() -> "type[SecondFactor]":
    return cast("type[SecondFactor]", apps.get_model("accounts", "SecondFactor"))


def enrolled(staff: "Staff") -> "SecondFactor | None":
    """Return somebody's second factor, once they confirmed it with a code."""
    return _factors().objects.filter(staff=staff, confirmed_at__isnull=False).first()


def begun(staff: "Staff") -> "SecondFactor | None":
    """Return a second factor that waits for its first code."""
    return _factors().objects.filter(staff=staff, confirmed_at__isnull=True).first()


class Factors:
    """The second factors of one service. Safe to use from several threads."""

    def __init__(self, secret: bytes, clock: Clock, throttle: Throttle) -> None:
        """Seal under a key derived from ``secret``; wrong codes count by staff id."""
        self._box = AESGCM(_derived(secret, b"safelight second factor"))
        self._mark_key = _derived(secret, b"safelight what a code was for")
        self._clock, self._throttle = clock, throttle

    def begin(self, staff: "Staff") -> str:
        """Start anew and return the secret for the app; it counts once a code confirms it."""
        secret = new_secret()
        with transaction.atomic():
            self.reset(staff)
            _factors().objects.create(staff=staff, sealed=self._seal(staff, secret))
        return secret

    def confirm(self, staff: "Staff", code: str) -> Proof:
        """Enrol what was begun, by a first right code; raises Refused."""
        factor = begun(staff)
        if factor is None:
            raise Refused(
                "second-factor-begun",
                "No second factor waits to be confirmed.",
                "Begin again, with your password.",
                staff=staff.id,
            )
        return self._take(factor, staff, code, "", confirmed_at=self._clock())

    def enrol(self, staff: "Staff", secret: str) -> None:
        """Enrol a known secret at once: for demonstrations, where no app is at hand."""
        with transaction.atomic():
            self.reset(staff)
            _factors().objects.create(
                staff=staff, sealed=self._seal(staff, secret), confirmed_at=self._clock()
            )

    def check(self, staff: "Staff", code: str, use: str = "") -> Proof:
        """Take a code, once; for the same ``use`` it may come again, as a repeated tap does.

        Raises:
            Refused: There were too many wrong codes, no second factor is enrolled, or the code is
                wrong or was used.
        """
        factor = enrolled(staff)
        if factor is None:
            raise Refused(
                "second-factor-enrolled",
                f"{staff.login} has no second factor yet.",
                "It is set up under Second factor, on one's own account.",
                staff=staff.id,
            )
        return self._take(factor, staff, code, use)

    def reset(self, staff: "Staff") -> None:
        """Throw somebody's second factor away, and with it what it has proved."""
        _factors().objects.filter(staff=staff).delete()

    def has_secret(self, staff: "Staff", secret: str) -> bool:
        """Tell whether somebody is enrolled with this very secret."""
        factor = enrolled(staff)
        return factor is not None and hmac.compare_digest(self._unseal(factor, staff), secret)

    def mark(self, what: bytes) -> str:
        """Return by what a use is known again; what it was cannot be found from it."""
        return hmac.digest(self._mark_key, what, "sha256").hex()

    def _take(
        self, factor: "SecondFactor", staff: "Staff", code: str, use: str, **changes: datetime
    ) -> Proof:
        self._require_patience(staff)
        now = self._clock()
        step = step_of(self._unseal(factor, staff), code, now)
        if step is None:
            self._throttle.failed(staff.id)
            _log.warning("a wrong code for the second factor of %s", staff.id)
            raise Refused(
                "second-factor-right",
                f"The code for {staff.login} is wrong, or too old.",
                "Type the six digits that the app shows now. If they are never right, compare the "
                "clocks of the phone and of this service.",
                staff=staff.id,
            )
        fresh = Q(last_step__lt=step)
        if use:
            fresh |= Q(last_step=step, last_use=use)
        # One statement: of two who bring the same code at once, in whatever process, one gets it.
        taken = (
            _factors()
            .objects.filter(fresh, pk=factor.pk)
            .update(last_step=step, last_use=use, **changes)
        )
        if not taken:
            raise Refused(
                "second-factor-new",
                f"The code for {staff.login} was used already; each is good once.",
                "Wait until the app shows the next one, half a minute at most.",
                staff=staff.id,
            )
        self._throttle.passed(staff.id)
        return Proof(now, factor.pk)

    def _require_patience(self, staff: "Staff") -> None:
        if wait := self._throttle.wait(staff.id):
            raise Refused(
                "second-factor-wait",
                f"Too many wrong codes for {staff.login}.",
                f"Try again in {ceil(wait / 60)} minutes.",
                staff=staff.id,
            )

    def _seal(self, staff: "Staff", secret: str) -> str:
        nonce = secrets.token_bytes(_NONCE)
        data = self._box.encrypt(nonce, secret.encode(), staff.id.encode())
        return base64.urlsafe_b64encode(nonce + data).decode()

    def _unseal(self, factor: "SecondFactor", staff: "Staff") -> str:
        raw = base64.urlsafe_b64decode(factor.sealed)
        try:
            return self._box.decrypt(raw[:_NONCE], raw[_NONCE:], staff.id.encode()).decode()
        except InvalidTag as error:
            raise Refused(
                "second-factor-readable",
                f"The second factor of {staff.login} cannot be read: the web key was changed.",
                "Have it reset under Accounts, and set it up again.",
                staff=staff.id,
            ) from error


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), _KEY, salt=None, info=purpose).derive(secret)
