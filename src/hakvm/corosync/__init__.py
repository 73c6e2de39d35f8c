"""hakvm.corosync."""
