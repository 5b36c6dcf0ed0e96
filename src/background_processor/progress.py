"""How far a job is, in percent. Pure.

5 queued, 10 claimed, 15 agents asked, 90 all agents there, 95 putting the answer together, 100 completed. Between 15
and 90 each agent has an equal share, and heartbeats creep towards the next one's end without reaching it.
"""

CLAIMED = 10
ASKING = 15
ALL_ANSWERED = 90
COMPOSING = 95


def after_answers(answered: int, asked: int) -> int:
    """Give the progress when `answered` of `asked` agents are there."""
    return ASKING + (ALL_ANSWERED - ASKING) * answered // asked


def while_waiting(current: int, answered: int, asked: int) -> int:
    """Give the progress of a heartbeat: a fifth of the way to the next agent's end, and never that end itself."""
    ceiling = after_answers(answered + 1, asked) - 1
    if current >= ceiling:
        return current
    return current + max(1, (ceiling - current) // 5)
