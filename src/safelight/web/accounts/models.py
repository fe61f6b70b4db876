"""Members of staff: a random id that journals may hold, and what only this database holds."""

from datetime import datetime
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from safelight.run.domain.base import Role

ROLES = [(role.value, role.value.title()) for role in Role if role is not Role.ANYONE]


class Staff(AbstractBaseUser):
    """Somebody who can log in, in exactly one role."""

    id: "models.CharField[str, str]" = models.CharField(primary_key=True, max_length=64)
    login: "models.CharField[str, str]" = models.CharField(max_length=40, unique=True)
    role: "models.CharField[str, str]" = models.CharField(max_length=16, choices=ROLES)
    display_name: "models.CharField[str, str]" = models.CharField(max_length=80)
    is_active: "models.BooleanField[bool, bool]" = models.BooleanField(default=True)

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["role", "display_name"]

    objects: ClassVar[BaseUserManager["Staff"]] = BaseUserManager()

    class Meta:
        """The database itself refuses a role that does not exist."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="staff_role_known",
                condition=models.Q(role__in=[role for role, _ in ROLES]),
            )
        ]

    def __str__(self) -> str:  # type: ignore[explicit-override]  # 3.11 has no typing.override
        """Return the id; a name has no place in a log."""
        return self.id


class SecondFactor(models.Model):
    """What somebody has besides a password: an app that shows codes from a secret.

    A row is one enrolment; a new one has another number, and what was proved with the old one
    counts no more.
    """

    staff_id: str  # Django sets it from the field below
    staff: "models.OneToOneField[Staff, Staff]" = models.OneToOneField(
        Staff, on_delete=models.CASCADE, related_name="factor"
    )
    sealed: "models.CharField[str, str]" = models.CharField(max_length=200)
    confirmed_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True
    )
    # The newest half minute whose code was taken, and what for: each is good once.
    last_step: "models.BigIntegerField[int, int]" = models.BigIntegerField(default=0)
    last_use: "models.CharField[str, str]" = models.CharField(max_length=64, default="")

    objects: ClassVar[models.Manager["SecondFactor"]] = models.Manager()

    def __str__(self) -> str:  # type: ignore[explicit-override]  # 3.11 has no typing.override
        """Return whose it is, by id."""
        return self.staff_id


class AccountChange(models.Model):
    """One thing that was done to an account; rows are added and never changed.

    Whose it is stands as an id, so that the row outlives whatever becomes of the account.
    """

    at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    by: "models.CharField[str, str]" = models.CharField(max_length=64)
    staff: "models.CharField[str, str]" = models.CharField(max_length=64)
    what: "models.CharField[str, str]" = models.CharField(max_length=16)
    role: "models.CharField[str, str]" = models.CharField(max_length=16)  # after it

    objects: ClassVar[models.Manager["AccountChange"]] = models.Manager()

    def __str__(self) -> str:  # type: ignore[explicit-override]  # 3.11 has no typing.override
        """Return what was done, by ids."""
        return f"{self.by}: {self.what} {self.staff}"
