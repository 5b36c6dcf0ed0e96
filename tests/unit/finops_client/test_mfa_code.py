import io
import signal

import pytest

from finops_client.errors import CredentialsRefused
from finops_client.mfa_code import MfaCode


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Typing:
    """A person who types this, or presses Ctrl-D; remembers who would get Ctrl-C meanwhile."""

    def __init__(self, typed: str | EOFError) -> None:
        self.typed = typed
        self.interrupt_handler: object = None

    def __call__(self, prompt: str) -> str:
        self.interrupt_handler = signal.getsignal(signal.SIGINT)
        if isinstance(self.typed, EOFError):
            raise self.typed
        return self.typed


@pytest.mark.parametrize("typed", ["123456", " 123456 ", "123 456"])
def test_on_a_terminal_the_code_is_typed_as_the_app_shows_it(typed: str) -> None:
    assert MfaCode({"FINOPS_MFA_CODE": "stale"}, Terminal(), Typing(typed))() == "123456"


def test_elsewhere_the_code_comes_from_the_environment() -> None:
    assert MfaCode({"FINOPS_MFA_CODE": "123456"}, io.StringIO(), Typing("never"))() == "123456"


@pytest.mark.parametrize(
    "code",
    [
        MfaCode({}, io.StringIO(), Typing("never")),
        MfaCode({"FINOPS_MFA_CODE": " "}, io.StringIO(), Typing("never")),
        MfaCode({}, Terminal(), Typing("")),
        MfaCode({}, Terminal(), Typing(EOFError())),
    ],
)
def test_without_a_code_a_sentence_says_what_to_do(code: MfaCode) -> None:
    with pytest.raises(CredentialsRefused, match="type it on a terminal, or set FINOPS_MFA_CODE"):
        code()


def test_a_code_is_given_once() -> None:
    code = MfaCode({"FINOPS_MFA_CODE": "123456"}, io.StringIO())
    code()
    with pytest.raises(CredentialsRefused, match="sign in again"):
        code()


def test_ctrl_c_interrupts_the_typing_and_is_given_back_after_it() -> None:
    typing, asyncios = Typing("123456"), signal.getsignal(signal.SIGINT)

    def other(number: int, frame: object) -> None:
        """Stands in for asyncio's."""

    signal.signal(signal.SIGINT, other)
    try:
        MfaCode({}, Terminal(), typing)()
        assert typing.interrupt_handler is signal.default_int_handler
        assert signal.getsignal(signal.SIGINT) is other
    finally:
        signal.signal(signal.SIGINT, asyncios)
