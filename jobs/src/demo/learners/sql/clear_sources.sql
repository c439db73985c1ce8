delete from insights.roi_sources where source like 'demo-%'
