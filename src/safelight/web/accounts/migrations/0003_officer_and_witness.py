"""Accountable officers and authorised witnesses may have accounts."""

from typing import ClassVar

from django.db import migrations, models

ROLES = [
    ("worker", "Worker"),
    ("nurse", "Nurse"),
    ("manager", "Manager"),
    ("prescriber", "Prescriber"),
    ("pharmacist", "Pharmacist"),
    ("officer", "Officer"),
    ("witness", "Witness"),
    ("analyst", "Analyst"),
]
KNOWN = "staff_role_known"


class Migration(migrations.Migration):
    """Let the database know the two roles."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0002_clinic_roles")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.RemoveConstraint(model_name="staff", name=KNOWN),
        migrations.AlterField(
            model_name="staff",
            name="role",
            field=models.CharField(choices=ROLES, max_length=16),
        ),
        migrations.AddConstraint(
            model_name="staff",
            constraint=models.CheckConstraint(
                name=KNOWN, condition=models.Q(role__in=[role for role, _ in ROLES])
            ),
        ),
    ]
