-- Whoever the staged entries are about stays what they are until the end of this transaction: an erasure waits for it.
select count(*)
  from (select p.subject_id
          from insights.subjects p
         where p.subject_id in (
                   select k.subject_id
                     from pg_temp.roi_staged s
                     join insights.subjects k on k.source = $1 and k.external_id = s.learner
                    union
                   select s.subject_id from pg_temp.roi_staged s where s.subject_id is not null)
         order by p.subject_id
           for share) as locked
