-- Of a posted voice: the reference of the proposal that it is about.
ALTER TABLE posted_message ADD COLUMN proposal text;
