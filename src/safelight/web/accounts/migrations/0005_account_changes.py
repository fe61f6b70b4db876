"""The list of what was done to accounts, which is only ever added to."""

from typing import ClassVar

from django.db import migrations, models

REFUSE = """
create trigger account_change_{what} before {what} on accounts_accountchange begin
  select raise(abort, 'append-only: what was done to an account is never changed or removed');
end
"""


class Migration(migrations.Migration):
    """Create it."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("accounts", "0004_second_factor")]
    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="AccountChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=64)),
                ("staff", models.CharField(max_length=64)),
                ("what", models.CharField(max_length=16)),
                ("role", models.CharField(max_length=16)),
            ],
        ),
        *(
            migrations.RunSQL(REFUSE.format(what=what), f"drop trigger account_change_{what}")
            for what in ("update", "delete")
        ),
    ]
