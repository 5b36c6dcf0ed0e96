"""What a CloudFormation template says of its parameters and its alarms.

Packages are built on machines that have no YAML library, so this reads the one form that our templates have: block
mappings, indented by two spaces.
"""

import re

_PARAMETERS = re.compile(r"^Parameters:\n((?:(?![A-Za-z]).*\n)*)", re.MULTILINE)
_PARAMETER = re.compile(r"^  (\w+):\n((?:   .*\n|\s*\n)*)", re.MULTILINE)
_DEFAULT = re.compile(r'^    Default: *(?:"(.*)"|(.*))$', re.MULTILINE)
_ALARM = re.compile(r"^ *AlarmName: !Sub \$\{ProjectName\}-(.+)$", re.MULTILINE)


def parameter_defaults(template: str) -> dict[str, str]:
    """Return the default of each parameter of a template's text, by its name: empty where there is none."""
    section = _PARAMETERS.search(template + "\n")
    found = _PARAMETER.findall(section[1]) if section else []
    return {name: _default(block) for name, block in found}


def alarm_names(template: str) -> list[str]:
    """Return the names of a template's alarms, without the project's name before them."""
    return _ALARM.findall(template)


def _default(block: str) -> str:
    default = _DEFAULT.search(block)
    return (default[1] or default[2] or "").strip() if default else ""
