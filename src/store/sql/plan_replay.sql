-- Writes down which letters are asked for. They are chosen by `choose_letters`, here or, where there are many, by a worker.
insert into windlass.replays (id, planned_at, letters, waiting, state, planned_by, why, filter, queues)
values ($1, coalesce($2::timestamptz, statement_timestamp()), 0, 0, 'planning', $3, $4, $5::jsonb, $6::text[])
