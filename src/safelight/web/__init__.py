"""Screens and the web service: taps and the live stream beside Django pages, one process."""
