select p.external_id, m.month as first_day, m.*
  from insights.subjects p
  join insights.spectrum_monthly m on m.subject_id = p.subject_id
 where p.source = $1 and p.erased_at is null
 order by p.external_id, m.month
