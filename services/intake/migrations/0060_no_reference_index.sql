-- Who asks by a case's number asks channels.
DROP INDEX conversation_by_reference;
