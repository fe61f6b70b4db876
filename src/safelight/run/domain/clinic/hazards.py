"""What could harm a patient at a clinic, and what in the rules controls it: the hazard log as data.

DCB0129 asks its manufacturer for a hazard log, and DCB0160 whoever deploys it. ``python -m
tests.repository.hazards`` writes docs/hazard-log.md from here. How severe and how likely a hazard
is depends on where Safelight is used: that is for the deploying Clinical Safety Officer.

``rules`` are the names of refusals. ``invariants`` are those of a clinic, 1 to 10, which an oracle
asserts after every command of a rehearsal.
"""

from typing import Final, NamedTuple


class Hazard(NamedTuple):
    """One hazard, with the control that the rules hold against it."""

    id: str
    hazard: str
    cause: str
    harm: str
    control: str
    rules: tuple[str, ...]
    invariants: tuple[int, ...]


INVARIANTS: Final = {
    1: "No dose without an active, in-date, signed order for that patient, drug and route by a "
    "prescriber who is licensed at those premises.",
    2: "Administered is at most what was ordered for the session; the day's total is within order "
    "and protocol.",
    3: "The minimum interval and the sessions of a day hold on trusted time; clock changes, "
    "midnight and both changes of daylight saving cannot evade them.",
    4: "A fresh, complete assessment, or no dose; holds block until an authorised, reasoned "
    "decision, and only a prescriber reduces.",
    5: "Missed sessions past the protocol's threshold block until a prescriber's review; nothing "
    "is titrated by itself.",
    6: "Observation cannot be cut short because a dose is small; a normal SpO2 alone clears "
    "nobody; the first days after a start or restart are flagged.",
    7: "An overdose or naloxone locks further doses until a prescriber's review.",
    8: "Preparation, wastage, counts and destruction need two different people who have just "
    "proved it; the witness of a destruction is authorised and handles no drugs.",
    9: "Prepared is administered, wasted and returned; the balance is opening and receipts less "
    "supplies, wastage and destruction, never negative; a count never overwrites it.",
    10: "A retry never doubles a dose or an entry; late register entries are accepted and flagged.",
}

HAZARDS: Final = (
    Hazard(
        "H01",
        "A dose without a valid order",
        "The order has ended, was stopped or superseded meanwhile, or is another patient's",
        "Overdose; withdrawal; an unlawful supply",
        "The order is looked up when the dose is prepared and again when it is given, and has to "
        "stand, to be this patient's and to hold today.",
        (
            "dose-order",
            "dose-order-dates",
            "order-dates",
            "order-supersedes",
            "prescription-stands",
            "late-dose-order",
        ),
        (1,),
    ),
    Hazard(
        "H02",
        "A dose to somebody who is not treated here, has not consented, or is not here",
        "The treatment ended, consent was withdrawn, or the patient went to hospital with the "
        "session still open",
        "Overdose; treatment against somebody's will",
        "Treatment, consent to it and the visit are looked up at both gates.",
        ("in-treatment", "dose-consent", "dose-here"),
        (1,),
    ),
    Hazard(
        "H03",
        "An order by somebody who may not prescribe it at these premises",
        "The licence is for another drug or other premises, has ended or was withdrawn",
        "Unsafe prescribing; an unlawful supply",
        "The licence is looked up when an order is signed and at both gates before a dose.",
        (
            "prescriber-licensed",
            "licence-holds",
            "licence-dates",
            "licence-premises",
            "licence-new",
            "licence-stands",
            "authority-in-force",
        ),
        (1,),
    ),
    Hazard(
        "H04",
        "An order or a decision in somebody else's name",
        "A tablet was left logged in",
        "Overdose by an order that no prescriber made",
        "Orders, reductions, reviews and decisions need a second factor that is minutes old.",
        ("proof-given", "proof-fresh"),
        (1,),
    ),
    Hazard(
        "H05",
        "The dose of another patient",
        "Two patients were taken for each other",
        "Overdose of one, withdrawal of the other",
        "How the identity was made sure comes before the assessment; session, order and doses are "
        "tied to one person.",
        ("session-known", "known-identity_checks", "session-stage"),
        (1,),
    ),
    Hazard(
        "H06",
        "The wrong drug, form or strength",
        "Another box was taken; a strength was misread",
        "Overdose by a multiple of the dose",
        "A dose comes from the register of the ordered drug, form and strength, in as many units "
        "as it needs.",
        ("dose-register", "dose-units", "oral-register", "register-strength", "register-known"),
        (1, 9),
    ),
    Hazard(
        "H07",
        "More than was ordered",
        "A slip of the finger, two orders by two routes, a newer order on the same day, or a dose "
        "accounted for late",
        "Overdose",
        "Dose, clinic day, the hours before and the order's total are compared with what was "
        "given; figures and words of an order agree. A planned dose counts whole until it is "
        "accounted for.",
        (
            "dose-quantity",
            "dose-daily",
            "dose-window-quantity",
            "dose-total",
            "account-given",
            "oral-daily",
            "order-quantity",
            "order-total",
            "order-words",
            "order-oral",
        ),
        (2,),
    ),
    Hazard(
        "H08",
        "Doses too close together",
        "A clock that was set, a told time, the night when clocks change, or another drug",
        "Overdose by doses that add up",
        "The interval runs on the time of writing, which never goes back; a clock that was moved, "
        "or that the journal is ahead of, is trusted only after two people confirmed it.",
        ("dose-interval", "clock-trusted", "clock-right", "written-now"),
        (3,),
    ),
    Hazard(
        "H09",
        "Too many doses around the turn of the day",
        "Doses before the clinic day's turn, and the next day's right after it",
        "Overdose by doses that add up",
        "Sessions are counted in the clinic day and in the hours before, by order and protocol.",
        ("dose-sessions", "dose-window", "dose-window-kept"),
        (3,),
    ),
    Hazard(
        "H10",
        "A dose to somebody whose state nobody knows",
        "The assessment was left out, is incomplete, or was too long ago",
        "Respiratory depression on top of alcohol, benzodiazepines or street opioids",
        "A complete assessment that is minutes old comes before preparation and dose.",
        ("dose-assessed", "assessment-complete", "assessment-defined"),
        (4,),
    ),
    Hazard(
        "H11",
        "A dose although the assessment speaks against it",
        "Nobody decided, somebody decided who may not, or the decision was about an earlier "
        "assessment",
        "Respiratory depression",
        "A hold blocks until a prescriber, or whom the protocol names, decides about this very "
        "assessment; the next one takes the decision back.",
        ("dose-held", "hold-decider", "hold-newest", "hold-there"),
        (4,),
    ),
    Hazard(
        "H12",
        "A reduction that nobody may make, or that is walked around",
        "Less is prepared without a prescriber, or another order is used instead",
        "Withdrawal and street use; overdose although a prescriber had reduced",
        "What is given is exactly what was ordered, or what a prescriber reduced it to; a "
        "reduction is of one order, and no other one is used in that session.",
        ("dose-reduced", "dose-reduced-other", "dose-quantity"),
        (4,),
    ),
    Hazard(
        "H13",
        "The old dose after days without one",
        "Tolerance has fallen, and nobody noticed that sessions were missed",
        "Overdose",
        "Missed sessions are counted by the order of the last dose and by those that stand; past "
        "the protocol's threshold a prescriber reviews, and no dose changes by itself.",
        ("dose-after-missed",),
        (5,),
    ),
    Hazard(
        "H14",
        "Observation cut short",
        "The dose was small, the place is needed, the clock was wrong, or naloxone made somebody "
        "look well",
        "Breathing fails later, and nobody sees it",
        "Observation lasts as long for every dose, from the injection on, and as long after "
        "naloxone as the protocol says.",
        ("observation-time", "observation-naloxone", "written-now", "clock-trusted"),
        (6, 7),
    ),
    Hazard(
        "H15",
        "Somebody cleared whose breathing fails",
        "Oxygen is normal while carbon dioxide rises; the last checks were early or incomplete",
        "Respiratory arrest on the way home",
        "The last checks come after the whole time, are complete, meet no hold and are more than "
        "oxygen.",
        (
            "discharge-readings",
            "discharge-last",
            "discharge-holds",
            "discharge-oxygen-alone",
            "observation-said",
            "session-completed",
        ),
        (6,),
    ),
    Hazard(
        "H16",
        "The first days are taken for ordinary ones",
        "Nobody remembers the start, or a restart after a break",
        "Overdose in the days when it is most frequent",
        "The first days after a start or restart are flagged, and a break past the threshold "
        "makes the next dose a restart.",
        (),
        (6,),
    ),
    Hazard(
        "H17",
        "A dose after an overdose",
        "It was recorded on another screen, called something else at first, or is still running",
        "A second overdose",
        "Whatever may be an overdose, and any naloxone, locks the patient until a prescriber's "
        "review, however it becomes known; nobody is reviewed while it is running.",
        ("dose-lock", "dose-after-overdose", "overdose-over", "discharge-incident"),
        (7,),
    ),
    Hazard(
        "H18",
        "A lock that goes away unseen",
        "Somebody who may not takes it away, or a review meets a newer lock than it looked at",
        "A dose against a clinician's warning",
        "Only a prescriber's review ends a lock, and it names the lock that it is about.",
        ("dose-lock", "review-newest"),
        (7,),
    ),
    Hazard(
        "H19",
        "An overdose of nobody knows whom",
        "An emergency is recorded without a person, for a place or nobody",
        "A second overdose of the same patient",
        "No dose to anybody until it is said whose it was; the record cannot be finished before.",
        ("overdose-whose", "whose-first"),
        (7,),
    ),
    Hazard(
        "H20",
        "One person alone with controlled drugs",
        "The second person is the same, is somebody who may not, or only logged in somewhere; a "
        "manager acts with the account of a colleague whose password they gave",
        "A wrong dose that nobody saw; diversion",
        "Preparation, wastage, counts and corrections need two different people in such roles "
        "whose second factors are minutes old. What is done to accounts is listed for the "
        "accountable officer, and nobody can change the list.",
        ("witness-present", "witness-different", "witness-may", "proof-given", "proof-fresh"),
        (8,),
    ),
    Hazard(
        "H21",
        "A destruction that nobody independent saw",
        "The witness handles drugs here, or is not authorised",
        "Diversion",
        "The witness holds an authorisation on the day and never had a hand in a register here.",
        (
            "witness-authorised",
            "witness-apart",
            "authorisation-dates",
            "authorisation-stands",
            "return-kept",
            "return-some",
            "return-then-destroyed",
        ),
        (8,),
    ),
    Hazard(
        "H22",
        "What was prepared is nowhere",
        "A dose was not given, or not all of it, and the rest disappeared",
        "Diversion; somebody else's overdose",
        "What was prepared is accounted for to the microgram before a session ends or the next "
        "one begins.",
        ("account-sum", "account-after", "session-accounted", "one-session"),
        (9,),
    ),
    Hazard(
        "H23",
        "A balance that is not what the premises hold",
        "More is taken out than is there, part units are put back, or a number is mistyped",
        "Diversion that no count shows",
        "Whole micrograms, whole units, and nothing that would leave less than nothing.",
        ("cabinet-holds", "whole-units", "register-holds", "part-left", "footnote-possible"),
        (9,),
    ),
    Hazard(
        "H24",
        "A miscount that disappears",
        "The book is made to fit the cabinet, or a difference is closed unexplained",
        "Diversion",
        "A count changes no balance; a difference stays open until it is explained, and a loss is "
        "reported first.",
        (
            "discrepancy-explained",
            "discrepancy-surplus",
            "discrepancy-open",
            "discrepancy-unreported",
            "loss-missing",
            "loss-reported",
        ),
        (9,),
    ),
    Hazard(
        "H25",
        "The same dose or entry twice",
        "A tap is repeated, or two tablets are at work",
        "Overdose; a register that is wrong",
        "Every step has its stage, and a command that came before is not done again.",
        ("session-stage", "account-once", "one-session", "register-once"),
        (10,),
    ),
    Hazard(
        "H26",
        "A register that says something else than what took place",
        "Late entries, corrections, deliveries against another order",
        "A wrong decision on a wrong record; an unlawful register",
        "Nothing is altered: a footnote states what a line said, entries keep the time at which "
        "things took place, and a line names prescriber, patient and order.",
        (
            "since-opening",
            "line-known",
            "line-corrected",
            "line-movement",
            "line-says",
            "footnote-changes",
            "footnote-details",
            "requisition-complete",
            "requisition-left",
            "requisition-open",
            "requisition-register",
        ),
        (10,),
    ),
    Hazard(
        "H27",
        "A dose that went on paper is forgotten",
        "The system was down, or its clock could not be trusted",
        "Overdose by the next dose",
        "It is recorded whatever the rules would have said, counts from its own time, and locks "
        "the patient until a prescriber has looked at it.",
        ("late-dose-given", "late-dose-patient"),
        (3, 7),
    ),
    Hazard(
        "H28",
        "A protocol pack that leaves out what matters",
        "A value was forgotten, or a finding is spelt so that it can never be met",
        "A rule that silently allows everything",
        "Every rule that cannot do without a value refuses; a hold that can never be met is no "
        "pack.",
        ("protocol-value",),
        (2, 3, 4, 5, 6),
    ),
)
# Rules of the clinic that are no control of a hazard, and why.
APART: Final = {
    "concern-waiting": "says that a message was read already",
}
