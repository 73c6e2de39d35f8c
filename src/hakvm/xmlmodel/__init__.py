"""hakvm.xmlmodel."""
