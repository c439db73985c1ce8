-- The multipliers of a version; of the active one where none is asked for.
select version, archetype, new from insights.calibrations where case when $1::integer is null then active else version = $1 end
