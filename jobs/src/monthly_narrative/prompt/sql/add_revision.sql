-- Of two who add at once one is refused: its number is taken.
insert into insights.prompt_revisions (name, revision, template, template_sha256, output_schema, author, note)
select $1, 1 + coalesce(max(revision), 0), $2, sha256(convert_to($2, 'UTF8')), '{"type": "text"}', $3, $4
  from insights.prompt_revisions
 where name = $1
returning revision
