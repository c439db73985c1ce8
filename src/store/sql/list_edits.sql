select edit, edited_at, edited_by, why, patch from windlass.dead_letter_edits where queue = $1 and letter = $2 order by edit
