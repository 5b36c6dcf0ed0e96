from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.env_file import InvalidEnvFile, parse_env, read_env_file

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20).filter(
    lambda value: value[:1] not in {"'", '"'}
)


@given(st.dictionaries(NAMES, VALUES))
def test_what_is_written_is_read(values: dict[str, str]) -> None:
    assert parse_env("\n".join(f"{name}={value}" for name, value in values.items())) == values


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_env(text)
    except InvalidEnvFile as invalid:
        assert "line" in str(invalid)


def test_comments_export_quotes_and_windows_line_ends() -> None:
    text = "# the stack\r\n\r\nexport A=1\r\nB='two words'\nC=\"x=y\"\nD=\nE='\n"
    assert parse_env(text) == {"A": "1", "B": "two words", "C": "x=y", "D": "", "E": "'"}


def test_an_error_says_where_and_keeps_the_value_to_itself(tmp_path: Path) -> None:
    file = tmp_path / "stack.env"
    file.write_text("A=1\nsecret value\n")
    with pytest.raises(InvalidEnvFile, match="line 2") as invalid:
        read_env_file(file)
    assert "secret" not in str(invalid.value)


def test_a_file_that_is_not_there_or_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(InvalidEnvFile, match="cannot be read"):
        read_env_file(tmp_path / "none.env")
    (tmp_path / "binary.env").write_bytes(b"A=\xff")
    with pytest.raises(InvalidEnvFile, match="UTF-8"):
        read_env_file(tmp_path / "binary.env")
