insert into insights.calibrations (version, archetype, n, observed, z, prior, new, capped, reason)
select $1, t.*
  from unnest($2::text[], $3::bigint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::boolean[], $9::text[]) as t
on conflict (version, archetype) do update
   set n = excluded.n, observed = excluded.observed, z = excluded.z, prior = excluded.prior, new = excluded.new,
       capped = excluded.capped, reason = excluded.reason
