-- Why a case is closed, where its state does not say it: no reply came, or it was not taken as a case.
ALTER TABLE case_state ADD COLUMN closed_by text;
