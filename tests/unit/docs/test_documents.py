"""What documents name exists: links, anchors, files, scripts and their options."""

import re
from collections.abc import Iterator

import pytest

from unit.docs.markdown_document import REPOSITORY, MarkdownDocument

GUIDE, ARCHITECTURE, RULES, NOTES = (
    MarkdownDocument(f"docs/{name}.md")
    for name in (
        "WEBSOCKET_API_GUIDE",
        "agent_to_agent_communication_architecture",
        "project_rules",
        "troubleshooting_notes",
    )
)
SECURITY = MarkdownDocument("SECURITY.md")
OWN_COSTS = MarkdownDocument("docs/your_own_costs.md")
LINKED = [
    MarkdownDocument(str(path.relative_to(REPOSITORY)))
    for path in sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("contract/*.md")])
]
# The scripts make these.
MADE = {".venv", ".local", "build"}
# Placeholders in capitals stand for what the reader puts there.
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b")
COMMAND = re.compile(r"(?:^|\s|\()((?:\./|ops/)[\w./]+\.sh|(?:\.venv/bin/)?ask)(?=[\s)])([^\n#|`]*)", re.MULTILINE)


@pytest.mark.parametrize("document", LINKED, ids=lambda document: document.path)
def test_links_within_the_project_lead_somewhere(document: MarkdownDocument) -> None:
    for link in document.links:
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (REPOSITORY / document.path).parent / path if path else REPOSITORY / document.path
        assert target.exists(), link
        if anchor:
            there = MarkdownDocument(str(target.resolve().relative_to(REPOSITORY)))
            assert anchor in there.anchors, link


@pytest.mark.parametrize(
    "document", [GUIDE, ARCHITECTURE, RULES, SECURITY, OWN_COSTS], ids=lambda document: document.path
)
def test_files_that_are_named_are_there(document: MarkdownDocument) -> None:
    first_names = {path.name for path in REPOSITORY.iterdir()} - MADE
    for span in document.code_spans:
        path = span.split()[0].removeprefix("./")
        if path.split("/")[0] in first_names and not PLACEHOLDER.search(path.removesuffix(".md")):
            assert (REPOSITORY / path).exists(), span


def commands(document: MarkdownDocument) -> Iterator[tuple[str, str]]:
    """Each of the project's own commands that a document calls, and the arguments it gives."""
    languages = ("sh", "bash", "bash aws-only")
    blocks = [block.text.replace("\\\n", " ") for language in languages for block in document.blocks(language)]
    for text in [*blocks, *document.code_spans]:
        yield from COMMAND.findall(f"{text} ")


def words_of(command: str) -> str:
    """The sources in which a command's options stand."""
    if command.endswith("ask"):
        sources = [*(REPOSITORY / "client").rglob("*.py")]
    else:
        sources = [REPOSITORY / command, *(REPOSITORY / "ops" / "finops_operations").rglob("*.py")]
    return "".join(path.read_text(encoding="utf-8") for path in sources)


@pytest.mark.parametrize("document", [GUIDE, ARCHITECTURE, RULES, NOTES, OWN_COSTS], ids=lambda document: document.path)
def test_commands_have_the_options_that_they_are_given(document: MarkdownDocument) -> None:
    called = list(commands(document))
    assert called
    for command, arguments in called:
        before_pytest = arguments.partition(" -- ")[0]
        for option in re.findall(r"(?<!\S)--[a-z0-9-]+", before_pytest):
            assert re.search(rf"{option}\b(?!-)", words_of(command)), f"{command} {option}"
        if command.endswith("run_tests.sh"):
            parts = re.findall(r"(?<!\S)[a-z_]+(?!\S)", before_pytest)
            assert set(parts) <= parts_of_run_tests(), arguments


def parts_of_run_tests() -> set[str]:
    script = (REPOSITORY / "run_tests.sh").read_text(encoding="utf-8")
    found = re.search(r"^readonly PARTS=\(([a-z_ ]+)\)$", script, re.MULTILINE)
    assert found is not None
    return set(found[1].split())


def test_the_rules_describe_each_part_of_run_tests_and_its_folder() -> None:
    table = RULES.prose.partition("\n## Tests\n")[2].partition("\n###")[0]
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", table, re.MULTILINE)
    assert {part for part, _ in rows} == parts_of_run_tests()
    described = {folder.strip("/") for _, cell in rows for folder in re.findall(r"`([^`]+)`", cell)}
    assert {str(path.parent.relative_to(REPOSITORY)) for path in REPOSITORY.glob("tests/*/test_*.py")} <= described


def test_the_rules_name_every_folder_of_the_house() -> None:
    table = RULES.prose.partition("\n## The house\n")[2].partition("\n- **")[0]
    described = {span.split("/")[0] for span in re.findall(r"`([^`]+)/`", table)}
    tracked = {path.name for path in REPOSITORY.iterdir() if path.is_dir() and not path.name.startswith(".")}
    assert tracked - MADE - described == set()
