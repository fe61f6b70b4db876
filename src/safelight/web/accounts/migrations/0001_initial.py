"""The table of staff."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Create it."""

    initial = True
    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar = [
        migrations.CreateModel(
            name="Staff",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("login", models.CharField(max_length=40, unique=True)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("worker", "Worker"),
                            ("nurse", "Nurse"),
                            ("manager", "Manager"),
                            ("analyst", "Analyst"),
                        ],
                        max_length=16,
                    ),
                ),
                ("display_name", models.CharField(max_length=80)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        name="staff_role_known",
                        condition=models.Q(role__in=["worker", "nurse", "manager", "analyst"]),
                    )
                ],
            },
        ),
    ]
