"""Forgeries made from real faces, for fitting and for tests. Written from the papers and from the
parameters that the swap tools use; each function takes a seeded generator and changes nothing
outside its mask. Pictures are uint8 [H, W, 3] RGB, points are the 96 landmarks in its pixels.

The camera-and-codec chain comes after a forgery, with the same parameters for the forged picture
and its original: batches_artifact.Chain.
"""
