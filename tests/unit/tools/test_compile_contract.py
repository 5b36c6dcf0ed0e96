import importlib.util
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import fastjsonschema
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compile_contract

CONTRACT = compile_contract.read_contract(compile_contract.CONTRACT)

VALID = {
    "Authenticate": {"action": "authenticate", "token": "t"},
    "Ping": {"action": "ping", "timestamp": 1.5},
    "FinopsQuery": {
        "action": "finops_query",
        "query": "Why so much?",
        "requestId": "r",
        "agents": ["a"],
        "userId": "u",
        "username": "n",
        "timestamp": 1,
    },
    "ResumeJob": {"action": "resume_job", "jobId": "j"},
    "CancelJob": {"action": "cancel_job", "jobId": "j"},
    "ListJobs": {"action": "list_jobs", "limit": 50, "cursor": "c"},
}
FUNCTIONS = {
    "Authenticate": "validate_authenticate",
    "Ping": "validate_ping",
    "FinopsQuery": "validate_finops_query",
    "ResumeJob": "validate_resume_job",
    "CancelJob": "validate_cancel_job",
    "ListJobs": "validate_list_jobs",
}


def load_validators() -> ModuleType:
    spec = importlib.util.spec_from_loader("contract_validators", loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    exec(compile_contract.compile_contract(CONTRACT), module.__dict__)  # noqa: S102
    return module


VALIDATORS = load_validators()


def validator(definition: str) -> Callable[[object], Any]:
    function: Callable[[object], Any] = getattr(VALIDATORS, FUNCTIONS[definition])
    return function


@pytest.mark.parametrize("definition", VALID)
def test_a_valid_message_is_returned_as_it_is(definition: str) -> None:
    message = {**VALID[definition], "unknown": {"field": []}}
    before = json.dumps(message)
    assert validator(definition)(message) is message
    assert json.dumps(message) == before


@pytest.mark.parametrize(
    ("definition", "change", "rule", "path"),
    [
        ("FinopsQuery", {"query": "x" * 4001}, "maxLength", ["data", "query"]),
        ("FinopsQuery", {"query": ""}, "minLength", ["data", "query"]),
        ("FinopsQuery", {"query": " \t\n"}, "pattern", ["data", "query"]),
        ("FinopsQuery", {"query": 7}, "type", ["data", "query"]),
        ("FinopsQuery", {"agents": ["a", 3]}, "type", ["data", "agents", "1"]),
        ("FinopsQuery", {"agents": ["a"] * 11}, "maxItems", ["data", "agents"]),
        ("FinopsQuery", {"requestId": "r" * 129}, "maxLength", ["data", "requestId"]),
        ("FinopsQuery", {"action": "ping"}, "const", ["data", "action"]),
        ("FinopsQuery", {"timestamp": True}, "type", ["data", "timestamp"]),
        ("ListJobs", {"limit": 51}, "maximum", ["data", "limit"]),
        ("ListJobs", {"limit": math.nan}, "type", ["data", "limit"]),
        ("ListJobs", {"limit": math.inf}, "type", ["data", "limit"]),
        ("ListJobs", {"limit": 10**400}, "maximum", ["data", "limit"]),
        ("ResumeJob", {"jobId": None}, "type", ["data", "jobId"]),
    ],
)
def test_an_exception_names_rule_path_and_definition(
    definition: str, change: dict[str, Any], rule: str, path: list[str]
) -> None:
    message = {**VALID[definition], **change}
    with pytest.raises(fastjsonschema.JsonSchemaValueException) as raised:
        validator(definition)(message)
    assert raised.value.rule == rule
    assert raised.value.path == path
    assert raised.value.name.startswith("data.")
    assert rule in raised.value.definition
    assert raised.value.rule_definition == raised.value.definition[rule]


@pytest.mark.parametrize(
    ("definition", "message", "rule"),
    [
        ("Authenticate", {"action": "authenticate", "username": "n"}, "anyOf"),
        ("FinopsQuery", {"action": "finops_query"}, "required"),
        ("CancelJob", {}, "required"),
        ("Ping", [], "type"),
        ("Ping", None, "type"),
    ],
)
def test_an_exception_about_the_whole_message_has_the_path_data(definition: str, message: object, rule: str) -> None:
    with pytest.raises(fastjsonschema.JsonSchemaValueException) as raised:
        validator(definition)(message)
    assert (raised.value.rule, raised.value.path) == (rule, ["data"])


any_text = st.text(st.characters(exclude_categories=()))  # lone surrogates too: JSON's \ud800 makes them
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda values: st.lists(values) | st.dictionaries(any_text, values),
    max_leaves=20,
)
field_names = sorted({name for message in VALID.values() for name in message})
almost_messages = st.builds(
    lambda definition, changes, removed: {
        name: value for name, value in {**VALID[definition], **changes}.items() if name not in removed
    },
    st.sampled_from(sorted(VALID)),
    st.dictionaries(st.sampled_from(field_names), any_json, max_size=3),
    st.sets(st.sampled_from(field_names), max_size=1),
)


@settings(deadline=None)
@given(definition=st.sampled_from(sorted(VALID)), value=almost_messages | any_json)
def test_every_json_value_is_judged_as_the_reference_validator_judges_it(definition: str, value: object) -> None:
    schema = {"definitions": CONTRACT["definitions"], "$ref": f"#/definitions/{definition}"}
    try:
        accepted = validator(definition)(value) is value
    except fastjsonschema.JsonSchemaValueException:
        accepted = False
    assert accepted == jsonschema.Draft7Validator(schema).is_valid(value)


@pytest.fixture(scope="module")
def large_values() -> list[Any]:
    """Values of more depth or size than any field has, made once: a deep one takes the garbage collector long."""
    values: list[Any] = ["x" * 1_000_000, 10**5_000, ["x"] * 100_000, []]
    for _ in range(100_000):
        values[-1] = [values[-1]]
    return [*values, {"x": values[-1]}]


@pytest.mark.parametrize("field", field_names)
@pytest.mark.parametrize("definition", VALID)
def test_depth_and_size_raise_nothing_but_the_validation_exception(
    large_values: list[Any], definition: str, field: str
) -> None:
    for value in large_values:
        try:
            validator(definition)({**VALID[definition], field: value})
        except fastjsonschema.JsonSchemaValueException as error:
            assert error.rule


def test_the_module_is_the_same_whatever_the_hash_seed(tmp_path: Path) -> None:
    texts = []
    for seed in ("1", "2"):
        output = tmp_path / f"{seed}.py"
        subprocess.run(
            [sys.executable, compile_contract.__file__, "--output", str(output)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
        texts.append(output.read_bytes())
    assert texts[0] == texts[1]
    assert b"tools/compile_contract.py" in texts[0]


def test_the_module_is_written_only_when_it_changes(tmp_path: Path) -> None:
    output = tmp_path / "made" / "validators.py"
    assert compile_contract.main(["--output", str(output)]) == 0
    first = output.stat()
    assert compile_contract.main(["--output", str(output)]) == 0
    assert (output.stat().st_ino, output.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    output.write_text("stale", encoding="utf-8")
    assert compile_contract.main(["--output", str(output)]) == 0
    assert "validate_ping" in output.read_text(encoding="utf-8")
    assert [path.name for path in output.parent.iterdir()] == [output.name]


def contract_of(definition: dict[str, str]) -> bytes:
    return json.dumps({"definitions": dict.fromkeys(VALID, definition)}).encode()


@pytest.mark.parametrize(
    ("contract", "sentence"),
    [
        (None, "No such file"),
        (b"{", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[]", "holds no JSON object"),
        (b"{}", "does not define Authenticate, Ping, FinopsQuery, ResumeJob, CancelJob, ListJobs"),
        (b'{"definitions": []}', "does not define Authenticate"),
        (contract_of({"type": "none"}), "cannot be compiled"),
        (contract_of({"$ref": "#/no"}), "cannot be compiled"),
    ],
)
def test_a_bad_contract_is_said_in_a_sentence_and_leaves_the_module(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], contract: bytes | None, sentence: str
) -> None:
    path, output = tmp_path / "contract.json", tmp_path / "validators.py"
    output.write_text("earlier", encoding="utf-8")
    if contract is not None:
        path.write_bytes(contract)
    assert compile_contract.main(["--contract", str(path), "--output", str(output)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("compile_contract.py: ")
    assert sentence in said
    assert output.read_text(encoding="utf-8") == "earlier"
