import json
from pathlib import Path

import pytest

from template_to_json import main


def test_functions_have_their_long_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "stack.yaml").write_text("A: !GetAtt B.Arn\nC: !Sub x${D}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["out", "in/stack.yaml"]) == 0
    written = json.loads((tmp_path / "out" / "in" / "stack.yaml.json").read_text(encoding="utf-8"))
    assert written == {"A": {"Fn::GetAtt": ["B", "Arn"]}, "C": {"Fn::Sub": "x${D}"}}


@pytest.mark.parametrize("path", ["/in/stack.yaml", "../stack.yaml"])
def test_nothing_is_written_outside_of_the_folder(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["out", path])
    assert "no path below" in capsys.readouterr().err
