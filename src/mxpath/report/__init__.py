"""What was found, for a reader: the screen, the HTML report, the files to take away."""
