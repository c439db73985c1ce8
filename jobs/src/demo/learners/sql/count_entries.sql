select count(*) from insights.roi_entries where source like 'demo-%'
