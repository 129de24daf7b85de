"""What people say of a proposed change, and whether it may go on."""
