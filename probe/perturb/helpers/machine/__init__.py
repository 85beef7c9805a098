"""Machine text within a prompt: code, data, mathematics, addresses; what a program reads, or a reader copies sign by sign."""
