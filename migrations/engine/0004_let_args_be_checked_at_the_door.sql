-- What the door lets in must never be refused here: that would abort the producer's transaction. JSON of 64 KiB can take
-- several times as much as jsonb, so the backstop stands well above it.
alter table windlass.jobs
    drop constraint args_are_small,
    add constraint args_are_small check (pg_column_size(args) <= 1048576) not valid;
