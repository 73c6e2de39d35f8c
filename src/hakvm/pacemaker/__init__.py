"""hakvm.pacemaker."""
