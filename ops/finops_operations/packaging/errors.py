"""Why no package is made."""

from __future__ import annotations


class BuildFailed(Exception):
    """A package cannot be made. The text is a sentence for the person who builds."""


class NoSuchTarget(BuildFailed):
    """The command line names a target for which there are no packages."""
