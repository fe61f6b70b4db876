"""Sixteen tablets at a clinic: whole sessions through HTTP, with second factors and witnesses.

A real server and a real clock. Each tablet sees one patient after the other, as far as time allows
in a few seconds: from arrival to the account of what was prepared. Discharge has to wait for
twenty minutes and is not among the taps.
"""

import base64
import hashlib
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.floor import AT_MOST, Measured
from benchmarks.probe import raw_fsync
from safelight.cli.opening import prepare_accounts
from safelight.kernel.ids import derive_id
from safelight.rehearse.agenda import Agenda
from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.founding import found_clinic
from safelight.rehearse.clinic.hands import NoOracle
from safelight.rehearse.clinic.orders import sign_order
from safelight.rehearse.clinic.patients import DIAMORPHINE, Patient, admit, decide, draw_patient, refer
from safelight.rehearse.clinic.run import rehearsal_pack
from safelight.rehearse.clinic.scenario import find_clinic
from safelight.rehearse.clinic.store import Store
from safelight.rehearse.floor import CommandIds
from safelight.run.domain.base import Role
from safelight.web.accounts.codes import code_at
from safelight.web.accounts.factors import Factors
from safelight.web.accounts.service import create_staff, find_staff
from safelight.web.throttle import Throttle
from safelight.wiring import Home, WriterLock, new_id, open_engine, prepare_home, system_clock, web_key
from tests.support import server

TABLETS, WARM, PATIENTS_EACH = 16, 1, 4
DOSE = 200_000  # micrograms: two ampoules, so that nothing is left over
PASSWORD = "sixteen tablets at once"  # noqa: S105 - made up
LIMIT_MS = 150
BEDSIDE = {
    "sedation": "poss_1",
    "breathing_rate": 14,
    "spo2": 97,
    "breath_alcohol": 0,
    "looked_for_signs": True,
}


class Job(NamedTuple):
    """What the process with the tablets has to know."""

    port: int
    site: str
    register: str
    tablets: list[tuple[str, str]]  # cookie and token of each
    patients: list[tuple[str, str]]  # person and order


def secret_of(login: str) -> str:
    """Return the secret of somebody's app."""
    return base64.b32encode(hashlib.sha256(login.encode()).digest()[:20]).decode()


def nurse(tablet: int) -> str:
    """Return who works at a tablet."""
    return f"nurse-{tablet}"


def colleague(tablet: int, turn: int) -> str:
    """Return who witnesses at a tablet at a turn: somebody else each time, as codes are good once."""
    return f"colleague-{tablet}-{turn}"


def found(home: Home) -> tuple[str, str, list[tuple[str, str]]]:
    """Found a clinic, now, with as many patients as the tablets see; returns them with orders."""
    prepare_home(home)
    scenario, lock = find_clinic("clinic-3-sessions"), WriterLock(home)
    hands = Store(
        lambda: open_engine(home),
        home.connect,
        scenario.site.id,
        CommandIds("bench", new_id()),
        system_clock,
        NoOracle(),
    )
    clinic = Clinic(scenario, 1, hands, Agenda(system_clock()))
    found_clinic(clinic, rehearsal_pack())
    clinic.act("shift.open", {}, clinic.staff.nurse())
    patients = [_admitted(clinic, number) for number in range(TABLETS * (WARM + PATIENTS_EACH))]
    hands.settle()
    hands.close()
    lock.release()
    if clinic.tally.mistaken:
        raise SystemExit(f"{clinic.tally.told}")
    register = clinic.cabinet[DIAMORPHINE].register
    return scenario.site.id, register, [(p.person, p.order.id if p.order else "") for p in patients]


def _admitted(clinic: Clinic, number: int) -> Patient:
    patient = draw_patient(clinic, number, 0)
    patient.drug, patient.dose = DIAMORPHINE, DOSE
    refer(clinic, patient, clinic.dice(number))
    decide(clinic, patient, accept=True)
    admit(clinic, patient)
    sign_order(clinic, patient, DOSE)
    return patient
