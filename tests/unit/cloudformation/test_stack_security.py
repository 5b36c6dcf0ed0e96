"""What protects the stack's data and keeps others out, where the local cloud does not check or show it."""

from typing import Any

import pytest

from finops_benchmarks.cloudformation_template import load, properties, resources

# What a connection may send before it has signed in: seen in tests/security/connect_attacks.py.
FRAMES_BEFORE_SIGN_IN = 20
OWN_KEY = {"Ref": "KmsKeyArn"}

# Where each kind of resource says with which key of the operator's own it is encrypted.
KEYS: list[tuple[str, tuple[str, ...]]] = [
    ("AWS::DynamoDB::Table", ("SSESpecification", "KMSMasterKeyId")),
    ("AWS::SQS::Queue", ("KmsMasterKeyId",)),
    ("AWS::Logs::LogGroup", ("KmsKeyId",)),
    (
        "AWS::S3::Bucket",
        ("BucketEncryption", "ServerSideEncryptionConfiguration", "ServerSideEncryptionByDefault", "KMSMasterKeyID"),
    ),
]


def chosen(value: Any, *true: str) -> Any:
    """Give a value as CloudFormation does when only these conditions are true; what is AWS::NoValue is left out."""
    if isinstance(value, list):
        return [chosen(entry, *true) for entry in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Fn::If"}:
        condition, then, otherwise = value["Fn::If"]
        return chosen(then if condition in true else otherwise, *true)
    values = {name: chosen(entry, *true) for name, entry in value.items()}
    return {name: entry for name, entry in values.items() if entry != {"Ref": "AWS::NoValue"}}


def at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value[0] if isinstance(value, list) else value
        value = value.get(name)
    return value


@pytest.mark.parametrize(("kind", "path"), KEYS, ids=[kind for kind, _ in KEYS])
def test_what_holds_data_is_encrypted_with_the_operators_key_or_with_one_of_aws(
    kind: str, path: tuple[str, ...]
) -> None:
    for name, found in properties(kind).items():
        assert at(chosen(found, "HasKmsKey"), path) == OWN_KEY, name
        assert at(chosen(found), path) is None, name


def test_without_a_key_of_the_operators_all_is_encrypted_too() -> None:
    for table in properties("AWS::DynamoDB::Table").values():
        assert chosen(table)["SSESpecification"] == {"SSEEnabled": True}
    for queue in properties("AWS::SQS::Queue").values():
        assert chosen(queue)["SqsManagedSseEnabled"] is True
        # SQS takes one of the two.
        assert chosen(queue, "HasKmsKey")["SqsManagedSseEnabled"] is False
    (rule,) = chosen(properties("AWS::S3::Bucket")["ResultsBucket"])["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def functions_roles() -> list[dict[str, str]]:
    return [{"Ref": function["Role"]["Fn::GetAtt"][0]} for function in properties("AWS::Lambda::Function").values()]


def test_all_functions_and_nobody_else_may_use_the_operators_key() -> None:
    policy = resources("AWS::IAM::Policy")["KeyUse"]
    assert policy["Condition"] == "HasKmsKey"
    assert policy["Properties"]["Roles"] == functions_roles()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert statement["Resource"] == OWN_KEY


def test_what_earlier_keys_have_encrypted_can_still_be_read() -> None:
    policy = resources("AWS::IAM::Policy")["FormerKeyUse"]
    assert policy["Condition"] == "HasFormerKmsKeys"
    assert policy["Properties"]["Roles"] == functions_roles()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("kms:Decrypt", {"Ref": "FormerKmsKeyArns"})


def test_deletion_protection_covers_the_tables_and_the_pool_and_is_off_unless_asked_for() -> None:
    assert load()["Parameters"]["DeletionProtection"]["Default"] == "false"
    for table in properties("AWS::DynamoDB::Table").values():
        assert chosen(table, "IsProtected")["DeletionProtectionEnabled"] is True
        assert chosen(table)["DeletionProtectionEnabled"] is False
    pool = properties("AWS::Cognito::UserPool")["UserPool"]
    assert chosen(pool, "IsProtected")["DeletionProtection"] == "ACTIVE"
    assert chosen(pool)["DeletionProtection"] == "INACTIVE"


def test_the_pool_is_strict() -> None:
    pool = properties("AWS::Cognito::UserPool")["UserPool"]
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    password = pool["Policies"]["PasswordPolicy"]
    assert password["MinimumLength"] >= 12
    assert all(required for name, required in password.items() if name.startswith("Require"))
    assert sum(name.startswith("Require") for name in password) == 4
    assert pool["MfaConfiguration"] == {"Ref": "UserPoolMfa"}
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    mfa = load()["Parameters"]["UserPoolMfa"]
    assert (mfa["Default"], mfa["AllowedValues"]) == ("OPTIONAL", ["OPTIONAL", "ON"])
    client = properties("AWS::Cognito::UserPoolClient")["UserPoolClient"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True
    assert client["TokenValidityUnits"] == {"AccessToken": "hours", "IdToken": "hours", "RefreshToken": "days"}
    assert [client[f"{token}Validity"] for token in ("AccessToken", "IdToken", "RefreshToken")] == [1, 1, 1]


def test_the_stage_is_throttled_and_whoever_only_connects_takes_nothing_from_the_others() -> None:
    stage = properties("AWS::ApiGatewayV2::Stage")["Stage"]
    shared = {"Ref": "RequestsPerSecond"}
    default = stage["DefaultRouteSettings"]
    assert (default["ThrottlingRateLimit"], default["ThrottlingBurstLimit"]) == (shared, shared)
    assert stage["RouteSettings"].keys() == {"$connect", "authenticate"}
    for settings in stage["RouteSettings"].values():
        # Numbers: free-form JSON, in which CloudFormation would make a text of a parameter.
        assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (50, 50)
    # All that connects in a second, and sends all that it may, leaves room.
    most = stage["RouteSettings"]["$connect"]["ThrottlingRateLimit"] * FRAMES_BEFORE_SIGN_IN
    assert load()["Parameters"]["RequestsPerSecond"]["Default"] >= most


def test_only_the_processing_queue_may_use_its_dead_letter_queue() -> None:
    allowed = properties("AWS::SQS::Queue")["ProcessingDeadLetterQueue"]["RedriveAllowPolicy"]
    assert allowed["redrivePermission"] == "byQueue"
    (source,) = allowed["sourceQueueArns"]
    name = properties("AWS::SQS::Queue")["ProcessingQueue"]["QueueName"]["Fn::Sub"]
    assert source["Fn::Sub"].endswith(f":{name}")


def test_large_answers_are_fetched_from_the_allowed_pages_only() -> None:
    (rule,) = properties("AWS::S3::Bucket")["ResultsBucket"]["CorsConfiguration"]["CorsRules"]
    assert rule == {"AllowedMethods": ["GET"], "AllowedOrigins": {"Ref": "AllowedOrigins"}}
