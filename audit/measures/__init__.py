"""What the findings weigh and what comes next: impact, merchants, completeness, forecast.

Plain values from facts and open findings. An engine hands over counts, flagged keys and capped lists only.
"""
