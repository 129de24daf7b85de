-- What each loop has said of itself: it says it again when it has changed.
CREATE TABLE declared_loop (
    loop text PRIMARY KEY,
    body text NOT NULL
);
