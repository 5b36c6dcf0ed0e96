"""docs/troubleshooting_notes.md explains whatever can ring or end in an error, and names only what there is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest

from contract_schema import ERROR_CODES
from finops_benchmarks.cloudformation_template import STACK, load
from finops_operations.health.checked_stack import CheckedStack
from finops_operations.health.command import checks_of
from finops_operations.stack import Stack
from finops_websocket import metrics
from monitoring_template import MONITORING, alarms
from unit.docs.markdown_document import REPOSITORY, MarkdownDocument, github_anchor
from unit.docs.said_sentences import begins, failures_of

NOTES = MarkdownDocument("docs/troubleshooting_notes.md")
EXECUTABLE, AWS_ONLY = (
    [block for block in NOTES.blocks(info) if block.text.strip()] for info in ("bash", "bash aws-only")
)
CODE = [block.text.replace("\\\n", " ") for block in [*EXECUTABLE, *AWS_ONLY]]
PARTS = ["What one sees", "Look", "Cause", "Remedy"]
# What Python's logger is called with, without what varies.
LOGGED = re.compile(r'logger\.(debug|info|warning|error|exception|critical)\(\s*"([^"]+)"')
SEVERE = {"warning", "error", "exception", "critical"}


@dataclass(frozen=True)
class Section:
    """What stands under a heading of the third level, without its fenced blocks."""

    heading: str
    chapter: str
    prose: str

    @property
    def parts(self) -> dict[str, str]:
        """The text of each part by its name, in their order."""
        found = re.split(r"^\*\*([^*:]+?)(?::\*\*|\*\*, [^:\n]*:)", self.prose, flags=re.MULTILINE)
        parts: dict[str, str] = {}
        for names, text in zip(found[1::2], found[2::2], strict=True):
            # One text may give the causes and what is to be done, as a table does.
            parts.update(dict.fromkeys((name.capitalize() for name in names.split(" and ")), text))
        return parts


def sections() -> Iterator[Section]:
    chapters = re.split(r"^## (.+)$", NOTES.prose, flags=re.MULTILINE)
    for chapter, text in zip(chapters[1::2], chapters[2::2], strict=True):
        found = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
        for heading, prose in zip(found[1::2], found[2::2], strict=True):
            yield Section(heading, chapter, prose)


SECTIONS = {section.heading: section for section in sections()}
# It explains the log, and not a fault.
IN_FOUR_PARTS = [section for section in SECTIONS.values() if section.heading != "What the log says"]


def first_cells(heading: str) -> list[str]:
    """What stands in code in the first cells of a section's tables."""
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \|", SECTIONS[heading].prose, re.MULTILINE)
    return [span for row in rows for span in re.findall(r"`([^`]+)`", row)]


def test_every_alarm_has_a_section_and_no_other_is_explained() -> None:
    assert {heading for heading, section in SECTIONS.items() if section.chapter == "Alarms"} == set(alarms())


def test_every_code_has_a_section_and_no_other_is_explained() -> None:
    assert {heading for heading, section in SECTIONS.items() if section.chapter == "Error codes"} == ERROR_CODES


@pytest.mark.parametrize("section", IN_FOUR_PARTS, ids=lambda section: section.heading)
def test_a_section_has_its_four_parts_and_a_command_with_which_to_look(section: Section) -> None:
    assert list(section.parts) == PARTS
    with_blocks = {block.heading for block in [*EXECUTABLE, *AWS_ONLY]}
    for name, text in section.parts.items():
        # A command may be all that there is to say of where to look.
        assert text.strip() or (name in {"Look", "Remedy"} and section.heading in with_blocks), name
    assert section.heading in {block.heading for block in EXECUTABLE}, "It names no command with which to look."


def test_the_symptoms_lead_to_every_section() -> None:
    table = NOTES.prose.partition("\n## By symptom\n")[2].partition("\n## ")[0]
    led_to = set(re.findall(r"\]\(#([^)]+)\)", table))
    assert {"alarms", "error-codes", "deployments"} < led_to
    named_elsewhere = {"Alarms", "Error codes", "Deployments"}
    others = {github_anchor(heading) for heading, one in SECTIONS.items() if one.chapter not in named_elsewhere}
    assert others - led_to == set()


def log_messages(levels: set[str]) -> set[str]:
    sources = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "src").rglob("*.py")]
    return {text for source in sources for level, text in LOGGED.findall(source) if level in levels}


def test_a_line_of_the_log_that_is_named_is_one_that_is_written() -> None:
    named = [span for span in NOTES.code_spans if re.fullmatch(r'"[A-Z].*\."', span)]
    named += [line for code in CODE for line in re.findall(r"'(\"[A-Z][^']*\.\")'", code)]
    assert named
    assert {line.strip('"') for line in named} - log_messages({*SEVERE, "info"}) == set()


def test_every_line_that_tells_of_trouble_is_explained() -> None:
    assert {line.strip('"') for line in first_cells("What the log says")} == log_messages(SEVERE)


SHARED = ("command_line", "errors", "stack")


def ends_of(*scripts: str) -> set[str]:
    """With what the scripts, and the parts that they are made of, can end."""
    found: set[str] = set()
    for name in scripts:
        script = (REPOSITORY / name).read_text(encoding="utf-8")
        shared = re.findall(r'^source .*/(\w+\.sh)"$', script, re.MULTILINE)
        for part in [name, *(f"ops/{file}" for file in shared)]:
            found |= failures_of(REPOSITORY / part)
    return found


def test_every_end_of_a_deployment_or_a_return_is_explained() -> None:
    operations = REPOSITORY / "ops" / "finops_operations"
    modules = [*(operations / "deployment").glob("*.py"), *(operations / f"{name}.py" for name in SHARED)]
    sentences = ends_of("deploy.sh", "ops/rollback.sh", *(str(path.relative_to(REPOSITORY)) for path in modules))
    named = first_cells("What deploy.sh and rollback.sh end with")
    assert [one for one in named if not any(begins(sentence, one) for sentence in sentences)] == []
    assert [sentence for sentence in sentences if not any(begins(sentence, one) for one in named)] == []


def test_the_local_run_says_what_is_quoted() -> None:
    modules = (REPOSITORY / "ops" / "finops_operations" / "local_run").glob("*.py")
    sentences = ends_of("run_local.sh", *(str(path.relative_to(REPOSITORY)) for path in modules))
    quoted = [span for span in first_cells("On this machine") if span[0].isupper() and " " in span]
    # What AWS says, and not the local run.
    quoted.remove("The security token included in the request is invalid")
    assert [one for one in quoted if not any(begins(sentence, one) for sentence in sentences)] == []


def test_every_line_of_the_health_check_is_explained() -> None:
    outputs = dict.fromkeys(load(STACK)["Outputs"], "")
    stack = Stack("a-stack", "CREATE_COMPLETE", {"ProjectName": "finops-websocket"}, outputs)
    checks = checks_of(CheckedStack(stack, boto3.Session(region_name="us-east-1")))
    assert first_cells("A line of the health check is red") == [check.name for check in checks]


def test_parameters_outputs_and_metrics_that_are_named_are_there() -> None:
    text = "\n".join([*CODE, *NOTES.code_spans])
    parameters = {*load(STACK)["Parameters"], *load(MONITORING)["Parameters"]}
    assert set(re.findall(r"--parameter ([A-Za-z]+)=", text.replace("NAME=", ""))) <= parameters
    assert set(re.findall(r"(?:^|\$\()parameter ([A-Za-z]+)", "\n".join(CODE), re.MULTILINE)) <= parameters
    assert set(re.findall(r"(?:^|\$\()output ([A-Za-z]+)", "\n".join(CODE), re.MULTILINE)) <= set(
        load(STACK)["Outputs"]
    )
    counted = {value for name, value in vars(metrics).items() if name.isupper() and isinstance(value, str)}
    assert set(re.findall(r"^counted ([A-Za-z]+)", "\n".join(CODE), re.MULTILINE)) <= counted
    assert set(re.findall(r'measured "\$PROJECT_NAME" (\w+)', "\n".join(CODE))) <= counted


def test_only_alarms_that_there_are_are_looked_at() -> None:
    looked_at = {name for code in CODE for name in re.findall(r"^alarm ([a-z-]+)", code, re.MULTILINE)}
    assert looked_at == set(alarms())
    for block in EXECUTABLE:
        if block.heading in alarms():
            assert f"alarm {block.heading}\n" in block.text
