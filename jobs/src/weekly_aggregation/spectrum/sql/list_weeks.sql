select p.external_id, w.monday as first_day, w.*
  from insights.subjects p
  join insights.spectrum_weekly w on w.subject_id = p.subject_id
 where p.source = $1 and p.erased_at is null
 order by p.external_id, w.iso_year, w.iso_week
