"""What Kite Connect says, read."""
