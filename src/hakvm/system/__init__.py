"""hakvm.system."""
