"""A function's package with one protection taken out, to see whether the suite would notice."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Weakness:
    """A text of a module, and what stands there without the protection."""

    package: str
    module: str
    protected: str
    unprotected: str

    def package_of(self, packages: Path) -> bytes:
        """Give the package without the protection; fail unless its text is there exactly once."""
        weakened = io.BytesIO()
        with (
            zipfile.ZipFile(packages / self.package) as package,
            zipfile.ZipFile(weakened, "w", zipfile.ZIP_DEFLATED) as copy,
        ):
            for entry in package.infolist():
                content = package.read(entry)
                if entry.filename == self.module:
                    assert content.count(self.protected.encode()) == 1, f"{self.module} has changed"
                    content = content.replace(self.protected.encode(), self.unprotected.encode())
                copy.writestr(entry, content)
            assert self.module in package.namelist()
        return weakened.getvalue()
