"""A fence of code that an agent's markdown leaves open, closed. Pure.

An agent that runs out of words in the middle of some code would make code of all that follows it in the report: the
next agent's part, and the sentence that says what is missing.
https://spec.commonmark.org/0.31.2/#fenced-code-blocks
"""

import re

_LINE_ENDING = re.compile(r"\r\n?|\n")
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})(.*)")
_LIST_ITEM = re.compile(r" {0,3}(?:[-+*]|[0-9]{1,9}[.)])(?:[ \t]|$)")

# A marker and a space: https://spec.commonmark.org/0.31.2/#list-items
_LEAST_ITEM_INDENT = 2


def with_fence_closed(markdown: str) -> str:
    """Give the markdown with an end to the fence that it leaves open, if it does.

    One that may be a list item's ends with the item. Whether it is and where that is cannot be told without all of
    markdown's rules, so such a text stays as it is: a fence too many would do what is to be prevented.
    """
    open_fence = ""
    may_be_in_list = is_after_blank = False
    for line in _LINE_ENDING.split(markdown):
        fence = _FENCE.fullmatch(line)
        if open_fence:
            if fence and fence[2].startswith(open_fence) and not fence[3].strip(" \t"):
                open_fence = ""
        # A backtick after them makes code within a line of them.
        elif fence and not (fence[2].startswith("`") and "`" in fence[3]):
            if may_be_in_list and len(fence[1]) >= _LEAST_ITEM_INDENT:
                return markdown
            open_fence = fence[2]
            may_be_in_list = False
        elif _LIST_ITEM.match(line):
            may_be_in_list = True
        elif is_after_blank and line[:1] not in ("", " ", "\t"):
            # Without a blank line before it, it may go on with an item's paragraph.
            may_be_in_list = False
        is_after_blank = not line.strip(" \t")
    return f"{markdown}\n{open_fence}" if open_fence else markdown
