"""The screens of a clinic."""
