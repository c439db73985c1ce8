-- The server, and those of its settings that figures hang on.
select current_setting('server_version') as version,
       current_setting('fsync') as fsync,
       current_setting('synchronous_commit') as synchronous_commit,
       current_setting('shared_buffers') as shared_buffers,
       current_setting('max_wal_size') as max_wal_size,
       current_setting('max_connections') as max_connections
