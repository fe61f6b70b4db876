"""The tables of accounts are those of their models."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from tests.support.web import configured


def missing() -> bool:
    """Tell whether the models say what no migration does."""
    configured()
    try:
        call_command("makemigrations", "accounts", check=True, dry_run=True, verbosity=0)
    except SystemExit:
        return True
    return False


def test_no_migration_is_missing() -> None:
    assert not missing()


def test_a_missing_migration_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    configured()
    monkeypatch.setattr(get_user_model()._meta.get_field("role"), "max_length", 17)
    assert missing()
