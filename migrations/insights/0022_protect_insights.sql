-- A reader sees what is published, of one person. A text that was withdrawn is for nobody's eyes.
create policy own on insights.insights for select
    using (status = 'published'
        and subject_id = (select p.subject_id from insights.subjects p where p.subject_id = insights.asking()));
select insights.protect_people();

-- The narrative's job takes the role windlass_narrator where it reads aggregates and builds prompts: that role cannot read
-- turns. The worker's own role compares the text with turns. Where this may not be granted, somebody who may runs
--   grant windlass_narrator to windlass_worker;
do $$
begin
    if (select count(*) from pg_roles where rolname in ('windlass_worker', 'windlass_narrator')) = 2 then
        grant windlass_narrator to windlass_worker;
    else
        raise notice 'for narrators that cannot read turns: create role windlass_narrator; grant windlass_narrator to windlass_worker';
    end if;
exception
    when insufficient_privilege then
        raise notice 'run as a role that may: grant windlass_narrator to windlass_worker';
end $$;
