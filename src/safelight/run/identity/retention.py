"""How long the law wants the names of a controlled-drugs register. Pure."""

from datetime import date


def kept_until(last_register_entry_day: date, years: int) -> date:
    """Return the first day on which a name is no longer needed.

    Years from 29 February end on 1 March where there is no such day: never a day too early.
    """
    year = last_register_entry_day.year + years
    try:
        return last_register_entry_day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def may_erase(last_register_entry_day: date | None, today: date, years: int) -> bool:
    """Tell whether somebody may be erased; without any entry about them, always."""
    return last_register_entry_day is None or today >= kept_until(last_register_entry_day, years)
