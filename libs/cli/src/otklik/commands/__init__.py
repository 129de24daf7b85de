"""What can be typed: every command with its options and help. What a command does is imported when it is given, so
that help costs nothing."""
