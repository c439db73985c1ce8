select metric, result from insights.ab_readouts where experiment = $1 and as_of = $2
