"""ops/write_frontend_config.sh, for a stack that is a value here; the whole command runs in tests/local_cloud."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudformation_template import load
from finops_operations.errors import OperationFailed
from finops_operations.frontend import config as frontend_config
from finops_operations.stack import Stack

# The guide's Step 7, byte for byte.
GUIDES = """\
const config = {
    region: 'us-east-1',
    cognito: {
        userPoolId: 'us-east-1_DQpPM15TX',
        userPoolWebClientId: '4evk2m4ru8rrenij1ukg0044k6',
        identityPoolId: 'us-east-1:dd3fed4d-d712-440a-af16-b16bf5b9c2ef',
    },
    api: {
        websocketEndpoint: 'wss://rtswivmeqj.execute-api.us-east-1.amazonaws.com/prod',
        privateEndpoint: 'https://bybfgjmve5b5m4baexntp62d3e0dqjty.lambda-url.us-east-1.on.aws/',
        legacyEndpoint: 'https://mdog752949.execute-api.us-east-1.amazonaws.com/prod/query',
        useWebSocket: true
    }
};
export default config;
"""
GUIDES_FLAGS = (
    "--identity-pool-id", "us-east-1:dd3fed4d-d712-440a-af16-b16bf5b9c2ef",
    "--private-endpoint", "https://bybfgjmve5b5m4baexntp62d3e0dqjty.lambda-url.us-east-1.on.aws/",
    "--legacy-endpoint", "https://mdog752949.execute-api.us-east-1.amazonaws.com/prod/query",
)  # fmt: skip
GUIDES_OUTPUTS = {
    "WebSocketApiEndpoint": "wss://rtswivmeqj.execute-api.us-east-1.amazonaws.com/prod",
    "UserPoolId": "us-east-1_DQpPM15TX",
    "UserPoolClientId": "4evk2m4ru8rrenij1ukg0044k6",
}


class Frontend:
    """A frontend's folder, and the command on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "src" / "config.js"
        self.path.parent.mkdir(parents=True)

    def configure(self, *flags: str, outputs: dict[str, str] = GUIDES_OUTPUTS, region: str = "us-east-1") -> int:
        options = frontend_config.options_of(["--frontend", str(self.folder), "--region", region, *flags])
        stack = Stack("finops-websocket-api", "CREATE_COMPLETE", {}, outputs)
        return frontend_config.write_config(options, stack)


@pytest.fixture
def frontend(tmp_path: Path) -> Frontend:
    return Frontend(tmp_path / "finops-ui")


def test_guides_values_make_the_guides_file(frontend: Frontend) -> None:
    assert frontend.configure(*GUIDES_FLAGS) == 0

    assert frontend.path.read_text() == GUIDES


def test_first_run_names_what_nobody_knows(frontend: Frontend) -> None:
    frontend.configure()
    unknown = GUIDES
    for value in (GUIDES_FLAGS[1], GUIDES_FLAGS[3], GUIDES_FLAGS[5]):
        unknown = unknown.replace(value, "")
    assert frontend.path.read_text() == unknown


def test_hand_set_values_stay(frontend: Frontend, capsys: pytest.CaptureFixture[str]) -> None:
    frontend.path.write_text(
        GUIDES.replace("true", "false")
        .replace("rtswivmeqj", "older")
        .replace("};", '    ,title: "Finance\'s costs", limits: [1, 2]\n};')
    )

    frontend.configure()

    ours = "    },\n    title: 'Finance\\'s costs',\n    limits: [\n        1,\n        2\n    ]\n};"
    assert frontend.path.read_text() == GUIDES.replace("true", "false").replace("    }\n};", ours)
    older, newer = (f"wss://{api}.execute-api.us-east-1.amazonaws.com/prod" for api in ("older", "rtswivmeqj"))
    assert capsys.readouterr().err == f"  api.websocketEndpoint: '{older}' -> '{newer}'\n"


def test_flags_go_before_the_file(frontend: Frontend) -> None:
    frontend.path.write_text(GUIDES)

    frontend.configure("--identity-pool-id", "", "--legacy-endpoint", "https://new.example", "--use-websocket", "false")

    for line in ("identityPoolId: '',", "legacyEndpoint: 'https://new.example',", "useWebSocket: false"):
        assert f"        {line}\n" in frontend.path.read_text()


def test_stack_without_a_pool_leaves_the_pool_in_the_file(frontend: Frontend) -> None:
    frontend.path.write_text(GUIDES)

    frontend.configure(outputs={**GUIDES_OUTPUTS, "UserPoolId": "", "UserPoolClientId": ""})

    assert frontend.path.read_text() == GUIDES


def test_comments_are_not_lost_without_a_word(frontend: Frontend, capsys: pytest.CaptureFixture[str]) -> None:
    frontend.path.write_text("// ours\n" + GUIDES)

    frontend.configure()

    assert frontend.path.read_text() == GUIDES
    assert "has 1 comment(s), which the new file has not" in capsys.readouterr().err


def test_pool_of_another_region_is_told(frontend: Frontend, capsys: pytest.CaptureFixture[str]) -> None:
    frontend.configure(region="eu-west-1")

    assert "region: 'eu-west-1'" in frontend.path.read_text()
    assert "us-east-1_DQpPM15TX is not in eu-west-1" in capsys.readouterr().err


def test_check_tells_and_writes_nothing(frontend: Frontend, capsys: pytest.CaptureFixture[str]) -> None:
    assert frontend.configure("--check") == 1
    assert not frontend.path.exists()
    assert capsys.readouterr().out == f"{frontend.path}: not there\n"

    frontend.path.write_text(GUIDES.replace("rtswivmeqj", "older"))
    assert frontend.configure("--check") == 1
    assert "older" in frontend.path.read_text()
    assert capsys.readouterr().out == f"{frontend.path}: differs\n"

    frontend.path.write_text(GUIDES)
    capsys.readouterr()
    assert frontend.configure("--check") == 0
    assert capsys.readouterr() == (f"{frontend.path}: unchanged\n", "")


def test_dry_run_prints_the_file_and_output_names_another(
    frontend: Frontend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frontend.configure("--dry-run", *GUIDES_FLAGS) == 0
    assert capsys.readouterr().out == GUIDES
    frontend.configure("--output", str(tmp_path / "other.js"), *GUIDES_FLAGS)
    assert (tmp_path / "other.js").read_text() == GUIDES
    assert not frontend.path.exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "const config = {region: process.env.REGION};\nexport default config;\n",
            r"config\.js, line 1, column 25: .*Only plain values are understood there; write this one out",
        ),
        ("module.exports = {};\n", r"config\.js, here must stand const config = "),
        ("const config = {api: 'x'};\nexport default config;\n", "api must be an object"),
    ],
)
def test_a_file_that_is_not_understood_stays_as_it_is(frontend: Frontend, text: str, why: str) -> None:
    frontend.path.write_text(text)
    with pytest.raises(OperationFailed, match=why):
        frontend.configure()
    assert frontend.path.read_text() == text


def test_stack_without_an_endpoint_is_refused(frontend: Frontend) -> None:
    with pytest.raises(OperationFailed, match="has no output WebSocketApiEndpoint"):
        frontend.configure(outputs={})

    assert not frontend.path.exists()


@pytest.mark.parametrize(
    "mistake",
    [
        ("--identity-pool-id", "dd3fed4d"),
        ("--private-endpoint", "bybfgjmve.lambda-url.us-east-1.on.aws"),
        ("--legacy-endpoint", "https://a b"),
        ("--legacy-endpoint", "http://[x"),
        ("--use-websocket", "yes"),
        ("--check", "--dry-run"),
    ],
)
def test_mistake_in_the_command_line_ends_with_status_2(frontend: Frontend, mistake: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as ended:
        frontend.configure(*mistake)

    assert ended.value.code == 2


@given(st.text())
def test_any_address_is_taken_or_refused(text: str) -> None:
    try:
        assert frontend_config.options_of([f"--private-endpoint={text}"]).private_endpoint == text
    except SystemExit as ended:
        assert ended.code == 2


def test_template_has_the_outputs_and_parameters_that_are_read() -> None:
    assert set(GUIDES_OUTPUTS) <= set(load()["Outputs"])
    assert {"LambdaS3Bucket", "AllowedOrigins", "AuthMode"} <= set(load()["Parameters"])
