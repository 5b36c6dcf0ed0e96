"""Each package loads with nothing but Python, boto3 and itself: as on Lambda, and unlike on the local cloud."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from finops_benchmarks.function_environment import function_environment
from project_copy import PACKAGES, ProjectCopy

# boto3 and what it needs: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html says that runtimes have it.
RUNTIME_MODULES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")

# A package is found before the runtime's own modules, as /var/task is. Prints which modules were loaded out of it; a
# token is verified where there are any.
LOAD_HANDLER = """
import importlib, sys
package, runtime, module = sys.argv[1:]
sys.path[:0] = [package, runtime]
handler = importlib.import_module(module).handler
assert callable(handler), handler
if module.startswith("connection_manager"):
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = jwt.encode({"sub": "me"}, key, algorithm="RS256")
    assert jwt.decode(token, key.public_key(), algorithms=["RS256"]) == {"sub": "me"}
files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
foreign = {name: file for name, file in files.items() if "site-packages" in file}
assert not foreign, foreign
print(*sorted({name.partition(".")[0] for name, file in files.items() if file.startswith(package)}))
"""
# What a distribution is imported as, where that is not its name.
IMPORTED_AS = {"cffi": "_cffi_backend", "pyjwt": "jwt"}
# cffi requires it, to read C at build time.
NEVER_IMPORTED = {"connection_manager": {"pycparser"}}


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
def test_a_handler_loads_and_no_distribution_is_packed_that_it_does_not_import(
    host_build: ProjectCopy, runtime: Path, tmp_path: Path, function: str
) -> None:
    module = f"{function}.handler"
    package = host_build.package(function)
    environment = function_environment(f"{module}.handler")
    loaded = run_alone(package, runtime, tmp_path, LOAD_HANDLER, module, **environment)
    assert loaded.returncode == 0, loaded.stderr
    packed = {path.name.partition("-")[0].replace("_", "-") for path in tmp_path.glob("*.dist-info")}
    imported_as = {name: IMPORTED_AS.get(name, name.replace("-", "_")) for name in packed}
    unused = {name for name, module in imported_as.items() if module not in loaded.stdout.split()}
    assert unused == NEVER_IMPORTED.get(function, set())


@pytest.mark.parametrize("module", ["sample_agents.cost_agent.handler", "sample_agents.advisor.handler"])
def test_a_sample_agent_s_handler_loads(host_build: ProjectCopy, runtime: Path, tmp_path: Path, module: str) -> None:
    package = host_build.root / "build" / "sample-agents.zip"
    loaded = run_alone(package, runtime, tmp_path, LOAD_HANDLER, module)
    assert loaded.returncode == 0, loaded.stderr
