insert into insights.experiments (experiment, win_start, win_end) values ($1, $2, $3)
