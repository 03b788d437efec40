"""Measurements: rates and times, printed, never asserted."""
