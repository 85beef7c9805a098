"""The contrast family: edits after which another answer is right."""
