-- Which set of loops runs a loop; empty: the service itself. Read in the service's own schema alone.
CREATE TABLE loop_home (
    loop text PRIMARY KEY,
    part text NOT NULL
);
