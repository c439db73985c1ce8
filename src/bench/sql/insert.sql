\set made :made + 1
insert into bare (id, filler) values (:client_id::bigint * 4294967296 + :made::bigint, :filler);
