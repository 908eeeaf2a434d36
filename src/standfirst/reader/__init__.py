"""The reader process: serves the output folder, counts reads, and passes the newsroom's own addresses on."""
