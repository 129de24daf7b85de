"""The loop equity on a log: a region that is later for like cases against one that merely has others."""
