insert into insights.cohorts as c (name, centroid)
select t.name, array[t.a, t.b, t.c, t.d]
  from unnest($1::text[], $2::float8[], $3::float8[], $4::float8[], $5::float8[])
       with ordinality as t (name, a, b, c, d, place)
 order by t.place
on conflict (name) do update set centroid = excluded.centroid
