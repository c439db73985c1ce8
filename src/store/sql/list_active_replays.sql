select id from windlass.replays where state in ('canary', 'running') or running > 0 order by id
