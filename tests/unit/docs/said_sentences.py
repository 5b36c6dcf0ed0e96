"""What a source can say: its texts, as patterns in which whatever varies matches anything."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

# A call of a shell script's `fail`, up to the end of its text, and what varies in one.
_FAILED = re.compile(r'\bfail "((?:[^"\\]|\\.)*)"')
_VARIABLE = re.compile(r"\$\{[^}]*\}|\$\((?:[^()]|\([^()]*\))*\)|\$\w+")
VARIES = "…"
# What takes a sentence with which an operation ends.
_FAILURES = ("LocalRunFailed", "OperationFailed", "fails_with")


def texts_of(source: ast.AST) -> Iterator[str]:
    """The texts of Python code; what an f-string fills in is an ellipsis."""
    for node in ast.walk(source):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else VARIES for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def texts_in(folder: Path) -> set[str]:
    """The texts of all Python files below a folder."""
    return {text for path in folder.rglob("*.py") for text in texts_of(ast.parse(path.read_text(encoding="utf-8")))}


def failures_of(path: Path) -> set[str]:
    """With what a program can end: the sentences of an operation in Python, or of a shell script's `fail`."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".sh":
        return set(_FAILED.findall(_VARIABLE.sub(VARIES, re.sub(r'" \\\n\s*"', " ", source))))
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in _FAILURES]
    texts = {next(texts_of(call.args[0]), "") for call in named}
    return {text for text in texts if re.search("[a-z]", text)}


def can_be(said: str, text: str) -> bool:
    """Tell whether a sentence is what a text is when something is filled in."""
    return re.fullmatch(".+".join(map(re.escape, text.split(VARIES))), said) is not None


def begins(text: str, named: str) -> bool:
    """Tell whether a text begins as a document names it, in which an ellipsis stands for whatever varies."""
    return re.match(".*".join(map(re.escape, named.split(VARIES))), text) is not None
