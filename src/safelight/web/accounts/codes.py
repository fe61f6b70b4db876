"""The codes of a second factor (TOTP, RFC 6238): what an app shows, and whether it is right.

Six digits, a new one every 30 seconds, by HMAC-SHA-1: the parameters that every authenticator app
understands. Nothing here knows an account or a clock.
"""

import hmac
import re
from datetime import datetime
from typing import Final

import pyotp
import segno
from markupsafe import Markup

ISSUER: Final = "Safelight"
# A phone's clock may be a step behind or ahead, or the code typed as it changes.
DRIFT: Final = 1
_DIGITS = re.compile("[0-9]{6}")
_GAPS = re.compile(r"[\s-]")
_GROUP = 4
_DOT_PIXELS = 5


def new_secret() -> str:
    """Return 160 random bits, as apps read them."""
    return pyotp.random_base32()


def step_at(secret: str, now: datetime) -> int:
    """Return the number of the half minute to which a moment belongs."""
    return pyotp.TOTP(secret).timecode(now)


def code_at(secret: str, now: datetime) -> str:
    """Return the code that an app shows at a moment."""
    return pyotp.TOTP(secret).at(now)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """Return to which half minute a code belongs, or None for a wrong code or one of another time.

    Blanks and hyphens are left out, as apps show codes in two groups.
    """
    digits = _GAPS.sub("", code)
    if not _DIGITS.fullmatch(digits):
        return None
    totp, here = pyotp.TOTP(secret), step_at(secret, now)
    steps = range(max(here - DRIFT, 0), here + DRIFT + 1)
    return next((s for s in steps if hmac.compare_digest(totp.generate_otp(s), digits)), None)


def picture(secret: str, login: str) -> Markup:
    """Return the QR code that hands a secret to an app, as inline SVG: black on white, always."""
    address = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)
    drawn = segno.make(address, error="m", micro=False)
    svg = drawn.svg_inline(
        scale=_DOT_PIXELS, light="#fff", title="QR code of your key", omitsize=False
    )
    return Markup(svg)  # noqa: S704 - drawn from the address, none of whose text is in it


def in_groups(secret: str) -> str:
    """Return a secret in groups of four, to be typed where no camera is."""
    return " ".join(secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP))
