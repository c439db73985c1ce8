select win_start, win_end from insights.experiments where experiment = $1 for share
