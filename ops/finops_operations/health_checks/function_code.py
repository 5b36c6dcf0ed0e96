"""Whether a function runs the code that its stack deployed."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# deploy.sh's keys: STACK/<sha256>/websocket-FUNCTION.zip. The guide's plain ones name no hash.
_HASHED_KEY = re.compile(r"(?P<stack>[^/]+)/(?P<sha256>[0-9a-f]{64})/(?P<package>[^/]+)", re.ASCII)


class Code(Enum):
    """What code a function runs."""

    DEPLOYED = auto()
    """What the stack deployed."""
    NOT_COMPARABLE = auto()
    """Nobody knows: the stack's package has a key without a hash."""
    ANOTHER_RELEASE = auto()
    """A package that a deployment of this stack has uploaded: somebody has set the function to it."""
    UNKNOWN = auto()
    """A package that no deployment of this stack has uploaded."""


def hex_of(code_sha256: str) -> str:
    """Lambda's CodeSha256, which is in base64, as deploy.sh writes it."""
    return base64.b64decode(code_sha256).hex()


def code_of_function(s3: S3Client, parameters: Mapping[str, str], key_parameter: str, sha256: str) -> Code:
    """What a package with this hash is to the stack, whose parameter `key_parameter` names the package's key."""
    hashed = _HASHED_KEY.fullmatch(parameters.get(key_parameter, ""))
    if hashed is None:
        return Code.NOT_COMPARABLE
    if hashed["sha256"] == sha256:
        return Code.DEPLOYED
    try:
        s3.head_object(
            Bucket=parameters.get("LambdaS3Bucket", ""), Key=f"{hashed['stack']}/{sha256}/{hashed['package']}"
        )
    except ClientError:
        # It is not there, or nobody may say so.
        return Code.UNKNOWN
    return Code.ANOTHER_RELEASE
