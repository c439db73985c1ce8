#!/usr/bin/env python3
"""Writes the dashboards and the Kubernetes rules from what is said here and in prometheus/alerts.yml.

`generate.py --check` writes nothing and says what differs. Panels are said once, as a title, the question they answer, a unit, the
queries and the thresholds; Grafana's JSON around them is the same for all.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
DATA = {"type": "prometheus", "uid": "${datasource}"}
GREEN, YELLOW, RED = "green", "yellow", "red"
Q, QK = 'queue=~"$queue"', 'queue=~"$queue",kind=~"$kind"'


def panel(title, question, unit, *queries, warn=None, bad=None, below=False, shape="timeseries", width=8, height=7):
    """A panel. A query is PromQL and its legend. From `warn` and `bad` on (`below`: under them) it is yellow and red."""
    steps = [{"color": RED if below else GREEN, "value": None}]
    order = [(bad, YELLOW), (warn, GREEN)] if below else [(warn, YELLOW), (bad, RED)]
    steps += [{"color": color, "value": value} for value, color in order if value is not None]
    targets = [
        {"datasource": DATA, "refId": chr(65 + n), "expr": expr, "legendFormat": legend, "instant": shape == "stat"}
        for n, (expr, legend) in enumerate(queries)
    ]
    custom = {"lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "thresholdsStyle": {"mode": "dashed"}}
    options = {
        "stat": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "value", "graphMode": "area"},
        "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    }[shape]
    defaults = {"unit": unit, "min": 0, "thresholds": {"mode": "absolute", "steps": steps}}
    if shape == "timeseries":
        defaults["custom"] = custom
    return {
        "title": title, "description": question, "type": shape, "datasource": DATA, "targets": targets, "options": options,
        "fieldConfig": {"defaults": defaults, "overrides": []}, "gridPos": {"w": width, "h": height},
    }


def stat(*args, **more):
    return panel(*args, shape="stat", width=4, height=4, **more)


def rate(metric, labels="", by=""):
    of = "{" + labels + "}" if labels else ""
    return f"sum{' by (' + by + ')' if by else ''} (rate({metric}{of}[$__rate_interval]))"


def quantile(share, metric, labels="", by=""):
    more = ", " + by if by else ""
    of = "{" + labels + "}" if labels else ""
    return f"histogram_quantile({share}, sum by (le{more}) (rate({metric}_bucket{of}[$__rate_interval])))"


def quantiles(metric, labels=""):
    return [(quantile(share, metric, labels), name) for share, name in [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")]]


ROWS_HEALTH = [
    ("Is it healthy?", [
        stat("Oldest due job", "How long has the job waited that waits longest?", "s",
             ("max(windlass_oldest_ready_age_seconds{%s})" % Q, "oldest"), warn=30, bad=300),
        stat("On time", "Which share of jobs started within their queue's objective in the last hour?", "percentunit",
             ('sum(increase(windlass_starts_total{%s,on_time="true"}[1h])) / sum(increase(windlass_starts_total{%s}[1h]))' % (Q, Q), "on time"),
             warn=0.99, bad=0.95, below=True),
        stat("Open dead letters", "How many dead letters has nobody replayed or discarded?", "short",
             ("sum(max by (queue, kind) (windlass_dead_letters{%s})) or vector(0)" % QK, "open"), warn=1, bad=100),
        stat("Slots in use", "Which share of the slots is busy?", "percentunit",
             ("sum(windlass_worker_slots_busy{%s}) / sum(windlass_worker_slots{%s})" % (Q, Q), "busy"), warn=0.8, bad=0.95),
        stat("Attempts that go well", "Which share of the last hour's attempts completed?", "percentunit",
             ('sum(increase(windlass_attempts_total{%s,outcome="completed"}[1h])) / sum(increase(windlass_attempts_total{%s,outcome=~"completed|retry|buried"}[1h]))' % (QK, QK), "well"),
             warn=0.95, bad=0.5, below=True),
        stat("Alerts that fire", "Is anything firing, the heartbeat aside?", "short",
             ('count(ALERTS{alertname=~"Windlass.*",alertname!="WindlassWatchdog",alertstate="firing"}) or vector(0)', "firing"), warn=1, bad=3),
    ]),
    ("What waits?", [
        panel("Jobs by state", "What waits, and for what?", "short",
              ("sum by (state) (max by (queue, state) (windlass_jobs{%s}))" % Q, "{{state}}"), warn=10000, bad=100000),
        panel("Oldest due job by queue", "Which queue is falling behind?", "s",
              ("max by (queue) (windlass_oldest_ready_age_seconds{%s})" % Q, "{{queue}}"),
              ("max by (queue) (windlass_queue_latency_objective_seconds{%s})" % Q, "objective of {{queue}}"), warn=30, bad=300),
        panel("In and out", "Does as much go out as comes in?", "ops",
              (rate("windlass_jobs_enqueued_total", QK + ',result="accepted"'), "enqueued"),
              (rate("windlass_attempts_total", QK + ',outcome=~"completed|cancelled|expired|buried"'), "ended"), warn=1000, bad=10000),
        panel("Time to drain", "When is what is due now worked off, at the present pace?", "s",
              ('sum by (queue) (max by (queue, state) (windlass_jobs{%s,state="ready"})) / (sum by (queue) (rate(windlass_attempts_total{%s,outcome=~"completed|cancelled|expired|buried"}[$__rate_interval])) > 0)' % (Q, Q), "{{queue}}"),
              warn=600, bad=3600),
        panel("Paused queues", "Has somebody paused a queue?", "short", ("max by (queue) (windlass_queue_paused{%s})" % Q, "{{queue}}"), warn=1),
        panel("Duplicates", "How much of what comes in was there already?", "ops",
              (rate("windlass_jobs_enqueued_total", QK + ',result="duplicate"', "queue"), "{{queue}}"), warn=100),
    ]),
    ("How long does it take?", [
        panel("Wait until the start", "How long is a job due before a worker takes it?", "s", *quantiles("windlass_queue_latency_seconds", Q), warn=30, bad=300),
        panel("From enqueueing to the end", "How long does a job live?", "s", *quantiles("windlass_end_to_end_seconds", Q), warn=300, bad=3600),
        panel("Late starts", "How much of the objective's budget is burnt: 1 % of starts may be late?", "percentunit",
              ("queue:windlass_late_starts:ratio_rate5m{%s}" % Q, "{{queue}}, 5 m"), ("queue:windlass_late_starts:ratio_rate1h{%s}" % Q, "{{queue}}, 1 h"),
              warn=0.01, bad=0.144),
    ]),
    ("What fails?", [
        panel("Attempts by outcome", "How do attempts end?", "ops", (rate("windlass_attempts_total", QK, "outcome"), "{{outcome}}"), warn=1000),
        panel("Reasons of failures", "Why do attempts fail?", "ops", (rate("windlass_attempt_failures_total", QK, "reason"), "{{reason}}"), warn=1, bad=10),
        panel("Kinds that fail most", "Which kinds fail?", "ops", ("topk(5, " + rate("windlass_attempt_failures_total", QK, "kind") + ")", "{{kind}}"), warn=1, bad=10),
        panel("New dead letters", "What died in the last ten minutes?", "short",
              ('sum by (kind) (increase(windlass_attempts_total{%s,outcome="buried"}[10m]))' % QK, "{{kind}}"), warn=1, bad=20),
        panel("Open dead letters by kind", "What waits for somebody to look at it?", "short",
              ("max by (queue, kind) (windlass_dead_letters{%s}) or sum by (queue) (windlass_worker_slots{%s}) * 0" % (QK, Q), "{{queue}} {{kind}}"), warn=1, bad=100),
        panel("Causes", "How many causes of death are open, and for how long?", "short",
              ("max by (queue) (windlass_dead_letter_groups{%s})" % Q, "{{queue}}"), warn=1, bad=20),
        panel("Oldest cause", "Since when has nobody dealt with the oldest cause?", "s",
              ("max by (queue) (windlass_dead_letter_oldest_age_seconds{%s})" % Q, "{{queue}}"), warn=3600, bad=86400),
        panel("Replays", "Is somebody bringing letters back?", "short", ("max by (state) (windlass_replays)", "{{state}}"), warn=1),
        panel("Replayed jobs", "How do replayed jobs end?", "ops", (rate("windlass_replayed_jobs_total", "", "result"), "{{result}}"),
              ("sum(increase(windlass_replays_stopped_total[$__rate_interval]))", "replays stopped by themselves"), warn=10),
    ]),
    ("Who works?", [
        panel("Slots", "How many slots are there, and how many are busy?", "short", ("sum by (queue) (windlass_worker_slots{%s})" % Q, "{{queue}}"),
              ("sum by (queue) (windlass_worker_slots_busy{%s})" % Q, "{{queue}}, busy"), warn=1000),
        panel("Versions", "Which versions run, in how many processes?", "short", ("sum by (version) (windlass_build_info)", "{{version}}"), warn=1000),
        panel("Restarts", "Do processes begin again and again?", "short",
              ("sum by (job) (changes(process_start_time_seconds[1h]))", "{{job}}"), warn=1, bad=5),
        panel("Processors", "How many processors do they keep busy?", "short",
              ("sum by (job) (rate(process_cpu_seconds_total[$__rate_interval]))", "{{job}}"),
              ("sum by (job) (process_threads)", "{{job}}, threads"), warn=1000),
        panel("Memory", "Does their memory grow, and is address space left?", "bytes",
              ("max by (job) (process_resident_memory_bytes)", "{{job}}, the largest"), warn=500000000, bad=2000000000),
        panel("Files and addresses", "How much of what a process may have does it have?", "percentunit",
              ("max by (job) (process_open_fds / process_max_fds)", "{{job}}, files"),
              ("max by (job) (process_virtual_memory_bytes / process_virtual_memory_max_bytes)", "{{job}}, address space"), warn=0.5, bad=0.9),
        panel("Leases", "Do workers keep what they hold?", "ops", (rate("windlass_leases_lost_total", Q, "reason"), "lost: {{reason}}"),
              (rate("windlass_lease_renewals_total", 'result!="ok"', "result"), "renewal: {{result}}"), warn=0.01, bad=1),
        panel("Held by the dead", "Do jobs lie with workers that are gone, and are they taken back?", "short",
              ("max by (queue) (windlass_expired_leases{%s})" % Q, "{{queue}}"),
              ("sum by (queue) (increase(windlass_jobs_rescued_total{%s}[10m]))" % Q, "{{queue}}, taken back"), warn=1, bad=100),
        panel("Processes of suspects", "Do jobs that are suspected of killing their workers kill the process they run alone in?", "short",
              ("sum by (reason) (increase(windlass_worker_child_exits_total{%s}[10m]))" % QK, "{{reason}}"), warn=1, bad=10),
        panel("Claims", "Do workers look, and do they find anything?", "ops", (rate("windlass_claims_total", Q, "result"), "{{result}}"), warn=1000),
        panel("Why they look", "Are idle workers rung, or do they poll?", "ops", (rate("windlass_wakeups_total", "", "source"), "{{source}}"), warn=1000),
        panel("Last look", "How long ago did each process last look for jobs?", "s",
              ("max by (queue) (time() - windlass_poller_last_success_timestamp_seconds{%s})" % Q, "{{queue}}"), warn=60, bad=300),
    ]),
    ("Schedules", [
        panel("Lag", "How late are ticks found?", "s", ("max(windlass_scheduler_lag_seconds)", "lag"), warn=5, bad=60),
        panel("Last tick", "How long ago did each schedule last make a job?", "s",
              ("time() - max by (schedule) (windlass_schedule_last_success_timestamp_seconds > 0)", "{{schedule}}"), warn=604800, bad=2678400),
        panel("Ticks", "What became of ticks?", "short", ("sum by (schedule, outcome) (increase(windlass_schedule_ticks_total[1h]))", "{{schedule}} {{outcome}}"),
              ("sum by (schedule) (increase(windlass_schedule_missed_total[1h]))", "{{schedule}} missed"), warn=1000),
    ]),
    ("Database", [
        panel("How long it takes to answer", "Is the database slow, and at what?", "s",
              (quantile(0.99, "windlass_db_query_duration_seconds", "", "op"), "{{op}}, p99"), warn=0.1, bad=1),
        panel("Errors", "What does it refuse?", "ops", (rate("windlass_db_errors_total", "", "op, class") + " > 0 or " + rate("windlass_db_errors_total") , "{{op}} {{class}}"), warn=0.1, bad=1),
        panel("Oldest transaction", "Does an old transaction keep dead rows alive? It slows every claim before anything else shows.", "s",
              ("max by (source) (windlass_db_oldest_transaction_age_seconds)", "{{source}}"), warn=60, bad=600),
        panel("Rows", "Does autovacuum keep up?", "short", ("max by (table, state) (windlass_db_table_rows)", "{{table}} {{state}}"), warn=1000000, bad=10000000),
        panel("Last vacuum", "How long ago was each table vacuumed?", "s",
              ("time() - max by (table) (windlass_db_last_autovacuum_timestamp_seconds > 0) or max by (table) (windlass_db_table_bytes) * 0", "{{table}}"), warn=86400),
        panel("Size", "How large are the tables?", "bytes", ("max by (table) (windlass_db_table_bytes)", "{{table}}"), warn=10e9, bad=100e9),
        panel("Connections", "How many connections are open, of how many?", "short", ("max by (state) (windlass_db_connections)", "{{state}}"),
              ("max(windlass_db_connections_max)", "allowed"), ("sum by (state) (windlass_db_pool_connections)", "workers' own, {{state}}"), warn=90),
        panel("Wait for a connection", "Do workers wait for connections of their own?", "s", *quantiles("windlass_db_pool_acquire_seconds"), warn=0.1, bad=1),
        panel("Far-off ends", "How near are the end of the transaction numbers (1 = 2 billion) and of the history's days (1 = none left)?", "percentunit",
              ("max(windlass_db_xid_age) / 2e9", "transaction numbers"),
              ("1 - clamp_max(max by (table) (windlass_partition_horizon_seconds) / 259200, 1)", "days of {{table}}"), warn=0.5, bad=0.9),
    ]),
    ("API", [
        panel("Requests", "What is asked, and is it refused (4xx) or broken (5xx)?", "reqps", (rate("windlass_http_requests_total", "", "code"), "{{code}}"), warn=1000),
        panel("Broken answers", "Which routes break?", "reqps",
              ("topk(5, " + rate("windlass_http_requests_total", 'code="5xx"', "route") + ")", "{{route}}"), warn=0.01, bad=1),
        panel("How long answers take", "How long does an answer take?", "s", (quantile(0.99, "windlass_http_request_duration_seconds", "", "method"), "{{method}}, p99"), warn=0.5, bad=2),
    ]),
    ("Telemetry itself", [
        panel("Age of the sample", "Are the figures of this page fresh?", "s", ("time() - max(windlass_sampler_last_success_timestamp_seconds)", "age"), warn=60, bad=120),
        panel("What a sample takes", "Is sampling cheap?", "s", ("max(windlass_sampler_duration_seconds)", "sample"), warn=0.5, bad=5),
        panel("Labels with too many values", "Is anything counted as other?", "short",
              ("sum by (label) (increase(windlass_metric_label_overflow_total[1h]))", "{{label}}"), warn=1),
    ]),
]

ROWS_QUEUE = [
    ("Waiting", [
        panel("Jobs by state", "What does the queue hold?", "short", ("max by (queue, state) (windlass_jobs{%s})" % Q, "{{queue}} {{state}}"), warn=10000, bad=100000),
        panel("Oldest due job", "Is it falling behind?", "s", ("max by (queue) (windlass_oldest_ready_age_seconds{%s})" % Q, "{{queue}}"),
              ("max by (queue) (windlass_queue_latency_objective_seconds{%s})" % Q, "objective"), warn=30, bad=300),
        panel("Longest attempt", "Does something run and run?", "s", ("max by (queue) (windlass_oldest_running_age_seconds{%s})" % Q, "{{queue}}"), warn=600, bad=3600),
    ]),
    ("Running", [
        panel("Starts", "How much starts, and is it on time?", "ops", (rate("windlass_starts_total", Q, "queue, on_time"), "{{queue}}, on time: {{on_time}}"), warn=1000),
        panel("Wait until the start", "How long is a job due before it is taken?", "s", *quantiles("windlass_queue_latency_seconds", Q), warn=30, bad=300),
        panel("Wait, as a picture", "How are the waits spread?", "ops",
              ("sum by (le) (rate(windlass_queue_latency_seconds_bucket{%s}[$__rate_interval]))" % Q, "{{le}} s"), warn=1000),
        panel("Duration by kind", "How long does an attempt of each kind take?", "s",
              (quantile(0.95, "windlass_attempt_duration_seconds", QK, "kind"), "{{kind}}, p95"), (quantile(0.5, "windlass_attempt_duration_seconds", QK, "kind"), "{{kind}}, p50"), warn=30, bad=60),
        panel("Working time by kind", "Which kind takes the workers' time?", "short",
              ("sum by (kind) (rate(windlass_attempt_duration_seconds_sum{%s}[$__rate_interval]))" % QK, "{{kind}}"), warn=100),
        panel("Slots", "Is it full?", "percentunit",
              ("sum by (queue) (windlass_worker_slots_busy{%s}) / sum by (queue) (windlass_worker_slots{%s})" % (Q, Q), "{{queue}}"), warn=0.8, bad=0.95),
    ]),
    ("Ending", [
        panel("Attempts by kind and outcome", "How does each kind end?", "ops", (rate("windlass_attempts_total", QK, "kind, outcome"), "{{kind}} {{outcome}}"), warn=1000),
        panel("Failures by kind and reason", "Why does each kind fail?", "ops", (rate("windlass_attempt_failures_total", QK, "kind, reason"), "{{kind}} {{reason}}"), warn=1, bad=10),
        panel("Share that fails", "Which kinds fail more than they succeed?", "percentunit",
              ('sum by (kind) (rate(windlass_attempts_total{%s,outcome=~"retry|buried"}[$__rate_interval])) / sum by (kind) (rate(windlass_attempts_total{%s,outcome=~"completed|retry|buried"}[$__rate_interval]))' % (QK, QK), "{{kind}}"), warn=0.05, bad=0.5),
        panel("Dead letters", "What has died and waits for somebody?", "short",
              ("max by (queue, kind) (windlass_dead_letters{%s}) or sum by (queue) (windlass_worker_slots{%s}) * 0" % (QK, Q), "{{queue}} {{kind}}"), warn=1, bad=100),
        panel("Lost and taken back", "Are attempts lost, and jobs taken back from lost workers?", "short",
              ("sum by (queue, reason) (increase(windlass_leases_lost_total{%s}[10m]))" % Q, "{{queue}} lost: {{reason}}"),
              ("sum by (queue) (increase(windlass_jobs_rescued_total{%s}[10m]))" % Q, "{{queue}} taken back"), warn=1, bad=100),
        panel("Enqueued", "What comes in, and what was there already?", "ops", (rate("windlass_jobs_enqueued_total", QK, "kind, result"), "{{kind}} {{result}}"), warn=1000),
    ]),
]

ROWS_INSIGHTS = [
    ("In time?", [
        stat("Oldest overdue bucket", "Are weeks and months told in time? Promised: 99.5 % within 6 h.", "s", ("max(windlass_bucket_lag_seconds)", "lag"), warn=3600, bad=14400),
        stat("Budget used", "How much of this month's budget is spent?", "percentunit", ("max(windlass_budget_used_ratio)", "used"), warn=0.8, bad=1),
        stat("Spent today", "What have models cost in a day, in dollars?", "currencyUSD", ("sum(increase(windlass_llm_cost_micros_total[1d])) / 1e6", "cost"), warn=10, bad=100),
        stat("Open alerts of return", "How many critical alerts about return on investment are open?", "short", ('max(windlass_roi_alerts_open{severity="critical"})', "critical"), warn=1, bad=3),
        stat("Overdue erasures", "For how long is the oldest erasure past its due time?", "s", ("max(windlass_erasure_overdue_seconds)", "overdue"), warn=1, bad=300),
        stat("Backfill", "How far is the run that is least far?", "percent", ("min(max by (op) (windlass_backfill_percent))", "done"), warn=99, bad=1, below=True),
    ]),
    ("Weeks and months", [
        panel("Overdue buckets", "For how long is the oldest bucket of each scope overdue?", "s", ("max by (scope) (windlass_bucket_lag_seconds)", "{{scope}}"), warn=3600, bad=14400),
        panel("Aggregation", "Is it aggregated?", "ops", (rate("windlass_attempts_total", 'queue="aggregation"', "kind, outcome"), "{{kind}} {{outcome}}"), warn=100),
        panel("Analysis", "Are sessions analysed?", "ops", (rate("windlass_attempts_total", 'queue="analysis"', "kind, outcome"), "{{kind}} {{outcome}}"), warn=100),
    ]),
    ("Narratives", [
        panel("Calls", "How do calls of models go?", "ops", (rate("windlass_llm_calls_total", "", "model, outcome"), "{{model}} {{outcome}}"), warn=10),
        panel("How long models take", "How long is a model waited for?", "s", (quantile(0.95, "windlass_llm_request_duration_seconds", "", "model") + " or " + rate("windlass_llm_calls_total", "", "model") + " * 0", "{{model}}, p95"), warn=20, bad=60),
        panel("Breaker", "Is a provider left alone (1), tried again (0.5) or well (0)?", "short", ("max by (provider) (windlass_breaker_state) or vector(0)", "{{provider}}"), warn=0.5, bad=1),
        panel("Told by the rules", "Why do the rules tell months that a model might have told?", "short", ("sum by (reason) (increase(windlass_narrative_fallback_total[1h]))", "{{reason}}"), warn=10, bad=100),
        panel("Failed checks", "What is wrong with texts that are not published?", "short", ("sum by (code) (increase(windlass_check_failures_total[1h]))", "{{code}}"), warn=10, bad=100),
        panel("Turned away by a budget", "Who tells the month when a budget does not hold a call?", "short", ("sum by (instead) (increase(windlass_budget_rejections_total[1h]))", "{{instead}}"), warn=1, bad=100),
    ]),
    ("Spend", [
        panel("Dollars an hour", "What does it cost?", "currencyUSD", ("sum by (model) (increase(windlass_llm_cost_micros_total[1h])) / 1e6", "{{model}}"), warn=1, bad=10),
        panel("Tokens", "How much is read and written?", "short", ("sum by (model, direction) (increase(windlass_llm_tokens_total[1h]))", "{{model}} {{direction}}"), warn=1000000),
        panel("Budget over time", "How does the month's budget go?", "percentunit", ("max by (scope) (windlass_budget_used_ratio)", "{{scope}}"), warn=0.8, bad=1),
    ]),
    ("Return on investment", [
        panel("Entries", "Do costs and values come in, and how many are nobody's or bad?", "short", ("sum by (result) (increase(windlass_roi_entries_total[1h]))", "{{result}}"), warn=100000),
        panel("Differences", "Do the books differ from a source? Any is one too many.", "short", ("sum(increase(windlass_roi_differences_total[1h]))", "days"), warn=1, bad=1),
        panel("Open alerts", "What is somebody to look at?", "short", ("max by (severity) (windlass_roi_alerts_open)", "{{severity}}"), warn=1, bad=10),
    ]),
    ("Backfill", [
        panel("Progress", "How far is it?", "percent", ("max by (op) (windlass_backfill_percent)", "{{op}}"), warn=100),
        panel("Pace", "How many rows a second of working time?", "short", ("max by (op) (windlass_backfill_rate)", "{{op}}"), warn=100000),
        panel("Work left", "How long will it take yet?", "s", ("max by (op) (windlass_backfill_eta_seconds)", "{{op}}"), warn=86400),
        panel("Rows", "What comes in, and what stays behind?", "short", ("sum by (target, result) (increase(windlass_backfill_rows_total[1h]))", "{{target}} {{result}}"), warn=10000000),
        panel("Runs", "Do runs go through?", "short", ("sum by (op, outcome) (increase(windlass_backfill_runs_total[1d]))", "{{op}} {{outcome}}"), warn=10),
    ]),
]


def variable(name, label, query):
    return {
        "name": name, "label": label, "type": "query", "datasource": DATA, "query": {"query": query, "refId": name},
        "refresh": 2, "multi": True, "includeAll": True, "allValue": ".*", "sort": 1,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def dashboard(uid, title, description, rows):
    panels, y = [], 0
    for name, content in rows:
        panels.append({"id": len(panels) + 1, "type": "row", "title": name, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        x, y = 0, y + 1
        for one in content:
            width, height = one["gridPos"]["w"], one["gridPos"]["h"]
            if x + width > 24:
                x, y = 0, y + height
            panels.append({"id": len(panels) + 1, **one, "gridPos": {"x": x, "y": y, "w": width, "h": height}})
            x += width
        y += content[-1]["gridPos"]["h"]
    others = {"windlass-job-health": "Job health", "windlass-queue": "One queue", "windlass-insights": "Insights"}
    ways = [{"title": "On call", "url": "${ops}"}, {"title": "Runbook", "url": "${ops}/runbook"}]
    ways += [{"title": name, "url": f"/d/{other}?${{queue:queryparam}}&${{kind:queryparam}}"} for other, name in others.items() if other != uid]
    links = [{"type": "link", "icon": "external link", "targetBlank": False, "keepTime": True, "asDropdown": False,
              "includeVars": False, "tags": [], "tooltip": way["title"], **way} for way in ways]
    return {
        "uid": uid, "title": "windlass: " + title, "description": description, "tags": ["windlass"], "schemaVersion": 39, "version": 1,
        "editable": True, "graphTooltip": 1, "refresh": "30s", "timezone": "browser", "time": {"from": "now-3h", "to": "now"},
        "links": links,
        "annotations": {"list": [{
            "name": "Alerts", "datasource": DATA, "enable": True, "iconColor": RED,
            "expr": 'ALERTS{alertname=~"Windlass.*",alertname!="WindlassWatchdog",alertstate="firing"}'}]},
        "templating": {"list": [
            {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
             "current": {"text": "Prometheus", "value": "prometheus"}},
            variable("queue", "Queue", "label_values(windlass_worker_slots, queue)"),
            variable("kind", "Kind", 'label_values(windlass_attempts_total{queue=~"$queue"}, kind)'),
            {"name": "ops", "label": "Pages for people on call", "type": "textbox", "query": "http://127.0.0.1:9465/ops",
             "current": {"text": "http://127.0.0.1:9465/ops", "value": "http://127.0.0.1:9465/ops"}}]},
        "panels": panels,
    }


def prometheus_rule(rules):
    head = """# The rules of dashboards/prometheus/alerts.yml for the Prometheus operator. Written by dashboards/generate.py.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: windlass
  labels: {app: windlass}
spec:
"""
    body = rules[rules.index("groups:"):]
    return head + "".join("  " + line if line.strip() else line for line in body.splitlines(keepends=True))


def files():
    boards = {
        "job-health.json": dashboard("windlass-job-health", "job health", "For people on call, in the order in which one asks.", ROWS_HEALTH),
        "queue.json": dashboard("windlass-queue", "one queue", "A queue or a kind in depth: choose it above.", ROWS_QUEUE),
        "insights.json": dashboard("windlass-insights", "insights", "The five jobs: in time, narratives, spend, return on investment, backfill.", ROWS_INSIGHTS),
    }
    for name, board in boards.items():
        yield name, json.dumps(board, indent=1) + "\n"
    yield "kubernetes/prometheusrule.yaml", prometheus_rule((HERE / "prometheus/alerts.yml").read_text())


def main():
    check, wrong = "--check" in sys.argv, []
    for name, text in files():
        path = HERE / name
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            wrong.append(name)
    if wrong:
        sys.exit(f"not as dashboards/generate.py writes them: {', '.join(wrong)} (make dashboards)")


main()
