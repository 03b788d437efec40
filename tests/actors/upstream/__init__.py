"""Tests of actors/upstream."""
