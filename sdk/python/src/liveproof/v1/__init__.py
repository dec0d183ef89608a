"""Generated protocol types, `liveproof.v1`; made by `sdk/python/generate`."""
