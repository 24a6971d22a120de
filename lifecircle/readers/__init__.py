"""Files of any kind as frames."""
