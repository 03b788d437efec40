"""Tests of actors/storage."""
