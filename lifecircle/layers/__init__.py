"""Checked layers: zones, demand, facilities."""
