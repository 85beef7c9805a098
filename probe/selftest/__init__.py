"""Oracle models of known behaviour, and the figures that they must lead to."""
