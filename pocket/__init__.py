"""The pocket model's making: grammars, corpus, formulations, training.

Covered: everything that the shipped suites and the shipped weights were made by, from one seed.
Not covered: running the model, which goes through the same path as any other one.
"""
