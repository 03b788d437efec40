"""What orders are: pure values and decisions. Nothing here waits, and nothing imports trio."""
