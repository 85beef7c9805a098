"""From the parts of a prompt to text or chat messages: the one place that renders."""
