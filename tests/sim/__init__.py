"""The whole tree on a virtual clock: seeded faults, and checkers that see only what clients see."""
