/** Without it other sessions of a PostgreSQL server are hidden, and what is hidden looks like nothing. */
export const needsMonitor = 'needs pg_monitor (GRANT pg_monitor TO the role of the service)';
