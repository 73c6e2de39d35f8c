"""hakvm.libvirt."""
