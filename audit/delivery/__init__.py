"""Delivery: messages frozen with the night, sent afterwards."""
