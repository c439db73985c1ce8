insert into insights.gate_results (run_id, gate, passed, detail) values ($1, $2, $3, $4)
    on conflict on constraint a_gate_judges_a_run_once do update set passed = excluded.passed, detail = excluded.detail
