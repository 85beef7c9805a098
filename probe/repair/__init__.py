"""Cures with training: adapters fine-tuned so that formulations of one question get one answer."""
