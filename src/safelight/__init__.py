"""Safelight plans, runs and proves supervised drug services."""

__version__ = "0.1.0"
