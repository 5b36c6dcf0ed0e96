"""What can go wrong; each text is a sentence that a person can act on."""


class CostDataError(Exception):
    """The cost export cannot be read, or is no FOCUS export: status 500."""


class UnanswerableError(Exception):
    """The question is not understood, or names what the data lack: status 200, because the text is the answer."""
