insert into insights.outbox (subject_id, outbox_id, topic, bucket, version)
select t.subject_id, t.outbox_id, $1, t.bucket, t.version
  from unnest($2::bigint[], $3::uuid[], $4::date[], $5::bigint[]) as t (subject_id, outbox_id, bucket, version)
 order by t.subject_id, t.bucket
on conflict (subject_id, topic, bucket, version) do nothing
