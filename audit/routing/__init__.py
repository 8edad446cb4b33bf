"""Whose is what: the owners of `[routing]`, their share of a night, what they must not see of others."""
