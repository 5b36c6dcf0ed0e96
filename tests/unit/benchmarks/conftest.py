import pytest

from finops_benchmarks import work
from finops_benchmarks.recorded_work import Work


@pytest.fixture(scope="session")
def works() -> dict[str, Work]:
    return {counted.name: counted for counted in work.count()}
