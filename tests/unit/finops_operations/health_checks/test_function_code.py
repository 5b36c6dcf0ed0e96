import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from finops_operations.health_checks.function_code import Code, code_of_function, hex_of
from unit.finops_operations.sample_stack import SHA256
from unit.finops_operations.stubbed_service import StubbedService

PARAMETERS = {"LambdaS3Bucket": "packages", "Key": f"production/{SHA256}/websocket-x.zip"}
OTHER = "cd" * 32
S3 = StubbedService("s3").client


@given(content=st.binary())
def test_lambdas_hash_is_the_files(content: bytes) -> None:
    digest = hashlib.sha256(content)
    assert hex_of(base64.b64encode(digest.digest()).decode()) == digest.hexdigest()


def test_what_the_stack_deployed() -> None:
    assert code_of_function(S3, PARAMETERS, "Key", SHA256) is Code.DEPLOYED


def test_another_release() -> None:
    s3 = StubbedService("s3")
    s3.answers("head_object", {}, {"Bucket": "packages", "Key": f"production/{OTHER}/websocket-x.zip"})
    assert code_of_function(s3.client, PARAMETERS, "Key", OTHER) is Code.ANOTHER_RELEASE


def test_a_package_that_nobody_uploaded() -> None:
    s3 = StubbedService("s3")
    s3.refuses("head_object", "404", status=404)
    assert code_of_function(s3.client, PARAMETERS, "Key", OTHER) is Code.UNKNOWN


@given(key=st.text() | st.from_regex(r"[a-z]+/[0-9a-fA-F]{63,65}/x\.zip", fullmatch=True))
def test_a_key_without_a_hash_is_not_compared(key: str) -> None:
    code = code_of_function(S3, {"Key": key}, "Key", key.split("/")[1] if key.count("/") == 2 else SHA256)
    assert code in (Code.NOT_COMPARABLE, Code.DEPLOYED)


def test_the_guides_plain_key_is_not_compared() -> None:
    assert code_of_function(S3, {"Key": "websocket-x.zip"}, "Key", SHA256) is Code.NOT_COMPARABLE
    assert code_of_function(S3, {}, "Key", SHA256) is Code.NOT_COMPARABLE
