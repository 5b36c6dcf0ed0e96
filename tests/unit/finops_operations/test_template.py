from pathlib import Path

import pytest

from finops_benchmarks.cloudformation_template import load
from finops_operations.template import alarm_names, parameter_defaults
from monitoring_template import MONITORING, alarms

FOLDER = Path(__file__).resolve().parents[3] / "cloudformation"
TEMPLATES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_parameters_and_defaults_are_those_that_a_yaml_library_reads(path: Path) -> None:
    parameters = load(path.name)["Parameters"]
    read = parameter_defaults(path.read_text(encoding="utf-8"))
    assert read == {name: str(parameter.get("Default", "")) for name, parameter in parameters.items()}


def test_alarms_are_those_of_the_monitoring() -> None:
    assert set(alarm_names((FOLDER / MONITORING).read_text(encoding="utf-8"))) == set(alarms())


@pytest.mark.parametrize("text", ["", "Resources: {}\n", "Parameters:\n", "Parameters:\n  Name:\n"])
def test_template_without_values(text: str) -> None:
    assert set(parameter_defaults(text).values()) <= {""}
