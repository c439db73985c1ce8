-- What is here that no demo has brought: learners, where their costs and values come from, and what a person expects of them.
select (select count(*) from insights.learners l join insights.subjects p using (subject_id) where p.source not like 'demo:%')
     + (select count(*) from insights.roi_sources where source <> 'ledger' and source not like 'demo-%')
     + (select count(*) from insights.calibration_runs where activated_by not in ('demo', 'automatic'))
