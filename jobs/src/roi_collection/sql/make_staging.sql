create temporary table if not exists roi_staged (
    place bigint, subject_id bigint, ts timestamptz, amount_micros bigint, entry_id text, learner text, category text
) on commit drop
