"""What a message's own text says: its language, its place, whether it is about several matters. As routing reads it
live, and as simulators do."""
