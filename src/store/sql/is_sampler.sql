-- Whether a session samples for all: of those that live (and serve these queues, where they are given) it is the oldest. Its lease
-- as a worker is its lease as a sampler; when it lapses, the next one's turn has come.
select not exists (
           select
             from windlass.workers other
            where other.lease_until > coalesce($3, statement_timestamp())
              and other.condemned_at is null
              and ($2::text[] is null or other.queues && $2::text[])
              and (other.started_at, other.session) < (mine.started_at, mine.session))
  from windlass.workers mine
 where mine.session = $1
