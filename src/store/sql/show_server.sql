-- What the server is, and whether it keeps what it commits.
select current_setting('server_version') as version,
       current_setting('server_version_num')::integer as number,
       current_setting('fsync') as fsync,
       current_setting('synchronous_commit') as synchronous_commit
