-- The day before the night: what died an hour, and since when.
insert into windlass.dead_letter_hours (hour, died, queue, fingerprint)
select date_trunc('hour', now(), 'UTC') - h * interval '1 hour', 1 + (h * 7 + length(g.title) * 3) % 11 * (case when h < 5 then 3 else 1 end),
       g.queue, g.fingerprint
  from windlass.dead_letter_groups g, generate_series(1, 60) h
 where (h * 5 + length(g.title)) % 4 <> 0
on conflict do nothing;
update windlass.dead_letter_groups
   set first_died_at = now() - interval '61 hours', revisions = array['2.3.9', '2.4.0', '2.4.1'],
       assignee = case when title like '%answer%' then 'bea' end;
update windlass.dead_letters set traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
