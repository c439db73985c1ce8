select id, state = 'planning' as planning from windlass.replays where state in ('planning', 'canary', 'running') or running > 0 order by id
