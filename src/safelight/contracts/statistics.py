"""Service statistics by month, version 1: de-identified counts, no person in them."""

import msgspec


class MonthStatistics(msgspec.Struct, frozen=True):
    """One month of one service.

    A visit counts in the month of its arrival, local time; its episodes count with it. The
    definitions follow those printed with The Thistle's figures (Glasgow City HSCP).
    """

    month: str
    visits: int = 0
    episodes: dict[str, int] = {}  # by route
    substances: dict[str, int] = {}  # episodes by what was declared, 'heroin_and_cocaine'
    medical_emergencies: int = 0
    people: int = 0  # different people among those who chose to be known again
    ambulance_calls: int = 0
    naloxone_given: int = 0  # doses
    referrals: int = 0
    referrals_to: dict[str, int] = {}
    refusals: int = 0
    left_without_service: int = 0
    equipment_given: int = 0
    equipment_returned: int = 0
