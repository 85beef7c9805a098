"""The catalogue of perturbations: registering, choosing by name, composing, and perturbations of the user's own."""
