-- The archetypes of the week before, by the learners' own ids.
insert into insights.learner_metrics_history as h
select p.subject_id, ($3::date - date '1970-01-05') / 7, 0, 0, 0, 0, 0, t.archetype
  from unnest($1::text[], $2::text[]) as t (learner, archetype)
  join insights.subjects p on p.external_id = t.learner and p.source = $4
    on conflict do nothing
