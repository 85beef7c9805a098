"""From a suite to scores: variants, requests, answers, budget, early stopping."""
