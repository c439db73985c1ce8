-- Every revision, the newest first, and when it was last made the one in use.
select p.name, p.revision, p.status, p.author, p.note, p.created_at, a.activated_at, a.activated_by, a.why
  from insights.prompt_revisions p
  left join lateral (
      select activated_at, activated_by, why from insights.prompt_activations a
       where a.name = p.name and a.revision = p.revision
       order by activated_at desc limit 1) a on true
 order by p.name, p.revision desc
