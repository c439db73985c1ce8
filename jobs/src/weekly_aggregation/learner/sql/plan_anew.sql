-- For this transaction alone: a plan that is to fit any page takes a page for five rows, and then walks through thousands of them
-- again for each of thousands (measured: minutes for a page, instead of a tenth of a second). Planning takes milliseconds.
set local plan_cache_mode = force_custom_plan
