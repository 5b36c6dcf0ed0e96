"""The licence that a distribution's metadata declares, as an SPDX expression (https://spdx.org/licenses/)."""

from importlib.metadata import PackageMetadata

from cyclonedx import spdx

# Classifiers that mean one licence of SPDX's list. "BSD License" means any of several, and so is not here.
# https://packaging.python.org/en/latest/specifications/license-expression/
SPDX_BY_CLASSIFIER = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}


def declared_licence(metadata: PackageMetadata) -> str | None:
    """Return the SPDX expression that metadata declares, or None if it declares none or one that is no SPDX expression.

    Metadata's own field for it comes first; older metadata has it in the free text `License`, or in one classifier.
    https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression
    """
    for field in ("License-Expression", "License"):
        text = metadata.get(field)
        # A whole licence in place of its name has lines; parsing it would take long.
        if text and "\n" not in text and spdx.is_expression(text):
            return spdx.fixup_id(text) or text
    classifiers = [name for name in metadata.get_all("Classifier") or [] if name.startswith("License :: ")]
    return SPDX_BY_CLASSIFIER.get(classifiers[0]) if len(classifiers) == 1 else None
