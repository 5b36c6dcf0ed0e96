"""What `--costs` prints of an export."""

import pytest

from sample_agents.costs.check import main


def test_all_that_was_found_is_printed(write_export, today, capsys):
    month = {"ChargePeriodStart": "2026-06-01T00:00:00Z", "ChargePeriodEnd": "2026-06-30T23:59:59Z"}
    path = write_export(
        [
            {"EffectiveCost": "1234.5"},
            month | {"BillingCurrency": "EUR", "ServiceName": "AmazonEC2", "ContractedCost": "", "Tags": ""},
            {"ProviderName": "Oracle", "RegionId": "", "RegionName": "", "ServiceProviderName": "x"},
        ]
    )
    assert main([str(path)], today) == 0
    out, err = capsys.readouterr()
    assert err == ""
    blank = "CommitmentDiscountStatus is blank in all rows of AWS, Oracle"
    assert out.splitlines() == [
        f"{path}: FOCUS 1.3, 3 rows in 1 file",
        "  AWS: 1 May 2026 to 30 June 2026; by the month or now and then; 2 complete months",
        "  Oracle: 1 May 2026 to 31 May 2026; by the month or now and then; 1 complete month",
        "  Total of EffectiveCost: 1.00 EUR, 1,235.50 USD",
        "  Total of BilledCost: 1.00 EUR, 2.00 USD",
        "  Tags: team",
        "  No row has a value for: resource, product",
        f"  Missing: There is no commitment utilisation, because {blank}.",
        f"  Missing: There is no commitment coverage, because {blank}.",
        "  Note: Rows whose period ends with its last moment (23:59), which is read as the next's first: 1.",
        "  Note: Rows of usage without tags: 1.",
        "  Note: AmazonEC2 is Amazon Elastic Compute Cloud.",
    ]


def test_a_folder_is_one_export(write_export, tmp_path, today, capsys):
    write_export([{}], "a.csv")
    write_export([{"ListCost": "2"}], "b.csv")
    (tmp_path / "manifest.json").write_text("{}")
    assert main([str(tmp_path)], today) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path}: FOCUS 1.0, 2 rows in 2 files\n")


def test_sums_that_are_too_large_are_said(write_export, today, capsys):
    path = write_export([{"EffectiveCost": "999999999999999.99", "SkuId": "1"}] * 100_001)
    assert main([str(path)], today) == 0
    assert "  Total of EffectiveCost: more than 20 digits, which is more than can be added" in capsys.readouterr().out


def test_what_is_not_read_of_a_folder_is_said(write_export, tmp_path, today, capsys):
    write_export([{}])
    for name in ("more.csv.zip", "more.csv.part", ".DS_Store"):
        (tmp_path / name).touch()
    assert main([str(tmp_path)], today) == 0
    assert capsys.readouterr().out.splitlines()[1] == "  Not read: more.csv.part, more.csv.zip"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"PK\x03\x04", "costs.csv: This is a zip archive or an Excel workbook"), (None, "No such file or directory")],
)
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path, today, capsys, content, sentence):
    path = tmp_path / "costs.csv"
    if content:
        path.write_bytes(content)
    assert main([str(path)], today) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
