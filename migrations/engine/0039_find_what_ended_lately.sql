-- What ended within the last hour is asked for by the pages. Rows come in the order of their ends, so this costs next to nothing.
create index history_by_end on windlass.history using brin (ended_at) with (pages_per_range = 16, autosummarize = on);
