"""Models of ours: one idea a file, shapes in comments, the paper named."""
