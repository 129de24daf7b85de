"""What the loop recurrence makes of places at which a problem comes again."""
