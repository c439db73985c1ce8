-- One transaction books a source at a time: which revision comes next is then certain.
select side, format, location, subject_source, enabled from insights.roi_sources where source = $1 for update
