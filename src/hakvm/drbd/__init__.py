"""hakvm.drbd."""
