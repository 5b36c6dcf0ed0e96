"""Each package loads with nothing but Python, boto3 and itself: as on Lambda, and unlike on the local cloud."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from finops_benchmarks.cloudformation_template import properties
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
files = {name: getattr(module, "__file__", None) or "" for name, module in list(sys.modules.items())}
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
    package = host_build.package("sample_agents")
    loaded = run_alone(package, runtime, tmp_path, LOAD_HANDLER, module)
    assert loaded.returncode == 0, loaded.stderr


# What a cold start may load: the roots of all modules that are not Python's own, and about how many modules there
# are. boto3 comes with s3transfer, and is not needed to make clients (decision 0012).
ALWAYS_LOADED = {
    "aws_lambda_powertools",
    "botocore",
    "dateutil",
    "finops_websocket",
    "jmespath",
    "six",
    "typing_extensions",
}
ALWAYS_LOADED |= {"urllib3"}
LOADED = {
    "connection_manager": ALWAYS_LOADED | {"connection_manager", "cryptography", "fastjsonschema", "jwt"},
    "message_handler": ALWAYS_LOADED | {"message_handler", "fastjsonschema"},
    "background_processor": ALWAYS_LOADED | {"background_processor", "fastjsonschema"},
}
MOST_MODULES = {"connection_manager": 480, "message_handler": 430, "background_processor": 510}
LIST_MODULES = """
import importlib, sys
package, runtime, module = sys.argv[1:]
sys.path[:0] = [package, runtime]
importlib.import_module(module)
files = {name: getattr(module, "__file__", None) or "" for name, module in list(sys.modules.items())}
print(len(files), *{name.partition(".")[0] for name, file in files.items() if file.startswith((package, runtime))})
"""


@pytest.mark.parametrize("function", PACKAGES)
def test_a_cold_start_loads_what_the_function_needs_and_not_much_else(
    host_build: ProjectCopy, runtime: Path, tmp_path: Path, function: str
) -> None:
    module = f"{function}.handler"
    environment = function_environment(f"{module}.handler")
    loaded = run_alone(host_build.package(function), runtime, tmp_path, LIST_MODULES, module, **environment)
    assert loaded.returncode == 0, loaded.stderr
    count, *roots = loaded.stdout.split()
    assert {root for root in roots if not root.startswith("_")} == LOADED[function]
    assert int(count) <= MOST_MODULES[function]


# Lambda fetches a package before a cold start. Bytes, with bytecode, and about a tenth above today's.
MOST_BYTES = {
    "connection_manager": 8_400_000,
    "message_handler": 2_200_000,
    "background_processor": 2_200_000,
    "sample_agents": 28_000_000,  # nearly all of it DuckDB
}


@pytest.mark.parametrize("function", MOST_BYTES)
def test_a_package_is_no_larger_than_it_needs_to_be(host_build: ProjectCopy, function: str) -> None:
    assert host_build.package(function).stat().st_size <= MOST_BYTES[function]


# The largest answer that Lambda passes on, of JSON that takes the most memory for its size, from two agents at once.
READ_ANSWERS = """
import io, sys
package, runtime, more = sys.argv[1:]
sys.path[:0] = [package, runtime]
import background_processor.handler
from background_processor.agent_answer import MAX_PAYLOAD_BYTES
from background_processor.agents import Agents

class Client:
    class exceptions:
        TooManyRequestsException = LookupError
    def invoke(self, **_):
        begin, end = b'{"response": "x", "data": [', b"0]}"
        times = (MAX_PAYLOAD_BYTES - len(begin + end)) // len(more + ",")
        return {"Payload": io.BytesIO(begin + times * (more + ",").encode() + end)}
    def close(self):
        pass

with Agents(Client(), 60).asked(["one", "two"], "question", "job", 600) as outcomes:
    assert [outcome.answer.content for outcome in outcomes if outcome] == ["x", "x"]
[most] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(most)
"""
# What Lambda runs beside the function: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
LAMBDAS_OWN_MB = 60


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="Only Linux tells how much memory a process has had."
)
@pytest.mark.parametrize("more", ["[]", '{"":0}'])
def test_the_worst_answers_that_agents_may_give_fit_into_the_processor_s_memory(
    host_build: ProjectCopy, runtime: Path, tmp_path: Path, more: str
) -> None:
    handler = "background_processor.handler.handler"
    package = host_build.package("background_processor")
    read = run_alone(package, runtime, tmp_path, READ_ANSWERS, more, **function_environment(handler))
    assert read.returncode == 0, read.stderr
    (memory,) = (
        each["MemorySize"] for each in properties("AWS::Lambda::Function").values() if each["Handler"] == handler
    )
    assert int(read.stdout.splitlines()[-1]) / 1024 + LAMBDAS_OWN_MB <= memory
