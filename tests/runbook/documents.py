"""The documents whose command blocks are run: the runbook, and those that the user's guide names, in this order."""

from local_cloud.running_cloud import ROOT

RUNBOOK = "WEBSOCKET_DEPLOYMENT_GUIDE.md"
DOCUMENTS = [
    RUNBOOK,
    "WEBSOCKET_API_GUIDE.md",
    "troubleshooting_notes.md",
    "agent_to_agent_communication_architecture.md",
    "project_rules.md",
]


def text_of(document: str) -> str:
    """Read a document by its name. Raises FileNotFoundError."""
    return (ROOT / "docs" / document).read_text(encoding="utf-8")
