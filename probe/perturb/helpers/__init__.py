"""What several families share: spans that may change, protected text, clauses, layouts. No family itself."""
