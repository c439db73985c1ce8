-- A folder of inputs may be gone when the daily collection looks for it.
update insights.roi_sources set enabled = false where source like 'demo-%'
