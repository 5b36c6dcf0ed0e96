import pytest

from sample_agents.service_names import usual_name, words_of


@pytest.mark.parametrize(
    ("name", "usual"),
    [
        ("Amazon Simple Storage Service", "Amazon S3"),
        ("AmazonCloudWatch", "Amazon CloudWatch"),
        ("Amazon EC2 Container Registry (ECR)", "Amazon ECR"),
        ("Storage Accounts", "Azure Storage"),
        ("EC2 - Other", "Amazon EC2"),
        ("Something of our own", "Something of our own"),
    ],
)
def test_usual_name(name, usual):
    assert usual_name(name) == usual


def test_words_ignore_case_and_punctuation():
    assert words_of("Amazon_S3 (us-east-1)") == ("amazon", "s3", "us", "east", "1")
