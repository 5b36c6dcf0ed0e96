"""Each scanner finds nothing in the project that is not waived with a reason, and something where a flaw is planted.

Of a file that is not there, or of no rules, most scanners say that all is well. What is waived for all of a kind stands
in .cfnlintrc, .checkov.yaml and below; what is waived for a single place is a comment there.
"""

import json
import shutil
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path

import pytest

from finops_operations.packaging.third_party_licences import DOCUMENT, written_anew
from project_copy import REPOSITORY

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
RUFF = Path(sys.executable).with_name("ruff")

# A bucket that may be opened to anybody, with an unknown property, and with a number as text, which only the strict
# form finds.
TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  OpenBucket:
    Type: AWS::S3::Bucket
    Properties:
      Colour: red
      LifecycleConfiguration:
        Rules:
          - {Status: Enabled, ExpirationInDays: "3"}
"""
PLANTED = "planted.yaml"
PROGRAM = "import subprocess\n\nsubprocess.run(input(), shell=True, check=True)\n"

# Detectors that guess: by a name such as "password" before a text, or by how little a text is like words.
GUESSING = ("KeywordDetector", "Base64HighEntropyString", "HexHighEntropyString")
# A filter that forgives what looks like an index or a call, and takes a third of the time.
SLOW = ("detect_secrets.filters.heuristic.is_indirect_reference",)
NOT_GUESSED_ABOUT = {
    "hashes of packages": r"requirements[\w-]*\.txt|package-lock\.json",
    "passwords, tokens and ids made up for the tests, which nothing outside of a test takes": "tests/.*",
    "sentences and examples": r".*\.md|contract/asyncapi\.yaml",
}
LINES_WITHOUT_A_SECRET = {
    "the name of a policy that AWS manages": "AmazonAPIGatewayPushToCloudWatchLogs",
    "names of properties; no template takes a secret": (
        r"\b(GenerateSecret|EnableTokenRevocation|AccessToken|RefreshToken|TOKEN_ISSUER)\b"
    ),
    "texts for a person under the names of Cognito's errors": (
        "(NEW_PASSWORD_REQUIRED|PasswordResetRequiredException|PasswordHistoryPolicyViolation)"
    ),
    "the password that the guide gives its test user: it opens the local cloud's pool, on this machine": (
        r"SecurePassword123!"
    ),
}


@pytest.fixture(scope="session")
def scanners() -> Path:
    """The folder of the scanners' programs, in an environment of their own."""
    environment = REPOSITORY / ".local" / "scanners"
    stamp, pinned = environment / "installed", REPOSITORY / "tests" / "scan" / "requirements.txt"
    is_current = stamp.exists() and stamp.read_bytes() == pinned.read_bytes()
    assert is_current, "The scanners are not installed as they are pinned: ./run_tests.sh scan installs them."
    return environment / "bin"


def scan(*command: str | Path, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=REPOSITORY, input=given, capture_output=True, text=True, check=False)


def secrets_in(scanners: Path, texts: Iterable[str | Path], *options: str) -> subprocess.CompletedProcess[str]:
    """Search files with all detectors; nothing is sent anywhere to be verified, and lock files are files as others."""
    whole = ("--no-verify", "--disable-filter", "detect_secrets.filters.heuristic.is_lock_file")
    return scan(scanners / "detect-secrets-hook", *whole, *options, *texts)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """What may hold a secret. What is not committed yet, too: that is the moment to find one."""
    top = scan("git", "rev-parse", "--show-toplevel").stdout.strip()
    # A copy inside of another work tree may be ignored there, and then git lists nothing.
    assert top == str(REPOSITORY), "git can say which files may hold a secret in a clone only."
    listed = scan("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    files = [name for name in listed if name and (REPOSITORY / name).is_file()]
    assert "README.md" in files
    return files


@pytest.fixture(scope="module")
def knowing(scanners: Path) -> list[str]:
    """The detectors that know the form of what they look for: all but those that guess."""
    program = (
        "from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class as detectors\n"
        "print(*{each.__name__ for each in detectors().values()})"
    )
    names = scan(scanners / "python", "-c", program).stdout.split()
    assert set(GUESSING) < set(names)
    return sorted(set(names) - set(GUESSING))


def made_up_secrets() -> list[str]:
    """Give an access key's id, a token and a private key, made on the spot: of the right form and good for nothing."""
    noise = bytes(range(7, 247, 5))
    token = [json.dumps({"alg": "HS256", "typ": "JWT"}).encode(), json.dumps({"sub": "nobody"}).encode(), noise]
    return [
        "AKIA" + "Q3R7ZT5XW2VN6YHB",
        ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in token),
        f"-----BEGIN RSA {'PRIVATE'} KEY-----\n{b64encode(noise).decode()}",
    ]


@pytest.fixture
def with_planted(tmp_path: Path) -> Path:
    """The project's templates and one with flaws, to be scanned together: a scanner takes long to start."""
    shutil.copytree(REPOSITORY / "cloudformation", tmp_path, dirs_exist_ok=True)
    (tmp_path / PLANTED).write_text(TEMPLATE, encoding="utf-8")
    return tmp_path


def test_cfn_lint_finds_what_is_planted_and_nothing_else(with_planted: Path) -> None:
    linted = json.loads(scan(CFN_LINT, "--format", "json", *with_planted.glob("*.yaml")).stdout)
    assert {Path(finding["Filename"]).name for finding in linted} == {PLANTED}
    assert {"E3002", "E3012"} <= {finding["Rule"]["Id"] for finding in linted}


def test_checkov_finds_what_is_planted_and_nothing_else(scanners: Path, with_planted: Path) -> None:
    checked = json.loads(scan(scanners / "checkov", "--output", "json", "--directory", with_planted).stdout)
    failed = checked["results"]["failed_checks"]
    assert {Path(check["file_path"]).name for check in failed} == {PLANTED}
    assert "CKV_AWS_53" in {check["check_id"] for check in failed}
    assert checked["summary"]["parsing_errors"] == 0
    # Many more than the planted one fails and passes.
    assert checked["summary"]["passed"] > 100


def test_ruff_finds_what_is_planted() -> None:
    # What it finds in the project, ./run_tests.sh lint says.
    assert "S602" in scan(RUFF, "check", "--stdin-filename", "src/planted.py", "-", given=PROGRAM).stdout


def test_no_text_has_the_form_of_a_secret(scanners: Path, texts: list[str]) -> None:
    searched = secrets_in(
        scanners, texts, *map("--disable-plugin={}".format, GUESSING), *map("--disable-filter={}".format, SLOW)
    )
    assert searched.returncode == 0, searched.stdout


def test_no_text_is_like_a_secret_but_what_is_known_to_be_none(
    scanners: Path, texts: list[str], knowing: list[str]
) -> None:
    excluded = [f"--exclude-files={pattern}" for pattern in NOT_GUESSED_ABOUT.values()]
    lines = map("--exclude-lines={}".format, LINES_WITHOUT_A_SECRET.values())
    # The others have found nothing in all of it.
    searched = secrets_in(scanners, texts, *excluded, *lines, *map("--disable-plugin={}".format, knowing))
    assert searched.returncode == 0, searched.stdout


def test_secrets_that_are_planted_are_found_and_not_said_again(scanners: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("\n".join(made_up_secrets()), encoding="utf-8")
    searched = secrets_in(scanners, [notes])
    assert searched.returncode == 1
    for kind in ("AWS Access Key", "JSON Web Token", "Private Key"):
        assert kind in searched.stdout
    assert made_up_secrets()[0] not in searched.stdout + searched.stderr


def test_the_licences_of_all_that_is_installed_are_listed(scanners: Path) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    # Each kind has its table.
    for name in ("pyjwt", "pytest", "dompurify", "checkov"):
        assert f"\n| {name} |" in document
    assert written_anew(document.replace("\n| pytest |", "\n| another |")) == document
