"""What a run leaves behind: its folder, its summary, its flips."""
