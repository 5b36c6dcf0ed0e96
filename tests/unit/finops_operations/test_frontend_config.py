"""ops/write_frontend_config.sh, for a stack that is a value here; the whole command runs in tests/local_cloud.

What stands in the file is read, kept, and written so that JavaScript and this read it again.
"""

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from finops_benchmarks.cloudformation_template import load
from finops_operations.errors import OperationFailed
from finops_operations.frontend import config as frontend_config
from finops_operations.frontend.config import Value, config_text, parse, written
from finops_operations.stack import Stack

NODE = shutil.which("node")
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


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [(None, 1, "not there"), (GUIDES.replace("rtswivmeqj", "older"), 1, "differs"), (GUIDES, 0, "unchanged")],
)
def test_check_tells_and_writes_nothing(
    frontend: Frontend, text: str | None, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if text:
        frontend.path.write_text(text)
    assert frontend.configure("--check") == status
    assert capsys.readouterr().out == f"{frontend.path}: {said}\n"
    assert (frontend.path.read_text() if frontend.path.exists() else None) == text


def test_dry_run_prints_the_file_and_output_names_another(
    frontend: Frontend, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frontend.configure("--dry-run", *GUIDES_FLAGS) == 0
    assert capsys.readouterr().out == GUIDES
    frontend.configure("--output", str(tmp_path / "other.js"), *GUIDES_FLAGS)
    assert (tmp_path / "other.js").read_text() == GUIDES
    assert not frontend.path.exists()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (
            b"const config = {\n    region: process.env.REGION,\n};\nexport default config;\n",
            r"config\.js, line 2, column 13: .*Only plain values, in UTF-8, are understood there; write this one out",
        ),
        (b"module.exports = {};\n", r"config\.js, here must stand const config = "),
        (b"const config = {api: 'x'};\nexport default config;\n", "api must be an object"),
        (b"const \xff", "can't decode byte 0xff in position 6"),
    ],
)
def test_a_file_that_is_not_understood_stays_as_it_is(frontend: Frontend, content: bytes, why: str) -> None:
    frontend.path.write_bytes(content)
    with pytest.raises(OperationFailed, match=why):
        frontend.configure()
    assert frontend.path.read_bytes() == content


def test_a_file_that_cannot_be_read_or_written_is_said(frontend: Frontend, tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match=r"There is no folder .*nowhere\. Name the frontend's with --frontend"):
        frontend.configure("--output", str(tmp_path / "nowhere" / "config.js"))
    frontend.path.mkdir()
    with pytest.raises(OperationFailed, match="cannot be read"):
        frontend.configure()
    assert list(frontend.path.parent.iterdir()) == [frontend.path]


def test_a_written_file_keeps_its_mode_and_a_link_stays_a_link(frontend: Frontend, tmp_path: Path) -> None:
    real = tmp_path / "real.js"
    real.write_text(GUIDES.replace("rtswivmeqj", "older"))
    real.chmod(0o640)
    frontend.path.symlink_to(real)
    frontend.configure()
    assert frontend.path.is_symlink()
    assert real.read_text() == GUIDES
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert list(frontend.path.parent.iterdir()) == [frontend.path]


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


CONFIG = "const config = {%s};\nexport default config;\n"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)

# Pieces of such files, put together in any order: nearer to the grammar's edges than any text is.
pieces = st.lists(
    st.sampled_from(
        [
            *("const", "config", "=", "{", "}", "[", "]", ":", ",", ";", "export", "default"),
            *("a", "true", "null", "-", "1", ".5", "e9", "`", "...", "__proto__"),
            *("'", '"', "\\", "\\u", "\\x4", "</script>", "//", "/*", "*/", " ", "\n", "\u2028"),
        ]
    ),
    max_size=40,
).map("".join)


@given(st.dictionaries(texts, values, max_size=4))
def test_what_was_written_is_read_again(written: dict[str, Value]) -> None:
    # As in JavaScript, two halves of a character are the character.
    read = json.loads(json.dumps(parse(config_text(written))))

    assert read == written
    assert list(read) == list(written)


@given(st.text() | pieces | pieces.map(lambda text: CONFIG % text))
@example("")
@example("const config = {" * 5000)
@example(CONFIG % ("a: " + "[" * 100_000))
@example(CONFIG % ("a: " + "9" * 10_000))
@example("/*" * 50_000)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = parse(text)
    except ValueError:
        return
    again = config_text(read)
    assert config_text(parse(again)) == again


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("'it\\'s'", "it's"),
        (r"'\n\r\t\b\f\v\0\x41\u0042\/\q'", "\n\r\t\b\f\v\0AB/q"),
        ("'a\\\nb\\\r\nc\u2028'", "abc\u2028"),
        ("-1.5e3", -1500.0),
        ("[1, 'http://a', /* b\n */ ] // {c}", [1, "http://a"]),
        ("{'b-c': null,}", {"b-c": None}),
    ],
)
def test_a_literal_is_read(literal: str, value: Value) -> None:
    assert parse(f"// ours\nconst /* the */ config = {{a: {literal}\n}};export default config // }}") == {"a": value}


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ("{\r\n    region: `x`,\r\n}", "line 2, column 13"),
        ("{a: /* b */ x}", "line 1, column 28"),
        ("{a: 'x\n'}", "line 1, column "),
        ("{a: 1, 'a': 2}", 'Duplicate key "a"'),
        ("{a: 1 b: 2}", "line 1, column 22"),
        ("{a, b}", "line 1, column 19"),
        ("{a: f()}", "line 1, column "),
        ("{a: " + "[" * 5000 + "]" * 5000 + "}", "nested too deep"),
        ("Object.freeze({})", "here must stand const config = {...}; export default config;"),
        ("{}; /* x", "here must stand"),
        ("{};\nexport default config;\nwindow.x = 1", "here must stand"),
    ],
)
def test_what_is_no_plain_value_is_refused_where_it_stands(values: str, place: str) -> None:
    with pytest.raises(ValueError, match=re.escape(place)):
        parse(f"const config = {values};\nexport default config;\n")


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ('it\'s "a"', r"""'it\'s "a"'"""),
        ("\u2028\u2029\x001\x0b", r"'\u2028\u2029\x001\v'"),
        ("\ud800\x7f\x9b\u202e\ufeff\U000e0001", r"'\ud800\u007f\u009b\u202e\ufeff\udb40\udc01'"),
        ("Zürich \U0001f600", "'Zürich \U0001f600'"),
        ({"a": {"b": "x"}, "c": True}, "{\n    a: {\n        b: 'x',\n    },\n    c: true\n}"),
        (["x", {}, []], "[\n    'x',\n    {},\n    []\n]"),
        ({"a-b": 1, "$_a1": 2, "": None}, "{\n    'a-b': 1,\n    $_a1: 2,\n    '': null\n}"),
    ],
)
def test_a_value_is_written_as_the_guide_has_it_and_shows_what_is_in_it(value: Value, literal: str) -> None:
    assert written(value) == literal


@given(values)
@example("</script>")
@example("<!-- \u2028")
def test_nothing_in_a_literal_ends_a_script_or_a_line(value: Value) -> None:
    literal = written(value)

    assert "</" not in literal
    assert "<!--" not in literal
    assert "\r" not in literal
    assert all(line.strip(" ") for line in re.split("[\n\u2028\u2029]", literal))


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_javascript_reads_what_was_written(tmp_path: Path) -> None:
    value: dict[str, Value] = {
        "quotes": 'it\'s "here" `there` ${x}',
        "lines": "\\n\n\r\t\u2028\u2029\x0b\x00" + "1",
        "markup</script>": "</script><!-- --> ]]>",
        "astral": "\U0001f600\U000e0001",
        "numbers": [0, -1, 0.5, 1e22, 2.5e-7],
        "nested": {"a-b": [None, True, {}, []]},
    }
    (tmp_path / "config.mjs").write_text(f"console.log(JSON.stringify({written(value)}));\n")

    read = subprocess.run([str(NODE), tmp_path / "config.mjs"], capture_output=True, text=True, check=True)

    assert json.loads(read.stdout) == value
