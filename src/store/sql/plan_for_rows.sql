-- The engine looks up rows, a few at a time: compiling a statement takes longer than any of them; and a row by its place costs no more
-- than the next one, where a disk's head would have to move. Without that a table that seems empty is read from end to end.
-- What waits is taken in the order of its index, never gathered and sorted: where a thousand waited when rows were last counted, that
-- seems as good, and a hundred thousand are then sorted for each claim.
-- One plan serves all values of a statement's parameters: for a few ids the server thinks one made for these very ids is cheaper,
-- and so plans again and again for longer than the statement takes.
select set_config('jit', 'off', false),
       set_config('random_page_cost', '1.1', false),
       set_config('enable_seqscan', 'off', false),
       set_config('enable_bitmapscan', 'off', false),
       set_config('plan_cache_mode', 'force_generic_plan', false)
