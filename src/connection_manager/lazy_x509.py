"""Puts off the loading of cryptography.x509, which takes a third of PyJWT's, until somebody uses it.

PyJWT imports it for keys that are certificates, and a user pool's are none. To be imported before PyJWT.
https://docs.python.org/3/library/importlib.html#implementing-lazy-imports
"""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec

import cryptography

_spec = find_spec("cryptography.x509")
if _spec is not None and _spec.loader is not None and _spec.name not in sys.modules:
    _spec.loader = LazyLoader(_spec.loader)
    cryptography.x509 = sys.modules[_spec.name] = module_from_spec(_spec)  # type: ignore[attr-defined]
    _spec.loader.exec_module(cryptography.x509)  # type: ignore[attr-defined]
