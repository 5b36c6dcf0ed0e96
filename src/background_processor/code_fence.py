"""A fence of code that an agent's markdown leaves open, closed. Pure.

An agent that runs out of words in the middle of some code would make code of all that follows it in the report: the
next agent's part, and the sentence that says what is missing.
https://spec.commonmark.org/0.31.2/#fenced-code-blocks
"""

import re

_FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})(.*)$", re.MULTILINE)


def with_fence_closed(markdown: str) -> str:
    """Give the markdown with an end to the fence that it leaves open, if it does.

    One that begins indented may be a list item's and end with it. What follows it cannot be told without all of
    markdown's rules, so such a text stays as it is: a fence too many would do what is to be prevented.
    """
    open_fence = ""
    for line in _FENCE.finditer(markdown):
        indent, fence, rest = line.groups()
        if open_fence:
            if fence.startswith(open_fence) and not rest.strip(" \t"):
                open_fence = ""
        elif fence[0] == "`" and "`" in rest:
            # Code within a line.
            continue
        elif indent:
            return markdown
        else:
            open_fence = fence
    return f"{markdown}\n{open_fence}" if open_fence else markdown
