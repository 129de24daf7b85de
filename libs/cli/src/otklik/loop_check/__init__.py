"""How a loop outside is doing: its rights and key, how far it has read, what it proposed and what became of that."""
