"""What can go wrong, each with a sentence that a person can act on.

SampleAgentError
├── CostDataError          the cost export cannot be read or is no FOCUS file -> status 500
└── UnanswerableError      the question is not understood, or names what the data lacks
                           -> status 200: saying so, with what would work, is the answer
"""


class SampleAgentError(Exception):
    """The root; its text is a sentence for a person."""


class CostDataError(SampleAgentError):
    """The cost export cannot be read, or is not a FOCUS export."""


class UnanswerableError(SampleAgentError):
    """The question cannot be answered from the data; the text is the answer, in markdown."""
