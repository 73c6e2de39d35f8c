"""hakvm.notebook."""
