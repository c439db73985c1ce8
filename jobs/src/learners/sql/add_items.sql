-- The curriculum's names; those that are known stay, their place is the newest.
insert into insights.curriculum as c (kind, name, place)
select $1, t.name, case when $3 then t.place::int end
  from unnest($2::text[]) with ordinality as t (name, place)
on conflict (kind, name) do update set place = excluded.place where c.place is distinct from excluded.place
