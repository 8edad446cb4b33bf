"""Cross-check: every join and group of the audit happens here, once, whatever the engine."""
