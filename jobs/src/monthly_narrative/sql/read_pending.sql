-- Whether the month's aggregates are behind: a day or the month is to be computed anew, or a session that its person has
-- excluded still counts.
select exists (
           select from insights.dirty_buckets
            where scope = 'spectrum_month' and key = $1 and bucket = $2 and dirty_seq > computed_seq)
    or exists (
           select from insights.dirty_buckets
            where scope = 'spectrum_day' and key = $1 and bucket >= $2 and bucket < $2 + interval '1 month'
              and dirty_seq > computed_seq)
    or exists (
           select from insights.sessions s
             join insights.session_emotions e on e.subject_id = s.subject_id and e.session_id = s.session_id
            where s.subject_id = $1 and s.local_date >= $2 and s.local_date < $2 + interval '1 month'
              and s.excluded_at is not null and s.deleted_at is null and e.status <> 'excluded')
