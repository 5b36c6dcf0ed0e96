"""The licence that a distribution's metadata declares, as an SPDX expression (https://spdx.org/licenses/)."""

from __future__ import annotations

import re
from importlib.metadata import PackageMetadata

# What stands in the free text `License` of metadata that has no expression yet, and is made of ids of licences.
_IDS = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"})
# Classifiers that mean one licence of SPDX's list. "BSD License" means any of several, and so is not here.
# https://packaging.python.org/en/latest/specifications/license-expression/
_BY_CLASSIFIER = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}


def declared_licence(metadata: PackageMetadata) -> str | None:
    """Give the SPDX expression that metadata declares, or None if it declares none, or not clearly.

    Metadata's own field for it comes first; older metadata has it in the free text `License`, or in one classifier.
    https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression
    """
    if "License-Expression" in metadata:
        return metadata["License-Expression"]
    texts = metadata.get_all("License") or [""]
    if set(re.split(" AND | OR ", texts[0])) <= _IDS:
        return str(texts[0])
    classifiers = [name for name in metadata.get_all("Classifier") or [] if name.startswith("License :: ")]
    return _BY_CLASSIFIER.get(classifiers[0]) if len(classifiers) == 1 else None
