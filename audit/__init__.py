"""pos-audit: nightly compliance audit for payment terminals."""

__version__ = "0.2.0"
