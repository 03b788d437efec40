"""Fyers, in memory: its documented rows and frames, its REST by table, its socket by script."""
