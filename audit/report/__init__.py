"""The report: one frozen value, and the functions that show it."""
