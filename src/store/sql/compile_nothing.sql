-- Compiling a statement takes longer than any of the engine's own.
select set_config('jit', 'off', false)
