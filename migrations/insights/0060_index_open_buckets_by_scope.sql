-- The oldest open bucket of a scope is asked for every few seconds; what is due of a scope, every minute.
create index dirty_buckets_due on insights.dirty_buckets (scope, due_at) where dirty_seq > computed_seq;
drop index insights.dirty_buckets_open;
