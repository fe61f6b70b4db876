"""Run a service: rules, store, actions and identity."""
