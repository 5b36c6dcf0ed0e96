"""docs/agent_to_agent_communication_architecture.md: its agent runs, its diffs apply, and what it says is so."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from moto import mock_aws

from background_processor.agent_answer import answer_in
from finops_benchmarks.cloudformation_template import load
from finops_websocket.errors import AgentFailed
from unit.docs.markdown_document import REPOSITORY, MarkdownDocument

DOCUMENT = MarkdownDocument("docs/agent_to_agent_communication_architecture.md")
PROCESSOR = REPOSITORY / "src" / "background_processor"
EVENT, ANSWER, WITH_FIGURES = (json.loads(block.text) for block in DOCUMENT.blocks("json"))
# What the copy's tests read.
COPIED = ("src", "client", "tests", "benchmarks", "contract", "cloudformation", "ops", "pyproject.toml")
# The tests of what the diffs touch.
COPY_S_TESTS = (
    "tests/unit/functions/test_finops_query.py",
    "tests/unit/cloudformation/test_stack_template.py",
)
# Starts a function with the environment that the template gives it.
START = """
import importlib, os, sys
from finops_benchmarks.function_environment import function_environment
os.environ.update(function_environment(f"{sys.argv[1]}.handler.handler"))
importlib.import_module(f"{sys.argv[1]}.handler")
"""


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the table's rows under a heading, without its head."""
    section = re.split(r"\n#+ ", DOCUMENT.prose.partition(f"# {heading}\n")[2])[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.fixture
def agent() -> Iterator[ModuleType]:
    """The worked example's agent, in an account that has a bucket with one of the two tags."""
    (block,) = DOCUMENT.blocks("python")
    module = ModuleType("tagging_agent")
    exec(block.text, module.__dict__)  # noqa: S102  # the project's own document
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="invoices")
        s3.put_bucket_tagging(Bucket="invoices", Tagging={"TagSet": [{"Key": "Owner", "Value": "finance"}]})
        yield module


def answer_of(agent: ModuleType, **event: str) -> str:
    """What the processor reads of the agent's answer."""
    return answer_in(json.dumps(agent.handler(event, None)).encode()).content


def test_the_agent_s_answer_to_the_event_of_the_document_is_read(agent: ModuleType) -> None:
    assert EVENT.keys() == {"query", "jobId"}
    assert "`arn:aws:s3:::invoices` lacks cost-centre" in answer_of(agent, **EVENT)
    assert answer_of(agent, query="Which resources have no owner?") == "Every resource that has tags has owner."
    with pytest.raises(AgentFailed, match="could not answer"):
        answer_of(agent, query=" ")


def test_the_agent_says_what_is_missing_and_counts_the_rest(agent: ModuleType) -> None:
    many = [(f"arn:aws:s3:::bucket-{number}", set[str]()) for number in range(agent.MOST_LISTED + 7)]
    report = agent.report(agent.REQUIRED_TAGS, many)
    assert "**57 resources lack a tag.**" in report
    assert report.endswith("- and 7 more")


def test_the_answers_that_are_accepted_are(agent: ModuleType) -> None:
    forms = [json.loads(example.strip("`")) for _, example in rows_under("What an agent answers")]
    assert len(forms) == 5
    assert {answer_in(json.dumps(form).encode()).content for form in forms} == {"..."}
    assert answer_in(json.dumps(ANSWER).encode()).content == "**Amazon S3 cost 2,414.54 USD in May 2026.**"


def test_the_figures_of_the_document_are_passed_on_as_they_are() -> None:
    answer = answer_in(json.dumps(WITH_FIGURES).encode())
    assert (answer.content, json.loads(answer.data or "")) == (WITH_FIGURES["response"], WITH_FIGURES["data"])


def test_the_sentences_of_failures_are_those_that_the_processor_says() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in PROCESSOR.glob("*.py"))
    said = set(re.findall(r'"(It [a-z][^"]+\.)"', sources))
    assert {sentence for _, sentence in rows_under("When an agent fails")} == said


def test_the_agents_have_the_names_and_words_of_the_template_and_the_catalogue() -> None:
    catalogue = (REPOSITORY / "src/finops_websocket/agents.py").read_text(encoding="utf-8")
    rows = rows_under("The agents")
    assert len(rows) == 2
    for parameter, default, heading, _ in rows:
        assert load()["Parameters"][parameter.strip("`")]["Default"] == default.strip("`")
        assert f'"{heading}"' in catalogue


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project to which the document's diffs have been applied."""
    for name in COPIED:
        if (REPOSITORY / name).is_dir():
            shutil.copytree(
                REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
            )
        else:
            shutil.copy2(REPOSITORY / name, tmp_path)
    diffs = "".join(block.text for block in DOCUMENT.blocks("diff"))
    # Not as a part of a repository that the tests' directory may be in.
    outside = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    applied = subprocess.run(
        ["git", "apply", "-"], cwd=tmp_path, env=outside, input=diffs, capture_output=True, text=True, check=False
    )
    assert applied.returncode == 0, f"Make the document's diffs anew: {applied.stderr}"
    return tmp_path


def run_in(copy: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{copy / 'src'}{os.pathsep}{copy / 'benchmarks'}"}
    ran = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-5000:]


def test_a_copy_with_the_third_agent_passes_its_tests_and_its_functions_start(copy: Path) -> None:
    run_in(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *COPY_S_TESTS)
    for function in ("message_handler", "background_processor"):
        run_in(copy, "-c", START, function)
