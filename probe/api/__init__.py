"""What Python callers share: sessions, saved runs, the pytest plugin."""
