"""hakvm.cluster."""
