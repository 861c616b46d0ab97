"""Cards of the report, each beside the figure that it shows."""
