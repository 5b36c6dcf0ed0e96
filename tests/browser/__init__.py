"""A package, so that pytest ends the browser, whose event loop bars others, with this folder's last test."""
