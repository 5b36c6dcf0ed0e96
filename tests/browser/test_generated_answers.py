"""Answers put together from pieces of attacks: none does harm, whichever control is out."""

from hypothesis import given, settings
from hypothesis import strategies as st

from browser.answer_page import AnswerPage, Controls

PIECES = [
    *["<", ">", "</", "/>", '"', "'", "`", "=", "&", ";", "(", ")", "[", "](", "]: ", "![", "](<", "|", "\\", "\n"],
    *["\n\n", " ", "\t", "\0", "\u200b", "\u202e", "\u2066", "\ufeff", "\ud800", "&#x202e;", "&Tab;", "&NewLine;"],
    *["&colon;", "&lt;", "<!--", "-->", "--!>", "<![CDATA[", "]]>", "<?", "?>", "<script>", "</script>", "<svg>"],
    *["</svg>", "<math>", "<mtext>", "<style>", "</style>", "<title>", "<textarea>", "<noscript>", "<template>"],
    *["<table>", "<form>", "<mglyph>", "<b ", "<img src=x onerror=canary()>", "<svg onload=canary()>"],
    *['<a href="javascript:canary()">', "<p title='", "<a id=answer>", "<iframe srcdoc='"],
    *["<base href=//evil.test>", "style='background:url(https://evil.test)'", " onclick=canary() "],
    *["javascript:canary()", "JAVA", "script:", "data:text/html,", "https://evil.test/", "//evil.test", "user@"],
    *["<a href=https://evil.test/>", "</a>", "<object>", "</object>", "<caption>", "<p>", "<td>", "<bdi> (evil.test)"],
    *["https:evil.test", "https://aws.amazon.com"],
    *["[x]: ", "```", "~~~", "> ", "- ", "1. ", "# ", "***", "__", "~~", "| a |\n|---|\n| ", "    ", "costs"],
    *["\u05d0", "\U0001f469\u200d\U0001f469"],
]

answers = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=25).map("".join)


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(answer=answers)
def test_a_generated_answer_does_no_harm(answer_page: AnswerPage, answer: str) -> None:
    for controls in (Controls.BOTH, Controls.PARSER, Controls.SANITIZER):
        assert answer_page.show(answer, controls).harm == (), controls
