"""Intake: any file a vendor exports becomes a canonical table, and every cell is accounted for."""
