"""What a run saves: its folder, its summary, its tables; and reading them back."""
