-- What is here that no demo has brought: learners, and where their costs and values come from.
select (select count(*) from insights.learners l join insights.subjects p using (subject_id) where p.source not like 'demo:%')
     + (select count(*) from insights.roi_sources where source <> 'ledger' and source not like 'demo-%')
