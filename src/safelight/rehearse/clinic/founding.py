"""A clinic is founded, with its papers, its registers and their stock, and begins its days."""

from collections.abc import Callable

from safelight.rehearse.clinic.attendance import place
from safelight.rehearse.clinic.cabinet import chores, needed_daily, open_registers
from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.documents import authorise_witness, confirm_clock, record_licences
from safelight.rehearse.clinic.patients import draw_patient
from safelight.rehearse.clinic.shifts import shifts
from safelight.rehearse.clinic.staff import MANAGER
from safelight.rehearse.stage import rehearsal_authority
from safelight.run.domain.authority import TREATMENT
from safelight.run.domain.protocol import Protocol


def found_clinic(clinic: Clinic, pack: Protocol) -> None:
    """Found the site, and bring it to where the first patient may be referred."""
    scenario, manager = clinic.scenario, clinic.staff.manager()
    site = scenario.site
    premises = {"name": site.name, "kind": site.kind, "timezone": site.timezone}
    clinic.act("site.found", premises, manager)
    adopted = {"pack": pack.id, "version": pack.version, "digest": pack.digest}
    clinic.act("protocol.adopt", {**adopted, "approver": MANAGER}, manager)
    grant = rehearsal_authority(scenario.period.first)
    fields = {name: getattr(grant, name) for name in grant.__struct_fields__}
    clinic.act("authority.grant", {**fields, "activities": (TREATMENT,)}, manager)
    clinic.staff.come(scenario.teams[0])
    confirm_clock(clinic)
    record_licences(clinic)
    authorise_witness(clinic)
    patients = [draw_patient(clinic, number, 0) for number in range(scenario.patients)]
    orders = ((p.drug, p.dose, len(p.group.slots), p.oral) for p in patients)
    open_registers(clinic, needed_daily(orders))


def begin(clinic: Clinic, on_day: Callable[[], None]) -> None:
    """Put everything on the agenda that keeps the clinic going."""
    clinic.agenda.spawn(shifts(clinic, on_day))
    clinic.agenda.spawn(chores(clinic))
    for number in range(clinic.scenario.patients):
        clinic.agenda.spawn(place(clinic, number), number + 1)
