"""Tests of actors/upstream/ticker_service."""
