"""Hostile clients: everything that hurts a public port, thrown at a running gateway from outside.

python -m tests.hostile --seed 1
"""
