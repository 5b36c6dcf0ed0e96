import pytest

from sample_agents.settings import S3Object, Settings


@pytest.mark.parametrize("environment", [{}, {"COSTS_S3_URI": ""}, {"COSTS_S3_URI": "  "}])
def test_shipped_data_unless_an_export_is_named(environment):
    assert Settings.from_environment(environment).costs is None


def test_export_in_s3():
    settings = Settings.from_environment({"COSTS_S3_URI": "s3://costs/exports/2026/all.csv.gz"})
    assert settings.costs == S3Object("costs", "exports/2026/all.csv.gz")


@pytest.mark.parametrize(
    "uri", ["costs/all.csv", "https://costs/all.csv", "s3://", "s3://costs", "s3://costs/", "s3:///k"]
)
def test_wrong_address_fails_at_the_start(uri):
    with pytest.raises(ValueError, match="COSTS_S3_URI must read s3://bucket/key"):
        Settings.from_environment({"COSTS_S3_URI": uri})
