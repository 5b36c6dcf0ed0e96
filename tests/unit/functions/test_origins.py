"""Origins: the pages from which a connection may be opened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connection_manager.origins import OriginPolicy, origins_of
from finops_websocket.errors import SettingsError

PAGE, OTHER_PAGE = "https://finops.example.com", "http://localhost:5173"
LISTED = OriginPolicy.read(f"{PAGE},{OTHER_PAGE}", "refuse")


@pytest.mark.parametrize(
    ("headers", "origins"),
    [
        ({"multiValueHeaders": {"oRiGiN": [PAGE]}, "headers": None}, (PAGE,)),
        ({"headers": {"ORIGIN": PAGE}}, (PAGE,)),
        # The other map has only the last value of each name.
        ({"multiValueHeaders": {"Origin": [PAGE, OTHER_PAGE]}, "headers": {"Origin": OTHER_PAGE}}, (PAGE, OTHER_PAGE)),
        ({"headers": {"Origin": PAGE, "origin": OTHER_PAGE}}, (PAGE, OTHER_PAGE)),
        ({"multiValueHeaders": {"Host": ["h"]}, "headers": {"Origin": PAGE}}, (PAGE,)),
        ({"headers": None, "multiValueHeaders": None}, ()),
        ({"headers": {"Host": PAGE, "X-Origin": PAGE, "Origin ": PAGE}}, ()),
    ],
)
def test_every_origin_that_an_event_has_is_found(headers, origins):
    assert origins_of(headers) == origins


@given(origins=st.lists(st.sampled_from([PAGE, OTHER_PAGE, "null", "*", ""]) | st.text(), max_size=3).map(tuple))
def test_nothing_but_a_listed_origin_alone_is_allowed(origins):
    assert LISTED.allows(origins) == (origins in {(PAGE,), (OTHER_PAGE,)})


@pytest.mark.parametrize("allowed", ["*", PAGE, f"{PAGE},*", f"* , {PAGE}"])
def test_a_star_allows_any_and_several_and_a_missing_origin_is_allowed_by_one_word_alone(allowed):
    allow, *others = (OriginPolicy.read(allowed, word) for word in ("allow", "refuse", "", "Allow", "allow "))
    assert allow.allows((PAGE, "https://attacker.example")) == ("*" in allowed)
    assert [policy.allows(()) for policy in (allow, *others)] == [True, False, False, False, False]


def test_origins_are_listed_with_commas_between_them():
    others = {"http://[::1]:3000", "https://xn--bcher-kva.example", "chrome-extension://abcdefghijklmnop"}
    assert OriginPolicy.read(f" {PAGE} , {','.join(others)} ", "allow").allowed == {PAGE, *others}


@pytest.mark.parametrize(
    "allowed",
    [
        *("", " ", ",", f"{PAGE},", f"{PAGE},,{OTHER_PAGE}", f"{PAGE} {OTHER_PAGE}", "null", "https://*.example.com"),
        *("https://", "finops.example.com", f"{PAGE}/", f"{PAGE}?", f"{PAGE}:", f"{PAGE}:https"),
        *("https://Finops.example.com", "https://user@finops.example.com", "https://b\u00fccher.example"),
    ],
)
def test_what_no_browser_would_send_cannot_be_listed(allowed):
    with pytest.raises(SettingsError):
        OriginPolicy.read(allowed, "allow")


@given(allowed=st.text() | st.lists(st.from_regex(r"https?://[a-z.]{1,9}/?", fullmatch=True)).map(",".join))
def test_any_list_is_read_or_refused(allowed):
    try:
        policy = OriginPolicy.read(allowed, "refuse")
    except SettingsError:
        return
    assert policy.allowed is None or all(policy.allows((origin,)) for origin in policy.allowed)
