"""The sandbox as Fyers v3: codes for words, raw frames without their zeros, a ping in text."""
