insert into insights.roi_sources (source, side, format, location, subject_source) values ($1, $2, 'csv', $3, $4)
