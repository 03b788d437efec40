"""Tests of actors/runtime."""
