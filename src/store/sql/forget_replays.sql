-- A replay that was chosen by the person.
update windlass.replays set filter = filter - 'where' where filter -> 'where' ->> 'value' = $1
