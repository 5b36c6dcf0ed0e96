"""Writes one flaw for each scanner: the judge of a scan believes none that does not find its own.

The secrets are made up on the spot, so that none stands in the repository for others to find.
"""

import argparse
import json
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

# What each scanner must find, by its name: ids of rules.
PLANTED = {
    # An unknown property; a number as text, which only the strict form finds; an experimental, informational rule.
    "cfn-lint": frozenset({"E3002", "E3012", "I4010"}),
    "checkov": frozenset({"CKV_AWS_53"}),
    "cfn-guard": frozenset({"CT.S3.PR.1"}),
    "bandit": frozenset({"B602"}),
    "detect-secrets": frozenset({"AWS Access Key", "JSON Web Token", "Private Key"}),
}

# A bucket that may be opened to anybody.
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

PROGRAM = """\
import subprocess

subprocess.run(input(), shell=True)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the flaws that the command line asks for and return the exit status."""
    parser = argparse.ArgumentParser(description="Write one flaw for each scanner into a folder.")
    parser.add_argument("folder", type=Path, help="made if it is not there")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "template.yaml").write_text(TEMPLATE, encoding="utf-8")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    (folder / "notes.txt").write_text("".join(f"{secret}\n" for secret in made_up_secrets()), encoding="utf-8")
    return 0


def made_up_secrets() -> list[str]:
    """Return an access key's id, a token and a private key, each of the right form and good for nothing."""
    noise = bytes(range(7, 247, 5))
    token = [json.dumps({"alg": "HS256", "typ": "JWT"}).encode(), json.dumps({"sub": "nobody"}).encode(), noise]
    return [
        "AKIA" + "Q3R7ZT5XW2VN6YHB",
        ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in token),
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        b64encode(noise).decode(),
    ]


if __name__ == "__main__":
    sys.exit(main())
