CREATE TABLE deliberation (
    proposal_id text PRIMARY KEY,
    reference   text NOT NULL,
    stage       text NOT NULL,
    until       timestamptz,
    body        jsonb NOT NULL
);
CREATE INDEX deliberation_by_reference ON deliberation (reference);
CREATE INDEX deliberation_under_way ON deliberation (until) WHERE stage IN ('open', 'waiting');
COMMENT ON TABLE deliberation IS 'Every checked proposal, and where it stands here.';
COMMENT ON COLUMN deliberation.reference IS 'By which citizens name it on a channel.';

CREATE TABLE speaker (
    proposal_id text NOT NULL,
    person      text COLLATE "C" NOT NULL,
    role        text NOT NULL,
    side        text,
    voice_id    text,
    answered    boolean NOT NULL,
    PRIMARY KEY (proposal_id, person)
);
COMMENT ON TABLE speaker IS 'One row a person and proposal: the side taken last, with which voice.';
COMMENT ON COLUMN speaker.person IS 'The pseudonym of a citizen at intake, the id of anybody else.';

CREATE TABLE voice (
    proposal_id text NOT NULL,
    number      bigint NOT NULL,
    voice_id    text NOT NULL,
    person      text NOT NULL,
    role        text NOT NULL,
    stance      text NOT NULL,
    words       text NOT NULL,
    channel     text,
    given_at    timestamptz NOT NULL,
    hidden      boolean NOT NULL,
    moderator   text,
    appeal      text NOT NULL,
    PRIMARY KEY (proposal_id, number)
);
CREATE INDEX voice_by_id ON voice (voice_id);
COMMENT ON TABLE voice IS 'Every voice that was counted, with its own words whatever moderation shows.';

CREATE TABLE revoked_consent (
    layer      text NOT NULL,
    consent    text NOT NULL,
    actor      text NOT NULL,
    reason     text NOT NULL,
    revoked_at timestamptz NOT NULL,
    PRIMARY KEY (layer, consent)
);

CREATE TABLE telling (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    proposal_id text NOT NULL,
    kind        text NOT NULL,
    facts       jsonb NOT NULL,
    cause       text NOT NULL,
    after       text NOT NULL,
    concerned   text[]
);
COMMENT ON TABLE telling IS 'What citizens are still to be told, so many at each tick.';
COMMENT ON COLUMN telling.cause IS 'The envelope of what it follows from, as JSON.';
COMMENT ON COLUMN telling.after IS 'Whoever sorts up to here is told already.';
COMMENT ON COLUMN telling.concerned IS 'Whom; without it all citizens who spoke, and the author.';

CREATE TABLE open_case (
    region   text NOT NULL,
    case_id  text NOT NULL,
    area     text NOT NULL,
    category text NOT NULL,
    priority integer NOT NULL,
    citizen  text COLLATE "C" NOT NULL,
    answered boolean NOT NULL,
    PRIMARY KEY (region, case_id)
);
COMMENT ON TABLE open_case IS 'Who waits for what; an answered case stays, since it may be reopened.';
