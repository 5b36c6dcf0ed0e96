"""What a document's blocks keep to, so that each command is run by a test or says why not.

Each rule gives its findings as sentences that begin with the line.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt

from runbook.command_blocks import AWS_ONLY, EXECUTABLE, REASON, CodeFence, as_script, code_fences, one_line
from runbook.document_run import complete_commands

SHELLS = {"bash", "sh", "shell", "zsh", "ksh", "fish", "console", "shell-session", "shellsession", "terminal"}
# What an account, or a stack in it, has and another does not; names that everybody has alike are none of them.
OF_ONE_ACCOUNT = {
    "an account's id": re.compile(r"(?<![\w-])\d{12}(?![\w-])"),
    "a bucket's name": re.compile(r"s3://(?![\"']?\$)[\"']?[\w.-]+|--(?:s3-)?bucket[ =](?![\"']?\$)[\"']?[\w.-]+"),
    "an API's id": re.compile(r"\b[a-z0-9]{10}\.execute-api\.|--api-id[ =](?![\"']?\$)\S+"),
    "a user pool's id": re.compile(
        r"\b[a-z]{2}-[a-z]+-\d_[A-Za-z0-9]+|--(?:user-pool-(?:client-)?id|client-id)[ =](?![\"']?\$)\S+"
    ),
    "an identity pool's id": re.compile(r"\b[a-z]{2}-[a-z]+-\d:[0-9a-f]{8}-"),
    "an Amplify app's id": re.compile(r"\bd[a-z0-9]{12,13}\b(?=\.amplifyapp)|--app-id[ =](?![\"']?\$)\S+"),
    "a function's URL": re.compile(r"\b[a-z0-9]{32}\.lambda-url\."),
    "an access key's id": re.compile(r"\bA(?:KIA|SIA)[A-Z0-9]{16}\b"),
}
# The assignment that sets a value once, at the top: its default may be anybody's own.
DEFAULT = re.compile(r"^\s*export \w+=\"?\$\{\w+:-.*$", re.MULTILINE)
# What bash takes as it is written: what looks like a command in it is none. The first kind of text may have commands.
QUOTED = re.compile(r"""(?P<double>"(?:\\.|[^"\\])*")|\\.|'[^']*'|(?<!\S)#.*""")
FUNCTION = re.compile(r"\s*(?:function\s+)?[\w-]+\s*\(\)")
SUBSTITUTION = re.compile(r"\$\((?!\()|`")
# What may stand before a substitution in its line: bash ends with the status of X=$(...) and of nothing around it.
ASSIGNED = re.compile(r"\s*\w+=\"?(?:\$\{\w+:-)?")
DECLARED = re.compile(r"(?:.*[\s;{])?(?:export|declare|typeset|readonly|local)\s.*")
PROCESS_SUBSTITUTION = re.compile(r"[<>]\((?!\()")
BACKGROUND = re.compile(r"(?<![&<>|])&(?![&>])")


def unmarked_blocks(document: str) -> list[str]:
    """Find blocks of which nobody knows whether they are commands, or commands of which nobody knows who runs them."""
    findings = [finding for fence in code_fences(document) for finding in unmarked(fence)]
    return findings + [
        f"line {token.map[0] + 1}: this block is only indented, and so has no language. Put it into a fence."
        for token in MarkdownIt("commonmark").parse(document)
        if token.type == "code_block" and token.map
    ]


def unmarked(fence: CodeFence) -> Iterator[str]:
    language = fence.info.split()[0] if fence.info else ""
    if not language:
        yield f"line {fence.line}: the fence names no language. What is no command is `text`."
    elif language.lower() in SHELLS and fence.info not in {EXECUTABLE, AWS_ONLY}:
        yield f"line {fence.line}: `{fence.info}` is neither `{EXECUTABLE}`, which is run, nor `{AWS_ONLY}`."
    elif fence.info == AWS_ONLY and not re.match(rf"{REASON}\s+\S", fence.introduction):
        yield f"line {fence.line}: the paragraph before the fence must begin with {REASON!r} and give the reason."


def values_of_one_account(blocks: Sequence[CodeFence]) -> list[str]:
    """Find values that another account does not have, but for the defaults in the first block that is run."""
    findings = []
    first = next((block for block in blocks if block.is_executable), None)
    for block in blocks:
        code = DEFAULT.sub("", block.code) if block is first else block.code
        for what, pattern in OF_ONE_ACCOUNT.items():
            for found in pattern.finditer(code):
                line = block.line + 1 + code.count("\n", 0, found.start())
                findings.append(f"line {line}: {found[0]!r} is {what}. Set it once at the top, and name the variable.")
    return findings


def hidden_failures(blocks: Sequence[CodeFence]) -> list[str]:
    """Find the forms of executable commands in which bash does not tell that a command failed.

    A function's body may have substitutions in arguments: what it gives is judged where it is called.
    """
    script = as_script(block for block in blocks if block.is_executable)
    return [finding for line, command in complete_commands(script) for finding in hidden_failures_of(line, command)]


def hidden_failures_of(first: int, command: str) -> Iterator[str]:
    """Find them in one command: they are looked for line by line, outside of what is quoted."""
    readable = QUOTED.sub(lambda found: re.sub(r"\\.", "  ", found["double"] or blank(found[0])), command)
    unquoted = QUOTED.sub(lambda found: blank(found[0]), command)
    in_function = FUNCTION.match(command) is not None
    for line, text in enumerate(readable.split("\n"), start=first):
        befores = [text[: found.start()] for found in SUBSTITUTION.finditer(text)]
        if any(DECLARED.fullmatch(before) for before in befores):
            yield f"line {line}: the declaration hides that $(...) failed. Assign it first: X=$(...)"
        elif not in_function and not all(ASSIGNED.fullmatch(before) for before in befores):
            yield f"line {line}: the command around $(...) hides that it failed. Assign it on a line before: X=$(...)"
    for line, text in enumerate(unquoted.split("\n"), start=first):
        if PROCESS_SUBSTITUTION.search(text):
            yield f"line {line}: nobody learns that a process substitution failed. Use a pipe or a file."
        if BACKGROUND.search(text):
            yield f"line {line}: nobody learns that a command in the background failed."


def blank(text: str) -> str:
    """Give a text of as many lines in which nothing is written."""
    return re.sub(r".", " ", text)


def missing_sections(document: str, sections: Sequence[tuple[int, str]]) -> list[str]:
    """Find the sections without a heading of their level and words, capitals or not, after those before them."""
    tokens = MarkdownIt("commonmark").parse(document)
    headings = iter(
        (int(token.tag[1]), one_line(tokens[index + 1].content).casefold())
        for index, token in enumerate(tokens)
        if token.type == "heading_open"
    )
    # Looking for one takes all from the iterator that stand before it.
    return [
        f"The section {'#' * level} {text} is missing, or stands before one that it comes after."
        for level, text in sections
        if (level, text.casefold()) not in headings
    ]
