import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from finops_operations.javascript_value import Value, written

NODE = shutil.which("node")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts.filter("__proto__".__ne__), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("us-east-1", "'us-east-1'"),
        ("it's", r"'it\'s'"),
        ('say "a"', "'say \"a\"'"),
        ("a\\b", r"'a\\b'"),
        ("a\nb\r\tc", r"'a\nb\r\tc'"),
        ("\u2028\u2029\x00\ufeff", r"'\u2028\u2029\u0000\ufeff'"),
        ("\ud800", r"'\ud800'"),
        ("\U000e0001", r"'\u{e0001}'"),
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


def test_a_block_ends_in_a_comma_after_a_string_only() -> None:
    assert written({"a": "x"}) == "{\n    a: 'x',\n}"
    assert written({"a": "x", "b": True}) == "{\n    a: 'x',\n    b: true\n}"
    assert written({"a": {"b": "x"}}) == "{\n    a: {\n        b: 'x',\n    }\n}"
    assert written(["x", 1]) == "[\n    'x',\n    1\n]"


def test_a_key_is_quoted_where_it_must_be() -> None:
    assert (
        written({"a-b": 1, "$_a1": 2, "1a": 3, "": 4}) == "{\n    'a-b': 1,\n    $_a1: 2,\n    '1a': 3,\n    '': 4\n}"
    )


@given(values)
@example("</script>")
@example("\u2028")
def test_nothing_in_a_literal_ends_a_script_or_a_line(value: Value) -> None:
    literal = written(value)

    assert "</" not in literal
    assert "<!--" not in literal
    assert all(line.strip() for line in literal.splitlines())
    assert len(literal.splitlines()) == literal.count("\n") + 1


@pytest.mark.skipif(NODE is None, reason="Node.js is not installed")
def test_javascript_reads_what_was_written(tmp_path: Path) -> None:
    value: dict[str, Value] = {
        "quotes": 'it\'s "here" `there` ${x}',
        "back\\slash": "\\n",
        "lines": "\n\r\t\u2028\u2029\x0b\x00" + "1",
        "markup": "</script><!-- --> ]]>",
        "astral": "\U0001f600\U000e0001",
        "numbers": [0, -1, 0.5, 1e22, 2.5e-7],
        "nested": {"a-b": [None, True, {}, []]},
    }
    (tmp_path / "config.mjs").write_text(f"console.log(JSON.stringify({written(value)}));\n")

    read = subprocess.run([str(NODE), tmp_path / "config.mjs"], capture_output=True, text=True, check=True)

    assert json.loads(read.stdout) == value
