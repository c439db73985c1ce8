-- Whether what was said in the month is still there, so that a text can be compared with it: retention drops a month at once.
select to_regclass('insights.turns_' || to_char($2::date, 'YYYY_MM')) is not null
   and not exists (
           select from insights.sessions s
             join insights.session_emotions e on e.subject_id = s.subject_id and e.session_id = s.session_id
            where s.subject_id = $1 and s.local_date >= $2 and s.local_date < $2 + interval '1 month'
              and e.status = 'ok'
              and not exists (select from insights.turns t
                               where t.subject_id = s.subject_id and t.session_id = s.session_id and t.month = $2))
