"""Tests of actors/domain."""
