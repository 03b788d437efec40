"""The proof of resuming: clients that drop and come back, against a real gateway, by two ways."""
