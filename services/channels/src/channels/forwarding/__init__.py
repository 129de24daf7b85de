"""Cases go to authorities that have an Open311 endpoint of their own, and what they say comes back."""
