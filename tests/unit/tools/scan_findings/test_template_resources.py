from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudformation_template import SAMPLE_AGENTS, STACK, load
from scan_findings.template_resources import resource_types, resources_by_line

CLOUDFORMATION = Path(__file__).resolve().parents[4] / "cloudformation"
TEMPLATE = """\
Parameters:
  Queue:
    Type: String
Resources:
  # Heads the first.
  Queue:
    # Of the queue.
    Type: AWS::SQS::Queue
    Properties:
      Type: not-this

  # Heads the second.
  Bucket:
    Type: AWS::S3::Bucket
# Of nothing.
Outputs:
  Bucket:
    Value: x
"""


def test_a_line_belongs_to_the_resource_around_it() -> None:
    lines = TEMPLATE.splitlines()
    found = {lines[number - 1].strip(): resource for number, resource in resources_by_line(TEMPLATE).items()}
    assert found["# Of the queue."] == "Queue"
    assert found["Type: not-this"] == "Queue"
    assert found["Type: AWS::S3::Bucket"] == "Bucket"
    assert found.keys().isdisjoint({"# Heads the first.", "# Heads the second.", "Type: String", "Value: x"})


def test_types_are_the_resources_own() -> None:
    assert resource_types(TEMPLATE) == {"Queue": "AWS::SQS::Queue", "Bucket": "AWS::S3::Bucket"}


@pytest.mark.parametrize("template", [STACK, SAMPLE_AGENTS])
def test_our_templates_are_read_as_a_yaml_reader_does(template: str) -> None:
    expected = {name: resource["Type"] for name, resource in load(template)["Resources"].items()}
    assert resource_types((CLOUDFORMATION / template).read_text(encoding="utf-8")) == expected


pieces = st.lists(
    st.sampled_from(["Resources:", "  A:", "    Type: B::C::D", "  # x", "\n", "    # y", " ", "Outputs:"])
)


@given(st.text() | pieces.map("".join))
def test_any_text_gives_lines_that_it_has(text: str) -> None:
    assert set(resources_by_line(text)) <= set(range(1, len(text.splitlines()) + 1))
    assert resource_types(text).keys() <= set(resources_by_line(text).values())
