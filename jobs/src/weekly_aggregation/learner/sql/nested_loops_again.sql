-- The end of `no_nested_loops`.
set local enable_nestloop to default
