import pytest

from finops_client.credentials import ClaimedIdentity, GivenToken
from finops_client.errors import CredentialsRefused


async def test_the_guides_form() -> None:
    assert await ClaimedIdentity("test-user", "testuser").fields(renew=True) == {
        "userId": "test-user",
        "username": "testuser",
    }


async def test_a_given_token_cannot_be_renewed() -> None:
    token = GivenToken("abc")
    assert await token.fields() == {"token": "abc"}
    with pytest.raises(CredentialsRefused, match="give a new one"):
        await token.fields(renew=True)
