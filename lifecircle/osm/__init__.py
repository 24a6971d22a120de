"""OpenStreetMap extracts on disk: streets, facilities, buildings and boundaries as frames.

Every reader goes through the whole file before it hands anything on, so that a truncated extract is
an error and never a smaller city.
"""
