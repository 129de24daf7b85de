"""Replays of logs in which faults are planted, and what the loops make of them.

The only library that imports services: it drives their loops and their rules without Kafka and without a database.
"""
