"""What no file of the repository may say, and what each dependency has to say for itself."""

import re
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FEWEST_WORDS = 3

FORBIDDEN = {
    "address of a package registry": re.compile(
        r"https?://[^\s\"'<>)]*(?:pypi|pythonhosted|npmjs|yarnpkg|/simple\b)", re.IGNORECASE
    ),
    "option that names a package registry": re.compile(
        r"^\s*(?:--(?:extra-)?index-url|--find-links|registry\s*=)", re.MULTILINE
    ),
    "address in a lock file": re.compile(r"\"resolved\"\s*:"),
    "path of one machine": re.compile(
        r"(?:^|[\s\"'`=(])/(?:work|root|tmp|home/\w+|Users/\w+)/\w", re.MULTILINE
    ),
}


def text_files(root: Path) -> dict[str, str]:
    """Read every text file that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git is where the reader has it
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    contents = {}
    for name in filter(None, listed.stdout.split("\0")):
        path = root / name
        raw = path.read_bytes() if path.is_file() else b"\0"
        if b"\0" not in raw:
            contents[name] = raw.decode("utf-8", errors="replace")
    return contents


def unwanted(files: Mapping[str, str]) -> list[str]:
    """Name each file with what it must not say."""
    return [
        f"{name}: {what}: {found[0].strip()}"
        for name, text in files.items()
        for what, pattern in FORBIDDEN.items()
        if (found := pattern.search(text))
    ]


def unexplained(pyproject: str) -> list[str]:
    """Name the dependencies that stand without a comment on the same line."""
    parsed = tomllib.loads(pyproject)
    named = list(parsed["project"]["dependencies"])
    for group in parsed.get("dependency-groups", {}).values():
        named += group
    reasons = dict(re.findall(r'^\s*"([^"]+)",?[ ]*#[ ]*(.+)$', pyproject, re.MULTILINE))
    return [each for each in named if len(reasons.get(each, "").split()) < FEWEST_WORDS]


def plant(root: Path, name: str, text: str) -> Mapping[str, str]:
    """Put one file into a repository of its own and read it back."""
    subprocess.run(["git", "init", "-q", root], check=True)  # noqa: S607 - git is where the reader has it
    (root / name).write_text(text, encoding="utf-8")
    return text_files(root)


def test_no_file_names_a_registry_or_a_machine() -> None:
    assert unwanted(text_files(ROOT)) == []


@pytest.mark.parametrize(
    "text",
    [
        "https://" + "files.pythonhosted.org/packages/x.whl",
        "see http://" + "mirror.example/simple/django",
        "\n--index" + "-url x",
        '{"resolved"' + ': "x"}',
        "cd /" + "work/main",
        'HOME = "/' + 'home/somebody/safelight"',
    ],
)
def test_gate_finds_registries_and_machine_paths(text: str, tmp_path: Path) -> None:
    assert len(unwanted(plant(tmp_path, "notes.md", text))) == 1


@pytest.mark.parametrize(
    "text", ["https://www.nhs.uk/conditions", "/static/built/x.css", "a/work/b", "resolved"]
)
def test_gate_lets_ordinary_text_pass(text: str, tmp_path: Path) -> None:
    assert unwanted(plant(tmp_path, "notes.md", text)) == []


def test_gate_leaves_ignored_files_alone(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("var/\n", encoding="utf-8")
    (tmp_path / "var").mkdir()
    assert set(plant(tmp_path, "var/log.txt", "cd /" + "work/main")) == {".gitignore"}


def test_every_dependency_gives_its_reason() -> None:
    assert unexplained((ROOT / "pyproject.toml").read_text(encoding="utf-8")) == []


def test_gate_finds_a_dependency_without_a_reason() -> None:
    text = (
        '[project]\ndependencies = [\n  "one>=1",  # does this and that\n  "two>=2",\n]\n'
        '[dependency-groups]\ndev = [\n  "three>=3",  # tests\n]\n'
    )
    assert unexplained(text) == ["two>=2", "three>=3"]


def test_locks_hold_a_hash_for_every_package() -> None:
    for lock in (ROOT / "requirements.lock", ROOT / "frontend" / "requirements.lock"):
        packages = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
        assert [each.split()[0] for each in packages if "--hash=sha256:" not in each] == []


def test_licence_is_there() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
