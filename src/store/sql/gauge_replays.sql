-- Replays that are under way.
select state, count(*) from windlass.replays where state in ('planning', 'canary', 'running') or running > 0 group by state
