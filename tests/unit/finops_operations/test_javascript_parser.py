import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from finops_operations.frontend_config_file import config_text
from finops_operations.javascript_parser import DEEPEST, NotUnderstood, parse
from finops_operations.javascript_value import Value
from unit.finops_operations.test_javascript_value import texts, values

CONFIG = "const config = {%s};\nexport default config;\n"

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
def test_any_text_is_read_or_refused_with_its_place(text: str) -> None:
    try:
        read = parse(text)
    except NotUnderstood as fault:
        assert 1 <= fault.line <= text.count("\n") + text.count("\r") + 1
        assert fault.column >= 1
        assert f"line {fault.line}, column {fault.column}: " in str(fault)
    else:
        again = config_text(read.values)
        assert config_text(parse(again).values) == again


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("'it\\'s'", "it's"),
        ('"it\'s"', "it's"),
        (r"'\n\r\t\b\f\v\0'", "\n\r\t\b\f\v\0"),
        (r"'\x41\u0042\u{43}'", "ABC"),
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
    ("text", "line", "column", "why"),
    [
        ("", 1, 1, "must stand const"),
        ("constconfig = {};", 1, 1, "must stand const"),
        ("const config = Object.freeze({});", 1, 16, "must be followed by {"),
        ("const config = {\n    region: process.env.REGION,\n};", 2, 13, "a string in quotes"),
        ("const config = {\r\n    region: `x`,\r\n};", 2, 13, "a string in quotes"),
        ("const config = {a: 'x\n'};", 1, 20, "does not end on its line"),
        ("const config = {a: 'x", 1, 20, "does not end on its line"),
        (r"const config = {a: 'xy\8'};", 1, 23, "no such escape"),
        (r"const config = {a: 'xy\u00'};", 1, 23, "no such escape"),
        (r"const config = {a: '\u{110000}'};", 1, 21, "no such escape"),
        ("const config = {a: 1, 'a': 2};", 1, 23, "a stands here for the second time"),
        ("const config = {__proto__: {}};", 1, 17, "__proto__"),
        ("const config = {a: 1 b: 2};", 1, 22, "must stand , or }"),
        ("const config = {a, b};", 1, 18, "must stand :"),
        ("const config = {...a};", 1, 17, "a key or }"),
        ("const config = {a: 012};", 1, 20, "a string in quotes"),
        ("const config = {a: 0x12};", 1, 20, "a string in quotes"),
        ("const config = {a: 1e999};", 1, 20, "too large"),
        ("const config = {a: truest};", 1, 20, "a string in quotes"),
        ("const config = {a: [1,,2]};", 1, 23, "a string in quotes"),
        ("const config = {} /* x", 1, 19, "must stand export"),
        ("const config = {};\nmodule.exports = config;", 2, 1, "must stand export"),
        ("const config = {};\nexport default config;\nwindow.x = 1;", 3, 1, "nothing may follow"),
        ("const config = {a: " + "[" * (DEEPEST + 1), 1, 39, "nested more than 20"),
    ],
)
def test_what_is_no_such_file_is_refused_where_it_stands(text: str, line: int, column: int, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why.replace("{", r"\{").replace("}", r"\}")) as refused:
        parse(text)

    assert (refused.value.line, refused.value.column) == (line, column)
