"""Loops that watch outcomes and publish proposals."""
