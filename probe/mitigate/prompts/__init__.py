"""What the methods share that choose another prompt: candidates, trials on training items, files to commit."""
