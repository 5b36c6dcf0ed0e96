import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from template_default import NoDefaultError, main, template_default

TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Metadata:
  LambdaRuntime:
    Default: not-this-one
Parameters:
  ProjectName:
    Type: String
    Description: >-
      Default: nor-this

  LambdaRuntime:
    Type: String
    Default: python3.13
    AllowedValues: [python3.11, python3.13]
  NoDefault:
    Type: String
  Quoted:
    Default: "x"
  Empty:
    Default:

  Last:
    Default: arm64
Resources:
  NoDefault:
    Default: nor-that
"""
REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("parameter", "default"), [("LambdaRuntime", "python3.13"), ("Last", "arm64")])
def test_a_plain_default_is_found(parameter: str, default: str) -> None:
    assert template_default(TEMPLATE, parameter) == default


def test_a_template_may_end_without_a_newline() -> None:
    assert template_default("Parameters:\n  A:\n    Default: b", "A") == "b"


@pytest.mark.parametrize("parameter", ["ProjectName", "NoDefault", "Quoted", "Empty", "Absent", "Lambda.*", ""])
def test_no_plain_default_is_an_error_that_names_the_parameter(parameter: str) -> None:
    with pytest.raises(NoDefaultError, match=re.escape(f"Parameter {parameter} with")):
        template_default(TEMPLATE, parameter)


pieces = st.lists(st.sampled_from(["Parameters:", "A:", "Default:", " ", "  ", "    ", "\n", "b", "\t", '"', "\r"]))


@given(st.text() | pieces.map("".join))
@example("Parameters:\n" + "  \n" * 10_000)
def test_any_text_gives_a_plain_value_or_the_error(template: str) -> None:
    with contextlib.suppress(NoDefaultError):
        assert re.fullmatch(r"[\w.-]+", template_default(template, "A"))


def test_the_stack_s_template_gives_runtime_and_architecture(capsys: pytest.CaptureFixture[str]) -> None:
    template = str(REPOSITORY / "cloudformation" / "finops-websocket-api-fixed.yaml")
    assert main([template, "LambdaRuntime"]) == 0
    assert main([template, "LambdaArchitecture"]) == 0
    assert re.fullmatch(r"python3\.1[123]\n(arm64|x86_64)\n", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is not found"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_a_bad_template_is_said_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "template.yaml"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path), "LambdaRuntime"]) == 1
    said = capsys.readouterr()
    assert sentence in said.err
    assert str(path) in said.err
    assert said.out == ""
