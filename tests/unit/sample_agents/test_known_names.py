import pytest

from sample_agents.costs import Dimension
from sample_agents.known_names import known_names
from sample_agents.service_names import words_of


@pytest.fixture
def costs(make_costs):
    return make_costs(
        [
            {},
            {"ServiceName": "AmazonCloudWatch", "RegionId": "us-west-1", "RegionName": "US West (N. California)"},
            {"ServiceName": "Azure SQL Database", "ProviderName": "Microsoft", "SubAccountName": "Data Platform"},
            {"ServiceName": "Other", "SubAccountId": "NULL"},
            {"ServiceName": "COMPUTE", "ProviderName": "Oracle"},
        ]
    )


@pytest.mark.parametrize(
    ("phrase", "dimension", "values"),
    [
        ("S3", Dimension.SERVICE, {"Amazon Simple Storage Service"}),
        ("simple storage service", Dimension.SERVICE, {"Amazon Simple Storage Service"}),
        ("CloudWatch", Dimension.SERVICE, {"AmazonCloudWatch"}),
        ("Azure SQL", Dimension.SERVICE, {"Azure SQL Database"}),
        ("compute", Dimension.SERVICE, {"COMPUTE"}),
        ("EC2", Dimension.SERVICE, set()),
        ("us-west-1", Dimension.REGION, {"us-west-1"}),
        ("California", Dimension.REGION, {"us-west-1"}),
        ("N. California", Dimension.REGION, {"us-west-1"}),
        ("111122223333", Dimension.ACCOUNT, {"111122223333"}),
        ("Azure", Dimension.PROVIDER, {"Microsoft"}),
        ("AWS", Dimension.PROVIDER, {"AWS"}),
    ],
)
def test_phrases(costs, phrase, dimension, values):
    named = known_names(costs, {"other"})[words_of(phrase)]
    assert (named.dimension, named.values) == (dimension, values)


def test_reserved_words_are_no_names(costs):
    assert words_of("Other") not in known_names(costs, {"other"})
    assert words_of("Other") in known_names(costs, set())


def test_one_name_of_two_values_means_both(make_costs):
    costs = make_costs([{"SubAccountId": "1"}, {"SubAccountId": "2"}])
    assert known_names(costs, set())[("production",)].values == {"1", "2"}
