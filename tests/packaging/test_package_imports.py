"""Each package loads with nothing but Python, boto3 and itself: as on Lambda, and unlike on the local cloud."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from function_environment import function_environment
from project_copy import PACKAGES, ProjectCopy

# boto3 and what it needs: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html says that runtimes have it.
RUNTIME_MODULES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")

# A package is found before the runtime's own modules, as /var/task is.
LOAD_HANDLER = """
import importlib, sys
package, runtime, module = sys.argv[1:]
sys.path[:0] = [package, runtime]
handler = importlib.import_module(module).handler
assert callable(handler), handler
foreign = {
    name: loaded.__file__ for name, loaded in list(sys.modules.items())
    if "site-packages" in (getattr(loaded, "__file__", None) or "")
}
assert not foreign, foreign
"""


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the modules that Lambda's runtime brings."""
    directory = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME_MODULES:
        found = importlib.util.find_spec(name)
        assert found is not None
        assert found.origin is not None
        origin = Path(found.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        (directory / source.name).symlink_to(source)
    return directory


def run_alone(
    package: Path, runtime: Path, directory: Path, code: str, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run code where sys.path is the standard library alone; a shared object cannot be loaded out of a zip."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(directory)
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(directory), str(runtime), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("function", PACKAGES)
def test_a_function_s_handler_loads(host_build: ProjectCopy, runtime: Path, tmp_path: Path, function: str) -> None:
    module = f"{function}.handler"
    environment = function_environment(f"{module}.handler")
    loaded = run_alone(host_build.package(function), runtime, tmp_path, LOAD_HANDLER, module, **environment)
    assert loaded.returncode == 0, loaded.stderr


@pytest.mark.parametrize("module", ["sample_agents.cost_agent.handler", "sample_agents.advisor.handler"])
def test_a_sample_agent_s_handler_loads(host_build: ProjectCopy, runtime: Path, tmp_path: Path, module: str) -> None:
    package = host_build.root / "build" / "sample-agents.zip"
    loaded = run_alone(package, runtime, tmp_path, LOAD_HANDLER, module)
    assert loaded.returncode == 0, loaded.stderr


def test_tokens_can_be_verified(host_build: ProjectCopy, runtime: Path, tmp_path: Path) -> None:
    code = """
import sys
sys.path[:0] = sys.argv[1:2]
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
token = jwt.encode({"sub": "me"}, key, algorithm="RS256")
assert jwt.decode(token, key.public_key(), algorithms=["RS256"]) == {"sub": "me"}
assert jwt.__version__ == "2.15.1", jwt.__version__
"""
    verified = run_alone(host_build.package("connection_manager"), runtime, tmp_path, code)
    assert verified.returncode == 0, verified.stderr


def test_the_contract_is_compiled_into_the_package(host_build: ProjectCopy, runtime: Path, tmp_path: Path) -> None:
    code = """
import sys
sys.path[:0] = sys.argv[1:2]
from finops_websocket.contract_validators import validate_ping
import fastjsonschema
assert validate_ping({"action": "ping"}) == {"action": "ping"}
try:
    validate_ping({})
except fastjsonschema.JsonSchemaValueException as error:
    print(error.rule)
"""
    validated = run_alone(host_build.package("message_handler"), runtime, tmp_path, code)
    assert validated.stdout == "required\n", validated.stderr


def test_a_missing_dependency_is_noticed(host_build: ProjectCopy, runtime: Path, tmp_path: Path) -> None:
    code = """
import sys
sys.path[:0] = sys.argv[1:]
import pytest
"""
    loaded = run_alone(host_build.package("message_handler"), runtime, tmp_path, code)
    assert "No module named 'pytest'" in loaded.stderr
