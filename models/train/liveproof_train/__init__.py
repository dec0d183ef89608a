"""Training recipes for the nets that liveproof ships (see ../README.md)."""
