import re
from pathlib import Path

from plant_flaws import PLANTED, main
from scan_findings.scanner_reports import READERS


def test_there_is_a_flaw_for_each_scanner(tmp_path: Path) -> None:
    assert main([str(tmp_path / "new" / "folder")]) == 0
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new" / "folder").iterdir()}
    assert PLANTED.keys() == READERS.keys()
    assert "AWS::S3::Bucket" in written["template.yaml"]
    assert "shell=True" in written["program.py"]
    assert re.search(r"^AKIA[A-Z0-9]{16}$", written["notes.txt"], re.MULTILINE)
    assert re.search(r"^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$", written["notes.txt"], re.MULTILINE)


def test_no_secret_stands_in_the_source() -> None:
    source = (Path(__file__).resolve().parents[3] / "tools" / "plant_flaws.py").read_text(encoding="utf-8")
    assert not re.search(r"AKIA[A-Z0-9]{16}|BEGIN RSA PRIVATE|eyJ", source)
