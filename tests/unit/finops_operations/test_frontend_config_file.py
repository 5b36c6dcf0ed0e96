"""The file src/config.js: what stands in it is read, kept, and written so that JavaScript and this read it again."""

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from finops_operations.errors import OperationFailed
from finops_operations.frontend.config_file import (
    NotUnderstood,
    Value,
    config_text,
    parse,
    read_config,
    replace,
    written,
)
from unit.finops_client.printed_text import assert_harmless

NODE = shutil.which("node")
CONFIG = "const config = {%s};\nexport default config;\n"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts.filter("__proto__".__ne__), inner, max_size=3),
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


def value_of(literal: str) -> Value:
    return parse(CONFIG % f"a: {literal}").values["a"]


@given(st.dictionaries(texts.filter("__proto__".__ne__), values, max_size=4))
def test_what_was_written_is_read_again(written: dict[str, Value]) -> None:
    read = parse(config_text(written)).values

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
    except NotUnderstood as fault:
        assert_harmless(str(fault))
    else:
        again = config_text(read.values)
        assert config_text(parse(again).values) == again


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("'it\\'s'", "it's"),
        ('"it\'s"', "it's"),
        (r"'\n\r\t\b\f\v\0'", "\n\r\t\b\f\v\0"),
        (r"'\x41\u0042'", "AB"),
        (r"'\ud83d\ude00'", "\U0001f600"),
        (r"'\ud83d'", "\ud83d"),
        (r"'\/\q'", "/q"),
        ("'a\\\nb\\\r\nc'", "abc"),
        ("'\u2028'", "\u2028"),
        ("-1.5e3", -1500.0),
        ("[1, 'a',]", [1, "a"]),
        ("{b: null,}", {"b": None}),
        ("{'b-c': true}", {"b-c": True}),
    ],
)
def test_a_literal_is_read(literal: str, value: Value) -> None:
    assert value_of(literal) == value


def test_comments_are_passed_over_and_counted() -> None:
    read = parse("// ours\nconst /* the */ config = { // a\n a: 'http://x', /* b\n\n */ };export default config // end")

    assert read.values == {"a": "http://x"}
    assert read.comments == 5


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ("{\n    region: process.env.REGION,\n}", "line 2, column 13"),
        ("{\r\n    region: `x`,\r\n}", "line 2, column 13"),
        ("{a: /* b */ x}", "line 1, column 28"),
        ("{a: 'x\n'}", ""),
        ("{a: 'x", ""),
        (r"{a: 'xy\8'}", "line 1, column 24"),
        ("{a: 1, 'a': 2}", 'Duplicate key "a"'),
        ("{__proto__: {}}", "__proto__"),
        ("{a: [{'__proto__': 1}]}", "__proto__"),
        ("{a: 1 b: 2}", "line 1, column 22"),
        ("{a, b}", "line 1, column 19"),
        ("{...a}", "line 1, column 18"),
        ("{a: 012}", "line 1, column 21"),
        ("{a: 1e999}", "the number inf"),
        ("{a: NaN}", "the number nan"),
        ("{a: [1,,2]}", "line 1, column 23"),
        ("{a: f()}", "line 1, column "),
        ("{a: " + "[" * 5000 + "]" * 5000 + "}", "nested too deep"),
        ("Object.freeze({})", "here must stand const config = {...}; export default config;"),
        ("{}; /* x", "here must stand"),
    ],
)
def test_what_is_no_plain_value_is_refused_where_it_stands(values: str, place: str) -> None:
    with pytest.raises(NotUnderstood) as refused:
        parse(f"const config = {values};\nexport default config;\n")
    assert place in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "constconfig = {}; export default config;",
        "const config = {};\nexport default config;\nwindow.x = 1;",
        "const other = {};\nexport default other;",
    ],
)
def test_a_file_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(NotUnderstood, match="here must stand const config"):
        parse(text)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("us-east-1", "'us-east-1'"),
        ("it's", r"'it\'s'"),
        ('say "a"', "'say \"a\"'"),
        ("a\\b", r"'a\\b'"),
        ("a\nb\r\tc", r"'a\nb\r\tc'"),
        ("\u2028\u2029\x001\x0b", r"'\u2028\u2029\x001\v'"),
        ("\ud800", r"'\ud800'"),
        ("\x7f\x9b\u202e\ufeff\U000e0001", r"'\u007f\u009b\u202e\ufeff\udb40\udc01'"),
        ("Zürich \U0001f600", "'Zürich \U0001f600'"),
        ("</script><!-- x", r"'<\/script><\!-- x'"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (30, "30"),
        (0.5, "0.5"),
        ({}, "{}"),
        ([], "[]"),
    ],
)
def test_a_value_is_written(value: Value, literal: str) -> None:
    assert written(value) == literal


def test_blocks_end_as_in_the_guide_and_keys_are_quoted_where_they_must_be() -> None:
    assert written({"a": {"b": "x"}, "c": True}) == "{\n    a: {\n        b: 'x',\n    },\n    c: true\n}"
    assert written(["x", 1]) == "[\n    'x',\n    1\n]"
    assert written({"a-b": 1, "$_a1": 2, "": 4}) == "{\n    'a-b': 1,\n    $_a1: 2,\n    '': 4\n}"


@given(values)
@example("</script>")
@example("\u2028")
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
        "back\\slash": "\\n",
        "lines": "\n\r\t\u2028\u2029\x0b\x00" + "1",
        "markup</script>": "</script><!-- --> ]]>",
        "astral": "\U0001f600\U000e0001",
        "numbers": [0, -1, 0.5, 1e22, 2.5e-7],
        "nested": {"a-b": [None, True, {}, []]},
    }
    (tmp_path / "config.mjs").write_text(f"console.log(JSON.stringify({written(value)}));\n")

    read = subprocess.run([str(NODE), tmp_path / "config.mjs"], capture_output=True, text=True, check=True)

    assert json.loads(read.stdout) == value


def test_what_is_no_text_or_no_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.js"
    assert read_config(path) is None
    path.write_bytes(b"const \xff")
    with pytest.raises(OperationFailed, match=r"config\.js is not UTF-8 \(byte 7\)"):
        read_config(path)
    path.write_text("module.exports = {}")
    with pytest.raises(OperationFailed, match=r"config\.js, here must stand const config = .* write this one out"):
        read_config(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(OperationFailed, match="cannot be read"):
        read_config(path)
    with pytest.raises(OperationFailed, match="cannot be written"):
        replace(path, "x")
    with pytest.raises(OperationFailed, match=r"There is no folder .*src\. Name the frontend's with --frontend"):
        replace(tmp_path / "src" / "config.js", "new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_replaced_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = tmp_path / "real" / "config.js"
    replace(path, "first")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    path.chmod(0o640)
    (tmp_path / "config.js").symlink_to("real/config.js")
    replace(tmp_path / "config.js", "new ü")
    assert (tmp_path / "config.js").is_symlink()
    assert path.read_text() == "new ü"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with pytest.raises(UnicodeEncodeError):
        replace(path, "\ud800")
    assert path.read_text() == "new ü"
    assert list(path.parent.iterdir()) == [path]
