select p.external_id, d.*
  from insights.subjects p
  join insights.spectrum_daily d on d.subject_id = p.subject_id
 where p.source = $1 and p.erased_at is null
 order by p.external_id, d.local_date
