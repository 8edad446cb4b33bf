"""The ledger: what is open since when, what was mended, what was sent; the only room that knows SQL."""
