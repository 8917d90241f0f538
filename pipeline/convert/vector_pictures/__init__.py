"""What is written in drawings of vectors (SVG, EMF, WMF), which keep their words as words."""
