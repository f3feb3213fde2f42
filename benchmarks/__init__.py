"""What graphflow costs beside NumPy by hand and beside other libraries; not part of the package."""
