"""Kite Connect v3: its rows."""
