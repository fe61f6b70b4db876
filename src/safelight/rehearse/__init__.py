"""People who never existed, driving the real commands: demonstrations, training, load and tests."""
