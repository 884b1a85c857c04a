"""One folder per outside service; fixed file names, no folder knows another."""
