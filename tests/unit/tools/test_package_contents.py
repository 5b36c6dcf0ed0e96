from pathlib import Path, PurePosixPath

import pytest

from package_contents import belongs, package_files


@pytest.mark.parametrize(
    "path",
    [
        "typing_extensions.py",
        "connection_manager/handler.py",
        "connection_manager/binary.py",
        "cryptography/hazmat/bindings/_rust.abi3.so",
        "pycparser/_c_ast.cfg",
        "sample_agents/data/costs.csv.gz",
        "jwt/bin/tool.py",
        "pyjwt-2.15.1.dist-info/licenses/LICENSE",
        "cryptography-50.0.2.dist-info/licenses/LICENSE.BSD",
        "jmespath-1.1.0.dist-info/LICENSE",
        "some-1.0.dist-info/COPYING.txt",
    ],
)
def test_code_data_and_licences_belong(path: str) -> None:
    assert belongs(PurePosixPath(path))


@pytest.mark.parametrize(
    "path",
    [
        "bin/jp.py",
        "connection_manager/requirements.in",
        "connection_manager/requirements.txt",
        "connection_manager/__pycache__/handler.cpython-311.pyc",
        "connection_manager/.handler.py.swp",
        ".DS_Store",
        "src/.mypy_cache/3.11/cache.json",
        "cryptography/x509.pyi",
        "jwt/py.typed",
        "cffi/_embedding.h",
        "cffi/parse.c",
        "aws_lambda_powertools/event_handler/openapi/swagger_ui/swagger-ui.min.css",
        "aws_lambda_powertools/event_handler/openapi/swagger_ui/swagger-ui-bundle.min.js",
        "pyjwt-2.15.1.dist-info/RECORD",
        "pyjwt-2.15.1.dist-info/INSTALLER",
        "pyjwt-2.15.1.dist-info/METADATA",
        "pyjwt-2.15.1.dist-info/direct_url.json",
        "cryptography-50.0.2.dist-info/sboms/cryptography.json",
    ],
)
def test_what_no_function_reads_does_not_belong(path: str) -> None:
    assert not belongs(PurePosixPath(path))


def test_files_are_listed_sorted_without_directories(tmp_path: Path) -> None:
    # So many that no file system lists them in order by chance.
    names = [f"package/module_{number:02}.py" for number in range(50)]
    for name in [*names[::-1], "package/.hidden", "empty/__pycache__/x.pyc"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert package_files(tmp_path) == [PurePosixPath(name) for name in names]
