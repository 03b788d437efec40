"""Any bytes: whatever comes in, each decoder gives a value or its own error, and nothing else."""
