"""The pages, a file for each subject; `ROUTES` of each are listed in `door`."""
