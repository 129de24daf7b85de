"""Delivery out: notices of the channels that have a deliverer here, each tried until it reached the citizen."""
