-- Ticks that were refused: for each reason how many, and the last one in words.
CREATE TABLE refused_tick (
    why text PRIMARY KEY,
    words text NOT NULL,
    number bigint NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now()
);

-- The last time that ticks were taken back.
CREATE TABLE time_correction (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz NOT NULL,
    wrong_until timestamptz NOT NULL,
    appended_at timestamptz NOT NULL,
    reason text NOT NULL,
    actor text NOT NULL
);
