from email.message import Message

import pytest
from cyclonedx import spdx
from hypothesis import given
from hypothesis import strategies as st

from declared_licence import declared_licence

CLASSIFIER = "License :: OSI Approved :: "


def metadata(*fields: tuple[str, str]) -> Message:
    message = Message()
    for name, value in fields:
        message[name] = value
    return message


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ([("License-Expression", "Apache-2.0 OR BSD-3-Clause")], "Apache-2.0 OR BSD-3-Clause"),
        ([("License-Expression", "MIT"), ("License", "BSD-3-Clause")], "MIT"),
        ([("License", "BSD-3-Clause"), ("Classifier", CLASSIFIER + "BSD License")], "BSD-3-Clause"),
        ([("License", "mit")], "MIT"),
        ([("License", "MIT license"), ("Classifier", CLASSIFIER + "MIT License")], "MIT"),
        ([("License", "MIT License\n\nCopyright ..."), ("Classifier", CLASSIFIER + "MIT License")], "MIT"),
        ([("Classifier", "Programming Language :: Python"), ("Classifier", CLASSIFIER + "MIT License")], "MIT"),
    ],
)
def test_a_licence_is_told_by_the_clearest_field(fields: list[tuple[str, str]], licence: str) -> None:
    assert declared_licence(metadata(*fields)) == licence


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("License", "")],
        [("License", "BSD")],
        [("License", "Dual License")],
        [("Classifier", CLASSIFIER + "BSD License")],
        [("Classifier", CLASSIFIER + "MIT License"), ("Classifier", CLASSIFIER + "Apache Software License")],
    ],
)
def test_nothing_is_guessed(fields: list[tuple[str, str]]) -> None:
    assert declared_licence(metadata(*fields)) is None


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"])), st.sampled_from(["License", "Classifier"]))
def test_whatever_metadata_says_the_answer_is_spdx_s(text: str, field: str) -> None:
    licence = declared_licence(metadata((field, text)))
    assert licence is None or spdx.is_expression(licence)
