"""Codes that come with a tap: what they prove, what they never hold up, and where they never go."""

import logging
from collections.abc import Callable
from concurrent.futures import Future

import pytest
from django.db import OperationalError

from safelight.kernel.errors import NotSaved, Refused
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.domain.base import Actor, Role
from safelight.web.accounts.service import find_staff, set_active
from safelight.web.throttle import FAILURES
from tests.support.fake_node import NOON, FakeNode
from tests.support.phones import Phone, Turned, phone_of, wrong
from tests.support.web import Answer, Browser, account, front_for

TAP = "/s/north/do/visit.leave"
HELP = "/s/north/do/incident.open"
COMMANDS = [f"11111111-1111-4111-8111-1111111111{number:02}" for number in range(10, 30)]


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def node() -> FakeNode:
    return FakeNode()


@pytest.fixture
def browser(node: FakeNode, clock: Turned) -> Browser:
    return Browser(front_for(node, clock))


@pytest.fixture
def nurse(browser: Browser) -> Phone:
    """Whoever is signed in."""
    phone = phone_of(browser.front, Role.NURSE)
    browser.log_in(phone.login)
    return phone


@pytest.fixture
def colleague(browser: Browser) -> Phone:
    """Whoever stands by."""
    return phone_of(browser.front, Role.PHARMACIST)


def tap(browser: Browser, command: str = COMMANDS[0], **fields: str) -> Answer:
    """Tap, with more fields than the command has."""
    every = {"command": command, "token": browser.token, "visit": "v-known", **fields}
    return browser.post(TAP, every)


def rule(answer: Answer) -> str:
    """Return the rule that a page of a refusal names."""
    assert answer.status == 422, answer.text
    return answer.text.partition("Rule: <code>")[2].partition("<")[0]


# --- One's own code --------------------------------------------------------------------------


def test_a_tap_without_codes_proves_nothing(node: FakeNode, browser: Browser, nurse: Phone) -> None:
    tap(browser)
    assert [(t.actor, t.witness) for t in node.taps] == [(Actor(nurse.staff, Role.NURSE), None)]


def test_a_right_code_is_remembered_for_the_taps_that_follow(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone
) -> None:
    tap(browser, proof=nurse.code(clock.now))
    clock.wait(240)
    tap(browser, COMMANDS[1])
    clock.wait(3600)
    tap(browser, COMMANDS[2], proof=nurse.code(clock.now))
    times = [t.actor.proved_at for t in node.taps]
    assert times == [NOON, NOON, clock.now]
    assert {t.actor.staff for t in node.taps} == {nurse.staff}


def test_it_is_remembered_by_this_session_alone(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone
) -> None:
    other = Browser(browser.front)
    other.log_in(nurse.login)
    tap(browser, proof=nurse.code(clock.now))
    tap(other, COMMANDS[1])
    assert [t.actor.proved_at for t in node.taps] == [NOON, None]


def test_it_is_in_the_session_itself_and_not_only_in_memory(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone
) -> None:
    tap(browser, proof=nurse.code(clock.now))
    browser.front = front_for(node, clock)  # as after a restart
    tap(browser, COMMANDS[1])
    assert [t.actor.proved_at for t in node.taps] == [NOON, NOON]


def test_remembering_does_not_move_the_end_of_the_session(
    browser: Browser, clock: Turned, nurse: Phone
) -> None:
    sessions, key = browser.front.services.sessions, browser.cookies["safelight_session"]
    before = sessions.find(key).ends
    tap(browser, proof=nurse.code(clock.now))
    assert sessions.find(key).ends == before
    assert sessions.find(key).actor.proved_at == NOON


def test_signing_out_forgets_it(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone
) -> None:
    tap(browser, proof=nurse.code(clock.now))
    browser.post("/logout", {"token": browser.token})
    browser.log_in(nurse.login)
    tap(browser, COMMANDS[1])
    assert node.taps[-1].actor.proved_at is None


@pytest.mark.parametrize("seconds", [-30, 30])
def test_a_phone_may_be_half_a_minute_off(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone, seconds: int
) -> None:
    code = nurse.code(clock.now)
    clock.wait(seconds)
    assert tap(browser, proof=code).status == 303
    assert node.taps[0].actor.proved_at == clock.now


def test_a_wrong_code_refuses_the_tap_and_keeps_the_form(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone
) -> None:
    code = wrong(nurse.code(clock.now))
    answer = tap(browser, proof=code, back="/s/north/aftercare")
    assert (rule(answer), node.taps) == ("second-factor-right", [])
    kept = {name: answer.field(name) for name in ("command", "visit", "back")}
    assert kept == {"command": COMMANDS[0], "visit": "v-known", "back": "/s/north/aftercare"}
    assert 'name="proof"' in answer.main
    assert 'name="witness"' not in answer.main
    assert tap(browser, proof=nurse.code(clock.now)).status == 303


def test_a_code_that_was_used_refuses_another_tap(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone
) -> None:
    code = nurse.code(clock.now)
    tap(browser, proof=code)
    assert rule(tap(browser, COMMANDS[1], proof=code)) == "second-factor-new"
    assert len(node.taps) == 1


def test_whoever_has_no_second_factor_is_shown_where_to_set_one_up(browser: Browser) -> None:
    browser.log_in(account(Role.NURSE)[0])
    answer = tap(browser, proof="123456")
    assert rule(answer) == "second-factor-enrolled"
    assert 'href="/second-factor">Set up' in answer.main


def test_whoever_was_shut_out_a_moment_ago_proves_nothing(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone
) -> None:
    """Their session may be remembered for some seconds, in a process that was not told."""
    token = browser.token
    set_active(find_staff(nurse.login), active=False)
    data = {"command": COMMANDS[0], "token": token, "visit": "v-known"}
    answer = browser.post_json(TAP, {**data, "proof": nurse.code(clock.now)})
    assert (answer.status, answer.json["error"], node.taps) == (403, "signed-in", [])


def test_too_many_wrong_codes_are_said_in_words(
    browser: Browser, clock: Turned, nurse: Phone
) -> None:
    for _ in range(FAILURES):
        tap(browser, proof=wrong(nurse.code(clock.now)))
    answer = tap(browser, proof=nurse.code(clock.now))
    assert rule(answer) == "second-factor-wait"
    assert "Try again in 5 minutes" in answer.text


@pytest.mark.parametrize("code", ["", "  "])
def test_an_empty_field_is_no_code(
    node: FakeNode, browser: Browser, nurse: Phone, code: str
) -> None:
    assert tap(browser, proof=code, witness=code, witness_proof=code).status == 303
    assert node.taps[0].actor == Actor(nurse.staff, Role.NURSE)


def test_a_domain_rule_that_wants_proof_brings_the_field(
    node: FakeNode, browser: Browser, nurse: Phone
) -> None:
    node.error = Refused("proof-fresh", "It is old.", "Give it again.", staff=nurse.staff)
    assert 'name="proof"' in tap(browser).main
    node.error = Refused("proof-fresh", "It is old.", "Give it again.", staff="staff-other")
    assert 'name="proof"' not in tap(browser, COMMANDS[1]).main
    node.error = Refused("visit-known", "No.", "Look.")
    assert 'name="proof"' not in tap(browser, COMMANDS[2]).main


# --- A second person -------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["login", "staff"])
def test_a_witness_is_carried_with_role_and_time(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone, colleague: Phone, by: str
) -> None:
    named = getattr(colleague, by)
    codes = {"proof": nurse.code(clock.now), "witness_proof": colleague.code(clock.now)}
    assert tap(browser, witness=named, **codes).status == 303
    (done,) = node.taps
    assert done.actor == Actor(nurse.staff, Role.NURSE, NOON)
    assert done.witness == Actor(colleague.staff, Role.PHARMACIST, NOON)


def test_nothing_is_remembered_for_a_witness(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone, colleague: Phone
) -> None:
    tap(browser, witness=colleague.login, witness_proof=colleague.code(clock.now))
    clock.wait(30)
    assert rule(tap(browser, COMMANDS[1], witness=colleague.login)) == "witness-proved"
    theirs = Browser(browser.front)
    theirs.log_in(colleague.login)
    tap(theirs, COMMANDS[2])
    assert [t.actor.proved_at for t in node.taps] == [None, None]
    assert nurse.staff == node.taps[0].actor.staff


def test_a_witness_who_is_oneself_is_refused_and_no_code_is_used(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone
) -> None:
    code = nurse.code(clock.now)
    answer = tap(browser, witness=nurse.staff, witness_proof=code)
    assert (rule(answer), node.taps) == ("witness-different", [])
    assert tap(browser, COMMANDS[1], proof=code).status == 303


@pytest.mark.parametrize("named", ["nobody-here", "", "123456"])
def test_a_witness_has_to_be_known(
    node: FakeNode, browser: Browser, nurse: Phone, named: str
) -> None:
    answer = tap(browser, witness=named, witness_proof="654321")
    assert (rule(answer), node.taps) == ("witness-known", [])
    assert "654321" not in answer.text
    assert "123456" not in answer.text
    assert nurse.login not in answer.main  # nobody is their own witness


def test_whoever_is_shut_out_witnesses_nothing(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone, colleague: Phone
) -> None:
    set_active(find_staff(colleague.login), active=False)
    answer = tap(browser, witness=colleague.login, witness_proof=colleague.code(clock.now))
    assert (rule(answer), node.taps) == ("witness-known", [])
    assert colleague.login not in answer.main
    assert nurse.login not in answer.main


def test_a_wrong_code_of_a_witness_leaves_ones_own_remembered(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone, colleague: Phone
) -> None:
    own, theirs = nurse.code(clock.now), colleague.code(clock.now)
    answer = tap(browser, proof=own, witness=colleague.staff, witness_proof=wrong(theirs))
    assert (rule(answer), node.taps) == ("second-factor-right", [])
    assert 'name="proof"' not in answer.main
    assert f'value="{colleague.staff}" selected' in answer.main
    assert tap(browser, witness=colleague.staff, witness_proof=theirs).status == 303
    assert (node.taps[0].actor.proved_at, node.taps[0].witness) == (
        NOON,
        Actor(colleague.staff, Role.PHARMACIST, NOON),
    )


def test_the_wait_is_for_whose_code_it_is(
    browser: Browser, clock: Turned, nurse: Phone, colleague: Phone
) -> None:
    for _ in range(FAILURES):
        tap(browser, witness=colleague.login, witness_proof="12")
    code = colleague.code(clock.now)
    answer = tap(browser, witness=colleague.login, witness_proof=code)
    assert rule(answer) == "second-factor-wait"
    assert tap(browser, proof=nurse.code(clock.now)).status == 303


def test_a_domain_rule_that_wants_a_witness_brings_the_fields(
    node: FakeNode, browser: Browser, nurse: Phone, colleague: Phone
) -> None:
    node.error = Refused("witness-present", "It needs two.", "Ask.")
    answer = tap(browser)
    assert 'name="witness_proof"' in answer.main
    assert f'value="{colleague.staff}"' in answer.main
    assert f'value="{nurse.staff}"' not in answer.main


def test_nobody_is_named_to_whoever_may_not_do_it(browser: Browser, colleague: Phone) -> None:
    for role, status in ((Role.ANYONE, 403), (Role.ANALYST, 403)):
        if role is not Role.ANYONE:
            browser.log_in(account(role)[0])
        answer = tap(browser, witness=colleague.login)
        assert (answer.status, colleague.login in answer.text) == (status, False)


# --- The same tap again ----------------------------------------------------------------------


def send_again(node: FakeNode) -> Callable[[Tap], Future[Receipt]]:
    """Return a way to submit that answers the same command with its first receipt."""
    submit, receipts = node.submit, dict[str, Receipt]()

    def submitted(tap: Tap) -> Future[Receipt]:
        if known := receipts.get(tap.command):
            future: Future[Receipt] = Future()
            future.set_result(known._replace(repeated=True))
            return future
        future = submit(tap)
        receipts[tap.command] = future.result()
        return future

    return submitted


@pytest.mark.parametrize("minutes", [0, 60])
def test_a_repeated_tap_gets_its_receipt_although_its_codes_are_used(
    node: FakeNode,
    browser: Browser,
    clock: Turned,
    nurse: Phone,
    colleague: Phone,
    minutes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(node, "submit", send_again(node))
    codes = {"proof": nurse.code(clock.now), "witness_proof": colleague.code(clock.now)}
    data = {"command": COMMANDS[0], "token": browser.token, "visit": "v-known", **codes}
    data["witness"] = colleague.login
    first = browser.post_json(TAP, data)
    clock.wait(minutes * 60)
    again = browser.post_json(TAP, data)
    assert [each.json["receipt"]["repeated"] for each in (first, again)] == [False, True]
    assert len(node.taps) == 1


def test_a_tap_that_the_journal_did_not_take_may_come_again_with_the_same_codes(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone, colleague: Phone
) -> None:
    """As after a lost reply, when nobody knows yet whether it was saved."""
    codes = {"proof": nurse.code(clock.now), "witness_proof": colleague.code(clock.now)}
    node.error = NotSaved("no-answer", "Not known to be saved.", "Try again.")
    answer = tap(browser, witness=colleague.staff, **codes)
    assert answer.status == 503
    assert f'value="{colleague.staff}" selected' in answer.main
    node.error = None
    assert tap(browser, witness=colleague.staff, **codes).status == 303
    assert len(node.taps) == 1


def test_the_same_command_with_other_contents_needs_another_code(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone, colleague: Phone
) -> None:
    """Whoever witnessed one thing has not witnessed another."""
    code = colleague.code(clock.now)
    node.error = Refused("visit-known", "No.", "Look.")
    tap(browser, witness=colleague.login, witness_proof=code)
    node.error = None
    answer = tap(browser, witness=colleague.login, witness_proof=code, outcome="to_hospital")
    assert (rule(answer), node.taps) == ("second-factor-new", [])
    assert nurse.login not in answer.main


# --- What codes never do ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields", [{"nonsense": "1"}, {"happened_time": "99:99"}, {"command": "1"}, {"visit": "a b"}]
)
def test_a_form_that_cannot_be_read_uses_no_code(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone, fields: dict[str, str]
) -> None:
    code = nurse.code(clock.now)
    every = {"command": COMMANDS[0], "token": browser.token, "visit": "v-known", "proof": code}
    answer = browser.post(TAP, every | fields)
    assert (answer.status, node.taps) == (422, [])
    assert code not in answer.text
    assert tap(browser, COMMANDS[1], proof=code).status == 303


@pytest.mark.parametrize("how", ["refused", "unread accounts", "control characters"])
def test_no_code_holds_up_an_emergency(
    node: FakeNode, browser: Browser, nurse: Phone, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {"proof": "000000", "witness": "nobody-here", "witness_proof": "12"}
    if how == "control characters":
        fields["proof"] = "\x00\u202e"
    if how == "unread accounts":
        break_accounts(monkeypatch)
    asked = {"command": COMMANDS[0], "token": browser.token, **fields}
    assert browser.post(HELP, asked).status == 303
    assert [(t.actor, t.witness) for t in node.taps] == [(Actor(nurse.staff, Role.NURSE), None)]


def break_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no account be found, as when the database cannot be read."""

    def broken(_: object) -> None:
        raise OperationalError("secret words")

    for name in ("active_staff", "colleagues_of"):
        monkeypatch.setattr(f"safelight.web.proofs.{name}", broken)


def test_without_the_accounts_other_taps_are_refused_and_nothing_is_lost(
    node: FakeNode,
    browser: Browser,
    nurse: Phone,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    break_accounts(monkeypatch)
    answer = tap(browser, proof="123456", witness="somebody", witness_proof="654321")
    assert (rule(answer), node.taps) == ("second-factor-checked", [])
    assert answer.field("visit") == "v-known"
    assert 'name="witness"' in answer.main  # named by typing, as there is no list
    assert "OperationalError" in caplog.text
    for secret in ("123456", "654321", "secret words"):
        assert secret not in answer.text + caplog.text
    assert nurse.login not in caplog.text


def test_no_code_is_in_a_page_a_log_or_a_tap(
    node: FakeNode,
    browser: Browser,
    clock: Turned,
    nurse: Phone,
    colleague: Phone,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    own, theirs = nurse.code(clock.now), colleague.code(clock.now)
    wrongs = {"proof": wrong(own), "witness_proof": wrong(theirs)}
    seen = [tap(browser, witness=colleague.login, **wrongs).text]
    seen += [tap(browser, proof=own, witness=colleague.login, witness_proof=wrong(theirs)).text]
    node.error = RuntimeError("it broke")
    seen += [tap(browser, witness=colleague.login, witness_proof=theirs).text]
    node.error = None
    tap(browser, witness=colleague.login, witness_proof=theirs)
    text = "".join([*seen, caplog.text, repr(node.taps)])
    for code in (own, theirs, *wrongs.values()):
        assert code not in text
    assert f"a wrong code for the second factor of {nurse.staff}" in caplog.text
    assert len(node.taps) == 1


def test_the_api_takes_codes_too(
    node: FakeNode, browser: Browser, clock: Turned, nurse: Phone, colleague: Phone
) -> None:
    data = {"command": COMMANDS[0], "token": browser.token, "visit": "v-known"}
    bad = browser.post_json(TAP, {**data, "proof": "12"})
    assert (bad.status, bad.json["error"]) == (422, "second-factor-right")
    codes = {"proof": nurse.code(clock.now), "witness_proof": colleague.code(clock.now)}
    good = browser.post_json(TAP, {**data, **codes, "witness": colleague.login})
    assert good.status == 200
    assert node.taps[0].witness == Actor(colleague.staff, Role.PHARMACIST, NOON)
