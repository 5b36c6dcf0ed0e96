"""Which resource of a template a line belongs to.

Reads the one form that our templates have: block mappings, indented by two spaces. The comments that it finds a place
for are lost on a YAML reader.
"""

import re
from collections.abc import Iterator


def resources_by_line(template: str) -> dict[int, str]:
    """Return the logical id for each line, counted from 1, of the template's section `Resources`."""
    return dict(_resource_lines(template))


def resource_types(template: str) -> dict[str, str]:
    """Return each resource's type, such as `AWS::S3::Bucket`, by its logical id."""
    lines = template.splitlines()
    return {
        resource: found[1]
        for line, resource in _resource_lines(template)
        if (found := re.fullmatch(r"    Type: ([\w:]+)", lines[line - 1]))
    }


def _resource_lines(template: str) -> Iterator[tuple[int, str]]:
    inside, resource = False, ""
    for number, line in enumerate(template.splitlines(), start=1):
        if re.match(r"[^\s#]", line):
            inside, resource = line.rstrip() == "Resources:", ""
        elif begun := re.fullmatch(r"  (\w+):\s*", line):
            resource = begun[1]
        elif line.startswith("  #"):
            # Between two resources: it heads the next.
            resource = ""
        if inside and resource:
            yield number, resource
