-- What is left tells that a job of this kind died when and why. It cannot be replayed to any effect, so it is set aside.
with blanked as (
    update windlass.dead_letters d
       set subject = null, args = '{}', checkpoint = null, error = '(erased)', unique_key = null, ordering_key = null,
           discarded_at = case when d.replayed_at is null then coalesce(d.discarded_at, statement_timestamp()) end
      from (select queue, id, replayed_at is null and discarded_at is null as open
              from windlass.dead_letters
             where subject = $1
               for update) was
     where d.queue = was.queue and d.id = was.id
    returning d.queue, d.fingerprint, d.kind, d.reason, was.open
)
insert into windlass.dead_letter_tallies (queue, fingerprint, kind, reason, at, open)
select queue, fingerprint, kind, reason, statement_timestamp(), -count(*)
  from blanked
 where open
 group by queue, fingerprint, kind, reason
