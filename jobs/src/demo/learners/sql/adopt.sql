-- The next version, and the one that holds.
insert into insights.coefficients (name, version, active, note, body)
select $1, max(version) + 1, true, 'of a demo''s config.json', $2 from insights.coefficients where name = $1
